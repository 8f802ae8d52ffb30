import type { ArmCounts } from "../../functions/domain/judge/statistics/sequential-lanes.ts";
import type { Random } from "../random.ts";

/**
 * Simulated rollouts: Poisson arrivals, five kinds of errors, the same minutes for every method that is compared.
 *
 * - `independent`: each request fails by itself
 * - `bursts`: errors come in geometric bursts, 3 on average
 * - `rate noise`: an arm's rate is drawn anew each minute, so that two of its requests correlate (ICC .01)
 * - `wandering`: each arm's rate wanders by itself, for minutes at a time
 * - `shared drift`: as that, but both arms' rates are the same at any time
 */
export type Noise = "independent" | "bursts" | "rate noise" | "wandering" | "shared drift";

/** How a rate wanders: its standard deviation over its mean, and the minutes in which it forgets all but 1/e of it. */
export type Wandering = { readonly deviation: number; readonly minutes: number };

/** Both arms fail 20 times as often from the first of these minutes to the last. */
export type Incident = { readonly from: number; readonly until: number };

export type Cell = {
  readonly requestsPerMinute: number;
  readonly baselineRate: number;
  readonly candidateRate: number;
  readonly noise: Noise;
  readonly bakeMinutes: number;
  readonly incident: Incident | null;
  /** Of `wandering` and `shared drift`; null for the others. */
  readonly wander: Wandering | null;
};

export type RolloutMinute = {
  readonly step: number;
  readonly canary: ArmCounts;
  readonly baseline: ArmCounts;
  readonly endsStep: boolean;
};

export type Rollout = { readonly reference: readonly ArmCounts[]; readonly minutes: readonly RolloutMinute[] };

/** Canary weights of the three steps that leave a baseline to compare with. */
export const WEIGHTS: readonly number[] = [0.1, 0.25, 0.5];
const REFERENCE_MINUTES = 24 * 60;
const BURST_MEAN = 3;
/** Correlation of two requests of one arm within a minute, in "rate noise". */
const INTRACLASS = 0.01;
/** A wandering rate of a bad candidate stays a rate. */
const MOST = 0.95;
const INCIDENT = { factor: 20, worst: 0.5 };

export function simulateRollout(cell: Cell, random: Random): Rollout {
  const before = wanderer(cell.wander, random);
  const reference = Array.from({ length: REFERENCE_MINUTES }, () =>
    armMinute(cell.requestsPerMinute, cell.baselineRate * before(), cell.noise, random),
  );
  const canaryAt = wanderer(cell.wander, random);
  const baselineAt = cell.noise === "shared drift" ? (shared: number) => shared : wanderer(cell.wander, random);
  const minutes = WEIGHTS.flatMap((weight, step) =>
    Array.from({ length: cell.bakeMinutes }, (_, i) => {
      const factor = incidentFactor(cell, step * cell.bakeMinutes + i);
      const canary = cell.requestsPerMinute * weight;
      const own = canaryAt();
      const rates = { canary: cell.candidateRate * own, baseline: cell.baselineRate * baselineAt(own) };
      return {
        step,
        canary: armMinute(canary, worsened(rates.canary, factor), cell.noise, random),
        baseline: armMinute(cell.requestsPerMinute - canary, worsened(rates.baseline, factor), cell.noise, random),
        endsStep: i === cell.bakeMinutes - 1,
      };
    }),
  );
  return { reference, minutes };
}

/** A factor of mean 1, minute by minute: log-normal, autoregressive, stationary from the first minute on. */
function wanderer(wander: Wandering | null, random: Random): () => number {
  if (wander === null) return () => 1;
  const kept = Math.exp(-1 / wander.minutes);
  const variance = Math.log(1 + wander.deviation ** 2);
  let z = random.normal();
  return () => {
    z = kept * z + Math.sqrt(1 - kept ** 2) * random.normal();
    return Math.exp(Math.sqrt(variance) * z - variance / 2);
  };
}

function incidentFactor({ incident }: Cell, minute: number): number {
  return incident !== null && minute >= incident.from && minute < incident.until ? INCIDENT.factor : 1;
}

const worsened = (rate: number, factor: number): number =>
  Math.min(rate * factor, factor === 1 ? MOST : INCIDENT.worst);

/** One arm's minute; failures and successes are separate Poisson streams, which is what thinned arrivals are. */
function armMinute(requests: number, rate: number, noise: Noise, random: Random): ArmCounts {
  const errors = failures(requests * rate, rate, noise, random);
  return { requests: errors + random.poisson(requests * (1 - rate)), errors };
}

function failures(expected: number, rate: number, noise: Noise, random: Random): number {
  switch (noise) {
    case "independent":
    case "wandering":
    case "shared drift":
      return random.poisson(expected);
    case "bursts":
      return burstSum(random.poisson(expected / BURST_MEAN), random);
    case "rate noise": {
      // A gamma rate with this shape is the beta-binomial of small rates: variance = INTRACLASS * p(1-p).
      const shape = rate / (INTRACLASS * (1 - rate));
      return random.poisson((expected * random.gamma(shape)) / shape);
    }
  }
}

/** A sum of geometric bursts: one each, and a negative binomial (gamma-Poisson) number beyond. */
function burstSum(bursts: number, random: Random): number {
  return bursts === 0 ? 0 : bursts + random.poisson(random.gamma(bursts) * (BURST_MEAN - 1));
}
