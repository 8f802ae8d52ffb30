/**
 * Counts that come in clumps, and what a random share of a counted minute looks like.
 *
 * A Pólya-Aeppli count is a Poisson number of clumps, each of geometric size with this mean: mean = clumps * size, variance
 * = mean * (2 size - 1). Where whole clumps are drawn to one arm or the other with probability w, both arms are Pólya-
 * Aeppli again and independent, so that of x counted errors the arm has k with
 *
 *     P(k | x) = f(k; clumps w) f(x - k; clumps (1-w)) / f(x; clumps)
 *
 * exactly; with clumps of one error it is Binomial(x, w), whatever the mean.
 */

import { normalBelow } from "./normal.ts";
import { nth } from "./nth.ts";

/** Mean size of clumps whose counts have this dispersion (variance over mean, at least 1). */
export const clumpSize = (dispersion: number): number => (Math.max(1, dispersion) + 1) / 2;

/** Beyond this many the normal distribution is as good. */
const EXACT_UP_TO = 200;

/** A distribution of a count, as far as it is asked: chances of 0, 1, 2 ..., or normal where they would be many. */
export type CountLaw = { readonly chances: readonly number[] } | { readonly mean: number; readonly deviation: number };

/** Chances of 0..most of a Pólya-Aeppli count, by the recursion over k (Johnson, Kemp and Kotz, ch. 9.6). */
function polyaAeppli(clumps: number, size: number, most: number): number[] {
  const again = 1 - 1 / size;
  const chances = [Math.exp(-clumps)];
  for (let k = 1; k <= most; k++) {
    const [before, last] = [nth(chances, k - 2), nth(chances, k - 1)];
    chances.push(((clumps / size + 2 * again * (k - 1)) * last - again * again * (k - 2) * before) / k);
  }
  return chances;
}

/** A count with this mean and dispersion. */
export function countLaw(mean: number, dispersion: number): CountLaw {
  const deviation = Math.sqrt(mean * Math.max(1, dispersion));
  if (mean > EXACT_UP_TO) return { mean, deviation };
  const size = clumpSize(dispersion);
  return { chances: polyaAeppli(mean / size, size, Math.ceil(mean + 8 * deviation + 8 * size)) };
}

/**
 * An arm's part of `count` errors that were seen, where each of their clumps is the arm's with chance `share`. `expected`:
 * how many errors such a minute has, by which clumps are told from crowds of them.
 */
export function partLaw(count: number, share: number, dispersion: number, expected: number): CountLaw {
  const mean = count * share;
  const size = clumpSize(dispersion);
  const clumps = expected / size;
  if (count > EXACT_UP_TO || clumps > EXACT_UP_TO) {
    return { mean, deviation: Math.sqrt(mean * (1 - share) * Math.max(1, dispersion)) };
  }
  const ours = polyaAeppli(clumps * share, size, count);
  const theirs = polyaAeppli(clumps * (1 - share), size, count);
  const joint = ours.map((chance, k) => chance * nth(theirs, count - k));
  const whole = joint.reduce((sum, chance) => sum + chance, 0);
  return { chances: joint.map((chance) => chance / whole) };
}

/** Quantile nodes of a normal variable with their weights: exact for polynomials up to the fifth degree. */
export const NODES = [
  { z: -Math.sqrt(3), weight: 1 / 6 },
  { z: 0, weight: 2 / 3 },
  { z: Math.sqrt(3), weight: 1 / 6 },
] as const;

/**
 * Chance that bad requests are a larger fraction of all than a ceiling: `bad` of them against `good`, of mean and variance
 * as given, whole numbers both. Without a request there is no fraction.
 */
export function fractionAbove(
  bad: CountLaw,
  good: { readonly mean: number; readonly variance: number },
): (ceiling: number) => number {
  if (!("chances" in bad)) return (ceiling) => normalAbove(bad, good, ceiling);
  const below = atMost(good);
  const likely = [...bad.chances.entries()].filter(([k, chance]) => k > 0 && chance > NEGLIGIBLE);
  return (ceiling) => {
    if (ceiling >= 1) return 0;
    let chance = 0;
    for (const [k, part] of likely) {
      chance += part * (ceiling <= 0 ? 1 : below(Math.ceil((k * (1 - ceiling)) / ceiling - ROUNDING) - 1));
    }
    return Math.min(1, chance);
  };
}

const NEGLIGIBLE = 1e-12;

function normalAbove(
  bad: { readonly mean: number; readonly deviation: number },
  good: { readonly mean: number; readonly variance: number },
  ceiling: number,
): number {
  const gap = bad.mean * (1 - ceiling) - good.mean * ceiling;
  const deviation = Math.hypot(bad.deviation * (1 - ceiling), Math.sqrt(good.variance) * ceiling);
  return normalBelow(gap / Math.max(deviation, Number.MIN_VALUE));
}

/** A fraction that equals the ceiling does not exceed it, whatever the last bit says. */
const ROUNDING = 1e-9;

/** Chance that a count of this mean and variance is at most so many: binomial (variance below mean) or Poisson. */
function atMost({ mean, variance }: { readonly mean: number; readonly variance: number }): (most: number) => number {
  if (mean > EXACT_UP_TO) return (most) => normalBelow((most + 0.5 - mean) / Math.sqrt(variance));
  const share = 1 - variance / Math.max(mean, Number.MIN_VALUE);
  const cumulative: number[] = [];
  const trials = share > ROUNDING ? Math.round(mean / share) : Number.POSITIVE_INFINITY;
  let [chance, sum] = [trials === Number.POSITIVE_INFINITY ? Math.exp(-mean) : (1 - share) ** trials, 0];
  return (most) => {
    if (most < 0) return 0;
    for (let k = cumulative.length; k <= Math.min(most, trials); k++) {
      sum += chance;
      cumulative.push(sum);
      chance *= trials === Number.POSITIVE_INFINITY ? mean / (k + 1) : ((trials - k) * share) / ((k + 1) * (1 - share));
    }
    return Math.min(1, cumulative[Math.min(most, cumulative.length - 1)] ?? 1);
  };
}

/** Chance that a count is larger than `ceiling`. */
export function exceeds(law: CountLaw, ceiling: number): number {
  if (!("chances" in law)) return normalBelow((law.mean - Math.floor(ceiling) - 0.5) / law.deviation);
  const within = law.chances.reduce((sum, chance, k) => (k <= ceiling ? sum + chance : sum), 0);
  return Math.max(0, 1 - within);
}
