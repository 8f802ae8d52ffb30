/**
 * The journal's rules, pure: which word of ours explains what was read, and what a restore may do about it. The calls
 * that follow them are in `set-route.ts` and `restore.ts`; each rule closes a race, named beside it.
 */
import type { Kind } from "../../targets/kind.ts";
import { kindOf } from "../../targets/kinds.ts";
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

/** Our mark in a description: who wrote this, under which fence. */
export function markerOf(promotionId: string, fence: number): string {
  return `headgate ${promotionId} fence ${fence}`;
}

/** Any mark of ours, whichever promotion wrote it. */
const MARK = /^headgate \S+ fence \d+$/;

/**
 * What the last write of a path leaves in the description: what its owner wrote there before us. A mark that an earlier
 * promotion left is nobody's words, so ours replaces it.
 */
export function closingMarker(baseline: Pick<RouteState, "marker">, ours: string): string {
  return MARK.test(baseline.marker) ? ours : baseline.marker;
}

export type Explanation = "baseline" | "ours" | "foreign";

/**
 * Whose word a read state is. `foreign` is what no intent of this promotion and not its baseline explains: a person's
 * or another tool's. Route and mark must both agree with an intent, since two writers can wish for the same route. A
 * service that moves by itself under our mark is ours wherever it is on its way. The baseline is known by its route alone: whoever set it by hand did what a restore is for, under whatever mark.
 */
export function explain(
  state: RouteState,
  record: Pick<TargetRecord, "kind" | "baseline">,
  intents: readonly Pick<Intent, "purpose" | "from" | "to" | "marker">[],
): Explanation {
  const kind = kindOf(record.kind);
  const leadsTo = ({ purpose, from, to }: (typeof intents)[number]) =>
    purpose === "drive" ? isBetween(kind, state.route, from, to) : kind.same(state.route, to);
  if (intents.some((intent) => state.marker === intent.marker && leadsTo(intent))) return "ours";
  return kind.same(state.route, record.baseline.route) ? "baseline" : "foreign";
}

/** Whether a route sends traffic to no version but those of two others: any split of them is on the way between. */
function isBetween({ versions }: Pick<Kind, "versions">, route: Route, from: Route, to: Route): boolean {
  const known = [...versions(from), ...versions(to)];
  return versions(route).every((version) => known.includes(version));
}

/**
 * Whether a target stands where it was last read back, under the same mark. The revision may have moved all the same:
 * somebody added a permission, say, which is no move of traffic.
 */
export function isUnmoved({ kind, last }: Pick<TargetRecord, "kind" | "last">, state: RouteState): boolean {
  return kindOf(kind).same(state.route, last.route) && state.marker === last.marker;
}

/** Somebody else moved a target: what was expected there, and what was found. */
export interface Foreign {
  readonly kind: "foreign";
  readonly why: string;
}

export function foreign(record: Pick<TargetRecord, "target" | "kind">, expected: Route, found: RouteState): Foreign {
  const { inWords } = kindOf(record.kind);
  return {
    kind: "foreign",
    why: `${record.target}: somebody else moved it; expected ${inWords(expected)}, found ${inWords(found.route)} ("${found.marker}")`,
  };
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

/** Why a step does nothing once the journal is not open any more, for whoever reads its state in the console. */
export function whyStopped({ state }: Pick<Head, "state">): string {
  return state === "tripped" ? "stopped: traffic has to go back" : "stopped: the promotion is over here";
}

type Standing = Pick<TargetRecord, "kind" | "baseline" | "candidate" | "last">;

/** Whether all traffic of each target was read back on its candidate, with no split left. What was not is no success. */
export function isFinished({ targets }: Pick<EnvironmentPlan, "targets">, records: readonly TargetRecord[]): boolean {
  return targets.every(({ name }) => {
    const record = records.find(({ target }) => target === name);
    return record !== undefined && isFinal(record, record.last.route);
  });
}

/** Whether a route of this target is the finished one. */
export function isFinal({ kind, baseline, candidate }: Standing, route: Route): boolean {
  if (candidate === null) return false;
  const { same, finished } = kindOf(kind);
  return same(route, finished(baseline.route, candidate));
}

/** Percent of traffic that was last read back on the candidate of a target. */
export function shareOn({ kind, candidate, last }: Pick<TargetRecord, "kind" | "candidate" | "last">): number {
  return candidate === null ? 0 : kindOf(kind).share(last.route, candidate);
}

/**
 * Percent of traffic on the candidate over all targets that are split: the least of them, since a shift that reached some
 * only is not done. Targets that follow another's split have none of their own. 0 where there are no targets.
 */
export function shareOfAll(
  plan: Pick<EnvironmentPlan, "targets">,
  records: readonly Pick<TargetRecord, "target" | "kind" | "candidate" | "last">[],
): number {
  const following = new Set(plan.targets.flatMap(({ name, follows }) => (follows === undefined ? [] : [name])));
  const shares = records.filter(({ target }) => !following.has(target)).map(shareOn);
  return shares.length === 0 ? 0 : Math.min(...shares);
}

/**
 * How far a route of this target is on its way: percent on the candidate, and beyond the last weight once it is finished.
 */
export function stageOf(record: Standing, route: Route): number {
  if (isFinal(record, route)) return 101;
  return record.candidate === null ? 0 : kindOf(record.kind).share(route, record.candidate);
}
