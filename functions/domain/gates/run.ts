/** Runs the gates of one point of the rollout: what must hold before, between and after its steps. */

import { CHECKED } from "../approval/trail.ts";
import type { Running } from "../lateness.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { loadPlanHeader } from "../ledger/load.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { EnvironmentPlan, GatePlan } from "../plan.ts";
import type { Dependencies, Item } from "../ports.ts";
import { findSilentAlarms } from "./kinds/find-silent-alarms.ts";
import type { Finding, GateResult, GateScene, Serving } from "./kinds/gate.ts";
import { lookAtAlarms } from "./kinds/look-at-alarms.ts";
import { gateOf } from "./kinds/table.ts";
import { pointOf } from "./point.ts";
import { timeOutsGate } from "./time-outs.ts";

/** Whose gates are run. */
export interface GatedPromotion {
  readonly promotionId: string;
  readonly service: string;
  readonly version: string;
  readonly plan: EnvironmentPlan;
  /** What serves and what would, where that is known; absent: nothing is asked of it. */
  readonly running?: readonly Running[];
}

/** Runs all gates of one point in the plan's order, records each, and keeps the results for the page. */
export async function runGates(deps: Dependencies, gated: GatedPromotion, point: string): Promise<GateResult[]> {
  const { promotionId, plan } = gated;
  const scene = sceneOf(deps, gated);
  const results: GateResult[] = [];
  if (point === "before" && plan.alarms.length > 0) results.push(...(await ownAlarms(deps, plan)));
  if (point === "before") results.push(...timeOutsGate(plan, gated.running ?? []));
  for (const gate of plan.checks) {
    if (pointOf(gate.when) !== point) continue;
    const { passed, found } = await runGate(deps, gate, scene);
    results.push({ name: gate.name, passed, found, onFail: gate.onFail });
  }
  for (const result of results) await record(deps, gated, point, result);
  await deps.ledger.write([{ put: item(keys.gates(promotionId, plan.environment, point), { results }) }]);
  return results;
}

const runGate = (deps: Dependencies, plan: GatePlan, scene: GateScene): Promise<Finding> =>
  gateOf(plan.kind).run(plan, deps, scene);

function sceneOf({ ledger, hash }: Dependencies, { promotionId, service, version, plan }: GatedPromotion): GateScene {
  return {
    service,
    version,
    plan,
    place: placeOf(plan),
    evidence: async () => (await loadPlanHeader({ ledger, hash }, promotionId)).evidence,
    serving: async (environment) => asServing(await ledger.read(keys.active(environment, service))),
  };
}

function asServing(active: Item | undefined): Serving | null {
  if (active === undefined) return null;
  const { version, since, code = {} } = active;
  return { version: String(version), since: Number(since), code: code as Serving["code"] };
}

/**
 * The rollout's own alarms must exist and be green: a red one will send no event, a missing one never. Those without data
 * are told to approvers, or refused, as the plan says.
 */
async function ownAlarms(deps: Dependencies, plan: EnvironmentPlan): Promise<GateResult[]> {
  const { finding, states } = await lookAtAlarms(deps, placeOf(plan), plan.alarms);
  const armed: GateResult = { name: "rollback alarms are armed", ...finding, onFail: "block" };
  if (!finding.passed) return [armed];
  const silent = await findSilentAlarms(deps, placeOf(plan), states);
  if (silent.length === 0) return [armed];
  const onFail = plan.alarmsWithoutData === "refuse" ? "block" : "warn";
  return [armed, { name: "rollback alarms have data", passed: false, found: silent.join("; "), onFail }];
}

async function record(
  deps: Dependencies,
  { promotionId, plan }: GatedPromotion,
  point: string,
  { name, passed, found, onFail }: GateResult,
): Promise<void> {
  const verdict = passed ? "passed" : `failed (${onFail})`;
  const fingerprint = deps.hash(found).slice(0, 8);
  await appendAudit(deps, promotionId, {
    id: `check-${plan.environment}-${point}-${name}-${passed}-${fingerprint}`,
    kind: CHECKED,
    environment: plan.environment,
    summary: `${name} ${verdict}: ${found}`,
    data: { point, name, passed, found },
  });
}
