/** Signals: what an operator, or another promotion, says to a running one. Written first, then whoever waits is woken. */

import { Conflict, type Dependencies } from "../ports.ts";
import { appendAudit } from "./append-audit.ts";
import { item } from "./items.ts";
import { keys } from "./keys.ts";
import { loadHeader } from "./load.ts";
import type { Signal } from "./signals.ts";
import { wakePauses } from "./wake-pauses.ts";

type Tools = Pick<Dependencies, "ledger" | "clock" | "hash" | "executions">;

/** Writes the signal once, by its id, puts it in the trail, and wakes every pause of the promotion. */
export async function sendSignal(deps: Tools, promotionId: string, signal: Signal): Promise<void> {
  try {
    await deps.ledger.write([{ put: item(keys.signal(promotionId, signal.signal), signal), if: "absent" }]);
  } catch (error) {
    // The same word was said before; it is only delivered again.
    if (!(error instanceof Conflict)) throw error;
  }
  const { kind, by, reason } = signal;
  await appendAudit(deps, promotionId, {
    id: `signal-${signal.signal}`,
    kind,
    summary: `${by}: ${reason}`,
    data: { by, reason },
  });
  const { environments } = await loadHeader(deps.ledger, promotionId);
  for (const environment of environments) await wakePauses(deps, promotionId, environment);
}
