/** Trips a journal: from then on nothing of this promotion moves forward. */
import { item } from "../ledger/items.ts";
import type { Head } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadHead } from "../ledger/load.ts";
import type { TrippedBy } from "../outcomes.ts";
import { type Clock, Conflict, type Ledger } from "../ports.ts";

/**
 * Trips the head: from here on no shift of this promotion can write its intent. Idempotent; the first reason stands.
 * A closed head stays closed. Throws `BrokenRecord` when the environment was never entered.
 */
export async function trip(
  deps: { readonly ledger: Ledger; readonly clock: Clock },
  promotionId: string,
  environment: string,
  why: { readonly by: TrippedBy; readonly reason: string; readonly first?: readonly string[] },
): Promise<Head> {
  for (;;) {
    const head = await loadHead(deps.ledger, promotionId, environment);
    if (head.state !== "open") return head;
    const tripped: Head = { ...head, state: "tripped", trip: { ...why, at: deps.clock.now() } };
    try {
      // `firstShiftAt` is part of the condition: a first shift between our read and our write must not be forgotten.
      await deps.ledger.write([
        {
          put: item(keys.head(promotionId, environment), tripped),
          if: { state: "open", firstShiftAt: head.firstShiftAt },
        },
      ]);
      return tripped;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
}
