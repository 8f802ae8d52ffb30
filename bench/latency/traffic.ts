/**
 * Simulated durations: lognormal, Poisson arrivals, counted between bounds as CloudWatch counts them; both arms of a rollout,
 * and the old version before it.
 */
import type { Durations } from "../../functions/domain/judge/statistics/duration-lanes.ts";
import { durationBounds } from "../../functions/domain/judge/statistics/duration-reference.ts";
import { normalBelow, normalQuantile } from "../../functions/domain/judge/statistics/normal.ts";
import type { Random } from "../random.ts";

/** How durations move beyond chance. `sd` is of their logarithm; `memory` is the correlation of one minute with the next. */
export interface Noise {
  readonly name: string;
  /** Of both arms together. */
  readonly shared?: Wander;
  /** Of each arm by itself. */
  readonly own?: Wander;
  /** Slow requests come so many at a time. */
  readonly burst?: number;
}

interface Wander {
  readonly sd: number;
  readonly memory: number;
}

/** Share of requests slower than so many medians. */
export type Tail = (medians: number) => number;
export type Effect = (baseline: Tail) => Tail;

export interface Cell {
  readonly requestsPerMinute: number;
  /** Of the lognormal's logarithm, where no other shape is said. */
  readonly sigma: number;
  readonly shape?: Tail;
  readonly noise: Noise;
  readonly effect: Effect;
}

export interface Minute {
  readonly step: number;
  readonly candidate: Durations;
  readonly baseline: Durations;
}

export interface Rollout {
  /** The baseline's, in medians. */
  readonly bounds: readonly number[];
  readonly reference: readonly Durations[];
  readonly minutes: readonly Minute[];
}

export const WEIGHTS: readonly number[] = [0.1, 0.25, 0.5];
export const BAKE_MINUTES = 15;
/** Tolerated, as a fraction. */
export const MARGIN = 0.1;
const REFERENCE_MINUTES = 240;
const MEDIAN_MS = 100;

/** Everything takes so many times as long. */
export const slowedBy =
  (times: number): Effect =>
  (tail) =>
  (medians) =>
    tail(medians / times);

/** A share of the requests takes so many times as long. */
export const someSlowedBy =
  (share: number, times: number): Effect =>
  (tail) =>
  (medians) =>
    (1 - share) * tail(medians) + share * tail(medians / times);

/** What is faster than the p95 takes twice as long, but no longer than that: the p95 stays where it was. */
export const medianDoubled =
  (sigma: number): Effect =>
  (tail) =>
  (medians) =>
    medians < Math.exp(sigma * normalQuantile(0.95)) ? tail(medians / 2) : tail(medians);

/** One rollout of 10/25/50 %, `BAKE_MINUTES` each, after 4 hours of reference. */
export function simulateDurations(cell: Cell, random: Random): Rollout {
  const { requestsPerMinute, noise, effect } = cell;
  const tail = shapeOf(cell);
  const bounds = boundsOf(tail);
  const [shared, own, other] = [noise.shared, noise.own, noise.own].map((wander) => wandering(wander, random)) as Walks;
  const count = (requests: number, of: Tail, slowness: number, margin: number): Durations =>
    counted(
      requests,
      bounds.map((bound) => of(((1 + margin) * bound) / slowness)),
      noise.burst ?? 1,
      random,
    );
  const reference = Array.from({ length: REFERENCE_MINUTES }, () =>
    count(requestsPerMinute, tail, shared() * own(), 0),
  );
  const minutes = WEIGHTS.flatMap((weight, step) =>
    Array.from({ length: BAKE_MINUTES }, () => {
      const all = shared();
      const baseline = count(requestsPerMinute * (1 - weight), tail, all * own(), 0);
      const candidate = count(requestsPerMinute * weight, effect(tail), all * other(), MARGIN);
      return { step, candidate, baseline };
    }),
  );
  return { bounds, reference, minutes };
}

type Walks = [shared: () => number, own: () => number, other: () => number];

/** How the baseline's durations are spread. */
export const shapeOf = ({ sigma, shape }: Pick<Cell, "sigma" | "shape">): Tail => shape ?? lognormal(sigma);

const lognormal =
  (sigma: number): Tail =>
  (medians) =>
    1 - normalBelow(Math.log(medians) / sigma);

/** Six of seven requests as fast as ever, and one that does more takes six times as long. */
export const twoHumps: Tail = (medians) => (6 * lognormal(0.3)(medians) + lognormal(0.3)(medians / 6)) / 7;

/** In medians. */
const boundsOf = (tail: Tail): number[] =>
  durationBounds([0.5, 0.25, 0.05, 0.01].map((share) => quantileOf(tail, share))) ?? [];

/** The medians that this share of requests is slower than. */
export function quantileOf(tail: Tail, share: number): number {
  let [low, high] = [-10, 10];
  for (let halving = 0; halving < 50; halving++) {
    const middle = (low + high) / 2;
    if (tail(Math.exp(middle)) > share) low = middle;
    else high = middle;
  }
  return Math.exp(low);
}

/** Medians as milliseconds, for those who are told. */
export const inMs = (medians: readonly number[]): number[] => medians.map((bound) => bound * MEDIAN_MS);

/** How much slower the next minute is than usual. */
function wandering(wander: Wander | undefined, random: Random): () => number {
  if (wander === undefined) return () => 1;
  const { sd, memory } = wander;
  let log = sd * random.normal();
  return () => {
    log = memory * log + Math.sqrt(1 - memory ** 2) * sd * random.normal();
    return Math.exp(log);
  };
}

/** Thinned Poisson arrivals are independent from bin to bin; only what is slower than the tail's bound comes in bursts. */
function counted(requests: number, shares: readonly number[], burst: number, random: Random): Durations {
  const bins = [1, ...shares].map((above, bin) => {
    const expected = requests * Math.max(0, above - (shares[bin] ?? 0));
    return bin > 2 ? burst * random.poisson(expected / burst) : random.poisson(expected);
  });
  const above = bins.map((_, bin) => bins.slice(bin).reduce((sum, one) => sum + one, 0));
  const [all = 0, ...slower] = above;
  return { requests: all, slower };
}
