import { presetOf } from "../../targets/kinds.ts";
import type { MetricInput, RuleInput } from "../documents/policy-analysis.ts";
import type { Path } from "../documents/problems.ts";
import type { IfBaselineBreaks, MetricPlan, RulePlan } from "../plan.ts";
import { warnOfFigures, warnOfFractions } from "./figures.ts";
import { defined, type Scope } from "./scope.ts";
import { countsSamples, tellsArms } from "./sources.ts";

/** Thresholds as runbooks write them, made explicit. */

/** Of 50 requests one error is already 2 %: below that a rate or a percentile says little. Counts need no sample. */
const MIN_SAMPLES = 50;
const CEILINGS = ["max", "maxIncreasePoints", "maxIncreasePercent"] as const;

export function resolveRules(scope: Scope, metric: MetricInput, at: Path): RulePlan[] {
  warnOfFractions(scope, metric, at);
  return (metric.rules ?? []).map((rule, index) => resolveRule(scope, metric, rule, [...at, "rules", index]));
}

function resolveRule(scope: Scope, metric: MetricInput, rule: RuleInput, at: Path): RulePlan {
  checkCeiling(scope, rule, at);
  checkSustained(scope, metric, rule, at);
  checkBaseline(scope, metric, rule, at);
  checkSamples(scope, metric, rule, at);
  checkBroken(scope, rule, at);
  warnOfFigures(scope, metric, rule, at);
  return defined({
    max: rule.max,
    maxIncreasePoints: rule.maxIncreasePoints,
    maxIncreasePercent: rule.maxIncreasePercent,
    sustainedSeconds: rule.sustainedFor ?? 0,
    minSamples: rule.minSamples ?? defaultSamples(metric),
    onBreach: rule.onBreach ?? "rollback",
    hard: rule.hard ?? false,
    ifBaselineBreaks: rule.max === undefined ? undefined : (rule.ifBaselineBreaks ?? usuallyIfBroken(scope)),
  });
}

/**
 * `relative` unless the policy says otherwise: under `keep` each release of such a service goes back, the one that mends it
 * too, and under `refuse` none begins.
 */
function usuallyIfBroken({ service, name }: Scope): IfBaselineBreaks {
  return service.overrides?.[name]?.analysis?.ifBaselineBreaks ?? service.analysis?.ifBaselineBreaks ?? "relative";
}

function checkBroken(scope: Scope, rule: RuleInput, at: Path): void {
  if (rule.ifBaselineBreaks === undefined || rule.max !== undefined) return;
  const hint = "leave it out: a rule without max compares with the baseline as it is";
  scope.report.refuse([...at, "ifBaselineBreaks"], "is said of a rule without max", hint);
}

function checkCeiling(scope: Scope, rule: RuleInput, at: Path): void {
  const given = CEILINGS.filter((key) => rule[key] !== undefined);
  if (given.length === 1) return;
  const found = given.length === 0 ? "has no ceiling" : `has ${given.length} ceilings: ${given.join(", ")}`;
  scope.report.refuse(at, found, `write exactly one of ${CEILINGS.join(", ")}; several ceilings are several rules`);
}

function checkSustained(scope: Scope, metric: MetricInput, rule: RuleInput, at: Path): void {
  const period = metric.period ?? 60;
  const sustained = rule.sustainedFor ?? 0;
  if (sustained % period === 0) return;
  scope.report.refuse(
    [...at, "sustainedFor"],
    "is no multiple of the metric's period",
    "write whole periods, such as 2m or 10m",
  );
}

function checkBaseline(scope: Scope, metric: MetricInput, rule: RuleInput, at: Path): void {
  if ("preset" in metric || rule.max !== undefined) return;
  if (tellsArms(metric)) return;
  const hint = "put {version} into a dimension, beside what names the target, or write max";
  scope.report.refuse(at, "compares with a baseline, but the query cannot tell the versions apart", hint);
}

function checkSamples(scope: Scope, metric: MetricInput, rule: RuleInput, at: Path): void {
  if ("preset" in metric || countsSamples(metric) || (rule.minSamples ?? 0) === 0) return;
  const hint = "add samples to the metric, such as Invocations with Sum";
  scope.report.refuse([...at, "minSamples"], "cannot be held: nothing counts the samples", hint);
}

function defaultSamples(metric: MetricInput): number {
  if ("preset" in metric) return presetOf(metric.preset).whole ? 0 : MIN_SAMPLES;
  return countsSamples(metric) ? MIN_SAMPLES : 0;
}

/** A rule whose breach must last longer than anybody looks can never fire. */
export function warnOfSleepingRules(
  scope: Scope,
  metrics: readonly MetricPlan[],
  watchedSeconds: number,
  at: Path,
): void {
  for (const metric of metrics) {
    for (const rule of metric.rules) {
      if (rule.sustainedSeconds + metric.settleSeconds <= watchedSeconds) continue;
      const message = `a rule of ${metric.name} must be broken for longer than rollout and monitoring last`;
      scope.report.warn(at, message, "shorten sustainedFor, or monitor longer");
    }
  }
}
