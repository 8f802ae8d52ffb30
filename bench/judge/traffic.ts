import type { ArmCounts } from "../../functions/domain/judge/statistics/sequential-lanes.ts";
import type { Random } from "../random.ts";

/**
 * Simulated rollouts: Poisson arrivals, three kinds of errors, the same minutes for every method that is compared.
 */
export type Noise = "independent" | "bursts" | "rate noise";

export type Cell = {
  readonly requestsPerMinute: number;
  readonly baselineRate: number;
  readonly candidateRate: number;
  readonly noise: Noise;
  readonly bakeMinutes: number;
  /** Both arms fail 20 times as often from minute 10 to 20. */
  readonly incident: boolean;
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
const INCIDENT = { from: 10, until: 20, factor: 20, worst: 0.5 };

export function simulateRollout(cell: Cell, random: Random): Rollout {
  const reference = Array.from({ length: REFERENCE_MINUTES }, () =>
    armMinute(cell.requestsPerMinute, cell.baselineRate, cell.noise, random),
  );
  const minutes = WEIGHTS.flatMap((weight, step) =>
    Array.from({ length: cell.bakeMinutes }, (_, i) => {
      const factor = incidentFactor(cell, step * cell.bakeMinutes + i);
      const canary = cell.requestsPerMinute * weight;
      return {
        step,
        canary: armMinute(canary, worsened(cell.candidateRate, factor), cell.noise, random),
        baseline: armMinute(cell.requestsPerMinute - canary, worsened(cell.baselineRate, factor), cell.noise, random),
        endsStep: i === cell.bakeMinutes - 1,
      };
    }),
  );
  return { reference, minutes };
}

function incidentFactor(cell: Cell, minute: number): number {
  return cell.incident && minute >= INCIDENT.from && minute < INCIDENT.until ? INCIDENT.factor : 1;
}

const worsened = (rate: number, factor: number): number =>
  factor === 1 ? rate : Math.min(rate * factor, INCIDENT.worst);

/** One arm's minute; failures and successes are separate Poisson streams, which is what thinned arrivals are. */
function armMinute(requests: number, rate: number, noise: Noise, random: Random): ArmCounts {
  const errors = failures(requests * rate, rate, noise, random);
  return { requests: errors + random.poisson(requests * (1 - rate)), errors };
}

function failures(expected: number, rate: number, noise: Noise, random: Random): number {
  switch (noise) {
    case "independent":
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
