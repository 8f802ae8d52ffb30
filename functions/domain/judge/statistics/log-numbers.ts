/**
 * Sums of numbers that are kept as natural logarithms. Evidence multiplies by up to e^3 a minute, for weeks: as plain
 * numbers it would overflow within a day, as logarithms it never does. `-Infinity` is the logarithm of nothing.
 */

/** ln(e^a + e^b), exact to the last bits whatever the distance of a and b. */
export function logAdd(a: number, b: number): number {
  if (a === Number.NEGATIVE_INFINITY) return b;
  if (b === Number.NEGATIVE_INFINITY) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}

/** ln of the sum of e^v over all values; `-Infinity` for none. */
export function logSum(values: readonly number[]): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > largest) largest = value;
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}

/** ln of the mean of e^v over all values; `-Infinity` for none. */
export function logMean(values: readonly number[]): number {
  return values.length === 0 ? Number.NEGATIVE_INFINITY : logSum(values) - Math.log(values.length);
}
