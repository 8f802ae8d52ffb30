/** The distribution's test over a simulated rollout, with the share of alpha that it has beside an error rate. */
import {
  afterMinute,
  type DurationJudge,
  durationJudgement,
  freshDurations,
} from "../../functions/domain/judge/statistics/duration-monitor.ts";
import { durationLanes, measureDurations } from "../../functions/domain/judge/statistics/duration-reference.ts";
import { completeConfig } from "../../functions/domain/judge/statistics/sequential-config.ts";
import { inMs, type Rollout } from "./traffic.ts";

/** 5 %, of which latency holds .3 / .8 beside an error rate: see `plan/alpha.ts`. */
export const ALPHA = (0.05 * 0.3) / 0.8;
const PASS_DELTA = 0.02;

export interface Judged {
  /** Minute of the rollback; null: none. */
  readonly failedAt: number | null;
  /** First minute of the first step by which it passed; null: not in that step. */
  readonly passedAt: number | null;
}

export function judgeOf({ bounds, reference }: Rollout): DurationJudge {
  const measured = measureDurations(inMs(bounds), reference, 60);
  if (measured === null) throw new Error("a reference without a request");
  const config = completeConfig({ alpha: ALPHA, delta: 0, passDelta: PASS_DELTA });
  return { lanes: durationLanes(measured), reference: measured, config };
}

export function judgeDurations(rollout: Rollout): Judged {
  const judge = judgeOf(rollout);
  let state = freshDurations(judge);
  let passedAt: number | null = null;
  for (const { step, candidate, baseline } of rollout.minutes) {
    state = afterMinute(judge, state, {
      step,
      canary: { ...candidate, errors: 0 },
      baseline: { ...baseline, errors: 0 },
    });
    if (state.failedAt !== null) break;
    if (step === 0 && durationJudgement(judge, state).verdict === "pass") passedAt ??= state.minutes;
  }
  return { failedAt: state.failedAt, passedAt };
}
