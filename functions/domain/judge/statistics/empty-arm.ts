/**
 * An arm that gets nothing beside a busy one, as evidence that requests do not reach it.
 *
 * Each request goes to the candidate with its share s, whatever became of the requests before it. Null: s is at least s0,
 * half of what was set, so that an uneven split is none. Alternative: s is 0 from some minute on. A minute without a
 * request on the candidate and n on the baseline bets 1/(1-s0)^n, the odds of the silence; one with a request loses all.
 * E[bet] = ((1-s)/(1-s0))^n is at most 1, so by Ville's inequality a candidate that gets its share ever shows E of
 * 1/`EMPTY_ALPHA` with a chance of at most `EMPTY_ALPHA`, however often it is looked at. The first minute of the silence is
 * mixed over as in `sequential.ts`, so that what was lost before it is; and a minute is capped, so that none decides alone.
 */
import { logAdd } from "./log-numbers.ts";
import type { ArmCounts } from "./sequential-lanes.ts";

/** The chance, on top of an environment's alpha, that a candidate which gets half of its share or more is ever taken for unreached. */
export const EMPTY_ALPHA = 1e-4;

/** Where the bet stands, as small JSON. */
export interface EmptyArm {
  readonly step: number;
  /** ln of what is staked on a silence that began before now; null: the candidate had a request in the newest period. */
  readonly logBet: number | null;
  /** ln of the start mass that is not yet spent. */
  readonly logMass: number;
  /** Requests of the baseline since the candidate's last. */
  readonly baseline: number;
}

const HAZARD_FIRST = 0.6;
const HAZARD_STEP = 0.2;
const HAZARD_MINUTE = 0.02;
const CAP_NATS = 5;
/** Of the share that was set: what is still taken for it. */
const TOLERATED = 0.5;

type Requests = Readonly<Record<"candidate" | "baseline", ArmCounts["requests"]>>;

/** Takes the next period, in order. `weight`: percent set on the candidate, more than 0 and less than 100. */
export function watchArm(
  before: EmptyArm | null,
  step: number,
  weight: number,
  { candidate, baseline }: Requests,
): EmptyArm {
  const hazard = before === null ? HAZARD_FIRST : before.step === step ? HAZARD_MINUTE : HAZARD_STEP;
  const logMass = before?.logMass ?? 0;
  const start = logAdd(before?.logBet ?? Number.NEGATIVE_INFINITY, logMass + Math.log(hazard));
  const silent = candidate === 0;
  return {
    step,
    logBet: silent ? start + Math.min(CAP_NATS, -baseline * Math.log1p((-weight / 100) * TOLERATED)) : null,
    logMass: logMass + Math.log1p(-hazard),
    baseline: silent ? (before?.baseline ?? 0) + baseline : 0,
  };
}

/** ln E; 0 before the first period. */
export const emptyLogE = (arm: EmptyArm | null): number =>
  arm === null ? 0 : logAdd(arm.logBet ?? Number.NEGATIVE_INFINITY, arm.logMass);
