/**
 * A share of requests that is not what was set, as evidence.
 *
 * Each request goes to the candidate with its share s. Null: its odds lie between three quarters and four thirds of
 * those set, so that an uneven split is none. Odds, since what keeps a part of an arm's requests away takes as much of its
 * odds at every weight: 40 % throttled leave 0.6 of them, but 0.63 of the share at 10 % and 0.75 of it at 50 %. Against the lower end s0 a request bets s1/s0 on the candidate and (1-s1)/(1-s0) on the baseline, s1 < s0:
 * the mean over s is linear in it, 1 at s0, and less for every larger s, so that each side's bet is a likelihood ratio at
 * the null's edge and a supermartingale within it. Both sides are mixed half and half, over several s1 each, and over the
 * minute at which it began. By Ville's inequality a candidate within the null ever shows E of 1/`SHARE_ALPHA` with a chance
 * of at most `SHARE_ALPHA`, however often it is looked at. Requests that come in bursts change nothing: each draws its arm.
 */
import { logAdd, logMean } from "./log-numbers.ts";

/** The chance, on top of an environment's alpha, that odds between three quarters and four thirds of those set are ever told as others. */
export const SHARE_ALPHA = 1e-4;

/** Where the bets stand, as small JSON. */
export interface ShareBets {
  readonly step: number;
  /** ln of what is staked on less, and on more, for each alternative. */
  readonly less: readonly number[];
  readonly more: readonly number[];
  /** ln of the start mass that is not yet spent. */
  readonly logMass: number;
  /** Requests of this step. */
  readonly candidate: number;
  readonly baseline: number;
}

/** Of the odds that were set. */
const TOLERATED = 0.75;
/** Of the null's edge: what a candidate gets that gets too little. Of what is left of it, one that gets too much. */
const ALTERNATIVES: readonly number[] = [0.9, 0.75, 0.5, 0.25, 0.05];
const HAZARD_FIRST = 0.6;
const HAZARD_STEP = 0.2;
const HAZARD_MINUTE = 0.02;
/** No minute decides alone. */
const CAP_NATS = 5;

/** Takes the next period, in order. `weight`: percent set on the candidate, more than 0 and less than 100. */
export function betOnShare(
  before: ShareBets | null,
  step: number,
  weight: number,
  requests: { readonly candidate: number; readonly baseline: number },
): ShareBets {
  const hazard = before === null ? HAZARD_FIRST : before.step === step ? HAZARD_MINUTE : HAZARD_STEP;
  const logMass = before?.logMass ?? 0;
  const start = logMass + Math.log(hazard);
  const odds = weight / (100 - weight);
  const [low, high] = [shareAt(odds * TOLERATED), shareAt(odds / TOLERATED)];
  const side = (known: ShareBets["less"] | undefined, edge: number, alternative: (of: number) => number) =>
    ALTERNATIVES.map((of, index) => {
      const staked = logAdd(known?.[index] ?? Number.NEGATIVE_INFINITY, start);
      return staked + Math.min(CAP_NATS, logRatio(requests, edge, alternative(of)));
    });
  const here = before?.step === step ? before : null;
  return {
    step,
    less: side(before?.less, low, (of) => low * of),
    more: side(before?.more, high, (of) => 1 - (1 - high) * of),
    logMass: logMass + Math.log1p(-hazard),
    candidate: (here?.candidate ?? 0) + requests.candidate,
    baseline: (here?.baseline ?? 0) + requests.baseline,
  };
}

const shareAt = (odds: number): number => odds / (1 + odds);

const logRatio = (
  { candidate, baseline }: { readonly candidate: number; readonly baseline: number },
  edge: number,
  other: number,
): number => candidate * Math.log(other / edge) + baseline * Math.log((1 - other) / (1 - edge));

/** ln E; 0 before the first period. */
export function shareLogE(bets: ShareBets | null): number {
  if (bets === null) return 0;
  return logAdd(logMean([...bets.less, ...bets.more]), bets.logMass);
}
