/**
 * An operator takes a promotion back. A request lives for 28 seconds and a restore of many targets for minutes, so the
 * request makes it safe and hands the rest on: once the journals are tripped nothing moves forward any more, and the
 * restore runs in an invocation of its own, whether the promotion's execution is quick, slow or dead.
 */
import { asHead } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadHeader, loadTargets } from "../ledger/load.ts";
import { noteEnding } from "../ledger/note-ending.ts";
import type { Dependencies } from "../ports.ts";
import { trip } from "../traffic/trip.ts";
import { type BroughtBack, bringBack, type Why } from "./bring-back.ts";

export interface TakenBack extends Pick<BroughtBack, "again" | "summary"> {
  /** `rolling back`: journals are tripped, and a worker restores. */
  readonly state: BroughtBack["state"] | "rolling back";
}

/**
 * Trips every open environment, notes how the promotion ends, and has traffic restored: by a worker, or, where none can
 * be started, within this call. Idempotent. Throws what the ledger throws.
 */
export async function takeBack(
  deps: Dependencies,
  promotionId: string,
  { outcome, reason }: { readonly outcome: "rolled-back" | "aborted"; readonly reason: string },
): Promise<TakenBack> {
  const why: Why = { by: "operator", reason };
  const moved = await tripAll(deps, promotionId, why);
  await noteEnding(deps, promotionId, moved ? outcome : "cancelled", reason);
  if (!moved) return bringBack(deps, promotionId, why);
  if (await startWorker(deps, promotionId)) {
    return { state: "rolling back", again: true, summary: "nothing moves forward any more; traffic is being restored" };
  }
  const back = await bringBack(deps, promotionId, why);
  return { ...back, summary: `${back.summary} (within the request: no worker could be started)` };
}

/** Returns whether any traffic of the open environments was moved; after the trip, none can begin to be. */
async function tripAll(deps: Dependencies, promotionId: string, why: Why): Promise<boolean> {
  const { environments } = await loadHeader(deps.ledger, promotionId);
  let moved = false;
  for (const environment of environments) {
    const head = await deps.ledger.read(keys.head(promotionId, environment));
    if (head === undefined || asHead(head).state === "closed") continue;
    await trip(deps, promotionId, environment, why);
    const targets = await loadTargets(deps.ledger, promotionId, environment);
    moved ||= targets.some(({ sequence }) => sequence > 0);
  }
  return moved;
}

async function startWorker(deps: Dependencies, promotionId: string): Promise<boolean> {
  try {
    await deps.restoreWorker.start(promotionId);
    return true;
  } catch (error) {
    deps.log.warn("no worker could be started: traffic is restored within the request", { error: String(error) });
    return false;
  }
}
