/** The standard normal distribution, to about 1e-15: enough for quantiles that published intervals depend on. */

const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/**
 * P(Z <= z). Marsaglia's series, 1/2 + density(z) * (z + z^3/3 + z^5/(3*5) + ...), whose terms all have one sign, so that
 * nothing cancels; beyond 8 standard deviations the answer is 0 or 1 for every purpose here.
 * ("Evaluating the Normal Distribution", Journal of Statistical Software 11(4), 2004.)
 */
export function normalBelow(z: number): number {
  if (z < -8) return 0;
  if (z > 8) return 1;
  let term = z;
  let sum = z;
  for (let odd = 3; Math.abs(term) > Math.abs(sum) * 1e-17; odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return 0.5 + density(z) * sum;
}

/**
 * The z with P(Z <= z) = p, for p between about 1e-12 and 1 - 1e-12. Newton's steps from the middle approach the root
 * from one side only, because the distribution is convex below 0; the upper half follows by symmetry.
 */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  let z = 0;
  for (let round = 0; round < 100; round++) {
    const step = (normalBelow(z) - p) / density(z);
    z -= step;
    if (Math.abs(step) < 1e-14) break;
  }
  return z;
}
