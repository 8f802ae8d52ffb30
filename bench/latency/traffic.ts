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
type Tail = (medians: number) => number;
export type Effect = (baseline: Tail) => Tail;

export interface Cell {
  readonly requestsPerMinute: number;
  readonly sigma: number;
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
export function simulateDurations({ requestsPerMinute, sigma, noise, effect }: Cell, random: Random): Rollout {
  const tail: Tail = (medians) => 1 - normalBelow(Math.log(medians) / sigma);
  const bounds = boundsOf(sigma);
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

/** In medians. */
export function boundsOf(sigma: number): number[] {
  const quantiles = [0.5, 0.75, 0.95, 0.99].map((share) => Math.exp(sigma * normalQuantile(share)));
  return durationBounds(quantiles) ?? [];
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
