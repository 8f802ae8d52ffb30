import { appendAudit } from "../ledger/append-audit.ts";
import { loadHeader } from "../ledger/load.ts";
import type { Hold } from "../ledger/pauses.ts";
import { decisionOn } from "../notices/notice.ts";
import { page } from "../notices/pager.ts";
import { send } from "../notices/send.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies } from "../ports.ts";
import { awaitedInWords } from "./awaited-evidence.ts";
import { holdNotice } from "./hold-notice.ts";
import { loadBakes } from "./load.ts";
import { loadAdvice } from "./load-advice.ts";

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
  const { slowest = {} } = (await loadAdvice(deps.ledger, promotionId, plan.environment)) ?? {};
  const missing = hold.why === "evidence" ? awaitedInWords(plan, slowest, bake, deps.clock.now()) : null;
  const wording = holdNotice(header, plan, bake, hold, missing);
  const name = `decide-${plan.environment}-${phase}`;
  const about = [decisionOn(phase)];
  await page(deps, promotionId, { environment: plan.environment, about }, { ...wording, asks: true }, plan.pageTo);
  const others = plan.notices.filter((address) => !plan.pageTo.includes(address));
  await send(deps, promotionId, { name, ...wording }, others, { mark: "before" });
  await appendAudit(deps, promotionId, {
    id: name,
    kind: "decision-asked",
    environment: plan.environment,
    summary: `${[...plan.pageTo, ...others].join(", ")}: ${hold.summary}`,
  });
}
