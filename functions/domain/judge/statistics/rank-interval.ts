import { normalQuantile } from "./normal.ts";
import { ascending } from "./rank-series.ts";

/**
 * The Mann-Whitney confidence interval and Hodges-Lehmann estimate of how far the candidate's series is shifted, by the
 * asymptotic method of R's `wilcox.test` as Kayenta uses it. Where many points tie, the published numbers depend on the
 * coarse tolerance of the root finder (1e-4, absolute): it is part of the contract, an exact solver would give others.
 */
export type ShiftInterval = { readonly low: number; readonly high: number; readonly estimate: number };

/** Thrown when a rank test says nothing: every point ties at some shift, or a point is no finite number. */
export class UnrankableError extends Error {
  override readonly name = "UnrankableError";
}

const ROOT_TOLERANCE = 1e-4;
const ROOT_ROUNDS = 1000;

/**
 * Shift of `candidate` over `baseline` with a two-sided `confidence` (0.98 is 98 %). Both must have points.
 *
 * @throws UnrankableError when all points coincide at a shift that has to be looked at, or one is not finite
 */
export function shiftInterval(
  candidate: readonly number[],
  baseline: readonly number[],
  confidence: number,
): ShiftInterval {
  const z = -normalQuantile((1 - confidence) / 2);
  const [x, y] = [finite(candidate), finite(baseline)];
  const root = (quantile: number): number => shiftAt(x, y, quantile);
  return { low: root(z), high: root(-z), estimate: root(0) };
}

/** The smallest and largest shift at which the two series still touch. */
export function shiftBounds(
  candidate: readonly number[],
  baseline: readonly number[],
): { readonly least: number; readonly most: number } {
  return {
    least: Math.min(...candidate) - Math.max(...baseline),
    most: Math.max(...candidate) - Math.min(...baseline),
  };
}

/**
 * The standardized rank sum of (candidate - shift) against baseline, less `quantile`:
 * (dz - sign(dz)/2)/sigma - quantile with dz = rank sum - n(n+1)/2 - nm/2 and
 * sigma^2 = nm/12 * ((n+m+1) - sum(t^3-t)/((n+m)(n+m-1))).
 *
 * @throws UnrankableError when sigma is 0 or a point is not finite
 */
export function standardizedShift(
  candidate: readonly number[],
  baseline: readonly number[],
  shift: number,
  quantile: number,
): number {
  return standardized(finite(candidate), finite(baseline), shift, quantile);
}

/** In ascending order; NaN has no place in an order, and an infinite point none to shift to. */
function finite(values: readonly number[]): number[] {
  if (!values.every(Number.isFinite)) throw new UnrankableError("a point is not a finite number");
  return ascending(values);
}

/** The same over series already in ascending order, since a root finder asks for many shifts. */
function standardized(x: readonly number[], y: readonly number[], shift: number, quantile: number): number {
  const [n, m] = [x.length, y.length];
  const { sum, ties } = rankSum(x, y, shift);
  const excess = sum - (n * (n + 1)) / 2 - (n * m) / 2;
  const variance = ((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1)));
  if (!(variance > 0)) throw new UnrankableError("all points tie: a rank test has nothing to order");
  return (excess - Math.sign(excess) / 2) / Math.sqrt(variance) - quantile;
}

/** Sum of the ranks of x - shift among (x - shift) and y, ties averaged, and sum(t^3 - t) over the groups of t ties. */
function rankSum(x: readonly number[], y: readonly number[], shift: number): { sum: number; ties: number } {
  let [i, j, sum, ties] = [0, 0, 0, 0];
  while (i < x.length || j < y.length) {
    const value = Math.min(i < x.length ? at(x, i) - shift : Infinity, j < y.length ? at(y, j) : Infinity);
    const [fromX, fromY] = [i, j];
    while (i < x.length && at(x, i) - shift === value) i += 1;
    while (j < y.length && at(y, j) === value) j += 1;
    const tied = i - fromX + j - fromY;
    sum += (i - fromX) * (fromX + fromY + (tied + 1) / 2);
    ties += tied ** 3 - tied;
  }
  return { sum, ties };
}

const at = (values: readonly number[], i: number): number => values[i] ?? Number.NaN;

function shiftAt(x: readonly number[], y: readonly number[], quantile: number): number {
  const { least, most } = shiftBounds(x, y);
  const difference = (shift: number): number => standardized(x, y, shift, quantile);
  const [atLeast, atMost] = [difference(least), difference(most)];
  if (atLeast <= 0) return least;
  if (atMost >= 0) return most;
  return findRoot(difference, { x: least, y: atLeast }, { x: most, y: atMost });
}

type Point = { readonly x: number; readonly y: number };

/**
 * Brent's root finder (Algorithms for Minimization Without Derivatives, 1973, ch. 4), in the variant of R's `zeroin`:
 * interpolate where that is safe, otherwise halve; stop once the bracket is within the tolerance. The two ends must have
 * opposite signs.
 */
export function findRoot(f: (x: number) => number, left: Point, right: Point): number {
  let previous = left;
  let best = right;
  let opposite = left;
  for (let round = 0; round <= ROOT_ROUNDS; round++) {
    const lastStep = best.x - previous.x;
    if (Math.abs(opposite.y) < Math.abs(best.y)) {
      previous = best;
      best = opposite;
      opposite = previous;
    }
    const tolerance = 2 * Number.EPSILON * Math.abs(best.x) + ROOT_TOLERANCE / 2;
    const half = (opposite.x - best.x) / 2;
    if (Math.abs(half) <= tolerance || best.y === 0) return best.x;
    const step = nextStep(previous, best, opposite, lastStep, tolerance);
    previous = best;
    const x = best.x + step;
    best = { x, y: f(x) };
    if (Math.sign(best.y) === Math.sign(opposite.y) && best.y !== 0) opposite = previous;
  }
  return best.x;
}

function nextStep(previous: Point, best: Point, opposite: Point, lastStep: number, tolerance: number): number {
  const width = opposite.x - best.x;
  const promising = Math.abs(lastStep) >= tolerance && Math.abs(previous.y) > Math.abs(best.y);
  const step = promising ? (interpolate(previous, best, opposite, lastStep, tolerance) ?? width / 2) : width / 2;
  if (Math.abs(step) >= tolerance) return step;
  return step > 0 ? tolerance : -tolerance;
}

/** The secant's step with two distinct points, inverse quadratic with three; `null` where it would overshoot. */
function interpolate(
  previous: Point,
  best: Point,
  opposite: Point,
  lastStep: number,
  tolerance: number,
): number | null {
  const width = opposite.x - best.x;
  const { rise, run } =
    previous.x === opposite.x ? secant(previous, best, width) : inverseQuadratic(previous, best, opposite, lastStep);
  const divisor = rise > 0 ? -run : run;
  const length = Math.abs(rise);
  const inside = length < 0.75 * width * divisor - Math.abs(tolerance * divisor) / 2;
  return inside && length < Math.abs((lastStep * divisor) / 2) ? length / divisor : null;
}

function secant(previous: Point, best: Point, width: number): { rise: number; run: number } {
  const ratio = best.y / previous.y;
  return { rise: width * ratio, run: 1 - ratio };
}

function inverseQuadratic(
  previous: Point,
  best: Point,
  opposite: Point,
  lastStep: number,
): { rise: number; run: number } {
  const across = previous.y / opposite.y;
  const over = best.y / opposite.y;
  const down = best.y / previous.y;
  const width = opposite.x - best.x;
  return {
    rise: down * (width * across * (across - over) - lastStep * (over - 1)),
    run: (across - 1) * (over - 1) * (down - 1),
  };
}
