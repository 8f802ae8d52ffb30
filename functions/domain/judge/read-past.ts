import type { EnvironmentPlan, MetricPlan } from "../plan.ts";
import type { Metrics } from "../ports.ts";
import {
  firstPeriod,
  planReads,
  type ReadPlan,
  readableUntil,
  readingsOf,
  type Span,
  type Watch,
  watchId,
} from "./sampling.ts";
import type { Past, Pasts } from "./served-past.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** CloudWatch keeps minutes for 15 days; from an older start on it gives points of five minutes. */
const LONGEST_DAYS = 15;
/** 15 days of 18 series by the minute, less of more: some seconds, and some 100 MB while they are read. */
const MOST_POINTS = 400_000;
/** Of one read: an answer within its time-out. */
const MOST_AT_ONCE = 30_000;
/** The alias as a whole: what serves before anything is shifted. */
const AS_A_WHOLE: Span = { from: 0, weight: 100, finished: true };

/**
 * What every metric with rules measured in the past days, period by period, from CloudWatch: as many days as it keeps, or
 * as make no more than `MOST_POINTS` datapoints together. A function of the team's is not asked for days: it answers for
 * minutes. Throws as `Metrics.read` does.
 */
export async function readPast(
  metrics: Metrics,
  plan: EnvironmentPlan,
  now: number,
  days = LONGEST_DAYS,
): Promise<Pasts> {
  const watches = plan.analysis.metrics.filter(isTried).map((metric) => watchOf(plan, metric));
  const reads = planReads(watches, new Set(["whole"]));
  const pasts = new Map(watches.map(({ id }) => [id, [] as Past[number][]]));
  if (reads.queries.length === 0) return pasts;
  for (const { from, to } of stretches(watches, reads, now, days)) {
    const readings = readingsOf(reads, await metrics.read(reads.queries, from, to));
    for (const watch of watches) {
      const period = watch.metric.periodSeconds * 1_000;
      for (let at = firstPeriod(watch.metric, from); at + period <= to; at += period) {
        pasts.get(watch.id)?.push(readings.at(watch, AS_A_WHOLE, at)?.candidate ?? null);
      }
    }
  }
  return pasts;
}

/** Oldest first, each of whole periods of all metrics. */
function stretches(watches: readonly Watch[], reads: ReadPlan, now: number, days: number) {
  const pointsPerMs = reads.queries.reduce((sum, { periodSeconds }) => sum + 1 / (1_000 * periodSeconds), 0);
  const periods = watches.map(({ metric }) => metric.periodSeconds * 1_000);
  const unit = Math.max(HOUR_MS, ...periods);
  const settleSeconds = Math.max(...watches.map(({ metric }) => metric.settleSeconds));
  const to = readableUntil({ periodSeconds: unit / 1_000, settleSeconds }, now);
  const longest = Math.min(Math.min(days, LONGEST_DAYS) * DAY_MS - 2 * unit, MOST_POINTS / pointsPerMs);
  const from = to - Math.max(1, Math.floor(longest / unit)) * unit;
  const length = Math.max(1, Math.floor(MOST_AT_ONCE / pointsPerMs / unit)) * unit;
  const count = Math.ceil((to - from) / length);
  return Array.from({ length: count }, (_, index) => ({
    from: from + index * length,
    to: Math.min(to, from + (index + 1) * length),
  }));
}

const isTried = ({ dryRun, rules, source }: MetricPlan): boolean =>
  !dryRun && rules.length > 0 && !("source" in source);

function watchOf(plan: EnvironmentPlan, metric: MetricPlan): Watch {
  const target = plan.targets.find(({ name }) => name === metric.target);
  const arms = target === undefined ? null : { target, baseline: "", candidate: null };
  return { id: watchId(metric), metric, arms, bounds: { candidate: null, baseline: null } };
}
