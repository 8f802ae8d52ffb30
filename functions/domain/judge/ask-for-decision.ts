import { appendAudit } from "../ledger/append-audit.ts";
import { loadHeader } from "../ledger/load.ts";
import type { Hold } from "../ledger/pauses.ts";
import { notify } from "../notices/notices.ts";
import { page } from "../notices/page.ts";
import { decisionOn } from "../notices/paging.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies } from "../ports.ts";
import { holdLetter } from "./hold-notice.ts";
import { loadBakes } from "./load.ts";

/**
 * Tells everybody whom the plan names, each once, and notes it in the record. A mailer that fails keeps no hold from
 * being watched.
 */
export async function askForDecision(
  deps: Dependencies,
  promotionId: string,
  plan: EnvironmentPlan,
  phase: string,
  hold: Hold,
): Promise<void> {
  const bakes = await loadBakes(deps.ledger, promotionId, plan.environment);
  const bake = bakes.findLast(({ result }) => result === "inconclusive-hold" || result === "blocked");
  if (bake === undefined) return;
  const header = await loadHeader(deps.ledger, promotionId);
  const letter = holdLetter(header, plan, bake, hold);
  const name = `decide-${plan.environment}-${phase}`;
  const about = [decisionOn(phase)];
  await page(deps, promotionId, { environment: plan.environment, about }, { ...letter, asks: true }, plan.pageTo);
  const others = plan.notices.filter((address) => !plan.pageTo.includes(address));
  await notify(deps, promotionId, { name, ...letter }, others);
  await appendAudit(deps, promotionId, {
    id: name,
    kind: "decision-asked",
    environment: plan.environment,
    summary: `${[...plan.pageTo, ...others].join(", ")}: ${hold.summary}`,
  });
}
