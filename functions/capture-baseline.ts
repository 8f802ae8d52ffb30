/** Writes down what serves now, before anything is touched, and refuses what cannot be rolled out or watched. */
import type * as z from "zod";
import { LedgerBusy } from "./domain/errors.ts";
import { lookAtAlarms } from "./domain/gates/kinds/look-at-alarms.ts";
import { EnvironmentInput } from "./domain/inputs.ts";
import { captureReference } from "./domain/judge/capture-reference.ts";
import { item } from "./domain/ledger/items.ts";
import { asLock, type TargetRecord } from "./domain/ledger/journal-records.ts";
import { keys } from "./domain/ledger/keys.ts";
import { loadHead, loadPlan, loadTargets, must } from "./domain/ledger/load.ts";
import { placeOf } from "./domain/ledger/plan-parts.ts";
import type { EnvironmentPlan } from "./domain/plan.ts";
import { Conflict, type Dependencies, type Target } from "./domain/ports.ts";
import { whyStopped } from "./domain/traffic/journal.ts";
import { agreedRead } from "./domain/traffic/read-back.ts";
import { stopRollout } from "./domain/traffic/stop.ts";
import type { Promotion } from "./domain/traffic/write-result.ts";
import { step } from "./runtime/step.ts";
import { kindOf } from "./targets/kinds.ts";

export const captureBaseline = (deps: Dependencies) => async (promotion: z.output<typeof EnvironmentInput>) => {
  const { promotionId, environment } = promotion;
  const head = await loadHead(deps.ledger, promotionId, environment);
  if (head.state !== "open") return { decision: "stop", targets: [], summary: whyStopped(head) };
  const plan = await loadPlan(deps.ledger, promotionId, environment);
  const obstacle = (await captureTargets(deps, promotion, plan)) ?? (await armAlarms(deps, promotion, plan));
  if (obstacle !== null) {
    const stop = await stopRollout(deps, promotion, { by: "gate", outcome: "blocked", summary: obstacle });
    return { ...stop, targets: [] };
  }
  await captureReference(deps, plan, promotionId);
  const records = await loadTargets(deps.ledger, promotionId, environment);
  return {
    decision: "go",
    targets: records.map(({ target }) => target),
    summary: records
      .map(({ target, kind, baseline }) => `${target}: ${kindOf(kind).inWords(baseline.route)}`)
      .join("; "),
  };
};

/** First obstacle found; null: every target has its record. A record that is there already is never written again. */
async function captureTargets(deps: Dependencies, promotion: Promotion, plan: EnvironmentPlan): Promise<string | null> {
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

/**
 * The index comes before the look: an alarm that turns red in between finds the promotion by the index, one that is red
 * already is seen here.
 */
async function armAlarms(deps: Dependencies, promotion: Promotion, plan: EnvironmentPlan): Promise<string | null> {
  if (plan.alarms.length === 0) return null;
  const { promotionId, environment } = promotion;
  for (const name of plan.alarms) {
    await deps.ledger.write([
      { put: item(keys.alarm(placeOf(plan), name, promotionId, environment), { ...promotion }) },
    ]);
  }
  const { passed, found } = await lookAtAlarms(deps, placeOf(plan), plan.alarms);
  return passed ? null : `${environment}: ${found}`;
}

export const handler = step("capture-baseline", EnvironmentInput, captureBaseline);
