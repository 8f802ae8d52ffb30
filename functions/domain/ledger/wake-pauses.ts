/** Stores waiting tokens, and wakes them. */
import type { Executions, Ledger } from "../ports.ts";
import { item } from "./items.ts";
import { keys } from "./keys.ts";
import { asPause, lifeExpected } from "./pauses.ts";

/** Stores the token under the pause's name; a later token (a retry, a second round) replaces the earlier one. */
export async function storePause(
  ledger: Ledger,
  promotionId: string,
  environment: string,
  pause: { readonly pause: string; readonly token: string; readonly until: number },
): Promise<void> {
  await ledger.write([{ put: item(keys.pause(promotionId, environment, pause.pause), pause) }]);
}

/**
 * Wakes one pause, or all pauses of an environment (`pause` undefined). Returns how many were woken. Called after the
 * word that they wait for was written. A token that nobody waits on any more is no error.
 */
export async function wakePauses(
  deps: { readonly ledger: Ledger; readonly executions: Executions },
  promotionId: string,
  environment: string,
  pause?: string,
): Promise<number> {
  const { pk, sk } = keys.pause(promotionId, environment, pause ?? "");
  const waiting = (await deps.ledger.list(pk, sk))
    .map(asPause)
    .filter((found) => pause === undefined || found.pause === pause);
  let woken = 0;
  for (const found of waiting) {
    if (await deps.executions.wake(found.token)) woken += 1;
  }
  return woken;
}

/** When the promotion's next sign of life is due (epoch ms); the sweeper looks after those that are late. */
export async function expectLife(ledger: Ledger, promotionId: string, at: number, what: string): Promise<void> {
  await ledger.write([lifeExpected(promotionId, at, what)]);
}
