/** The second half of a journalled write: its intent gets its result, and its target what was read. */
import { LedgerBusy } from "../errors.ts";
import { item } from "../ledger/items.ts";
import type { Intent, IntentResult, TargetRecord } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { Conflict, type Dependencies, type RouteState } from "../ports.ts";

export interface Promotion {
  readonly promotionId: string;
  readonly environment: string;
}

/**
 * Closes an intent, once, and moves the record on to what was read: to where the write led, or to the revision that stands
 * where it led nowhere. Throws `LedgerBusy` where another call was faster.
 */
export async function writeResult(
  deps: Pick<Dependencies, "ledger" | "clock">,
  { promotionId, environment }: Promotion,
  record: TargetRecord,
  intent: Intent,
  outcome: IntentResult,
  found: RouteState,
): Promise<TargetRecord> {
  const closed: Intent = { ...intent, result: { outcome, found, at: deps.clock.now() } };
  const moved: TargetRecord = outcome === "applied" || outcome === "not-applied" ? { ...record, last: found } : record;
  try {
    await deps.ledger.write([
      {
        put: item(keys.intent(promotionId, environment, record.target, intent.sequence), closed),
        if: { result: null },
      },
      { put: item(keys.target(promotionId, environment, record.target), moved), if: { sequence: record.sequence } },
    ]);
  } catch (error) {
    // A newer intent stands: a restore took over. It read the journal with this intent open and waits for its deadline.
    if (!(error instanceof Conflict)) throw error;
    throw new LedgerBusy(`another call is moving ${record.target} at this moment`);
  }
  return moved;
}
