/**
 * Pauses: a state that waits for a token, and whoever wakes it.
 *
 * The token carries no meaning. A sender writes its word to the ledger first and reads the token second; the pause
 * stores its token first and reads the ledger second. Whichever order the two interleave in, one of them sees the other,
 * so no word is slept through.
 */

import type { Change, Clock, Item, Key } from "../ports.ts";
import { item } from "./items.ts";
import { keys } from "./keys.ts";

/** A waiting token. It only wakes: whoever wakes reads the ledger. */
export interface Pause {
  readonly pause: string;
  readonly token: string;
  readonly until: number;
}

/**
 * Why a rollout stands still, and until when (epoch ms; null: until somebody resumes). A window opens then; a verdict or
 * evidence is waited for no longer, and traffic goes back. A person alone ends `verdict`; a pass ends `evidence`, too.
 */
export interface Hold {
  readonly why: "operator" | "window" | "verdict" | "evidence";
  readonly until: number | null;
  readonly summary: string;
  readonly at: number;
}

export const asPause = (item: Item) => item as unknown as Pause & Key;

export const asHold = (item: Item) => item as unknown as Hold & Key;

/** Name of the pause of an approval, by its id. */
export const approvalPause = (approval: string) => `approval-${approval}`;

export const WINDOW_PAUSE = "window";

export const QUEUE_PAUSE = "queue";

export const HOLD_PAUSE = "hold";

/** The change that `expectLife` writes, for who writes more with it. */
export function lifeExpected(promotionId: string, at: number, what: string): Change {
  return { put: item(keys.due(promotionId), { at, what }) };
}

/** How late a promotion may be before the sweeper looks after it, in ms. */
export const LATE_AFTER_MS = 5 * 60_000;

export function isLate(due: { readonly at: number } | undefined, clock: Clock): boolean {
  return due !== undefined && clock.now() > due.at + LATE_AFTER_MS;
}
