/** Tells of alarms that have lost their data in the middle of a rollout. */
import { appendAudit } from "../ledger/append-audit.ts";
import { keys } from "../ledger/keys.ts";
import { loadHeader } from "../ledger/load.ts";
import { send } from "../notices/send.ts";
import type { Dependencies } from "../ports.ts";
import type { Tick } from "./tick.ts";

/**
 * Tells everybody whom the plan names, once for each alarm of an environment, and notes it in the record: the rollout goes
 * on, less guarded than it was planned. An alarm that comes and goes is told once.
 */
export async function saySilent(
  deps: Dependencies,
  { input: { promotionId, environment }, plan }: Tick,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const id = `alarm-silent-${environment}-${name}`;
    if ((await deps.ledger.read(keys.auditId(promotionId, id))) !== undefined) continue;
    const { service, version } = await loadHeader(deps.ledger, promotionId);
    const subject = `${service} ${version}: alarm ${name} has lost its data in ${environment}`;
    const body = `It guards nothing until it has data again. The rollout goes on, watched by the rest of its plan.

  npm run headgate -- hold ${promotionId} --reason "..."
  npm run headgate -- roll-back ${promotionId} --reason "..."
`;
    const to = [...new Set([...plan.pageTo, ...plan.notices])];
    await send(deps, promotionId, { name: id, subject, body }, to, { mark: "before" });
    const summary = `alarm ${name} has lost its data, and guards nothing until it has some`;
    await appendAudit(deps, promotionId, { id, kind: "alarm-silent", environment, summary });
  }
}
