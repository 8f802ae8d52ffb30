import type { ArmCounts } from "../../functions/domain/judge/statistics/sequential-lanes.ts";
import type { Random } from "../random.ts";

/**
 * Traffic over days, each arm drawn for itself: busy afternoons and quiet nights, an error rate with a rhythm of its own and
 * incidents that all share, errors that come one by one, in bursts or with a rate that wanders in each arm.
 */
export type Noise = "independent" | "bursts" | "rate noise";

export interface Service {
  /** In the mean of a day. */
  readonly requestsPerMinute: number;
  readonly errorRate: number;
  readonly noise: Noise;
  /** Incidents a week that both arms share; each lasts some minutes, at ten times the errors. */
  readonly incidents: number;
}

const DAY = 1_440;
/** From a third of the mean at night to five thirds of it. */
const TRAFFIC_SWING = 2 / 3;
const RATE_SWING = 0.3;
/** Hours after the peak of traffic at which errors have theirs. */
const RATE_LAG = 5;
const INCIDENT = { shortest: 2, longest: 12, factor: 10, worst: 0.5 };
const BURST_MEAN = 3;
/** Correlation of two requests of one arm within a minute, in "rate noise". */
const INTRACLASS = 0.01;

const wave = (minute: number, lagHours: number): number => Math.sin((2 * Math.PI * (minute - 60 * lagHours)) / DAY);

/** Minutes at which incidents begin and end, over so many minutes. */
export type Incidents = readonly { readonly from: number; readonly to: number }[];

export function drawIncidents(service: Service, minutes: number, random: Random): Incidents {
  const count = random.poisson((service.incidents * minutes) / (7 * DAY));
  return Array.from({ length: count }, () => {
    const from = Math.floor(random.next() * minutes);
    const { shortest, longest } = INCIDENT;
    return { from, to: from + shortest + Math.floor(random.next() * (longest - shortest + 1)) };
  });
}

/** One arm's minute, with this share of all traffic. */
export function armMinute(
  service: Service,
  incidents: Incidents,
  minute: number,
  share: number,
  random: Random,
): ArmCounts {
  const requests = service.requestsPerMinute * share * (1 + TRAFFIC_SWING * wave(minute, 0));
  const hit = incidents.some(({ from, to }) => minute >= from && minute < to);
  const usual = service.errorRate * (1 + RATE_SWING * wave(minute, RATE_LAG));
  const rate = hit ? Math.min(INCIDENT.worst, INCIDENT.factor * usual) : usual;
  const errors = failures(requests, rate, service.noise, random);
  return { requests: errors + random.poisson(requests * (1 - rate)), errors };
}

function failures(requests: number, rate: number, noise: Noise, random: Random): number {
  const expected = requests * rate;
  switch (noise) {
    case "independent":
      return random.poisson(expected);
    case "bursts":
      return Array.from({ length: random.poisson(expected / BURST_MEAN) }, () => burst(random)).reduce(
        (sum, one) => sum + one,
        0,
      );
    case "rate noise": {
      const shape = rate * (1 / INTRACLASS - 1);
      const other = (1 - rate) * (1 / INTRACLASS - 1);
      const [bad, good] = [random.gamma(shape), random.gamma(other)];
      return random.poisson((requests * bad) / Math.max(bad + good, Number.MIN_VALUE));
    }
  }
}

/** At least one; each one is followed by another with the same chance. */
function burst(random: Random): number {
  let size = 1;
  while (random.next() < 1 - 1 / BURST_MEAN) size += 1;
  return size;
}
