import { lookAtAlarms } from "../gates/kinds/look-at-alarms.ts";
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies } from "../ports.ts";
import type { Promotion } from "./write-result.ts";

/**
 * Has the rollout's alarms find this promotion. What keeps them from guarding it, in words; null: nothing.
 *
 * The index comes before the look: an alarm that turns red in between finds the promotion by the index, one that is red
 * already is seen here.
 */
export async function armAlarms(
  deps: Pick<Dependencies, "alarms" | "ledger">,
  promotion: Promotion,
  plan: EnvironmentPlan,
): Promise<string | null> {
  if (plan.alarms.length === 0) return null;
  const { promotionId, environment } = promotion;
  for (const name of plan.alarms) {
    await deps.ledger.write([
      { put: item(keys.alarm(placeOf(plan), name, promotionId, environment), { ...promotion }) },
    ]);
  }
  const { finding } = await lookAtAlarms(deps, placeOf(plan), plan.alarms);
  const { passed, found } = finding;
  return passed ? null : `${environment}: ${found}`;
}
