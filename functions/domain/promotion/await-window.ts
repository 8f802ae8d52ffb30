/** The last questions before a rollout: is it approved, is the window open? If not, until when is it waited for? */

import { findApproval } from "../approval/load.ts";
import { whyNoLonger } from "../approval/look-again.ts";
import { isStale } from "../approval/settlement.ts";
import { loadHead, loadHeader, loadPlan, loadSignals } from "../ledger/load.ts";
import { noteEnding } from "../ledger/note-ending.ts";
import { expectLife } from "../ledger/wake-pauses.ts";
import { outlives } from "../life.ts";
import type { Outcome } from "../outcomes.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies } from "../ports.ts";
import { whyStopped } from "../traffic/journal.ts";
import { earliestStart, local, plannedSeconds } from "../windows.ts";
import { askedAnew, type Child } from "./children.ts";
import { stopBefore } from "./stop-before.ts";

type Tools = Pick<Dependencies, "ledger" | "clock" | "hash">;

export interface Start {
  /** `ask`: the approval was given by people who may not decide any more. */
  readonly decision: "go" | "wait" | "ask" | "stop";
  readonly wait: { readonly seconds: number };
  /** The execution in which people are asked anew, should they be. */
  readonly approval: Child;
  readonly summary: string;
}

/** The start before it is known which execution would ask anew. */
type Bare = Omit<Start, "approval">;

/**
 * Whether the rollout may start now. What forbids it for good is noted as the promotion's ending. An approval whose people
 * have gone since is asked for anew rather than failing the promotion: nobody said no, and others may say yes. Later than
 * here this one is not looked at again: what moves traffic back from then on is the journal, an alarm, or an operator.
 */
export async function mayStart(deps: Tools, promotionId: string, environment: string): Promise<Start> {
  const record = await findApproval(deps.ledger, { promotionId, environment, approval: "before" });
  const approval = askedAnew(deps.hash, promotionId, environment, record?.generation ?? 0);
  return { ...(await startOf(deps, promotionId, environment)), approval };
}

async function startOf(deps: Tools, promotionId: string, environment: string): Promise<Bare> {
  const head = await loadHead(deps.ledger, promotionId, environment);
  if (head.state !== "open") return stop(whyStopped(head));
  const plan = await loadPlan(deps, promotionId, environment);
  const start = earliestStart(plan.window, deps.clock.now(), plannedSeconds(plan.steps), plan.notBefore);
  const end = await whyNever(deps, promotionId, plan, start);
  if (end !== null) {
    await noteEnding(deps, promotionId, end.outcome, end.summary);
    return stop(end.summary);
  }
  const outdated = await whyOutdated(deps, promotionId, plan);
  if (outdated !== null) return { decision: "ask", wait: { seconds: 1 }, summary: outdated };
  return startAt(deps, promotionId, plan, start ?? deps.clock.now());
}

const stop = (summary: string): Bare => ({ decision: "stop", wait: { seconds: 1 }, summary });

async function startAt(deps: Tools, promotionId: string, { window }: EnvironmentPlan, start: number): Promise<Bare> {
  const seconds = Math.ceil((start - deps.clock.now()) / 1_000);
  if (seconds <= 0) return { decision: "go", wait: { seconds: 1 }, summary: "the change window is open" };
  await expectLife(deps.ledger, promotionId, start, "the change window opens");
  const at = local(start, window?.zone ?? "UTC");
  return { decision: "wait", wait: { seconds }, summary: `waiting for the change window: ${at}` };
}

interface End {
  readonly outcome: Outcome;
  readonly summary: string;
}

/** `start` null: the window never opens for long enough. */
async function whyNever(
  deps: Tools,
  promotionId: string,
  plan: EnvironmentPlan,
  start: number | null,
): Promise<End | null> {
  const { environment } = plan;
  const told = stopBefore(await loadSignals(deps.ledger, promotionId));
  if (told !== null) return told;
  const approval = await approvalOf(deps, promotionId, plan);
  if (approval.missing !== null) {
    return { outcome: approval.missing, summary: `${environment}: nobody has approved it` };
  }
  if (start === null) {
    return { outcome: "blocked", summary: `${environment}: the change window never opens for long enough` };
  }
  if (approval.isStaleAt(start)) {
    return { outcome: "expired", summary: `${environment}: the approval is no longer valid when the window opens` };
  }
  const { openedAt } = await loadHeader(deps.ledger, promotionId);
  const old = outlives(openedAt, { ...plan, approvals: plan.approvals.filter(({ when }) => when !== "before") }, start);
  return old === null ? null : { outcome: "expired", summary: old };
}

/** `missing`: how an approval that is asked for ended, if not with a yes. */
async function approvalOf(
  deps: Tools,
  promotionId: string,
  { environment, approvals }: EnvironmentPlan,
): Promise<{ readonly missing: Outcome | null; readonly isStaleAt: (at: number) => boolean }> {
  const asked = approvals.find(({ when }) => when === "before");
  if (asked === undefined) return { missing: null, isStaleAt: () => false };
  const record = await findApproval(deps.ledger, { promotionId, environment, approval: asked.id });
  if (record === undefined || record.state === "waiting") return { missing: "errored", isStaleAt: () => false };
  const missing = record.state === "approved" ? null : record.state;
  return { missing, isStaleAt: (at) => isStale(record, asked, at) };
}

/** Why the approval that was given counts no more; null: it does, or none is asked for. */
async function whyOutdated(
  { ledger }: Tools,
  promotionId: string,
  { environment, approvals }: EnvironmentPlan,
): Promise<string | null> {
  const asked = approvals.find(({ when }) => when === "before");
  if (asked === undefined) return null;
  const record = await findApproval(ledger, { promotionId, environment, approval: asked.id });
  const why = record === undefined ? null : await whyNoLonger(ledger, record);
  return why === null ? null : `people are asked anew: ${why}`;
}
