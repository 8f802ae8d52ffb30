/** What a plan does not watch, and a release can break. */
import { kindOf } from "../../targets/kinds.ts";
import type { AnyQueryPlan, EnvironmentPlan, MetricPlan, TargetPlan } from "../plan.ts";

/**
 * Targets whose requests may reach no version without any metric of the plan acting on it, by name. Such requests are in
 * no version's errors: a candidate that serves half of them looks healthy.
 */
export function unwatchedTargets({ targets, analysis }: Pick<EnvironmentPlan, "targets" | "analysis">): string[] {
  const acting = analysis.metrics.filter(({ dryRun }) => !dryRun);
  return targets
    .filter((target) => kindOf(target.kind).unserved !== null)
    .filter((target) => !acting.some((metric) => countsUnserved(metric, target)))
    .map(({ name }) => name);
}

/** By the kind's preset, or by a query of the team's own for the same metric. */
function countsUnserved({ source, target: name }: MetricPlan, target: TargetPlan): boolean {
  const { unserved, series } = kindOf(target.kind);
  if (unserved === null) return false;
  if ("preset" in source) return name === target.name && source.preset === unserved.name;
  if ("source" in source || (name !== null && name !== target.name)) return false;
  const { bad = [] } = series(target, { preset: unserved, version: null, thresholdMs: null });
  const asked = metricNames(source.query);
  return bad.some(({ metricName }) => asked.includes(metricName));
}

/** Of Metrics Insights none is read out of its text. */
function metricNames(query: AnyQueryPlan): string[] {
  if ("insights" in query) return [];
  return ("expression" in query ? Object.values(query.inputs) : [query]).map(({ metricName }) => metricName);
}

/** For people; null: all are watched. */
export function unwatchedInWords(plan: Pick<EnvironmentPlan, "targets" | "analysis">): string | null {
  const names = unwatchedTargets(plan);
  if (names.length === 0) return null;
  return `nothing acts on throttled requests of ${names.join(", ")}: they run no version, and are in no version's errors`;
}
