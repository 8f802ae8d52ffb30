import { cumulative, quantile } from "./normal.ts";
import type { Random } from "./random.ts";
import { binomial } from "./samplers.ts";

/** Measured values of which only what is asked is worked out; all answers agree with one another. */
export interface Samples {
  readonly count: number;
  readonly sum: number;
  /** How many values are at most `value`. */
  atMost(value: number): number;
  /** The value of this rank, from 1 to `count`. */
  ranked(rank: number): number;
}

/** `count` times the same value. */
export const constant = (count: number, value: number): Samples => ({
  count,
  sum: count * value,
  atMost: (limit) => (limit >= value ? count : 0),
  ranked: () => value,
});

/** Values as they were put. */
export const listed = (values: readonly number[]): Samples => {
  const sorted = [...values].sort((left, right) => left - right);
  return {
    count: sorted.length,
    sum: sorted.reduce((sum, value) => sum + value, 0),
    atMost: (limit) => sorted.filter((value) => value <= limit).length,
    ranked: (rank) => sorted[rank - 1] ?? Number.NaN,
  };
};

/** How far a part of the unit interval is halved: 2^-48 is far below what any count can tell apart. */
const DEEPEST = 48;

/** Sums are taken over 2^5 parts, each at its own mean. */
const SUM_DEPTH = 5;

interface Part {
  readonly depth: number;
  readonly index: number;
  readonly count: number;
}

/** Log-normal values in milliseconds: median and the standard deviation of their logarithm. */
export interface LogNormal {
  readonly median: number;
  readonly sigma: number;
}

/**
 * `count` log-normal values without drawing them: the unit interval of their probabilities is halved again and again,
 * and how many values lie in each half is a binomial number named by that half. Whatever is asked, in whatever order,
 * the counts add up, and each is distributed as a real sample's would be.
 */
class LogNormalSamples implements Samples {
  readonly count: number;
  readonly shape: LogNormal;
  readonly #random: Random;
  readonly #split = new Map<number, readonly [Part, Part]>();

  constructor(random: Random, count: number, shape: LogNormal) {
    this.#random = random;
    this.count = count;
    this.shape = shape;
  }

  get sum(): number {
    return this.#sumOf({ depth: 0, index: 0, count: this.count });
  }

  atMost(value: number): number {
    if (value <= 0) return 0;
    const target = cumulative(Math.log(value / this.shape.median) / this.shape.sigma);
    let below = 0;
    let part = this.whole;
    while (isDivisible(part)) {
      const [left, right] = this.halves(part);
      const goRight = target >= right.index * 2 ** -right.depth;
      if (goRight) below += left.count;
      part = goRight ? right : left;
    }
    return below + (part.count > 0 && this.place(part) <= target ? part.count : 0);
  }

  ranked(rank: number): number {
    return rankedTogether([this], rank);
  }

  get whole(): Part {
    return { depth: 0, index: 0, count: this.count };
  }

  /** Drawn once and kept: a quantile of several sets walks the same parts again and again. */
  halves({ depth, index, count }: Part): readonly [Part, Part] {
    const name = 2 ** depth + index;
    const known = this.#split.get(name);
    if (known !== undefined) return known;
    const left = binomial(this.#random.child(depth, index), count, 0.5);
    const halves = [
      { depth: depth + 1, index: index * 2, count: left },
      { depth: depth + 1, index: index * 2 + 1, count: count - left },
    ] as const;
    this.#split.set(name, halves);
    return halves;
  }

  /** Where in the unit interval a part's only value lies. */
  place({ depth, index, count }: Part): number {
    const within = count === 1 ? this.#random.child("place", depth, index).uniform() : 0.5;
    return (index + within) * 2 ** -depth;
  }

  #sumOf(part: Part): number {
    if (part.count === 0) return 0;
    if (part.count === 1) return this.#alone(part);
    if (part.depth === SUM_DEPTH) return part.count * this.#meanOf(part);
    const [left, right] = this.halves(part);
    return this.#sumOf(left) + this.#sumOf(right);
  }

  #alone(part: Part): number {
    return valueAt(this.shape, this.place(part));
  }

  /** The mean of a log-normal value given its part: the closed form of its truncated expectation. */
  #meanOf({ depth, index }: Part): number {
    const { median, sigma } = this.shape;
    const shifted = (place: number) => (place <= 0 ? 0 : place >= 1 ? 1 : cumulative(quantile(place) - sigma));
    const width = 2 ** -depth;
    const share = shifted((index + 1) * width) - shifted(index * width);
    return (median * Math.exp((sigma * sigma) / 2) * share) / width;
  }
}

const isDivisible = ({ count, depth }: Part): boolean => count > 1 && depth < DEEPEST;

const valueAt = ({ median, sigma }: LogNormal, place: number): number => median * Math.exp(sigma * quantile(place));

/**
 * The value of this rank, from 1 on, among sets of one shape: their unit intervals are halved side by side, and only the
 * half with the rank in it is looked at again.
 */
const rankedTogether = (sets: readonly LogNormalSamples[], rank: number): number => {
  const [first] = sets;
  if (first === undefined) return Number.NaN;
  let left = rank;
  let middle = 0.5;
  let parts = sets.map((set) => ({ set, part: set.whole }));
  // Where those lie that are the last of their part.
  let places: number[] = [];
  for (let width = 0.25; ; width /= 2) {
    const ends = parts.filter(({ part }) => part.count > 0 && !isDivisible(part));
    places.push(...ends.flatMap(({ set, part }) => new Array<number>(part.count).fill(set.place(part))));
    parts = parts.filter(({ part }) => isDivisible(part));
    if (parts.length === 0) break;
    const halved = parts.map(({ set, part }) => ({ set, halves: set.halves(part) }));
    const below = places.filter((place) => place < middle);
    const lower = halved.reduce((sum, { halves }) => sum + halves[0].count, below.length);
    const isLower = left <= lower;
    if (!isLower) left -= lower;
    places = isLower ? below : places.filter((place) => place >= middle);
    parts = halved.map(({ set, halves }) => ({ set, part: halves[isLower ? 0 : 1] }));
    middle += isLower ? -width : width;
  }
  const place = places.toSorted((one, other) => one - other)[left - 1];
  return valueAt(first.shape, place ?? Number.NaN);
};

/** `count` log-normal values, named by `random`. A sigma of 0 gives the median each time. */
export const logNormal = (random: Random, count: number, shape: LogNormal): Samples =>
  shape.sigma > 0 ? new LogNormalSamples(random, count, shape) : constant(count, shape.median);

/** Several sets as one. */
export const merged = (sets: readonly Samples[]): Samples => {
  const parts = sets.filter(({ count }) => count > 0);
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return new MergedSamples(parts);
};

/** The log-normal sets that a set is made of, where they all have one shape; else none. */
const ofOneShape = (samples: Samples): readonly LogNormalSamples[] => {
  if (samples instanceof LogNormalSamples) return [samples];
  return samples instanceof MergedSamples ? samples.alike : [];
};

const allOfOneShape = (sets: readonly Samples[]): readonly LogNormalSamples[] => {
  const found = sets.map(ofOneShape);
  if (found.some(({ length }) => length === 0)) return [];
  const flat = found.flat();
  const shape = flat[0]?.shape;
  const isSame = (one: LogNormal) => one.median === shape?.median && one.sigma === shape.sigma;
  return flat.every((one) => isSame(one.shape)) ? flat : [];
};

/** A relative distance at which two values count as one. */
const RESOLUTION = 1e-9;

class MergedSamples implements Samples {
  readonly count: number;
  readonly #parts: readonly Samples[];
  #alike: readonly LogNormalSamples[] | undefined;

  constructor(parts: readonly Samples[]) {
    this.#parts = parts;
    this.count = parts.reduce((count, part) => count + part.count, 0);
  }

  get sum(): number {
    return this.#parts.reduce((sum, part) => sum + part.sum, 0);
  }

  /** What it is made of, where that is of one shape: such a set is ranked by halving, others by bisecting their values. */
  get alike(): readonly LogNormalSamples[] {
    this.#alike ??= allOfOneShape(this.#parts);
    return this.#alike;
  }

  atMost(value: number): number {
    return this.#parts.reduce((count, part) => count + part.atMost(value), 0);
  }

  ranked(rank: number): number {
    if (this.alike.length > 0) return rankedTogether(this.alike, Math.min(this.count, Math.max(1, rank)));
    if (rank <= 1) return Math.min(...this.#parts.map((part) => part.ranked(1)));
    if (rank >= this.count) return Math.max(...this.#parts.map((part) => part.ranked(part.count)));
    let low = this.ranked(1);
    if (this.atMost(low) >= rank) return low;
    let high = this.ranked(this.count);
    while (high - low > RESOLUTION * Math.abs(high)) {
      const middle = (low + high) / 2;
      if (this.atMost(middle) >= rank) high = middle;
      else low = middle;
    }
    return high;
  }
}
