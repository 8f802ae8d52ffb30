/** Holds what an approval was about against what stands in the ledger now. */
import { BrokenRecord, NotAsApproved } from "../errors.ts";
import type { PlanShelf } from "../ledger/load.ts";
import type { ApprovalRecord } from "./approval.ts";
import { whyUnbound } from "./binding.ts";
import { type Asked, loadApprovals, loadAsked } from "./load.ts";

/** `changed`: it is no longer what people were asked about, and nobody can decide about it. */
export type Bound =
  | { readonly kind: "same"; readonly about: Asked }
  | { readonly kind: "changed"; readonly why: string };

/** What the approval is about, if that is still what people were asked about. */
export async function loadBound(shelf: PlanShelf, record: ApprovalRecord): Promise<Bound> {
  try {
    const about = await loadAsked(shelf, record);
    const why = whyUnbound(shelf.hash, record, about);
    return why === null ? { kind: "same", about } : { kind: "changed", why };
  } catch (error) {
    if (!(error instanceof BrokenRecord)) throw error;
    return { kind: "changed", why: error.message };
  }
}

/**
 * Holds every approval that was given for the environment against what is about to be made there. Throws `NotAsApproved`
 * where one was given for something else.
 */
export async function requireAsApproved(shelf: PlanShelf, promotionId: string, environment: string): Promise<void> {
  for (const record of await loadApprovals(shelf.ledger, promotionId)) {
    if (record.environment !== environment || record.state !== "approved") continue;
    const bound = await loadBound(shelf, record);
    if (bound.kind === "same") continue;
    throw new NotAsApproved(
      `approval "${record.approval}" of ${environment} was given for something else: ${bound.why}`,
    );
  }
}
