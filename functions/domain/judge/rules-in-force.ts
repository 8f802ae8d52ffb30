/**
 * Rules as they bind in one rollout. A `max` that the old version is above as it stands would bring back every release, the
 * one that mends it too; where the plan says `relative` the old version becomes the measure.
 */
import type { MetricPlan, RulePlan } from "../plan.ts";
import type { WatchReference } from "./reference-line.ts";
import { unitOf } from "./sampling.ts";
import type { TriedRule } from "./tried-rule.ts";

export interface RuleInForce extends RulePlan {
  /** The ceiling that was written, and what the old version did, in the metric's unit. Absent: the rule is as written. */
  readonly insteadOf?: { readonly max: number; readonly served: number };
  /** What came of trying it before the start; absent where it was not. */
  readonly tried?: TriedRule;
}

/** Tolerated above the baseline where a value is no rate: the same +10 % that the judge tolerates of durations. */
const TOLERATED_PERCENT = 10;

/**
 * True where what serves, `served` in the metric's unit, is above the rule's own ceiling. Null: nobody knows. A ceiling of 0
 * tolerates nothing, whatever the baseline does: there is no distance to it.
 */
export const isBrokenAlready = ({ max = 0 }: RulePlan, served: number | null): boolean =>
  max > 0 && served !== null && served > max;

/**
 * The rule that binds where the old version did `served` (its mean over the reference). Above `max`, and under `relative`,
 * the candidate may be above the baseline beside it by as much as the rule allows a service that never fails: "at most
 * 0.5 %" becomes "at most baseline + 0.5 points". A duration or another value that is no rate may be 10 % above it, since
 * its ceiling is no distance. Where no baseline runs beside it the reference itself is the baseline, as for any such rule.
 */
export function ruleInForce(rule: RulePlan, metric: Pick<MetricPlan, "source">, served: number | null): RuleInForce {
  const { max, ...others } = rule;
  if (rule.ifBaselineBreaks !== "relative" || max === undefined) return rule;
  if (served === null || !isBrokenAlready(rule, served)) return rule;
  const ceiling = isRate(metric) ? { maxIncreasePoints: max } : { maxIncreasePercent: TOLERATED_PERCENT };
  return { ...others, ...ceiling, insteadOf: { max, served } };
}

const RATES: ReadonlySet<string> = new Set([" %", " a minute"]);

const isRate = (metric: Pick<MetricPlan, "source">): boolean => RATES.has(unitOf(metric));

export function withRulesInForce(metric: MetricPlan, reference: WatchReference | null): MetricPlan {
  const served = reference === null ? null : reference.value;
  const rules = metric.rules.map((rule, index): RuleInForce => {
    const tried = reference?.rules?.[index] ?? null;
    const inForce = ruleInForce(rule, metric, served);
    return tried === null ? inForce : { ...inForce, tried };
  });
  return { ...metric, rules };
}
