/** Tells people of what speaks against a candidate by before and after alone. */
import { appendAudit } from "../ledger/append-audit.ts";
import { keys } from "../ledger/keys.ts";
import { loadHeader } from "../ledger/load.ts";
import { againstAlone } from "../notices/notice.ts";
import { page } from "../notices/pager.ts";
import { send } from "../notices/send.ts";
import type { Dependencies } from "../ports.ts";
import type { BakeRecord } from "./bake.ts";
import { heldReasons } from "./before-after.ts";
import { beforeAfterNotice } from "./before-after-notice.ts";
import { warnsOnly } from "./ending.ts";
import type { Tick } from "./tick.ts";

/**
 * Pages people, and tells the others whom the plan names, once for as long as traffic stands as it does; notes it in the
 * record. Where the monitoring only warns, its record does. A mailer that fails keeps no bake from being watched.
 */
export async function tellBeforeAfter(
  deps: Dependencies,
  { input: { promotionId, environment }, plan, phase }: Tick,
  bake: BakeRecord,
): Promise<void> {
  const reasons = heldReasons(bake.findings);
  if (bake.span === null || reasons.length === 0 || warnsOnly(phase, plan)) return;
  const about = againstAlone(bake.span.from);
  const id = `${about}-${environment}`;
  if ((await deps.ledger.read(keys.auditId(promotionId, id))) !== undefined) return;
  const wording = beforeAfterNotice(await loadHeader(deps.ledger, promotionId), plan, bake);
  await page(deps, promotionId, { environment, about: [about] }, { ...wording, asks: true }, plan.pageTo);
  const others = plan.notices.filter((address) => !plan.pageTo.includes(address));
  await send(deps, promotionId, { name: id, ...wording }, others, { mark: "before" });
  await appendAudit(deps, promotionId, { id, kind: "decision-asked", environment, summary: reasons.join("; ") });
}
