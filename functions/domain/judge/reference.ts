import { lateSecondsOf } from "../lateness.ts";
import type { EnvironmentPlan, MetricPlan } from "../plan.ts";
import type { Item } from "../ports.ts";
import type { References, WatchReference } from "./reference-line.ts";
import { withRulesInForce } from "./rules-in-force.ts";
import { type Arms, NO_BOUNDS, type Watch, watchId } from "./sampling.ts";
import { latencyThresholds } from "./statistics/sequential-latency.ts";

/** CloudWatch keeps minutes for 15 days; one day of them is enough to see the daily rhythm. */
export const LONGEST_REFERENCE_SECONDS = 86_400;

const DEFAULT_MARGIN = 0.1;

/** The metrics of a plan, ready to be read. */
export function watchesOf(plan: EnvironmentPlan, arms: readonly Arms[], references: References): Watch[] {
  return plan.analysis.metrics.map((metric) => {
    const id = watchId(metric);
    return {
      id,
      metric: withRulesInForce(metric, references[id] ?? null),
      arms: arms.find(({ target }) => target.name === metric.target) ?? null,
      bounds: boundsOf(metric, references[id]),
      lateSeconds: lateSecondsOf(metric, arms),
    };
  });
}

function boundsOf(metric: MetricPlan, reference: WatchReference | undefined): Watch["bounds"] {
  const quantileMs = reference?.quantileMs ?? null;
  if (metric.sequential === undefined || quantileMs === null) return NO_BOUNDS;
  const margin = metric.sequential.latencyMargin ?? DEFAULT_MARGIN;
  const { baselineMs, canaryMs } = latencyThresholds(quantileMs, margin);
  const baseline = reference?.durations?.boundsMs;
  if (baseline === undefined) return { candidate: canaryMs, baseline: baselineMs };
  const candidate = baseline.map((bound) => latencyThresholds(bound, margin).canaryMs);
  return { candidate: canaryMs, baseline: baselineMs, each: { candidate, baseline } };
}

export function referencesOf(stored: Item | undefined): References | null {
  return stored === undefined ? null : (stored.references as References);
}
