/**
 * Looking after a promotion whose execution is over, or late: what no Catch can do, since a stopped execution runs none.
 * The status listener does it at once, the sweeper whenever events were missed. Every part is idempotent.
 */
import { decisionsToDeliver } from "../approval/load.ts";
import { putBackCode } from "../candidate/put-back.ts";
import { Transient } from "../errors.ts";
import { isOver } from "../ledger/executions.ts";
import { asHeader, type Header } from "../ledger/header.ts";
import { asHead } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadTargets } from "../ledger/load.ts";
import { noteEnding } from "../ledger/note-ending.ts";
import { approvalPause, isLate } from "../ledger/pauses.ts";
import { wakePauses } from "../ledger/wake-pauses.ts";
import { sendPending } from "../notices/pager.ts";
import { notBack } from "../notices/unsafe.ts";
import type { Dependencies, ExecutionStatus, Item } from "../ports.ts";
import { bringBack, whyBack } from "./bring-back.ts";
import { closePromotion } from "./close.ts";
import { settleInFlight } from "./settle-in-flight.ts";

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
  const code = await putBackInTime(deps, promotionId);
  await settleInFlight(deps, promotionId);
  const { outcome } = await closePromotion(deps, promotionId, reason);
  return `${promotionId}: ${outcome}; ${back.summary}; ${code}`;
}

/** Code is read back seconds after it is replaced: so often is it looked at, and so long, in ms; then by the next round. */
const LOOK_AGAIN_MS = 5_000;
const LOOKS = 6;

/** What became of the code. What is not back by the end is owed, and keeps the promotion open. */
async function putBackInTime(deps: Dependencies, promotionId: string): Promise<string> {
  for (let look = 1; ; look++) {
    try {
      return await putBackCode(deps, promotionId);
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      if (look === LOOKS || deps.remainingMs() < 2 * LOOK_AGAIN_MS) return error.message;
      await deps.clock.sleep(LOOK_AGAIN_MS);
    }
  }
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

/**
 * The execution runs: pages and decisions that were not delivered go out, a way back that hangs is helped along, and an
 * overdue pause is woken.
 */
async function wakeLate(
  deps: Dependencies,
  { promotionId, environments }: Header,
  due: Item | undefined,
): Promise<string | null> {
  const back = await helpBack(deps, promotionId, environments);
  await sendPending(deps, promotionId, "running");
  let woken = 0;
  for (const { environment, approval } of await decisionsToDeliver(deps.ledger, promotionId)) {
    woken += await wakePauses(deps, promotionId, environment, approvalPause(approval));
  }
  if (isLate(due === undefined ? undefined : { at: Number(due.at) }, deps.clock)) {
    for (const environment of environments) woken += await wakePauses(deps, promotionId, environment);
  }
  const done = [...(back === null ? [] : [back]), ...(woken === 0 ? [] : [`woke ${woken}`])];
  return done.length === 0 ? null : `${promotionId}: ${done.join("; ")}`;
}

/** How long the machine has traffic to itself once the journal is tripped, in ms. */
const HELP_AFTER_MS = 2 * 60_000;

/** Whoever was to bring traffic back may hang, until its task times out a quarter of an hour later. */
async function helpBack(
  deps: Dependencies,
  promotionId: string,
  environments: readonly string[],
): Promise<string | null> {
  if (environments.length === 0) return null;
  const heads = await deps.ledger.readAll(environments.map((environment) => keys.head(promotionId, environment)));
  for (const found of heads) {
    if (found === undefined) continue;
    const { state, trip, environment, outcome } = asHead(found);
    if (state !== "tripped" || trip === null || deps.clock.now() < trip.at + HELP_AFTER_MS) continue;
    const { open } = notBack({ outcome }, await loadTargets(deps.ledger, promotionId, environment));
    if (open.length > 0) return (await bringBack(deps, promotionId, { by: "sweeper", reason: trip.reason })).summary;
  }
  return null;
}
