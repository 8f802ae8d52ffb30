/**
 * How much more often the candidate's requests are bad, as bounds that hold at any look.
 *
 * For a stake lam and a centre c, one minute bets, with k = n_c/n_b,
 *
 *     A = x_c ln(1+lam(1-c)) + (n_c-x_c) ln(1-lam c) + x_b ln(1-lam k(1-c)) + (n_b-x_b) ln(1+lam k c)
 *
 * By 1+u <= e^u, E[e^(A - lam n_c d)] <= exp(lam n_c (p_c - p_b - d)): summed over minutes an e-process against every d that
 * is, for lam > 0, at least the mean of p_c - p_b over them, weighted by n_c, and for lam < 0 at most that. Since d enters
 * linearly, sums of A and of lam n_c are all that has to be kept for every d at once. The bounds are where the mean over the
 * stakes reaches 2/alpha: by Ville's inequality the difference is ever outside of them with a chance of at most alpha, for
 * any number of looks and any drift of both arms. (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by
 * betting", JRSS-B 2023, for the form.) Bursts are tempered by phi as in `sequential-lanes.ts`: measured, not proved
 * (`bench/effect.ts`).
 */
import { logMean } from "./log-numbers.ts";
import type { ArmCounts } from "./sequential-lanes.ts";

/** The chance that the bounds are ever wrong. */
export const EFFECT_ALPHA = 0.05;

/** For each stake the sum of A, and of lam n_c. */
export type EffectBets = readonly (readonly [log: number, weight: number])[];

/** Stakes from what a million requests call for to what one does; each is tried for more and for less. */
const FINE: readonly number[] = [0.003, 0.0075, 0.019, 0.047, 0.12, 0.3, 0.73, 1.8, 4.6];
/** Of a share of slow requests, of which there are many. */
const COARSE: readonly number[] = [0.008, 0.024, 0.072, 0.22, 0.65];

export const stakesFor = (shape: "errors" | "durations"): readonly number[] =>
  (shape === "errors" ? FINE : COARSE).flatMap((stake) => [stake, -stake]);

/** One minute of both arms; `centre`: a guess at the baseline's rate from before, `phi`: by how much it is tempered. */
export interface EffectMinute {
  readonly candidate: ArmCounts;
  readonly baseline: ArmCounts;
  readonly centre: number;
  readonly phi: number;
}

/** What one minute adds, of which both arms had requests. */
export function effectBets(stakes: readonly number[], { candidate, baseline, centre, phi }: EffectMinute): EffectBets {
  const split = candidate.requests / baseline.requests;
  return stakes.map((wanted) => {
    const stake = safe(wanted, centre, split);
    const won = logOf(candidate, stake, centre) + logOf(baseline, -stake * split, centre);
    return [won / phi, (stake * candidate.requests) / phi] as const;
  });
}

/** Sums of minutes; `sum` empty: of none before. */
export const addBets = (sum: EffectBets, minute: EffectBets): EffectBets =>
  minute.map(([log, weight], index) => {
    const [before, weightBefore] = sum[index] ?? [0, 0];
    return [rounded(before + log), rounded(weightBefore + weight)] as const;
  });

const logOf = ({ requests, errors }: ArmCounts, stake: number, centre: number): number =>
  errors * Math.log1p(stake * (1 - centre)) + (requests - errors) * Math.log1p(-stake * centre);

/** No stake may lose all in one request. */
function safe(stake: number, centre: number, split: number): number {
  const size = Math.abs(stake);
  const most = stake > 0 ? Math.max(centre, split * (1 - centre)) : Math.max(1 - centre, split * centre);
  return Math.sign(stake) * Math.min(size, SAFELY / most);
}

const SAFELY = 0.9;

/** Eight digits are more than any bound is told with, and half of the room. By sums: `toPrecision` was half of a look's time. */
function rounded(value: number): number {
  if (value === 0) return 0;
  const scale = 10 ** Math.max(0, 7 - Math.floor(Math.log10(Math.abs(value))));
  return Math.round(value * scale) / scale;
}

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Bounds on the difference of the rates, of which none exceeds `most`; `told`: how many are told under the one alpha. */
export function differenceBounds(bets: EffectBets, most: number = 1, told: number = 1): Bounds {
  const line = -Math.log(EFFECT_ALPHA / (2 * told));
  const more = bets.filter(([, weight]) => weight > 0);
  const less = bets.filter(([, weight]) => weight < 0);
  return { low: crossing(more, line, most), high: -crossing(mirrored(less), line, most) };
}

/** As if the arms' difference had the other sign. */
const mirrored = (bets: EffectBets): EffectBets => bets.map(([log, weight]) => [log, -weight] as const);

/** The largest difference from -most on at which the mean of these bets, which falls with it, is still at the line. */
function crossing(bets: EffectBets, line: number, most: number): number {
  const refuses = (difference: number): boolean =>
    logMean(bets.map(([log, weight]) => log - weight * difference)) >= line;
  if (!refuses(-most)) return -most;
  let [low, high] = [-most, most];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (refuses(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** To a hundred-thousandth of a point, also of amounts. */
const HALVINGS = 30;
