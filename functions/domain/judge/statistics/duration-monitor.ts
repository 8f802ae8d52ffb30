/**
 * A sequential judge of durations as a distribution: one e-process over several lanes, that may be looked at every minute.
 *
 * E is a weighted mean of e-processes (the body of the distribution, its tail, its extreme, what is many times as slow,
 * and the slow lane that no burst fools), so that it is one itself: for a candidate that is at most `margin` slower at
 * every quantile, the chance that E ever reaches 1/alpha is at most alpha, whatever drift both arms share. That is proved
 * for independent requests; noise is tempered by phi, which is measured (`bench/latency.ts`), not proved. The start of
 * the regression is mixed over, and minutes are capped, as in `sequential.ts`.
 *
 * phi comes from the reference, where one arm runs and what drifts cannot be told from what is noisy. While both arms run,
 * their difference shows the noise alone: the body and the tail take the upper 95 % bound of its variance, from minutes
 * before the present one, where that is less.
 */

import {
  binsOf,
  type DurationLane,
  type Durations,
  logAlone,
  logScored,
  logShownFaster,
  meanScore,
  stakesOf,
} from "./duration-lanes.ts";
import { atBound, type DurationReference, FAR, MEDIAN, TAIL } from "./duration-reference.ts";
import { logAdd, logMean, logSum } from "./log-numbers.ts";
import { nth } from "./nth.ts";
import type { Judgement, Minute, MonitorState } from "./sequential.ts";
import type { SequentialConfig } from "./sequential-config.ts";
import { robustFactor } from "./sequential-lanes.ts";

/** Where it stands between two ticks, as plain JSON of about a kilobyte; `null` in a list stands for -Infinity. */
export interface DurationState {
  readonly kind: "durations";
  readonly step: number | null;
  readonly minutes: number;
  readonly minutesInStep: number;
  readonly logMass: number;
  /** By lane and stake. */
  readonly bets: readonly (readonly (number | null)[])[];
  readonly robust: readonly (number | null)[];
  /** By `PASS_BOUNDS` and stake, in this step. */
  readonly pass: readonly (readonly number[])[];
  /** By lane. */
  readonly together: readonly Together[];
  readonly logE: number;
  readonly maxLogE: number;
  readonly failedAt: number | null;
  /** The monitor that bets through cold minutes, beside it; absent where no step begins cold. */
  readonly through?: MonitorState;
}

/** The arms' difference so far: minutes, and sums of weight, weight times difference, weight times its square. */
export type Together = readonly [minutes: number, weight: number, first: number, second: number];

const NOTHING = Number.NEGATIVE_INFINITY;

/** Lanes have this much of the evidence together; the slow lane has the rest. */
const ROBUST_WEIGHT = 0.15;
/** Slow bets: [bound, ratio], each with `ROBUST_STAKE`. */
const ROBUST = [
  [MEDIAN, 1.25],
  [TAIL, 1.5],
] as const;
const ROBUST_STAKE = 0.9;

/** A pass has to be shown at each of them, by [bound, the lane whose noise it has]. */
const PASS_BOUNDS = [
  [MEDIAN, 0],
  [TAIL, 1],
  [FAR, 3],
] as const;

/** What is judged, and by which settings. */
export interface DurationJudge {
  readonly lanes: readonly DurationLane[];
  readonly reference: Pick<DurationReference, "shares" | "worst">;
  readonly config: SequentialConfig;
}

/** Before the first minute. */
export function freshDurations({ lanes, config }: DurationJudge): DurationState {
  return {
    kind: "durations",
    step: null,
    minutes: 0,
    minutesInStep: 0,
    logMass: 0,
    bets: lanes.map(({ stakes }) => ("ratios" in stakes ? stakes.ratios : stakes.fractions).map(() => null)),
    robust: ROBUST.map(() => null),
    pass: noPass(config),
    together: lanes.map(() => [0, 0, 0, 0]),
    logE: 0,
    maxLogE: 0,
    failedAt: null,
  };
}

const noPass = ({ passGrid }: SequentialConfig) => PASS_BOUNDS.map(() => passGrid.map(() => 0));

/** What one minute offers to bet on, both arms by bin. `baseline` null: none runs. */
interface Offer {
  readonly candidate: Durations;
  readonly baseline: Durations | null;
  readonly candidateBins: readonly number[];
  readonly baselineBins: readonly number[];
  /** By lane. */
  readonly phi: readonly number[];
}

/** Takes the next minute, in order, once. One without requests in an arm that runs, or a cold one, is no evidence. */
export function afterMinute(
  judge: DurationJudge,
  before: DurationState,
  minute: Minute,
  cold: boolean = false,
): DurationState {
  const { config } = judge;
  const newStep = minute.step !== before.step;
  const minutesInStep = newStep ? 1 : before.minutesInStep + 1;
  const later = newStep ? config.hazardStep : config.hazardMinute;
  const hazard = before.minutes === 0 ? config.hazardFirst : later;
  const logStart = before.logMass + Math.log(hazard);
  const offer = cold ? null : offerOf(judge, before, minute);
  const pass = newStep ? noPass(config) : before.pass;
  const { together } = before;
  return weighed(judge, {
    ...before,
    step: minute.step,
    minutes: before.minutes + 1,
    minutesInStep,
    logMass: before.logMass + Math.log1p(-hazard),
    bets: before.bets.map((bets, lane) => betOn(judge, lane, bets, offer, logStart)),
    robust: before.robust.map((bet, index) => started(bet, logStart) + logSlow(index, offer)),
    pass: offer === null ? pass : pass.map((bets, index) => betOnPass(judge, index, bets, offer)),
    together: offer === null ? together : together.map((seen, lane) => seenAgain(judge, lane, seen, offer)),
  });
}

const started = (bet: number | null, logStart: number): number => logAdd(bet ?? NOTHING, logStart);

function offerOf({ lanes }: DurationJudge, { together }: DurationState, { canary, baseline }: Minute): Offer | null {
  const candidate = counted(canary);
  const other = counted(baseline);
  if (candidate === null || (baseline !== null && other === null)) return null;
  return {
    candidate,
    baseline: other,
    candidateBins: binsOf(candidate),
    baselineBins: other === null ? [] : binsOf(other),
    phi: phiNow(lanes, together),
  };
}

/** The phi of each lane, as far as the arms' difference shows less noise than the reference did. */
export const phiNow = (lanes: readonly DurationLane[], together: readonly Together[]): number[] =>
  lanes.map(({ phi, learns }, lane) => (learns ? Math.min(phi, noiseSeen(together[lane])) : phi));

/** Null: an arm without requests, or one that was not counted by bounds. */
function counted(arm: Minute["canary"]): Durations | null {
  if (arm === null || !(arm.requests > 0) || arm.slower === undefined) return null;
  return { requests: arm.requests, slower: arm.slower };
}

function betOn(
  { lanes, config }: DurationJudge,
  index: number,
  bets: readonly (number | null)[],
  offer: Offer | null,
  logStart: number,
): number[] {
  const lane = lanes[index];
  if (offer === null || lane === undefined) return bets.map((bet) => started(bet, logStart));
  const { candidate, baseline, candidateBins, baselineBins, phi } = offer;
  const stakes = stakesOf(lane, candidate.requests, baseline?.requests ?? null);
  return bets.map((bet, place) => {
    const stake = nth(stakes, place);
    const log =
      baseline === null
        ? logAlone(lane.scores, stake, lane.worst, candidateBins)
        : logScored(lane.scores, stake, candidate.requests / baseline.requests, candidateBins, baselineBins);
    return started(bet, logStart) + Math.min(log / (phi[index] ?? 1), config.capNats);
  });
}

function logSlow(index: number, offer: Offer | null): number {
  const [bound, ratio] = ROBUST[index] ?? ROBUST[0];
  if (offer === null || offer.baseline === null) return 0;
  const arms = [atBound(offer.candidate, bound), atBound(offer.baseline, bound)] as const;
  return Math.log(robustFactor(...arms, ratio, 1, 0, ROBUST_STAKE));
}

function betOnPass(
  { config, reference }: DurationJudge,
  index: number,
  bets: readonly number[],
  offer: Offer,
): number[] {
  const [bound, lane] = PASS_BOUNDS[index] ?? PASS_BOUNDS[0];
  const { candidate, baseline, phi } = offer;
  const centre = nth(reference.shares, bound);
  const own = atBound(candidate, bound);
  const other = baseline === null ? null : atBound(baseline, bound);
  const margin = config.passDelta + (other === null ? nth(reference.worst, bound) - centre : 0);
  return bets.map((bet, place) => {
    const log = logShownFaster(own, other, nth(config.passGrid, place), centre, margin) / (phi[lane] ?? 1);
    return bet + Math.min(log, config.passCapNats);
  });
}

/** Fewer minutes than this say nothing about the noise. */
const LEARNING_MINUTES = 5;
/** The normal quantile of 5 %. */
const Z_LOW = -1.6449;

/** The upper 95 % bound of phi by the arms' difference; Infinity while too little was seen. */
function noiseSeen(seen: Together | undefined): number {
  const [minutes, weight, first, second] = seen ?? [0, 0, 0, 0];
  if (minutes < LEARNING_MINUTES || weight <= 0) return Number.POSITIVE_INFINITY;
  return Math.max(1, (second - first ** 2 / weight) / lowChiSquare(minutes - 1));
}

/** The 5 % quantile of chi-square, by Wilson and Hilferty's cube root (1931): within 3 % from 4 degrees on. */
function lowChiSquare(degrees: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + Z_LOW * Math.sqrt(spread)) ** 3;
}

function seenAgain({ lanes }: DurationJudge, index: number, seen: Together, offer: Offer): Together {
  const { candidate, baseline, candidateBins, baselineBins } = offer;
  const lane = lanes[index];
  if (lane === undefined || !lane.learns || baseline === null || lane.variance === 0) return seen;
  const difference = meanScore(lane.scores, candidateBins) - meanScore(lane.scores, baselineBins);
  const weight = 1 / (lane.variance * (1 / candidate.requests + 1 / baseline.requests));
  const [minutes, weights, first, second] = seen;
  return [minutes + 1, weights + weight, first + weight * difference, second + weight * difference ** 2];
}

/** E is the weighted mean of the lanes, and of the start mass that is not yet spent; a fail is latched. */
function weighed({ lanes, config }: DurationJudge, after: DurationState): DurationState {
  const logE = logSum([
    ...after.bets.map((bets, lane) => Math.log(lanes[lane]?.weight ?? 0) + logMean(bets.map(orNothing))),
    Math.log(ROBUST_WEIGHT) + logMean(after.robust.map(orNothing)),
    after.logMass,
  ]);
  const fails = after.failedAt === null && logE >= -Math.log(config.alpha);
  const failedAt = fails ? after.minutes : after.failedAt;
  return { ...after, logE, maxLogE: Math.max(after.maxLogE, logE), failedAt };
}

const orNothing = (bet: number | null): number => bet ?? NOTHING;

/** What it says as of the last minute. */
export function durationJudgement({ lanes, config }: DurationJudge, state: DurationState): Judgement {
  const logPass = Math.min(...state.pass.map(logMean));
  const passes = logPass >= -Math.log(config.passAlpha) && state.minutesInStep >= config.minPassMinutes;
  return {
    verdict: state.failedAt !== null ? "fail" : passes ? "pass" : "continue",
    logE: state.logE,
    maxLogE: state.maxLogE,
    pValue: Math.exp(-state.maxLogE),
    logPass,
    phi: lanes[0]?.phi ?? 1,
    minutes: state.minutes,
    failedAt: state.failedAt,
  };
}
