/** Leaving an environment: alarms are no longer listened to, locks go back, and who queues for them is woken. */
import { keys } from "../ledger/keys.ts";
import { QUEUE_PAUSE } from "../ledger/pauses.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import { wakePauses } from "../ledger/wake-pauses.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies } from "../ports.ts";
import { releaseLocks } from "../traffic/lock.ts";

type Tools = Pick<Dependencies, "ledger" | "executions" | "log">;

/** Called after the journal is closed. Idempotent. */
export async function leaveEnvironment(deps: Tools, promotionId: string, plan: EnvironmentPlan): Promise<void> {
  for (const name of plan.alarms) {
    await deps.ledger.write([{ remove: keys.alarm(placeOf(plan), name, promotionId, plan.environment) }]);
  }
  await releaseLocks(
    deps,
    { promotionId, environment: plan.environment },
    plan.targets.flatMap(({ resources }) => resources),
  );
  await wakeQueue(deps, promotionId, plan.environment);
}

/** Wakes the queues of all open promotions: who needs what was given back finds it free, the others go on waiting. */
async function wakeQueue(deps: Tools, promotionId: string, environment: string): Promise<void> {
  const { pk } = keys.open("");
  for (const open of await deps.ledger.list(pk, "PROMOTION#")) {
    const other = String(open.promotionId);
    if (other === promotionId) continue;
    try {
      await wakePauses(deps, other, environment, QUEUE_PAUSE);
    } catch (error) {
      // They look again by themselves within minutes; leaving must not hang on them.
      deps.log.warn("a queued promotion could not be woken", { other, error: String(error) });
    }
  }
}
