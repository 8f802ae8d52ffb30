import { logMean } from "./log-numbers.ts";
import { normalBelow } from "./normal.ts";
import { nth } from "./nth.ts";
import type { SequentialConfig } from "./sequential-config.ts";

/**
 * The chance that the sequential judge catches a regression, without simulating it.
 *
 * While traffic is even, the fast bets of T minutes depend on the T-minute sums of errors alone, so the judge fails the
 * candidate when its errors reach a count c that follows from the baseline's. That count is found by bisection, and
 *
 *     P(caught) = sum over x_b of P(X_b = x_b) * P(X_c >= c(x_b)),   X_c, X_b Poisson
 *
 * which is exact for few errors, where a normal approximation of ln E would not be. A dispersion phi is modelled as
 * errors that come in bursts of phi: the same sum on counts divided by phi. Left out: crossings that a later minute takes
 * back, starts after the step's first minute and the slow lane, each of which catches a little more. In a bake of under
 * 5 minutes the cap on each minute matters: a lucky one cannot make up for the next. Half a minute's errors are taken off
 * for that.
 *
 * Checked against simulation with the real judge (`test/domain/judge/statistics/detectable.test.ts`; 60 to 60,000 requests a minute, 2 to
 * 120 minutes, phi 1 to 20): of rises that this calls caught in 90 % of cases, 88 to 97 % were.
 */
export type Exposure = {
  /** Requests a minute of the canary and of the baseline; no baseline (`null`) is judged against the SLO. */
  readonly canary: number;
  readonly baseline: number | null;
  readonly minutes: number;
  /** ln of the start mass that the judge spends on the first of these minutes. */
  readonly logStart: number;
  readonly phi: number;
};

/** A baseline outcome, its probability, and the least canary count (both in bursts) that would fail the candidate. */
type Outcome = { readonly weight: number; readonly needed: number };

export type PowerModel = {
  /** Chance of being caught at this true error rate of the candidate (a fraction). */
  caught(candidateRate: number): number;
};

/** Prepares the critical counts once; `logThreshold` is ln(1/alpha), plus ln(1/weight) for one metric of several. */
export function powerModel(
  exposure: Exposure,
  baselineRate: number,
  config: SequentialConfig,
  logThreshold: number,
): PowerModel {
  const perBurst = countedMinutes(exposure) / exposure.phi;
  const outcomes = baselineOutcomes((exposure.baseline ?? 0) * baselineRate * perBurst).map(({ count, weight }) => ({
    weight,
    needed: criticalCount(exposure, config, logThreshold, count),
  }));
  return {
    caught: (candidateRate) => caughtShare(outcomes, exposure.canary * candidateRate * perBurst),
  };
}

/** Bakes shorter than this feel the cap. */
const SHORT_BAKE = 5;
const CUT_BY_CAP = 0.5;

const countedMinutes = ({ minutes }: Exposure): number => (minutes < SHORT_BAKE ? minutes - CUT_BY_CAP : minutes);

function caughtShare(outcomes: readonly Outcome[], expected: number): number {
  return outcomes.reduce((sum, { weight, needed }) => sum + weight * poissonAtLeast(needed, expected), 0);
}

/** Standard deviations to either side that baseline outcomes are taken from, and the most outcomes looked at. */
const REACH = 4;
const MOST_OUTCOMES = 33;

/** Poisson outcomes that matter, thinned to a few, each with its probability. */
export function baselineOutcomes(expected: number): { readonly count: number; readonly weight: number }[] {
  const spread = REACH * Math.sqrt(expected) + (expected > 0 ? 2 : 0);
  const low = Math.max(0, Math.floor(expected - spread));
  const high = Math.ceil(expected + spread);
  const stride = Math.max(1, Math.ceil((high - low + 1) / MOST_OUTCOMES));
  const counts: number[] = [];
  for (let count = low; count <= high; count += stride) counts.push(count);
  const weights = counts.map((count) => Math.exp(logPoisson(count, expected)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return counts.map((count, i) => ({ count, weight: nth(weights, i) / total }));
}

/** The least number of canary bursts at which ln E reaches the threshold; Infinity when the cap keeps it below. */
function criticalCount(
  exposure: Exposure,
  config: SequentialConfig,
  logThreshold: number,
  baselineCount: number,
): number {
  const reached = (count: number): boolean => logEvidence(exposure, config, count, baselineCount) >= logThreshold;
  const most = Math.ceil((exposure.canary * exposure.minutes) / exposure.phi);
  if (!reached(most)) return Number.POSITIVE_INFINITY;
  let [below, enough] = [-1, most];
  while (enough - below > 1) {
    const middle = Math.floor((below + enough) / 2);
    if (reached(middle)) enough = middle;
    else below = middle;
  }
  return enough;
}

function logEvidence(exposure: Exposure, config: SequentialConfig, count: number, baselineCount: number): number {
  const { canary, baseline, minutes, phi } = exposure;
  const share = baseline === null ? 0 : (config.rho * canary) / (config.rho * canary + baseline);
  const tolerated = baseline === null ? (config.slo ?? Number.POSITIVE_INFINITY) : config.delta;
  const bets = config.grid.map((ratio) => {
    const growth = 1 + share * (ratio - 1);
    const stake = ((ratio - 1) * (1 - share)) / growth;
    const log = count * Math.log(ratio) - (count + baselineCount) * Math.log(growth);
    return Math.min(log - (stake * canary * countedMinutes(exposure) * tolerated) / phi, config.capNats * minutes);
  });
  return Math.log(config.fastWeight) + exposure.logStart + logMean(bets);
}

/** Beyond this many the sum is replaced by the Wilson-Hilferty approximation, good to 0.001 there. */
const EXACT_UP_TO = 80;

/** P(X >= count) for a Poisson X. */
export function poissonAtLeast(count: number, expected: number): number {
  if (count <= 0) return 1;
  if (expected <= 0 || count === Number.POSITIVE_INFINITY) return 0;
  if (count > EXACT_UP_TO) {
    // X >= k exactly when a chi-square of 2k degrees is below twice the mean; its cube root is nearly normal.
    const spread = 1 / (9 * count);
    return normalBelow((Math.cbrt(expected / count) - (1 - spread)) / Math.sqrt(spread));
  }
  let below = 0;
  for (let k = 0; k < count; k++) below += Math.exp(logPoisson(k, expected));
  return Math.max(0, 1 - below);
}

function logPoisson(count: number, expected: number): number {
  if (expected === 0) return count === 0 ? 0 : Number.NEGATIVE_INFINITY;
  return count * Math.log(expected) - expected - logFactorial(count);
}

/** Stirling's series from 10 on (error below 1e-9), the plain sum before. */
function logFactorial(n: number): number {
  if (n < 10) {
    let product = 1;
    for (let k = 2; k <= n; k++) product *= k;
    return Math.log(product);
  }
  return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5);
}
