/**
 * Looking after a promotion whose execution is over, or late: what no Catch can do, since a stopped execution runs none.
 * The status listener does it at once, the sweeper whenever events were missed. Every part is idempotent.
 */
import { decisionsToDeliver } from "./approvals-store.ts";
import { bringBack, whyBack } from "./bringing-back.ts";
import { closePromotion } from "./closing.ts";
import { noteEnding } from "./endings.ts";
import { isOver } from "./executions.ts";
import { asHeader, type Header, keys } from "./ledger.ts";
import { sendPending } from "./paging.ts";
import { approvalPause, isLate, wakePauses } from "./pauses.ts";
import type { Dependencies, ExecutionStatus, Item } from "./ports.ts";

/** What was done about a promotion; null: it needed nothing, or is not known. */
export async function lookAfter(deps: Dependencies, promotionId: string): Promise<string | null> {
  const [stored, due] = await deps.ledger.readAll([keys.header(promotionId), keys.due(promotionId)]);
  if (stored === undefined) return null;
  const header = asHeader(stored);
  const status = await deps.executions.status(header.executionArn);
  const ended = isOver(status, header, deps.clock);
  if (header.state === "closed") return ended ? tellAgain(deps, header) : null;
  return ended ? clearUp(deps, header, status) : wakeLate(deps, header, due);
}

/** Closed, but still listed: whoever closed it could not tell people. */
async function tellAgain(deps: Dependencies, { promotionId }: Header): Promise<string> {
  const { outcome } = await closePromotion(deps, promotionId, null);
  return `${promotionId}: ${outcome}; told again`;
}

/** Brings traffic back and closes what the execution left open. */
async function clearUp(deps: Dependencies, header: Header, status: ExecutionStatus | undefined): Promise<string> {
  const { promotionId } = header;
  const reason = `the execution ended ${status ?? "and is no longer known"} before the promotion did`;
  await noteEnding(deps, promotionId, status === "ABORTED" ? "aborted" : "errored", reason);
  const back = await bringBack(deps, promotionId, await whyBack(deps, promotionId, { by: "sweeper", reason }));
  await wakeOrphans(deps, header);
  const { outcome } = await closePromotion(deps, promotionId, reason);
  return `${promotionId}: ${outcome}; ${back.summary}`;
}

/** A child that never heard that its parent was stopped waits for nothing now: woken, it finds the journal tripped. */
async function wakeOrphans(deps: Dependencies, { promotionId, environments }: Header): Promise<void> {
  try {
    for (const environment of environments) await wakePauses(deps, promotionId, environment);
  } catch (error) {
    // It ends with its own time-out; closing must not hang on it.
    deps.log.warn("a child that may still wait could not be woken", { promotion: promotionId, error: String(error) });
  }
}

/** The execution runs: pages and decisions that were not delivered go out, and an overdue pause is woken. */
async function wakeLate(
  deps: Dependencies,
  { promotionId, environments }: Header,
  due: Item | undefined,
): Promise<string | null> {
  await sendPending(deps, promotionId, "running");
  let woken = 0;
  for (const { environment, approval } of await decisionsToDeliver(deps.ledger, promotionId)) {
    woken += await wakePauses(deps, promotionId, environment, approvalPause(approval));
  }
  if (isLate(due === undefined ? undefined : { at: Number(due.at) }, deps.clock)) {
    for (const environment of environments) woken += await wakePauses(deps, promotionId, environment);
  }
  return woken === 0 ? null : `${promotionId}: woke ${woken}`;
}
