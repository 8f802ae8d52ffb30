/**
 * Bets on how long requests take, counted between bounds.
 *
 * The baseline's requests are counted at bounds T_1 < T_2 < ... , the candidate's at (1+m) times each of them. "The
 * candidate is at most m slower" then says that its bin is stochastically no higher than the baseline's, for every shape
 * of the distribution and every drift that both share. So for any score g that does not fall from bin to bin
 *
 *     l = sum over the candidate's requests of ln(1 + lam g) + sum over the baseline's of ln(1 - lam k g),  k = n_c/n_b
 *
 * has E[e^l] = (1 + lam E_c g)^n_c (1 - lam k E_b g)^n_b <= exp(lam n_c (E_c g - E_b g)) <= 1, by 1+u <= e^u: the betting
 * form of `logFactor`, of which a score of 0 below one bound and 1 above it is the case. g may be negative for fast
 * requests: a score that is centred on the reference bets on the body of the distribution, and loses the least.
 */

import { normalQuantile } from "./normal.ts";
import { nth } from "./nth.ts";
import type { ArmCounts } from "./sequential-lanes.ts";

/** Requests of one arm in one period: all of them, and those slower than each bound, from the lowest bound on. */
export interface Durations {
  readonly requests: number;
  readonly slower: readonly number[];
}

/** One way to bet. */
export interface DurationLane {
  /** For each bin, from the fastest requests to the slowest; never falling. */
  readonly scores: readonly number[];
  /** Share of the evidence. */
  readonly weight: number;
  readonly stakes: Stakes;
  /** Variance of the score over that of independent requests, on the reference. */
  readonly phi: number;
  /** Variance of one request's score on the reference. */
  readonly variance: number;
  /** Its largest hourly mean on the reference: what a candidate alone is held against. */
  readonly worst: number;
  /** True where the arms' own noise, once seen, may lower phi; see `Together`. */
  readonly learns: boolean;
}

/** `ratios`: the candidate exceeds a bound so many times as often. `fractions`: for each point of a centred score. */
export type Stakes = { readonly ratios: readonly number[] } | { readonly fractions: readonly number[] };

/** Requests by bin, from the fastest to the slowest; never negative, whatever was read. */
export function binsOf({ requests, slower }: Durations): number[] {
  const above = [requests, ...slower];
  return above.map((count, bin) => Math.max(0, count - nth(above, bin + 1)));
}

/** How much a lane stakes on a point of its score, never so much that one request could lose all. `baseline` null: none runs. */
export function stakesOf({ scores, stakes }: DurationLane, candidate: number, baseline: number | null): number[] {
  const split = baseline === null ? 0 : candidate / baseline;
  if ("ratios" in stakes) {
    const share = split / (split + 1);
    return stakes.ratios.map((ratio) => ((ratio - 1) * (1 - share)) / (1 + share * (ratio - 1)));
  }
  const most = SAFELY / Math.max(-nth(scores, 0), split * (scores.at(-1) ?? 0));
  return stakes.fractions.map((fraction) => Math.min(fraction / (1 + split), most));
}

/** Of the stake that would lose all, and be worth nothing from then on. */
const SAFELY = 0.9;

/** ln of a lane's bet of one minute, `candidate` and `baseline` by bin. */
export function logScored(
  scores: readonly number[],
  stake: number,
  split: number,
  candidate: readonly number[],
  baseline: readonly number[],
): number {
  return scores.reduce((log, score, bin) => {
    if (score === 0) return log;
    const [own, other] = [nth(candidate, bin), nth(baseline, bin)];
    return log + own * Math.log1p(stake * score) + other * Math.log1p(-stake * split * score);
  }, 0);
}

/**
 * ln of the bet where no baseline runs, against a mean score of at most `worst`: E = (1 + lam E_c g)^n e^(-lam n worst) is
 * at most 1 while E_c g is at most that. Not proof against drift.
 */
export function logAlone(
  scores: readonly number[],
  stake: number,
  worst: number,
  candidate: readonly number[],
): number {
  const requests = candidate.reduce((sum, count) => sum + count, 0);
  return logScored(scores, stake, 0, candidate, []) - stake * requests * worst;
}

/**
 * ln of the opposite bet, that fewer of the candidate's requests exceed a bound than tolerated: against p_c >= p_b + margin,
 * as `logPassFactor`, with the reference's share of slow requests (`centre`) taken off each count, which halves the noise
 * at the median. Where no baseline runs, against p_c >= centre + margin.
 */
export function logShownFaster(
  candidate: ArmCounts,
  baseline: ArmCounts | null,
  wanted: number,
  centre: number,
  margin: number,
): number {
  const split = baseline === null ? 0 : candidate.requests / baseline.requests;
  const stake = Math.min(wanted, SAFELY / (split * centre));
  const own = centredLog(candidate, -stake, centre) + stake * candidate.requests * margin;
  return baseline === null ? own : own + centredLog(baseline, stake * split, centre);
}

const centredLog = ({ requests, errors }: ArmCounts, stake: number, centre: number): number =>
  errors * Math.log1p(stake * (1 - centre)) + (requests - errors) * Math.log1p(-stake * centre);

/** Mean normal score of each bin, under these shares of requests that are slower than each bound (fractions, falling). */
export function normalScores(shares: readonly number[]): number[] {
  const above = [1, ...shares];
  return above.map((upper, bin) => {
    const lower = nth(above, bin + 1);
    const score = upper > lower ? (densityAt(upper) - densityAt(lower)) / (upper - lower) : scoreAt(upper);
    return Math.min(MOST_SCORE, score);
  });
}

/** Of a bin that nobody is in, where it begins. */
const scoreAt = (upper: number): number =>
  upper <= 0 ? MOST_SCORE : upper >= 1 ? -MOST_SCORE : -normalQuantile(upper);

/** Beyond the slowest bound a request says no more than this: a few may be slow for reasons of their own. */
const MOST_SCORE = 3;

function densityAt(share: number): number {
  if (share <= 0 || share >= 1) return 0;
  const z = normalQuantile(share);
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** Mean of a score over requests by bin; 0 for none. */
export function meanScore(scores: readonly number[], bins: readonly number[]): number {
  const requests = bins.reduce((sum, count) => sum + count, 0);
  const total = scores.reduce((sum, score, bin) => sum + score * nth(bins, bin), 0);
  return requests === 0 ? 0 : total / requests;
}

/** Variance of a score over requests by bin. */
export function varianceOf(scores: readonly number[], bins: readonly number[]): number {
  const mean = meanScore(scores, bins);
  return meanScore(
    scores.map((score) => (score - mean) ** 2),
    bins,
  );
}
