import { createColdMonitor } from "../../functions/domain/judge/statistics/cold-start.ts";
import { normalQuantile } from "../../functions/domain/judge/statistics/normal.ts";
import { standardizedShift } from "../../functions/domain/judge/statistics/rank-interval.ts";
import { classifyByRank, kayentaConfig } from "../../functions/domain/judge/statistics/rank-kayenta.ts";
import { meanRatio } from "../../functions/domain/judge/statistics/rank-series.ts";
import { createMonitor } from "../../functions/domain/judge/statistics/sequential.ts";
import { SEQUENTIAL_DEFAULTS } from "../../functions/domain/judge/statistics/sequential-config.ts";
import type { ArmCounts } from "../../functions/domain/judge/statistics/sequential-lanes.ts";
import type { Rollout, RolloutMinute } from "./traffic.ts";

/**
 * Ways to judge a canary, each as its users set it up. A judge sees the minutes in order and says when it would roll
 * back; nothing more is asked of it afterwards.
 */
export type Judge = (minute: RolloutMinute, index: number) => boolean;
export type Method = { readonly name: string; readonly begin: (rollout: Rollout) => Judge };

const MARGIN = 0.02;
const ALARM_RATE = 0.05;
const KAYENTA_EVERY = 5;
const COLD_MINUTES = 2;
export const OURS = "Headgate";
export const WITH_WARM_UP = "Headgate, 2 cold minutes";
export const KAYENTA = "Kayenta 5 min, step";
export const KAYENTA_WHOLE = "Kayenta 5 min, rollout";
export const ALARM = "alarm >5 % 2 of 2";
export const POLLING = "3 polls +2pp";

const rate = ({ requests, errors }: ArmCounts): number => (requests === 0 ? 0 : errors / requests);
const exceeds = (minute: RolloutMinute): boolean => rate(minute.canary) > rate(minute.baseline) + MARGIN;

/** Fires once a condition has held `times` minutes running. */
function inARow(times: number, condition: (minute: RolloutMinute) => boolean): () => Judge {
  return () => {
    let held = 0;
    return (minute) => {
      held = condition(minute) ? held + 1 : 0;
      return held >= times;
    };
  };
}

function endOfBake(): Judge {
  let canary = { requests: 0, errors: 0 };
  let baseline = { requests: 0, errors: 0 };
  return (minute) => {
    canary = add(canary, minute.canary);
    baseline = add(baseline, minute.baseline);
    if (!minute.endsStep) return false;
    const fails = rate(canary) > rate(baseline) + MARGIN;
    canary = { requests: 0, errors: 0 };
    baseline = { requests: 0, errors: 0 };
    return fails;
  };
}

const add = (sum: ArmCounts, more: ArmCounts): ArmCounts => ({
  requests: sum.requests + more.requests,
  errors: sum.errors + more.errors,
});

/**
 * Kayenta looked at every 5 minutes, over the minutes of the step or of the whole rollout: users do either, and neither
 * is always the stronger. Rates are in parts per million, so that the absolute tolerance of its root finder does not
 * count against it.
 */
function kayenta(window: "step" | "rollout"): () => Judge {
  return () => {
    let baseline: number[] = [];
    let canary: number[] = [];
    let step = 0;
    return (minute, index) => {
      if (window === "step" && minute.step !== step) [step, baseline, canary] = [minute.step, [], []];
      if (minute.baseline.requests > 0) baseline.push(rate(minute.baseline) * 1e6);
      if (minute.canary.requests > 0) canary.push(rate(minute.canary) * 1e6);
      if ((index + 1) % KAYENTA_EVERY !== 0 || canary.length === 0 || baseline.length === 0) return false;
      return couldBeHigh(baseline, canary) && classifyByRank(baseline, canary, SETTINGS).label === "High";
    };
  };
}

const SETTINGS = kayentaConfig({ direction: "increase", allowedIncrease: 1.25 });
const Z = -normalQuantile((1 - SETTINGS.confLevel) / 2);

/**
 * Cheap necessary conditions for "High", so that the interval is solved only where it decides: the effect is allowed to
 * be unknown but not small, and the interval's lower end can only lie above 0 if the test rejects at shift 0.
 */
function couldBeHigh(baseline: readonly number[], canary: readonly number[]): boolean {
  if (meanRatio(baseline, canary) < SETTINGS.allowedIncrease) return false;
  if (new Set([...baseline, ...canary]).size === 1) return false;
  return standardizedShift(canary, baseline, 0, Z) > 0;
}

export const METHODS: readonly Method[] = [
  { name: "end of bake +2pp", begin: endOfBake },
  { name: "1 poll +2pp", begin: inARow(1, exceeds) },
  { name: POLLING, begin: inARow(3, exceeds) },
  { name: ALARM, begin: inARow(2, (minute) => rate(minute.canary) > ALARM_RATE) },
  { name: KAYENTA, begin: kayenta("step") },
  { name: KAYENTA_WHOLE, begin: kayenta("rollout") },
  {
    name: OURS,
    begin: ({ reference }) => {
      const monitor = createMonitor({ alpha: 0.05 }, reference);
      return (minute) => monitor.push(minute).verdict === "fail";
    },
  },
  { name: WITH_WARM_UP, begin: withWarmUp },
];

/** As a Lambda's error rate is judged unless its policy says otherwise: more is tolerated in a step's first minutes. */
function withWarmUp({ reference }: Rollout): Judge {
  const { warmupDelta } = SEQUENTIAL_DEFAULTS;
  const monitor = createColdMonitor({ alpha: 0.05 }, { delta: warmupDelta }, reference);
  let [step, minuteOfStep] = [-1, 0];
  return (minute) => {
    minuteOfStep = minute.step === step ? minuteOfStep + 1 : 0;
    step = minute.step;
    monitor.push(minute, minuteOfStep < COLD_MINUTES);
    return monitor.judgement().logE >= -Math.log(0.05);
  };
}
