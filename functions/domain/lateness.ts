/**
 * How late a request may be counted. A service that stamps a point with a request's start, as Lambda does, counts it when it
 * ends: one that hangs until its time-out is missing from its minute until then.
 *
 * So a minute has two ages. Older than `settle` it is readable, and counts against a candidate. It is final, and counts for
 * one, when no request that began in it can still be under way: the longest time-out of what serves, and CloudWatch's own
 * delay. That also covers requests that are known to be under way, by their concurrency: none can be, of a final minute.
 */
import { kindOf } from "../targets/kinds.ts";
import { formatDuration } from "./durations.ts";
import type { EnvironmentPlan, MetricPlan, TargetPlan } from "./plan.ts";

/**
 * What CloudWatch may take to show a point that has been emitted, in seconds. AWS states no figure; 2 to 3 minutes are what
 * is planned with, and two agreeing reads are asked for beside it.
 */
export const CLOUDWATCH_DELAY_SECONDS = 120;

/** A target, and the longest that a request may be under way on any version that serves it, in seconds. */
export interface Running {
  readonly target: Pick<TargetPlan, "name" | "kind">;
  /** Null: without a limit that is known. Absent: its record is older than this field, and its promotion knew none. */
  readonly longestSeconds?: number | null;
}

/** The longer of two; what has no limit is longer than all. */
export function longer(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : Math.max(one, other);
}

/** Whether the target's service counts requests after the time that their points are stamped with. */
export const countsLate = ({ kind }: Pick<TargetPlan, "kind">): boolean => kindOf(kind).lateSeconds(null) > 0;

/** Seconds by which a request of this metric may be counted after its point's time. A metric of no target has all of them. */
export function lateSecondsOf(metric: Pick<MetricPlan, "source" | "target">, running: readonly Running[]): number {
  const own = running.filter(({ target }) => metric.target === null || metric.target === target.name);
  const late = own.flatMap(({ target, longestSeconds }) =>
    longestSeconds === undefined || !isOwn(metric, target) ? [] : [kindOf(target.kind).lateSeconds(longestSeconds)],
  );
  return Math.max(0, ...late);
}

/** Whether the target's service makes this metric, or part of it. Of what others make, `settle` says how late it may be. */
function isOwn({ source }: Pick<MetricPlan, "source">, { kind }: Pick<TargetPlan, "kind">): boolean {
  return "query" in source ? JSON.stringify(source).includes(kindOf(kind).namespace) : "preset" in source;
}

/** Seconds after its end at which a minute is final: as `settle` says, and no less than its requests need. */
export function finalSeconds({ settleSeconds }: Pick<MetricPlan, "settleSeconds">, lateSeconds: number): number {
  return Math.max(settleSeconds, CLOUDWATCH_DELAY_SECONDS + lateSeconds);
}

/** A bake is looked at once a minute, and a minute has to be read twice. */
const TICK_SECONDS = 60;

/** Length in seconds of the shortest bake that holds a final period: traffic is set in the middle of one. */
export function shortestBake(metric: Pick<MetricPlan, "settleSeconds" | "periodSeconds">, lateSeconds: number): number {
  const final = Math.max(finalSeconds(metric, lateSeconds), metric.settleSeconds + TICK_SECONDS);
  return 2 * metric.periodSeconds + final;
}

interface Slowest {
  readonly metric: MetricPlan;
  readonly lateSeconds: number;
  readonly needed: number;
}

/** The metric that keeps bakes waiting longest; null where none acts. */
function slowestOf({ analysis }: Pick<EnvironmentPlan, "analysis">, running: readonly Running[]): Slowest | null {
  const all = analysis.metrics.flatMap((metric): Slowest[] => {
    const lateSeconds = lateSecondsOf(metric, running);
    return metric.dryRun ? [] : [{ metric, lateSeconds, needed: shortestBake(metric, lateSeconds) }];
  });
  return all.toSorted((one, other) => other.needed - one.needed)[0] ?? null;
}

/**
 * Why bakes could end with no verdict but "inconclusive", each with the bake that would do; empty: each holds a final
 * minute, with its extension.
 */
export function tooShortBakes(
  plan: Pick<EnvironmentPlan, "analysis" | "steps">,
  running: readonly Running[],
): readonly string[] {
  const slowest = slowestOf(plan, running);
  if (slowest === null) return [];
  const { extendSeconds } = plan.analysis;
  return plan.steps.flatMap(({ weight, bakeSeconds }) => {
    if (bakeSeconds + extendSeconds >= slowest.needed) return [];
    const extended = extendSeconds === 0 ? "" : ` and extendUpTo ${formatDuration(extendSeconds)}`;
    const would = formatDuration(slowest.needed - extendSeconds);
    return [
      `rollout.steps, ${weight} %: bake ${formatDuration(bakeSeconds)}${extended} end before a minute counts for the candidate, since ${whyLate(slowest)} (hint: bake ${would} or longer, or extendUpTo ${formatDuration(slowest.needed - bakeSeconds)})`,
    ];
  });
}

/** What is read later than `settle` says, for people: one line for each metric that is raised, alike ones together. */
export function raisedSettles(
  { analysis }: Pick<EnvironmentPlan, "analysis">,
  running: readonly Running[],
): readonly string[] {
  const lines = analysis.metrics.flatMap((metric) => {
    const lateSeconds = lateSecondsOf(metric, running);
    const final = finalSeconds(metric, lateSeconds);
    if (final < metric.settleSeconds + TICK_SECONDS) return [];
    const settle = formatDuration(metric.settleSeconds);
    return [
      `metric ${metric.name}: settle ${settle} is raised to ${formatDuration(final)} for what counts for the candidate, since ${whyLate({ metric, lateSeconds })}`,
    ];
  });
  return [...new Set(lines)];
}

function whyLate({ metric, lateSeconds }: Pick<Slowest, "metric" | "lateSeconds">): string {
  const { settleSeconds, periodSeconds } = metric;
  if (settleSeconds >= CLOUDWATCH_DELAY_SECONDS + lateSeconds) {
    return `periods of ${formatDuration(periodSeconds)} settle for ${formatDuration(settleSeconds)} and are read twice`;
  }
  const runs =
    lateSeconds === 0 ? "" : `a request may run ${formatDuration(lateSeconds)} and is counted when it ends, and `;
  return `${runs}CloudWatch may take ${formatDuration(CLOUDWATCH_DELAY_SECONDS)}`;
}
