/** Looks again at an approval that was given, before anything is done by it. */
import type { Ledger } from "../ports.ts";
import type { ApprovalRecord } from "./approval.ts";
import { goneSeats } from "./in-force.ts";
import { loadDecisions } from "./load.ts";
import { loadInForce } from "./load-in-force.ts";
import { goneInWords, holdsYet } from "./settlement.ts";

/**
 * Why an approval that was given would not be given any more by those who may decide now, in one line; null: it would, or
 * it was never given. Throws what `loadInForce` throws.
 */
export async function whyNoLonger(ledger: Ledger, record: ApprovalRecord): Promise<string | null> {
  if (record.state !== "approved") return null;
  const again: ApprovalRecord = { ...record, state: "waiting" };
  const inForce = await loadInForce(ledger, again);
  if (holdsYet(record, await loadDecisions(ledger, record), inForce)) return null;
  return goneSeats(again, inForce).map(goneInWords).join("; ");
}
