import { kindOf } from "../../targets/kinds.ts";
import type { EnvironmentPlan, MetricPlan } from "../plan.ts";
import type { Metrics } from "../ports.ts";
import type { WeekOfTraffic } from "./advice.ts";
import { type Arms, planReads, readableUntil, readingsOf, type Span, type Watch } from "./sampling.ts";

const WEEK_MS = 7 * 86_400_000;

const HOUR_SECONDS = 3_600;

/** The alias as a whole: what serves before anything is shifted. */
const AS_A_WHOLE: Span = { from: 0, weight: 100, finished: true };

/**
 * Last week's traffic as CloudWatch has it: the median hour's requests a minute, and the week's error rate. A target
 * without a datapoint is absent.
 */
export async function readWeekOfTraffic(metrics: Metrics, plan: EnvironmentPlan, now: number): Promise<WeekOfTraffic> {
  const watches = plan.targets.map(weekWatch);
  const to = readableUntil({ periodSeconds: HOUR_SECONDS, settleSeconds: 0 }, now);
  const reads = planReads(watches, new Set(["whole"]));
  const readings = readingsOf(reads, await metrics.read(reads.queries, to - WEEK_MS, to));
  const entries = watches.flatMap((watch): [string, WeekOfTraffic[string]][] => {
    const hours: { requests: number; errors: number }[] = [];
    for (let at = to - WEEK_MS; at < to; at += HOUR_SECONDS * 1000) {
      const sample = readings.at(watch, AS_A_WHOLE, at)?.candidate ?? null;
      if (sample !== null) hours.push({ requests: sample[0], errors: sample[1] ?? 0 });
    }
    return hours.length === 0 ? [] : [[watch.id, typicalHour(hours)]];
  });
  return Object.fromEntries(entries);
}

function weekWatch(target: EnvironmentPlan["targets"][number]): Watch {
  const arms: Arms = { target, baseline: "", candidate: null };
  const metric: MetricPlan = {
    name: target.name,
    target: target.name,
    source: { preset: kindOf(target.kind).usual.name },
    periodSeconds: HOUR_SECONDS,
    settleSeconds: 0,
    rules: [],
    dryRun: false,
  };
  return { id: target.name, metric, arms, bounds: { candidate: null, baseline: null } };
}

function typicalHour(hours: readonly { requests: number; errors: number }[]): WeekOfTraffic[string] {
  const requests = hours.reduce((sum, hour) => sum + hour.requests, 0);
  const errors = hours.reduce((sum, hour) => sum + hour.errors, 0);
  const sorted = hours.map((hour) => hour.requests).sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return { requestsPerMinute: median / 60, errorRate: requests === 0 ? 0 : errors / requests };
}
