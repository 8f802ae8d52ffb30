/** Entering an environment: its locks and its journal, or the reason why not. */

import { appendAudit } from "../ledger/append-audit.ts";
import type { Header } from "../ledger/header.ts";
import { item } from "../ledger/items.ts";
import { asHead } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadHeader, loadPlan, loadPlanHeader, loadSignals } from "../ledger/load.ts";
import { noteEnding } from "../ledger/note-ending.ts";
import type { Signal } from "../ledger/signals.ts";
import { wakePauses } from "../ledger/wake-pauses.ts";
import { outlives } from "../life.ts";
import type { Outcome } from "../outcomes.ts";
import type { EnvironmentPlan } from "../plan.ts";
import { Conflict, type Dependencies } from "../ports.ts";
import { type Owner, type Taken, takeLocks } from "../traffic/lock.ts";
import { stopBefore } from "./stop-before.ts";

type Tools = Pick<Dependencies, "ledger" | "clock" | "executions" | "hash">;

export interface Entry {
  readonly decision: "enter" | "queue" | "stop" | "finished";
  /** Empty where there is none. */
  readonly environment: string;
  readonly plan: EnvironmentPlan | null;
  readonly summary: string;
}

/** Takes the locks of the environment at this position and opens its journal. Safe to call at any time and again. */
export async function enterNext(deps: Tools, promotionId: string, position: number): Promise<Entry> {
  const header = await loadHeader(deps.ledger, promotionId);
  const environment = header.environments[position] ?? "";
  const nowhere = { environment, plan: null };
  if (header.state === "closed") return { ...nowhere, decision: "stop", summary: "the promotion is closed" };
  if (environment === "") return { ...nowhere, decision: "finished", summary: "every environment is done" };
  const plan = await loadPlan(deps, promotionId, environment);
  const entered = (await refused(deps, header, plan)) ?? (await enter(deps, header, plan));
  return { environment, plan, ...entered };
}

type Answer = Pick<Entry, "decision" | "summary">;

/** What forbids entering: a word to stop, a version that a person put on hold here, or too little of the year left. */
async function refused(deps: Tools, header: Header, plan: EnvironmentPlan): Promise<Answer | null> {
  const stop = stopBefore(await loadSignals(deps.ledger, header.promotionId));
  if (stop !== null) return end(deps, header, stop.outcome, stop.summary);
  const held = await deps.ledger.read(keys.held(plan.environment, header.service, header.version));
  if (held !== undefined) return end(deps, header, "blocked", heldSummary(header, plan, String(held.reason)));
  const old = outlives(header.openedAt, plan, deps.clock.now());
  return old === null ? null : end(deps, header, "expired", old);
}

function heldSummary({ version }: Header, { environment }: EnvironmentPlan, reason: string): string {
  return `${version} is held in ${environment}: ${reason}; release it with \`headgate release-hold\``;
}

async function end(deps: Tools, { promotionId }: Header, outcome: Outcome, summary: string): Promise<Answer> {
  await noteEnding(deps, promotionId, outcome, summary);
  return { decision: "stop", summary };
}

async function enter(deps: Tools, header: Header, plan: EnvironmentPlan): Promise<Answer> {
  const { promotionId, executionArn } = header;
  const { environment, targets } = plan;
  const owner: Owner = { promotionId, environment, executionArn };
  const resources = targets.flatMap(({ resources }) => resources);
  const taken = await takeLocks(deps, owner, resources);
  if (taken.kind === "taken") return { decision: "enter", summary: `entered ${environment}` };
  if (taken.kind === "closed") return { decision: "stop", summary: "the promotion is closed" };
  return meet(deps, header, plan, taken);
}

/** Another promotion holds a resource: by the plan it is given way to, waited for, or told to go. */
async function meet(
  deps: Tools,
  header: Header,
  { environment, onConflict }: EnvironmentPlan,
  { resource, by }: Extract<Taken, { kind: "held" }>,
): Promise<Answer> {
  const summary = `${resource} is held by promotion ${by.promotionId}`;
  if (onConflict === "refuse") return end(deps, header, "blocked", summary);
  if (onConflict === "supersede") await supersede(deps, header, by);
  const id = `queued-${environment}-${by.promotionId}`;
  await appendAudit(deps, header.promotionId, { id, kind: "queued", environment, summary });
  return { decision: "queue", summary };
}

/**
 * A newer promotion of the same service takes the place of one that has not touched traffic yet. A hotfix takes that of
 * one that has, too: the other's next look tells it to go back, and its locks come free once that was read back.
 */
async function supersede(deps: Tools, header: Header, other: Owner): Promise<void> {
  const theirs = await loadHeader(deps.ledger, other.promotionId);
  if (theirs.service !== header.service || theirs.openedAt >= header.openedAt) return;
  const head = await deps.ledger.read(keys.head(other.promotionId, other.environment));
  const touched = head !== undefined && asHead(head).firstShiftAt !== null;
  if (touched && !(await isHotfix(deps, header))) return;
  await tellOnce(deps, other.promotionId, {
    signal: `supersede-${header.promotionId}`,
    kind: "supersede",
    by: header.startedBy ?? header.requestedBy,
    reason: `superseded by ${header.service} ${header.version} (${header.promotionId})`,
    at: deps.clock.now(),
  });
  await wakePauses(deps, other.promotionId, other.environment);
}

async function isHotfix(deps: Tools, { promotionId }: Header): Promise<boolean> {
  return (await loadPlanHeader(deps, promotionId)).emergency !== null;
}

async function tellOnce(deps: Tools, promotionId: string, signal: Signal): Promise<void> {
  try {
    await deps.ledger.write([{ put: item(keys.signal(promotionId, signal.signal), signal), if: "absent" }]);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}
