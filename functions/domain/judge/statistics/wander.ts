import { nth } from "./nth.ts";
import { type ArmCounts, cleanCounts } from "./sequential-lanes.ts";

/**
 * Noise of one arm that outlasts a minute: its error rate wanders by itself, so that minutes in a row err the same way.
 *
 * Model, for errors x of n requests in minute t: the rate is p(1 + u_t), with corr(u_t, u_t+k) = a^k, a = e^(-1/minutes).
 * Summed over T minutes the errors then vary by V_T = Var(u) * sum over i, j <= T of a^|i-j| beyond what independent
 * minutes give, and minute t adds
 *
 *     V_t - V_(t-1) = Var(u) * m(t),   m(t) = 1 + 2(a + a^2 + ... + a^(t-1)) = 1 + 2(a - a^t)/(1-a)
 *
 * to it. Relative to the binomial variance np of that minute this is n * p Var(u) * m(t): `perRequest` is p Var(u).
 */
export type Wander = {
  /** Variance of the wandering rate over the rate itself: what one request a minute adds to the dispersion. */
  readonly perRequest: number;
  /** Var(u): of the rate relative to its mean. */
  readonly variance: number;
  /** Minutes after which an arm has forgotten all but 1/e of where it was. */
  readonly minutes: number;
};

/** Lengths (minutes) of the blocks whose means are compared. */
const SCALES: readonly number[] = [5, 15, 30, 60];
/** Memories (minutes) tried. */
const MEMORIES: readonly number[] = [2, 4, 8, 16, 32, 64];
/** Third differences of four neighbouring blocks; the squares of these weights sum to 20. */
const DIFFERENCE: readonly number[] = [1, -3, 3, -1];
const SQUARED_WEIGHTS = 20;
/** Blocks overlap: each begins a fifth of its length after the one before, which finds more in the same day. */
const OVERLAP = 5;
/** Of a normal variable's squares this share lies below its variance. */
const ONE_SIGMA = 0.6827;
/** `SEQUENTIAL_DEFAULTS.phiBlock`: what varies within such blocks phi has counted already. */
const PHI_BLOCK = 15;
/** Sigmas by which long blocks must exceed short ones: independent minutes do so in about 1 reference of 100. */
const TELLING = 4;
/** Squared relative error of a scale's dispersion times its number of independent blocks, by simulation. */
const BLOCK_ERROR = 2.2;
/** With fewer errors (or bursts: phi times as many) in four blocks their difference is no normal variable. */
const FEWEST_ERRORS = 20;
/** Fewer independent blocks than this say nothing of a scale. */
const FEWEST_BLOCKS = 3;
/** Half again: a day holds some two dozen stretches of noise of half an hour, and tells its size to a factor of 1.8. */
const MARGIN = 1.5;

/**
 * How the old version's rate wandered before the release, as far as blocks of 5 to 60 minutes differ more than their
 * minutes explain; `null` where they do not.
 *
 * Only third differences of neighbouring blocks count, y1 - 3 y2 + 3 y3 - y4, so that a rate that rises, falls or bends
 * with the time of day is no noise (Hadamard's variance goes by second differences); and of their squares the 68 %
 * quantile instead of the mean, so that one incident in the day is none either. A single arm cannot tell its own noise
 * from drift that all arms will share: `own-share.ts` does, once there are two.
 *
 * @param reference minutes of the old version, oldest first
 * @param phi their dispersion from minute to minute (`estimateDispersion`)
 */
export function estimateWander(reference: readonly (ArmCounts | null)[], phi: number): Wander | null {
  const sums = runningSums(reference);
  const scales = SCALES.map((length) => excessAt(sums, length, phi));
  if (!scales.some(({ sigmas }) => sigmas > TELLING)) return null;
  const fits = MEMORIES.map((minutes) => fitOf(minutes, scales));
  const best = fits.reduce((one, other) => (other.misfit < one.misfit ? other : one));
  if (best.perRequest <= 0) return null;
  const rate = (sums.errors.at(-1) ?? 0) / (sums.requests.at(-1) ?? 1);
  return { perRequest: best.perRequest, variance: best.perRequest / rate, minutes: best.minutes };
}

/**
 * What wandering arms add to the dispersion of a bet that is `age` minutes old. With a baseline arm both wander, each by
 * itself, and the variance of x_c - (n_c/n_b) x_b over its binomial one is 1 + 2 n_c n_b/(n_c+n_b) * perRequest * m(age);
 * `MARGIN` is on top.
 */
export function wanderDispersion(
  wander: Wander | null,
  age: number,
  canary: ArmCounts,
  baseline: ArmCounts | null,
): number {
  if (wander === null) return 0;
  const beside = baseline === null ? 1 : (2 * baseline.requests) / (canary.requests + baseline.requests);
  return MARGIN * canary.requests * beside * wander.perRequest * lasting(age, wander.minutes);
}

/** m(t) of the model. */
function lasting(age: number, minutes: number): number {
  const a = Math.exp(-1 / minutes);
  return 1 + (2 * (a - a ** age)) / (1 - a);
}

type Sums = { readonly requests: readonly number[]; readonly errors: readonly number[] };

/** Sums over the minutes before each, so that a block is one subtraction. */
function runningSums(reference: readonly (ArmCounts | null)[]): Sums {
  const [requests, errors] = [[0], [0]];
  let [allRequests, allErrors] = [0, 0];
  for (const minute of reference.map(cleanCounts)) {
    allRequests += minute.requests;
    allErrors += minute.errors;
    requests.push(allRequests);
    errors.push(allErrors);
  }
  return { requests, errors };
}

type Scale = {
  readonly length: number;
  /** What blocks of this length vary beyond phi, per request of a minute. */
  readonly excess: number;
  readonly sigmas: number;
};

function excessAt(sums: Sums, length: number, phi: number): Scale {
  const squares: number[] = [];
  let [binomial, rates] = [0, 0];
  const whole = DIFFERENCE.length * length;
  for (let from = 0; from + whole < sums.errors.length; from += length / OVERLAP) {
    const seen = differenceAt(sums, from, length);
    if (seen === null || seen.errors < FEWEST_ERRORS * phi) continue;
    squares.push(seen.difference ** 2 / seen.binomial);
    binomial += seen.binomial;
    rates += seen.rate;
  }
  const blocks = squares.length / OVERLAP;
  if (blocks < FEWEST_BLOCKS) return { length, excess: 0, sigmas: 0 };
  const dispersion = squares.toSorted((a, b) => a - b)[Math.floor(ONE_SIGMA * squares.length)] ?? 0;
  return {
    length,
    excess: ((dispersion - phi) * length * binomial) / (SQUARED_WEIGHTS * rates),
    sigmas: (dispersion / phi - 1) / Math.sqrt(BLOCK_ERROR / blocks),
  };
}

/** The third difference of four neighbouring blocks' rates, and its variance if their requests were independent. */
function differenceAt(
  { requests, errors }: Sums,
  from: number,
  length: number,
): { readonly difference: number; readonly binomial: number; readonly rate: number; readonly errors: number } | null {
  let [difference, inverse] = [0, 0];
  DIFFERENCE.forEach((weight, block) => {
    const [start, end] = [from + block * length, from + (block + 1) * length];
    const n = nth(requests, end) - nth(requests, start);
    difference += (weight * (nth(errors, end) - nth(errors, start))) / n;
    inverse += weight ** 2 / n;
  });
  const end = from + DIFFERENCE.length * length;
  const failed = nth(errors, end) - nth(errors, from);
  const rate = failed / (nth(requests, end) - nth(requests, from));
  const binomial = rate * (1 - rate) * inverse;
  // A block without traffic, or four without a success, have no such variance, or one of nothing.
  return Number.isFinite(binomial) && binomial > 0 ? { difference, binomial, rate, errors: failed } : null;
}

/** Least squares over the scales; long blocks are few, and weigh by their inverse length. */
function fitOf(
  minutes: number,
  scales: readonly Scale[],
): Pick<Wander, "minutes" | "perRequest"> & { readonly misfit: number } {
  const seen = scales.map(({ length }) => seenAt(length, minutes));
  const sum = (of: (excess: number, share: number) => number): number =>
    scales.reduce((total, { excess, length }, i) => total + of(excess, nth(seen, i)) / length, 0);
  const perRequest = Math.max(0, sum((excess, share) => excess * share) / sum((_, share) => share ** 2));
  return { minutes, perRequest, misfit: sum((excess, share) => (excess - perRequest * share) ** 2) };
}

/** What third differences at this length show of Var(u) = 1, less what phi has counted within its own blocks. */
function seenAt(length: number, minutes: number): number {
  const { own, next } = blockCovariance(length, minutes);
  const kept = Math.exp(-length / minutes);
  const within = ((1 - blockCovariance(PHI_BLOCK, minutes).own) * PHI_BLOCK) / (PHI_BLOCK - 1);
  // The weights 1, -3, 3, -1 times themselves, shifted by 0 to 3 blocks: 20, -15, 6, -1, each shift both ways.
  const blocks = own + (next * (2 * (-15 + 6 * kept - kept ** 2))) / SQUARED_WEIGHTS;
  return length * blocks - within;
}

/** Variance of a block's mean, and its covariance with the next block's, for Var(u) = 1. */
function blockCovariance(length: number, minutes: number): { readonly own: number; readonly next: number } {
  const a = Math.exp(-1 / minutes);
  const forgotten = 1 - a ** length;
  const own = ((length * (1 + a)) / (1 - a) - (2 * a * forgotten) / (1 - a) ** 2) / length ** 2;
  return { own, next: a * (forgotten / (1 - a) / length) ** 2 };
}
