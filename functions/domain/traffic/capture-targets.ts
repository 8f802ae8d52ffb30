import { LedgerBusy } from "../errors.ts";
import { item } from "../ledger/items.ts";
import { asLock, type TargetRecord } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { must } from "../ledger/load.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { EnvironmentPlan } from "../plan.ts";
import { Conflict, type Dependencies, type Target } from "../ports.ts";
import { agreedRead } from "./read-back.ts";
import type { Promotion } from "./write-result.ts";

/** First obstacle found; null: every target has its record. A record that is there already is never written again. */
export async function captureTargets(
  deps: Dependencies,
  promotion: Promotion,
  plan: EnvironmentPlan,
): Promise<string | null> {
  for (const targetPlan of plan.targets) {
    const key = keys.target(promotion.promotionId, promotion.environment, targetPlan.name);
    if ((await deps.ledger.read(key)) !== undefined) continue;
    const target = deps.target(placeOf(plan), targetPlan);
    const { artifact } = targetPlan;
    const obstacles = await target.traffic.obstacles(artifact.from === "version" ? artifact.version : null);
    if (obstacles.length > 0) return `${targetPlan.name} cannot be rolled out: ${obstacles.join("; ")}`;
    await captureTarget(deps, promotion, target);
  }
  return null;
}

async function captureTarget(
  deps: Dependencies,
  { promotionId, environment }: Promotion,
  target: Target,
): Promise<void> {
  const { name, kind, resource } = target.plan;
  const { fence } = asLock(await must(deps.ledger, keys.lock(resource)));
  const baseline = await agreedRead(deps, target);
  const record: TargetRecord = {
    target: name,
    kind,
    resource,
    fence,
    baseline,
    candidate: null,
    candidateSha256: null,
    sequence: 0,
    last: baseline,
    restored: null,
  };
  try {
    await deps.ledger.write([
      { check: keys.head(promotionId, environment), if: { state: "open" } },
      { check: keys.lock(resource), if: { owner: promotionId, fence } },
      { put: item(keys.target(promotionId, environment, name), record), if: "absent" },
    ]);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    // Another call of this step was faster, or the journal was tripped: the next step sees which. A lock that moved
    // would leave the target without a record, and the rollout would go on without it.
    if (error.failed.includes(1)) throw new LedgerBusy(`the lock on ${resource} moved while its baseline was captured`);
  }
}
