/**
 * How many times as long a quantile of the candidate's durations takes, from counts between bounds.
 *
 * The baseline's shares of slower requests are points of its distribution. Between them, and a little beyond, it is taken to
 * have the shape of the day before the release, slower or faster as a whole; without that, lognormal shape. Where the
 * candidate's share beyond its bound B is what the baseline's is beyond D, the candidate takes B/D times as long there. That
 * is asked at the bound whose share is nearest to the quantile's, so that the arms' shapes have to agree only from there to
 * it; the bounds on the difference of the shares (`effect.ts`) become bounds on the times.
 */

import { SHAPE_QUANTILES } from "./duration-reference.ts";
import type { Bounds } from "./effect.ts";
import { normalQuantile } from "./normal.ts";
import { nth } from "./nth.ts";

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

/**
 * The quantile that this share of requests is slower than. `differences`: of the shares, at as many bounds as are told of;
 * `shapeMs`: the day before, at `SHAPE_QUANTILES`.
 */
export function quantileEffect(
  share: number,
  candidate: Spread,
  baseline: Spread,
  differences: readonly Bounds[],
  shapeMs?: readonly number[],
): QuantileEffect {
  const score = scoreBy(shapeMs);
  const at = nearest(share, candidate.shares.slice(0, differences.length));
  const curve = curveOf(baseline.boundsMs.slice(0, differences.length), baseline.shares, score);
  const msAt = (slower: number): number => Math.exp(along(curve, score(slower)));
  const baselineMs = msAt(share);
  const boundMs = nth(candidate.boundsMs, at);
  const { low, high } = differences[at] ?? { low: -1, high: 1 };
  const timesAt = (difference: number): number => boundMs / msAt(nth(baseline.shares, at) + difference);
  const times = timesAt(nth(candidate.shares, at) - nth(baseline.shares, at));
  return { candidateMs: times * baselineMs, baselineMs, times, low: timesAt(low), high: timesAt(high) };
}

/** The bound beyond which the share is nearest to the wanted one. */
function nearest(share: number, shares: readonly number[]): number {
  const distances = shares.map((one) => Math.abs(normalScore(one) - normalScore(share)));
  return distances.indexOf(Math.min(...distances));
}

type Score = (share: number) => number;
type Point = readonly [x: number, y: number];

const LEAST_SHARE = 1e-6;
/** Of what this share of requests is slower than; the larger the slower. */
const normalScore: Score = (share) => -normalQuantile(Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, share)));

/** ln of what took as long on the day before, so that a baseline that is slower as a whole lies on a straight line. */
function scoreBy(shapeMs: readonly number[] | undefined): Score {
  if (shapeMs === undefined) return normalScore;
  const shape = rising(
    shapeMs.map((ms, index) => [normalQuantile(SHAPE_QUANTILES[index] ?? 0.5), Math.log(ms)] as const),
  );
  return (share) => along(shape, normalScore(share));
}

/** ln ms by score. */
const curveOf = (boundsMs: readonly number[], shares: readonly number[], score: Score): Point[] =>
  rising(boundsMs.map((bound, index) => [score(nth(shares, index)), Math.log(bound)] as const));

/** Points that chance has put out of order are taken for the one before them. */
function rising(points: readonly Point[]): Point[] {
  let [highX, highY] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return points.map(([x, y]) => {
    highX = Math.max(highX + LEAST_STEP, x);
    highY = Math.max(highY, y);
    return [highX, highY] as const;
  });
}

const LEAST_STEP = 1e-3;

/** On the line through these points, and through the outermost two beyond them. */
function along(points: readonly Point[], x: number): number {
  const after = points.findIndex(([at]) => at >= x);
  const end = after === -1 ? points.length - 1 : Math.max(1, after);
  const [from, to] = [points[end - 1], points[end]];
  if (from === undefined || to === undefined) return Number.NaN;
  return from[1] + ((to[1] - from[1]) / (to[0] - from[0])) * (x - from[0]);
}
