import { findApproval } from "../approval/load.ts";
import type { TargetRecord } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadIntents, loadTargets } from "../ledger/load.ts";
import { asHold } from "../ledger/pauses.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies, Item } from "../ports.ts";
import { isFinished, shareOfAll } from "../traffic/journal.ts";
import { movementOf } from "../traffic/movement.ts";
import type { Progress } from "./next-move.ts";

type Tools = Pick<Dependencies, "ledger">;

/** One environment of one promotion. */
interface Where {
  readonly promotionId: string;
  readonly environment: string;
}

/** What the ledger holds of a rollout so far: bakes that ended, gates that passed, approvals, holds, where traffic is. */
export async function loadProgress(
  deps: Tools,
  { promotionId, environment }: Where,
  plan: EnvironmentPlan,
): Promise<Progress> {
  const targets = await loadTargets(deps.ledger, promotionId, environment);
  const baked = await loadBaked(deps, promotionId, environment);
  const { pk } = keys.header(promotionId);
  const prefix = keys.hold(promotionId, environment, "").sk;
  const holds = await deps.ledger.list(pk, prefix);
  return {
    baked,
    checked: await loadChecked(deps, promotionId, environment),
    approvals: await loadApprovals(deps, promotionId, environment, plan),
    weight: shareOfAll(plan, targets),
    finished: isFinished(plan, targets),
    movement: await loadMovement(deps, { promotionId, environment }, plan, targets),
    holds: holds.map((found) => {
      const phase = found.sk.slice(prefix.length);
      return { ...asHold(found), phase, over: baked[phase] !== undefined };
    }),
  };
}

async function loadMovement(
  { ledger }: Tools,
  { promotionId, environment }: Where,
  plan: EnvironmentPlan,
  targets: readonly TargetRecord[],
): Promise<Progress["movement"]> {
  if (plan.drive === "driven") return "none";
  return movementOf(plan, targets, await loadIntents(ledger, promotionId, environment));
}

async function loadBaked(deps: Tools, promotionId: string, environment: string): Promise<Progress["baked"]> {
  const { pk, sk } = keys.bake(promotionId, environment, "");
  const ended = (await deps.ledger.list(pk, sk)).filter(({ result }) => typeof result === "string");
  return Object.fromEntries(
    ended.map((bake) => [
      bake.sk.slice(sk.length),
      { result: String(bake.result), endedAt: Number(bake.endedAt), chunk: Number(bake.chunk ?? 1) },
    ]),
  );
}

async function loadChecked(deps: Tools, promotionId: string, environment: string): Promise<string[]> {
  const { pk, sk } = keys.gates(promotionId, environment, "");
  const run = await deps.ledger.list(pk, sk);
  return run.filter(isPassed).map((gates) => gates.sk.slice(sk.length));
}

function isPassed({ results }: Item): boolean {
  return Array.isArray(results) && results.every(({ passed, onFail }) => passed === true || onFail === "warn");
}

async function loadApprovals(
  deps: Tools,
  promotionId: string,
  environment: string,
  plan: EnvironmentPlan,
): Promise<Progress["approvals"]> {
  const asked: [string, Progress["approvals"][string]][] = [];
  for (const { id } of plan.approvals) {
    const found = await findApproval(deps.ledger, { promotionId, environment, approval: id });
    if (found !== undefined) asked.push([id, found]);
  }
  return Object.fromEntries(asked);
}
