/**
 * A seeded source of chance for benchmarks and tests, so that a figure can be had again to the last digit. The generator
 * is sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, fast, passes the usual batteries.
 */
export type Random = {
  /** Uniform in [0, 1). */
  next(): number;
  /** Standard normal. */
  normal(): number;
  poisson(mean: number): number;
  /** Gamma with this shape and scale 1. */
  gamma(shape: number): number;
  /** An independent source, named: drawing more from one does not shift the others. */
  split(name: string): Random;
};

/** A source for a seed, or for any label of an experiment. */
export function createRandom(seed: number | string): Random {
  const uniform = sfc32(String(seed));
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const source: Random = {
    next: uniform,
    normal,
    poisson: (mean) => poisson(source, mean),
    gamma: (shape) => gamma(source, shape),
    split: (name) => createRandom(`${seed}/${name}`),
  };
  return source;
}

function sfc32(label: string): () => number {
  let [a, b, c, count] = [hash(label, 1), hash(label, 2), hash(label, 3), 1];
  const next = (): number => {
    const sum = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warmUp = 0; warmUp < 16; warmUp++) next();
  return next;
}

/** FNV-1a, stirred by `salt`: seeds that differ in one character start far apart. */
function hash(text: string, salt: number): number {
  let value = 0x811c9dc5 ^ Math.imul(salt, 0x9e3779b1);
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return Math.imul(value ^ (value >>> 15), 0x85ebca6b) | 0;
}

/** Counting exponential gaps for small means; for larger ones Hormann's transformed rejection (PTRS, 1993). */
function poisson(random: Random, mean: number): number {
  if (mean < 10) {
    const limit = Math.exp(-mean);
    let [count, product] = [0, random.next()];
    while (product > limit) {
      count += 1;
      product *= random.next();
    }
    return count;
  }
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const accept = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random.next() - 0.5;
    const v = random.next();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= accept) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const left = Math.log((v * inverseAlpha) / (a / (us * us) + b));
    if (left <= k * Math.log(mean) - mean - logFactorial(k)) return k;
  }
}

/** Marsaglia and Tsang's squeeze (2000); shapes below 1 by their power trick. */
function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * random.next() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

function logFactorial(n: number): number {
  if (n < 2) return 0;
  return (n + 0.5) * Math.log(n) - n + Math.log(2 * Math.PI) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3);
}
