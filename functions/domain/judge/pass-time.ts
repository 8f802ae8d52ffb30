/** How long a bake takes to pass a good candidate, at the traffic that its target has. */
import { kindOf, presetOf } from "../../targets/kinds.ts";
import { shareAt } from "../holdback.ts";
import { finalSeconds } from "../lateness.ts";
import type { EnvironmentPlan, MetricPlan, SequentialPlan, StepPlan } from "../plan.ts";
import { configOf } from "./fold.ts";
import { isErrorRate } from "./sampling.ts";
import { dispersionIn, LONGEST_BAKE, least, type Traffic } from "./statistics/detectable.ts";
import { passThrough } from "./statistics/detectable-cold.ts";
import { passChance } from "./statistics/detectable-pass.ts";
import { completeConfig } from "./statistics/sequential-config.ts";
import { leavesSmallArm } from "./thin-arm.ts";
import { trafficIn, type WeekOfTraffic } from "./week-of-traffic.ts";

/** An error rate that acts, judged by evidence, with the traffic of its target. */
export interface Judged {
  readonly metric: MetricPlan;
  readonly target: string;
  readonly sequential: SequentialPlan;
  readonly traffic: Traffic;
}

/** Those of an environment whose traffic is known; silent targets are none of them. */
export const judgedOf = (plan: EnvironmentPlan, week: WeekOfTraffic): Judged[] =>
  everyJudged(plan, week).filter(({ traffic }) => traffic.requestsPerMinute > 0);

const UNKNOWN: Traffic = { requestsPerMinute: 0, errorRate: 0 };

/** All of them; those of which nothing is known are without traffic, and fail nothing. */
export function everyJudged(plan: EnvironmentPlan, week: WeekOfTraffic): Judged[] {
  return plan.analysis.metrics.flatMap((metric) => {
    const { target, sequential, dryRun } = metric;
    if (target === null || sequential === undefined || dryRun || !isErrorRate(metric)) return [];
    return [{ metric, target, sequential, traffic: trafficIn(week, target) ?? UNKNOWN }];
  });
}

/** Steps by the share that they really set: what is held back stays beside the candidate. */
export const stepsBeside = (plan: EnvironmentPlan): StepPlan[] =>
  plan.steps.map((step) => ({ ...step, weight: shareAt(plan, step.weight) }));

/** The same metric under another pass margin. */
export const withPassDelta = (judged: Judged, passDelta: number): Judged => ({
  ...judged,
  sequential: { ...judged.sequential, passDelta },
});

/**
 * The chance that a bake of so many minutes at this weight (percent) passes a candidate that fails as often as the
 * baseline. Its last minutes count for nothing: they have not settled, and the last that has was read once.
 */
export const chanceToPass = (judged: Judged, weight: number, minutes: number): number =>
  chanceIn(judged, weight, minutes - uncounted(judged.metric), judged.traffic.requestsPerMinute);

function chanceIn({ sequential, traffic }: Judged, weight: number, minutes: number, perMinute: number): number {
  const { alpha: _fails, ...settings } = configOf(sequential, 1, null);
  const passSlo = (sequential.slo ?? traffic.errorRate) + sequential.passDelta;
  const canary = (perMinute * weight) / 100;
  const config = completeConfig({ ...settings, passSlo, ...passThrough(sequential) });
  const beside = weight < 100 ? [perMinute - canary] : [];
  const alone = weight === 100 || leavesSmallArm(weight) ? [null] : [];
  return Math.max(
    ...[...beside, ...alone].map((baseline) => {
      const phi = dispersionIn(traffic, minutes, canary, baseline);
      return passChance({ canary, baseline, minutes, phi }, traffic.errorRate, config);
    }),
  );
}

/** Whole minutes at the end of a bake that no pass can rest on. */
const uncounted = (metric: MetricPlan): number => Math.ceil(finalSeconds(metric, 0) / 60) + 1;

/** Shortest bake in minutes, up to 7 days, that passes a good candidate with this chance; null: none does. */
export const minutesToPass = (judged: Judged, weight: number, chance: number): number | null =>
  least(1, LONGEST_BAKE, (minutes) => chanceToPass(judged, weight, minutes) >= chance);

/**
 * Minutes by which a minute may count later than CloudWatch shows it, where nothing is known of the code: requests of the
 * kind may be under way for so long, and what hangs is counted when it ends (`lateness.ts`).
 */
export function latestMinutes({ metric: { source } }: Judged): number {
  return "preset" in source ? Math.ceil(kindOf(presetOf(source.preset).kind).lateSeconds(null) / 60) : 0;
}

/** Minutes over which requests are spread where only their number matters: each brings far less than a minute may add. */
const MANY_MINUTES = 100_000;
const MOST_REQUESTS = 10_000_000;

/** The chance that so many candidate requests, however long they take to come, pass a good candidate. */
export const chanceOfRequests = (judged: Judged, weight: number, requests: number): number =>
  chanceIn(judged, weight, MANY_MINUTES, ((requests / MANY_MINUTES) * 100) / weight);

/** The fewest that pass it with this chance; null: no number. */
export const requestsToPass = (judged: Judged, weight: number, chance: number): number | null =>
  least(1, MOST_REQUESTS, (requests) => chanceOfRequests(judged, weight, requests) >= chance);
