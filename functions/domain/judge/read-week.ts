import { kindOf } from "../../targets/kinds.ts";
import type { EnvironmentPlan, MetricPlan } from "../plan.ts";
import type { Metrics } from "../ports.ts";
import { type Arms, planReads, readableUntil, readingsOf, type Span, type Watch } from "./sampling.ts";
import { SEQUENTIAL_DEFAULTS } from "./statistics/sequential-config.ts";
import { type ArmCounts, estimateDispersion } from "./statistics/sequential-lanes.ts";
import { estimateWander } from "./statistics/wander.ts";
import { HOURS, hourOfWeek, type WeekOfTraffic } from "./week-of-traffic.ts";

const WEEK_MS = 7 * 86_400_000;
const DAY_MS = 86_400_000;

const HOUR_SECONDS = 3_600;
const MINUTE_SECONDS = 60;

/** The alias as a whole: what serves before anything is shifted. */
const AS_A_WHOLE: Span = { from: 0, weight: 100, finished: true };

/**
 * Last week's traffic as CloudWatch has it: the median hour's requests a minute, each hour's requests, the week's error rate,
 * and how bursty errors were, and how they wandered, in the minutes of the last day. Hours without a datapoint had no request. A target without a datapoint is absent.
 */
export async function readWeekOfTraffic(metrics: Metrics, plan: EnvironmentPlan, now: number): Promise<WeekOfTraffic> {
  const hours = await readCounts(metrics, plan, { periodSeconds: HOUR_SECONDS, lengthMs: WEEK_MS, now });
  if (hours.size === 0) return {};
  const minutes = await readCounts(metrics, plan, { periodSeconds: MINUTE_SECONDS, lengthMs: DAY_MS, now });
  return Object.fromEntries(
    [...hours].map(([target, counts]) => [target, trafficOf(counts, minutes.get(target) ?? [])]),
  );
}

/** What came in the period that began at an instant (epoch ms). */
interface Counts extends ArmCounts {
  readonly at: number;
}

interface Stretch {
  readonly periodSeconds: number;
  readonly lengthMs: number;
  readonly now: number;
}

/** Requests and errors of each target in each period that has any, oldest first. */
async function readCounts(metrics: Metrics, plan: EnvironmentPlan, stretch: Stretch): Promise<Map<string, Counts[]>> {
  const { periodSeconds, lengthMs, now } = stretch;
  const watches = plan.targets.map((target) => usualWatch(target, periodSeconds));
  const to = readableUntil({ periodSeconds, settleSeconds: 0 }, now);
  const reads = planReads(watches, new Set(["whole"]));
  const readings = readingsOf(reads, await metrics.read(reads.queries, to - lengthMs, to));
  const found = new Map<string, Counts[]>();
  for (const watch of watches) {
    const counts: Counts[] = [];
    for (let at = to - lengthMs; at < to; at += periodSeconds * 1000) {
      const sample = readings.at(watch, AS_A_WHOLE, at)?.candidate ?? null;
      if (sample !== null) counts.push({ at, requests: sample[0], errors: sample[1] ?? 0 });
    }
    if (counts.length > 0) found.set(watch.id, counts);
  }
  return found;
}

function usualWatch(target: EnvironmentPlan["targets"][number], periodSeconds: number): Watch {
  const arms: Arms = { target, baseline: "", candidate: null };
  const metric: MetricPlan = {
    name: target.name,
    target: target.name,
    source: { preset: kindOf(target.kind).usual.name },
    periodSeconds,
    settleSeconds: 0,
    rules: [],
    dryRun: false,
  };
  return { id: target.name, metric, arms, bounds: { candidate: null, baseline: null } };
}

function trafficOf(hours: readonly Counts[], minutes: readonly Counts[]): WeekOfTraffic[string] {
  const requests = hours.reduce((sum, hour) => sum + hour.requests, 0);
  const errors = hours.reduce((sum, hour) => sum + hour.errors, 0);
  const sorted = hours.map((hour) => hour.requests).sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const { phi } = estimateDispersion(minutes, SEQUENTIAL_DEFAULTS);
  const wander = estimateWander(minutes, phi);
  return {
    requestsPerMinute: median / 60,
    errorRate: requests === 0 ? 0 : errors / requests,
    phi: Math.min(phi, allAlike(minutes)),
    ...(wander !== null && { wander }),
    hours: profileOf(hours),
  };
}

function profileOf(hours: readonly Counts[]): number[] {
  const profile = Array.from({ length: HOURS }, () => 0);
  for (const { at, requests } of hours) profile[hourOfWeek(at)] = requests;
  return profile;
}

/** Dispersion of minutes whose requests all fail alike or not at all, which none exceeds (`temper`); 1 at one a minute. */
function allAlike(minutes: readonly Counts[]): number {
  const requests = minutes.reduce((sum, minute) => sum + minute.requests, 0);
  const squares = minutes.reduce((sum, minute) => sum + minute.requests ** 2, 0);
  return requests === 0 ? Number.POSITIVE_INFINITY : Math.max(1, squares / requests);
}
