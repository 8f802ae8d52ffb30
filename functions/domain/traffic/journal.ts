/**
 * The journal's rules, pure: which word of ours explains what was read, and what a restore may do about it. The calls
 * that follow them are in `set-route.ts` and `restore.ts`; each rule closes a race, named beside it.
 */
import type { Head, Intent, TargetRecord } from "../ledger/journal-records.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Route, RouteState } from "../ports.ts";

/**
 * Time in which a write must be over, in ms. An intent without a result may still take effect until then: the call is
 * given up before, and whoever restores looks again after.
 */
export const WRITE_WITHIN_MS = 15_000;

/** Added to a deadline before it is believed to have passed: clocks of two Lambdas differ. */
export const CLOCK_SLACK_MS = 2_000;

export function sameRoute(one: Route, other: Route): boolean {
  return (
    one.primary === other.primary &&
    one.secondary?.version === other.secondary?.version &&
    one.secondary?.percent === other.secondary?.percent
  );
}

/** Our mark in a description: who wrote this, under which fence. */
export function markerOf(promotionId: string, fence: number): string {
  return `headgate ${promotionId} fence ${fence}`;
}

/** A route in words: `version 7`, or `version 7, 10 % on 8`. */
export function inWords(route: Route): string {
  if (route.secondary === null) return `version ${route.primary}`;
  return `version ${route.primary}, ${route.secondary.percent} % on ${route.secondary.version}`;
}

export type Explanation = "baseline" | "ours" | "foreign";

/**
 * Whose word a read state is. `foreign` is what no intent of this promotion and not its baseline explains: a person's
 * or another tool's. Route and mark must both agree with an intent, since two writers can wish for the same route. The
 * baseline is known by its route alone: whoever set it by hand did what a restore is for, under whatever mark.
 */
export function explain(
  state: RouteState,
  record: Pick<TargetRecord, "baseline">,
  intents: readonly Pick<Intent, "to" | "marker">[],
): Explanation {
  if (intents.some((intent) => sameRoute(state.route, intent.to) && state.marker === intent.marker)) return "ours";
  return sameRoute(state.route, record.baseline.route) ? "baseline" : "foreign";
}

/**
 * Newest instant (epoch ms) until which a write of ours may take effect unseen by a look at `lookedAt`; null: none can. A
 * write without a result may. Where the service has no lock so may one that has its result: a repetition of its call can
 * still be on its way, with no revision to lose. A restore's repetition only says baseline again.
 */
export function newestOpenDeadline(
  intents: readonly Pick<Intent, "result" | "deadline" | "revision" | "purpose">[],
  lookedAt: number,
): number | null {
  const open = intents.filter(
    ({ result, revision, purpose, deadline }) =>
      result === null || (revision === null && purpose !== "restore" && deadline + CLOCK_SLACK_MS > lookedAt),
  );
  return open.length === 0 ? null : Math.max(...open.map(({ deadline }) => deadline));
}

/** Route for a weight: nothing on the candidate at 0, a split in between, and all of it at 100 by weight. */
export function routeAt(baseline: Route, candidate: string, percent: number): Route {
  return { primary: baseline.primary, secondary: percent === 0 ? null : { version: candidate, percent } };
}

/** Route after the finish: the candidate is the primary, and the split is gone. */
export function finishedRoute(candidate: string): Route {
  return { primary: candidate, secondary: null };
}

/** Why a step does nothing once the journal is not open any more, for whoever reads its state in the console. */
export function whyStopped({ state }: Pick<Head, "state">): string {
  return state === "tripped" ? "stopped: traffic has to go back" : "stopped: the promotion is over here";
}

/** Whether all traffic of each target was read back on its candidate, with no split left. What was not is no success. */
export function isFinished({ targets }: Pick<EnvironmentPlan, "targets">, records: readonly TargetRecord[]): boolean {
  return targets.every(({ name }) => {
    const record = records.find(({ target }) => target === name);
    return (
      record !== undefined && record.candidate !== null && sameRoute(record.last.route, finishedRoute(record.candidate))
    );
  });
}

/** Percent of traffic that this route gives to the version. */
export function shareOf(route: Route, version: string): number {
  const secondary = route.secondary?.percent ?? 0;
  if (route.primary === version) return route.secondary?.version === version ? 100 : 100 - secondary;
  return route.secondary?.version === version ? secondary : 0;
}
