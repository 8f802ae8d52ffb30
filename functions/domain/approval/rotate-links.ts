/** Ending every approver's link that is out, at once. */
import { keys } from "../ledger/keys.ts";
import { Conflict, type Dependencies } from "../ports.ts";
import { asLinkEpoch, epochIn, type LinkEpoch, raiseChanges } from "./link-epoch.ts";

/** Who asks for it, and why. */
export type Rotation = Pick<LinkEpoch, "by" | "reason" | "request">;

/**
 * Raises the epoch of links by one. From then on no link of an earlier epoch shows or decides anything, nor does a form
 * that one of them opened. Whoever still owes an answer is mailed a new link when their approval is settled next: the
 * sweeper has that done within a minute. The same request again, or another at the same moment, is the first one. Throws
 * what the ledger throws.
 */
export async function rotateLinks({ ledger, clock }: Pick<Dependencies, "ledger" | "clock">, rotation: Rotation) {
  const found = await ledger.read(keys.linkEpoch());
  if (found !== undefined && found.request === rotation.request) return asLinkEpoch(found);
  const next: LinkEpoch = { ...rotation, epoch: epochIn(found) + 1, at: clock.now() };
  try {
    await ledger.write(raiseChanges(next));
    return next;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    // It was raised after this call came in, so that every link from before is dead.
    const theirs = await ledger.read(keys.linkEpoch());
    if (theirs === undefined) throw error;
    return asLinkEpoch(theirs);
  }
}
