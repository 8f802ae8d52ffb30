/** Notes how a promotion ends; the first word stands. */
import type { Outcome } from "../outcomes.ts";
import { type Clock, Conflict, type Ledger } from "../ports.ts";
import { asEnding, type Ending } from "./header.ts";
import { item } from "./items.ts";
import { keys } from "./keys.ts";

/** Notes why the promotion ends without being promoted. The first reason stands: later ones are its consequences. */
export async function noteEnding(
  deps: { readonly ledger: Ledger; readonly clock: Clock },
  promotionId: string,
  outcome: Outcome,
  summary: string,
): Promise<void> {
  const ending: Ending = { outcome, summary, at: deps.clock.now() };
  try {
    await deps.ledger.write([{ put: item(keys.ending(promotionId), ending), if: "absent" }]);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}

export async function loadEnding(ledger: Ledger, promotionId: string): Promise<Ending | null> {
  const found = await ledger.read(keys.ending(promotionId));
  return found === undefined ? null : asEnding(found);
}
