import type { ArmCounts } from "./sequential-lanes.ts";

/**
 * Latency as counts: a request is "bad" when it is slower than a threshold, and the two arms get *different* thresholds.
 *
 * With T = the pre-release p95 for the baseline and (1+m)*T for the canary, "the candidate is at most m slower" implies
 * P_c(D > (1+m)T) <= P_b(D > T) for every shape of the distribution and every drift, so rho = 1 and delta = 0 judge
 * exactly that promise. One threshold for both arms would not: the same +10 % moves the tail by 20 to 50 % depending on
 * the shape. A wrong T only moves which quantile is compared.
 */
export function latencyThresholds(
  referenceMs: number,
  toleratedIncrease: number,
): { readonly baselineMs: number; readonly canaryMs: number } {
  return { baselineMs: referenceMs, canaryMs: referenceMs * (1 + toleratedIncrease) };
}

/**
 * Counts of one arm's minute from two CloudWatch statistics of the raw duration: `SampleCount` and the trimmed count
 * `TC(:T)`, the number of points at or below the threshold.
 */
export function slowRequests(sampleCount: number, countWithin: number): ArmCounts {
  return { requests: sampleCount, errors: sampleCount - countWithin };
}
