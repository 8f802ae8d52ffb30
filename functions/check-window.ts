/** May the rollout start now: is it approved, and is the window open? If not, until when is it waited for; if never, why. */
import type * as z from "zod";
import { isStale } from "./domain/approval/approval.ts";
import { findApproval } from "./domain/approval/load.ts";
import { EnvironmentInput } from "./domain/inputs.ts";
import { loadHead, loadPlan, loadSignals } from "./domain/ledger/load.ts";
import { noteEnding } from "./domain/ledger/note-ending.ts";
import { isStop } from "./domain/ledger/signals.ts";
import { expectLife } from "./domain/ledger/wake-pauses.ts";
import type { Outcome } from "./domain/outcomes.ts";
import type { EnvironmentPlan } from "./domain/plan.ts";
import type { Dependencies } from "./domain/ports.ts";
import { whyStopped } from "./domain/traffic/journal.ts";
import { earliestStart, local, plannedSeconds } from "./domain/windows.ts";
import { step } from "./runtime/step.ts";

export const checkWindow =
  (deps: Dependencies) =>
  async ({ promotionId, environment }: z.output<typeof EnvironmentInput>) => {
    const head = await loadHead(deps.ledger, promotionId, environment);
    if (head.state !== "open") return stop(whyStopped(head));
    const plan = await loadPlan(deps.ledger, promotionId, environment);
    const signals = await loadSignals(deps.ledger, promotionId);
    const given = signals.find(isStop);
    if (given !== undefined) {
      const outcome = given.kind === "supersede" ? "superseded" : "cancelled";
      return end(deps, promotionId, outcome, `${given.by}: ${given.reason}`);
    }
    const unanswered = await withoutApproval(deps, promotionId, plan);
    if (unanswered !== null) return end(deps, promotionId, unanswered, `${environment}: nobody has approved it`);
    const now = deps.clock.now();
    const start = earliestStart(plan.window, now, plannedSeconds(plan.steps), plan.notBefore);
    if (start === null)
      return end(deps, promotionId, "blocked", `${environment}: the change window never opens for long enough`);
    if (await approvalIsStale(deps, promotionId, plan, start)) {
      return end(deps, promotionId, "expired", `${environment}: the approval is no longer valid when the window opens`);
    }
    const seconds = Math.ceil((start - now) / 1_000);
    if (seconds <= 0) return { decision: "go", wait: { seconds: 1 }, summary: "the change window is open" };
    await expectLife(deps.ledger, promotionId, start, "the change window opens");
    const at = local(start, plan.window?.zone ?? "UTC");
    return { decision: "wait", wait: { seconds }, summary: `waiting for the change window: ${at}` };
  };

/** How an approval that is asked for ended, if not with a yes; null: it is there, or none is asked for. */
async function withoutApproval(
  deps: Dependencies,
  promotionId: string,
  { environment, approvals }: EnvironmentPlan,
): Promise<Outcome | null> {
  const asked = approvals.find(({ when }) => when === "before");
  if (asked === undefined) return null;
  const state = (await findApproval(deps.ledger, { promotionId, environment, approval: asked.id }))?.state;
  if (state === "approved") return null;
  return state === undefined || state === "waiting" ? "errored" : state;
}

async function approvalIsStale(
  deps: Dependencies,
  promotionId: string,
  { environment, approvals }: EnvironmentPlan,
  start: number,
): Promise<boolean> {
  const asked = approvals.find(({ when }) => when === "before");
  if (asked === undefined) return false;
  const record = await findApproval(deps.ledger, { promotionId, environment, approval: asked.id });
  return record !== undefined && isStale(record, asked, start);
}

const stop = (summary: string) => ({ decision: "stop", wait: { seconds: 1 }, summary });

async function end(deps: Dependencies, promotionId: string, outcome: Outcome, summary: string) {
  await noteEnding(deps, promotionId, outcome, summary);
  return stop(summary);
}

export const handler = step("check-window", EnvironmentInput, checkWindow);
