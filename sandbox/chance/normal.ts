/**
 * The standard normal distribution, written apart from the judge's own: a world that shares its judge's numerics would
 * hide an error in both.
 */

const SERIES_END = 3;

/** Upper tail for z > 3 by the continued fraction 1/(z+1/(z+2/(z+3/...))) [Abramowitz and Stegun 26.2.14]. */
const tail = (z: number): number => {
  let fraction = 0;
  for (let k = 40; k >= 1; k -= 1) fraction = k / (z + fraction);
  return density(z) / (z + fraction);
};

/** The density of the standard normal distribution. */
export const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** P(Z <= z), by the series of Abramowitz and Stegun 26.2.11 near the middle; absolute error below 1e-14. */
export const cumulative = (z: number): number => {
  if (z < -SERIES_END) return tail(-z);
  if (z > SERIES_END) return 1 - tail(z);
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-17; k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + density(z) * sum;
};

/** The z with P(Z <= z) = p, for p in (0, 1): a rough start [26.2.22], then Newton steps. */
export const quantile = (p: number): number => {
  if (p > 0.5) return -quantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  let z = -(t - (2.30753 + 0.27061 * t) / (1 + 0.99229 * t + 0.04481 * t * t));
  for (let step = 0; step < 4; step += 1) z -= (cumulative(z) - p) / density(z);
  return z;
};
