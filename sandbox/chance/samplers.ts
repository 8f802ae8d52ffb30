import type { Random } from "./random.ts";

/** A standard normal number [Box and Muller]. */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(random.uniform())) * Math.cos(2 * Math.PI * random.uniform());

/** A gamma number of this shape and scale 1 [Marsaglia and Tsang 2000]; shapes below 1 by the usual power of a uniform. */
export const gamma = (random: Random, shape: number): number => {
  if (shape < 1) return gamma(random, shape + 1) * random.uniform() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
};

/** A beta number. */
export const beta = (random: Random, a: number, b: number): number => {
  const left = gamma(random, a);
  return left / (left + gamma(random, b));
};

/** Above this variance a rounded normal is used: its skewness, at most 1/30, is lost in the noise of a minute. */
const NORMAL_VARIANCE = 1_000;

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** Counts successes one geometric gap at a time: quick while few are expected. */
const byGaps = (random: Random, n: number, p: number): number => {
  const rate = Math.log1p(-p);
  let count = 0;
  let at = Math.floor(Math.log(random.uniform()) / rate);
  while (at < n) {
    count += 1;
    at += 1 + Math.floor(Math.log(random.uniform()) / rate);
  }
  return count;
};

const ones = (word: number): number => {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const nibbles = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
};

/** Heads among `n` tosses of a fair coin: the ones among `n` random bits. */
const fair = (random: Random, n: number): number => {
  let heads = 0;
  for (let left = n; left > 0; left -= 32)
    heads += ones(left >= 32 ? random.bits() : random.bits() & ((1 << left) - 1));
  return heads;
};

/**
 * The number of successes in `n` trials of chance `p`. Exact while the variance is below 1,000: large counts are halved
 * by the median of the uniforms that would decide the trials, which is a beta number [Devroye 1986, X.4.4].
 */
export const binomial = (random: Random, n: number, p: number): number => {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  const variance = n * p * (1 - p);
  if (variance > NORMAL_VARIANCE) return clamp(Math.round(n * p + Math.sqrt(variance) * normal(random)), 0, n);
  if (p === 0.5) return fair(random, n);
  if (n * p < 12) return byGaps(random, n, p);
  const middle = Math.floor((n + 1) / 2);
  const median = beta(random, middle, n + 1 - middle);
  return median <= p
    ? middle + binomial(random, n - middle, (p - median) / (1 - median))
    : binomial(random, middle - 1, p / median);
};

/** A Poisson number. Exact below a mean of 1,000, by gamma steps down to a small mean [Ahrens and Dieter 1974]. */
export const poisson = (random: Random, mean: number): number => {
  if (mean <= 0) return 0;
  if (mean > NORMAL_VARIANCE) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  if (mean > 15) {
    const step = Math.floor((mean * 7) / 8);
    const arrival = gamma(random, step);
    return arrival <= mean ? step + poisson(random, mean - arrival) : binomial(random, step - 1, mean / arrival);
  }
  let count = 0;
  let product = random.uniform();
  const limit = Math.exp(-mean);
  while (product > limit) {
    count += 1;
    product *= random.uniform();
  }
  return count;
};

/**
 * A chance that varies around `p`: beta-distributed with correlation `burstiness` (0: always `p`; 0.01: two failures
 * of one minute are 1 % correlated).
 */
export const bursty = (random: Random, p: number, burstiness: number): number => {
  if (burstiness <= 0 || p <= 0 || p >= 1) return p;
  const size = (1 - burstiness) / burstiness;
  return beta(random, p * size, (1 - p) * size);
};
