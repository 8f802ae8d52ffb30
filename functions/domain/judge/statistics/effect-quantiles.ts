/**
 * How many times as long a quantile of the candidate's durations takes, from counts between bounds.
 *
 * Each arm's shares of slower requests are points of its distribution. Between them, and a little beyond, ln of the duration
 * is taken to be linear in the normal score of the share, which is exact for lognormal durations. The candidate's shares lie
 * between the baseline's plus the bounds on their difference (`effect.ts`), so that its quantile lies between those of the
 * two curves through them.
 */
import type { Bounds } from "./effect.ts";
import { normalQuantile } from "./normal.ts";

/** One arm's counts in a stretch of time. */
export interface Spread {
  /** Ms, rising. */
  readonly boundsMs: readonly number[];
  /** Share of its requests slower than each of them. */
  readonly shares: readonly number[];
}

export interface QuantileEffect {
  readonly candidateMs: number;
  readonly baselineMs: number;
  /** How many times as long it takes. */
  readonly times: number;
  readonly low: number;
  readonly high: number;
}

/** The quantile that this share of requests is slower than; `differences`: bounds at the first of the arms' bounds. */
export function quantileEffect(
  share: number,
  candidate: Spread,
  baseline: Spread,
  differences: readonly Bounds[],
): QuantileEffect {
  const baselineMs = quantileAt(share, baseline);
  const shifted = (by: (bounds: Bounds) => number): Spread => ({
    boundsMs: candidate.boundsMs.slice(0, differences.length),
    shares: differences.map((bounds, index) => (baseline.shares[index] ?? 0) + by(bounds)),
  });
  const candidateMs = quantileAt(share, candidate);
  return {
    candidateMs,
    baselineMs,
    times: candidateMs / baselineMs,
    low:
      quantileAt(
        share,
        shifted(({ low }) => low),
      ) / baselineMs,
    high:
      quantileAt(
        share,
        shifted(({ high }) => high),
      ) / baselineMs,
  };
}

/** Ms that this share of the requests exceeds. */
function quantileAt(share: number, { boundsMs, shares }: Spread): number {
  const points = curveOf(boundsMs, shares);
  const wanted = scoreOf(share);
  const after = points.findIndex(({ score }) => score >= wanted);
  const end = after === -1 ? points.length - 1 : Math.max(1, after);
  const [from, to] = [points[end - 1], points[end]];
  if (from === undefined || to === undefined) return boundsMs[0] ?? 0;
  const slope = (to.log - from.log) / Math.max(LEAST_STEP, to.score - from.score);
  return Math.exp(from.log + slope * (wanted - from.score));
}

interface Point {
  readonly log: number;
  readonly score: number;
}

/** Points with rising scores: a share that chance has put above the one before is taken for that one. */
function curveOf(boundsMs: readonly number[], shares: readonly number[]): Point[] {
  let highest = Number.NEGATIVE_INFINITY;
  return boundsMs.map((bound, index) => {
    highest = Math.max(highest + LEAST_STEP, scoreOf(shares[index] ?? 0));
    return { log: Math.log(bound), score: highest };
  });
}

/** Two bounds with hardly a request between them say nothing of a slope. */
const LEAST_STEP = 0.01;
const LEAST_SHARE = 1e-6;

const scoreOf = (share: number): number => -normalQuantile(Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, share)));
