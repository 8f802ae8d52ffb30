/** What the old version's durations were before the release, as the bets on durations need it. */

import {
  binsOf,
  type DurationLane,
  type Durations,
  meanScore,
  normalScores,
  type Stakes,
  varianceOf,
} from "./duration-lanes.ts";
import { nth } from "./nth.ts";
import { SEQUENTIAL_DEFAULTS } from "./sequential-config.ts";
import { type ArmCounts, estimateDispersion } from "./sequential-lanes.ts";

/** As it is kept in the ledger. */
export interface DurationReference {
  /** The baseline's bounds, ms, rising: see `durationBounds`. */
  readonly boundsMs: readonly number[];
  /** Shares of requests slower than each bound, falling. */
  readonly shares: readonly number[];
  /** The same in the hour in which each was highest. */
  readonly worst: readonly number[];
  /** Dispersion of each lane, in order. */
  readonly phi: readonly number[];
  /** Ms at `SHAPE_QUANTILES`, as far as they were read: the distribution's shape, which tells of quantiles between bounds. */
  readonly shapeMs?: readonly number[];
}

/** The quantiles that bounds are taken at, as CloudWatch spells them. */
export const BOUND_QUANTILES = ["p50", "p75", "p95", "p99"] as const;

/** The quantiles that show the shape of a distribution, as fractions. */
export const SHAPE_QUANTILES: readonly number[] = [
  0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.99, 0.995, 0.999,
];

/** Where a bound lies in the list. */
export const MEDIAN = 0;
export const TAIL = 2;
const EXTREME = 3;
export const FAR = 4;

/**
 * The bounds of these quantiles (ms, of `BOUND_QUANTILES`), and one far beyond them, which a request passes that takes many
 * times as long. Quantiles that coincide are kept apart by a thousandth. Null: the lowest is no time at all.
 */
export function durationBounds(quantilesMs: readonly number[]): number[] | null {
  const rising: number[] = [];
  for (const quantile of quantilesMs) rising.push(Math.max(quantile, (rising.at(-1) ?? 0) * APART));
  const [lowest = 0, tail = 0, extreme = 0] = [rising[MEDIAN], rising[TAIL], rising[EXTREME]];
  return lowest > 0 ? [...rising, 2 * Math.max(extreme, 2 * tail)] : null;
}

const APART = 1.001;

interface Shape {
  readonly weight: number;
  readonly stakes: Stakes;
  /** The bound that requests are counted beyond; null: the body of the distribution, by normal scores. */
  readonly bound: number | null;
  readonly learns: boolean;
}

/** What is staked on the body, on the tail, on the extreme and on the far. The rest of 1 is the slow lane's. */
const SHAPES: readonly Shape[] = [
  { weight: 0.5, bound: null, stakes: { fractions: [0.1, 0.2, 0.4, 0.9] }, learns: true },
  { weight: 0.12, bound: TAIL, stakes: { ratios: [1.25, 1.5, 2.5, 5] }, learns: true },
  { weight: 0.08, bound: EXTREME, stakes: { ratios: [1.5, 2.5, 5, 15] }, learns: false },
  { weight: 0.15, bound: FAR, stakes: { ratios: [2.5, 5, 15, 100] }, learns: false },
];

/**
 * Measures the reference. `minutes`: of the old version alone, counted at `boundsMs`, at most a day of them. Null without
 * a request.
 */
export function measureDurations(
  boundsMs: readonly number[],
  minutes: readonly Durations[],
  minutesPerHour: number,
): DurationReference | null {
  const shares = sharesOf(minutes);
  if (shares === null) return null;
  const bins = minutes.map(binsOf);
  const phi = SHAPES.map(({ bound }) =>
    bound === null ? bodyDispersion(bodyScores(shares), bins) : boundDispersion(minutes, bound),
  );
  return { boundsMs, shares, worst: worstShares(minutes, minutesPerHour, shares), phi };
}

/** The lanes over a reference. */
export function durationLanes({ shares, worst, phi }: DurationReference): DurationLane[] {
  return SHAPES.map(({ bound, ...shape }, lane) => {
    const scores = bound === null ? bodyScores(shares) : [1, ...shares].map((_, bin) => (bin > bound ? 1 : 0));
    return {
      ...shape,
      scores,
      phi: phi[lane] ?? SEQUENTIAL_DEFAULTS.phiNoReference,
      variance: varianceOf(scores, shareBins(shares)),
      worst: meanScore(scores, shareBins(worst)),
    };
  });
}

const shareBins = (shares: readonly number[]): number[] => binsOf({ requests: 1, slower: shares });

/** Normal scores with the reference's mean taken off. */
function bodyScores(shares: readonly number[]): number[] {
  const scores = normalScores(shares);
  const mean = meanScore(scores, shareBins(shares));
  return scores.map((score) => score - mean);
}

function sharesOf(minutes: readonly Durations[]): number[] | null {
  const requests = minutes.reduce((sum, minute) => sum + minute.requests, 0);
  const bounds = minutes[0]?.slower.length ?? 0;
  if (requests === 0) return null;
  return Array.from({ length: bounds }, (_, bound) => {
    return minutes.reduce((sum, { slower }) => sum + nth(slower, bound), 0) / requests;
  });
}

/** Hours with fewer requests than this say too little about what the old version got away with. */
const TELLING_REQUESTS = 1_000;

function worstShares(minutes: readonly Durations[], perHour: number, whole: readonly number[]): number[] {
  let worst = [...whole];
  for (let start = 0; start < minutes.length; start += perHour) {
    const hour = minutes.slice(start, start + perHour);
    if (hour.reduce((sum, { requests }) => sum + requests, 0) < TELLING_REQUESTS) continue;
    const shares = sharesOf(hour) ?? whole;
    worst = worst.map((share, bound) => Math.max(share, nth(shares, bound)));
  }
  return worst;
}

const boundDispersion = (minutes: readonly Durations[], bound: number): number =>
  estimateDispersion(
    minutes.map((minute) => atBound(minute, bound)),
    SEQUENTIAL_DEFAULTS,
  ).phi;

/** As `estimateDispersion`, with the score for the error; blocks are averaged by their requests. */
function bodyDispersion(scores: readonly number[], minutes: readonly (readonly number[])[]): number {
  const { phiBlock, phiMinMinutes, phiNoReference } = SEQUENTIAL_DEFAULTS;
  const busy = minutes.filter((bins) => bins.some((count) => count > 0));
  const starts = Array.from({ length: Math.ceil(busy.length / phiBlock) }, (_, block) => block * phiBlock);
  const blocks = starts.map((start) => blockOf(scores, busy.slice(start, start + phiBlock)));
  const requests = blocks.reduce((sum, block) => sum + block.requests, 0);
  if (requests === 0 || blocks.reduce((sum, { degrees }) => sum + degrees, 0) < phiMinMinutes) return phiNoReference;
  return Math.max(1, blocks.reduce((sum, block) => sum + block.phi * block.requests, 0) / requests);
}

function blockOf(scores: readonly number[], minutes: readonly (readonly number[])[]) {
  const total = scores.map((_, bin) => minutes.reduce((sum, bins) => sum + nth(bins, bin), 0));
  const [mean, variance] = [meanScore(scores, total), varianceOf(scores, total)];
  if (minutes.length < 2 || variance === 0) return { phi: 0, requests: 0, degrees: 0 };
  const squares = minutes.reduce((sum, bins) => {
    return sum + (requestsIn(bins) * (meanScore(scores, bins) - mean) ** 2) / variance;
  }, 0);
  return { phi: squares / (minutes.length - 1), requests: requestsIn(total), degrees: minutes.length - 1 };
}

const requestsIn = (bins: readonly number[]): number => bins.reduce((sum, count) => sum + count, 0);

/** One bound of an arm, as counts of slow requests. */
export const atBound = ({ requests, slower }: Durations, bound: number): ArmCounts => ({
  requests,
  errors: Math.min(requests, Math.max(0, nth(slower, bound))),
});
