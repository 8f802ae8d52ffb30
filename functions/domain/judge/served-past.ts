/** What a metric measured in the past days, as rules are tried on it. */
import type { AnalysisPlan, MetricPlan, RulePlan } from "../plan.ts";
import type { Served } from "./rule-advice.ts";
import { type ArmSample, isWhole, quantileOf, unitOf, watchId } from "./sampling.ts";
import { servedRates } from "./served-rates.ts";
import { servedValues } from "./served-values.ts";
import { observe, UNJUDGED } from "./thresholds.ts";

/** Periods of what served as a whole, oldest first, without gaps; null: nothing was measured. */
export type Past = readonly (ArmSample | null)[];

/** By metric of a target (`watchId`); a metric that was not read is absent. */
export type Pasts = ReadonlyMap<string, Past>;

/** Or why rules on this metric cannot be tried. */
export function servedOf(pasts: Pasts, metric: MetricPlan, analysis: AnalysisPlan): Served | string {
  const past = pasts.get(watchId(metric));
  if (past === undefined) return "a function of the team's is not asked for days";
  return servedInPast(metric, past, analysis) ?? "nothing was measured in the days that CloudWatch keeps";
}

const DAY_SECONDS = 86_400;
const WEEK_DAYS = 7;

/** Null where nothing was measured at all. */
export function servedInPast(
  metric: MetricPlan,
  past: Past,
  { referenceSeconds }: Pick<AnalysisPlan, "referenceSeconds">,
): Served | null {
  const { periodSeconds } = metric;
  const reference = Math.max(1, Math.floor(Math.min(referenceSeconds, DAY_SECONDS) / periodSeconds));
  const value = meanOf(past.slice(-reference)) ?? meanOf(past);
  if (value === null) return null;
  return {
    serving: servingOf(metric, past, reference),
    value,
    timesBroken: (rule) => timesBroken(rule, past, periodSeconds, value),
  };
}

function servingOf(metric: MetricPlan, past: Past, reference: number) {
  const { periodSeconds } = metric;
  const whole = isWhole(metric);
  if (!whole && unitOf(metric) === " %" && quantileOf(metric) === null) {
    const periods = past.map((one) => (one === null ? null : { requests: one[0], bad: one[1] ?? 0 }));
    return servedRates({ periods, periodSeconds, reference });
  }
  const periods = past.map((one) => (one === null ? null : { samples: one[0], value: one[2] }));
  return servedValues({ periods, periodSeconds, reference, whole, quantile: fractionOf(quantileOf(metric)) });
}

/** `p95` is 0.95. */
const fractionOf = (quantile: string | null): number | null =>
  quantile === null ? null : Number(quantile.slice(1)) / 100;

function meanOf(past: Past): number | null {
  const measured = past.filter((one) => one !== null);
  const samples = measured.reduce((sum, [count]) => sum + count, 0);
  return samples === 0 ? null : measured.reduce((sum, [count, , value]) => sum + count * value, 0) / samples;
}

/** How often all of what served would have broken a rule in the last week, each lasting breach once. */
function timesBroken(
  rule: RulePlan,
  past: Past,
  periodSeconds: number,
  reference: number,
): { readonly times: number; readonly days: number } {
  const week = past.slice(-(WEEK_DAYS * DAY_SECONDS) / periodSeconds);
  let [progress, times, counted] = [UNJUDGED, 0, false];
  for (const [index, sample] of week.entries()) {
    if (sample === null || sample[0] === 0) continue;
    const ms = periodSeconds * 1_000;
    const candidate = { samples: sample[0], value: sample[2] };
    const seen = { at: index * ms, ms, candidate, baseline: { samples: 1, value: reference } };
    progress = observe(rule, progress, seen);
    if (progress.broken !== null && !counted) times += 1;
    counted = progress.run !== null && (counted || progress.broken !== null);
    progress = { ...progress, broken: null };
  }
  return { times, days: (week.length * periodSeconds) / DAY_SECONDS };
}
