/** Closes an environment's journal as promoted, and flips the version registry in the same transaction. */

import { kindOf } from "../../targets/kinds.ts";
import type { Header } from "../ledger/header.ts";
import { item } from "../ledger/items.ts";
import type { Head, TargetRecord } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadPlanHeader } from "../ledger/load.ts";
import type { EnvironmentPlan } from "../plan.ts";
import { type Change, Conflict, type Dependencies } from "../ports.ts";
import { isFinished } from "../traffic/journal.ts";
import { lookOnceMore } from "../traffic/move-all.ts";
import { keptChange } from "./kept.ts";

/** What stands in the ledger of an environment whose rollout has ended. */
export interface Ended {
  readonly header: Header;
  readonly head: Head;
  readonly plan: EnvironmentPlan;
  readonly targets: readonly TargetRecord[];
}

/**
 * Closes the journal if every target serves the candidate and nothing else. False: it does not, or an alarm was faster;
 * then traffic has to go back. Asked again of a journal that is closed, it says how that went.
 */
export async function closePromoted(deps: Dependencies, ended: Ended): Promise<boolean> {
  const { head, plan, targets } = ended;
  if (head.state === "closed") return head.outcome === "promoted";
  return (await isServing(deps, head, plan, targets)) && (await close(deps, ended));
}

/** Whether every target serves the candidate and nothing else: by its records, and by one more look. */
async function isServing(
  deps: Dependencies,
  head: Head,
  plan: EnvironmentPlan,
  targets: readonly TargetRecord[],
): Promise<boolean> {
  if (head.state !== "open" || !isFinished(plan, targets)) return false;
  return (await lookOnceMore(deps, head, plan)).decision === "go";
}

/** One transaction: either the journal is closed and the registry says so, or an alarm was faster and neither is. */
async function close(deps: Dependencies, { header, head, plan, targets }: Ended): Promise<boolean> {
  const { promotionId } = header;
  const closed: Head = {
    ...head,
    state: "closed",
    outcome: "promoted",
    summary: `${header.version} serves ${head.environment}`,
  };
  try {
    await deps.ledger.write([
      { put: item(keys.head(promotionId, head.environment), closed), if: { state: "open" } },
      ...(await registryChanges(deps, header, plan, targets)),
    ]);
    return true;
  } catch (error) {
    if (error instanceof Conflict && error.failed.includes(0)) return false;
    throw error;
  }
}

async function registryChanges(
  deps: Dependencies,
  { promotionId, service, version, requestedBy, startedBy }: Header,
  plan: EnvironmentPlan,
  targets: readonly TargetRecord[],
): Promise<Change[]> {
  const { environment } = plan;
  const { commit, emergency } = await loadPlanHeader(deps, promotionId);
  const artifacts = Object.fromEntries(plan.targets.map(({ name, artifact }) => [name, artifact]));
  const since = deps.clock.now();
  const code = Object.fromEntries(targets.map(({ target, candidateSha256 }) => [target, candidateSha256]));
  const versions = Object.fromEntries(targets.map(({ target, candidate }) => [target, candidate]));
  const previous = Object.fromEntries(
    targets.map(({ target, kind, baseline }) => [target, kindOf(kind).serving(baseline.route)]),
  );
  // Executions that began on the previous versions finish on them; nobody may tidy them away before.
  const previousUntil = since + plan.keepPreviousSeconds * 1_000;
  const deployed = {
    service,
    environment,
    version,
    promotionId,
    commit,
    since,
    deployedBy: startedBy ?? requestedBy,
    versions,
    previous,
    previousUntil,
    emergency: emergency?.reason ?? null,
    code,
    artifacts,
  };
  return [
    { put: item(keys.deployed(environment, service, version, promotionId), { ...deployed, status: "active" }) },
    { put: item(keys.active(environment, service), deployed) },
    ...(await supersede(deps, deployed)),
    ...(plan.retirePrevious ? [keptChange({ promotionId, environment, dueAt: previousUntil })] : []),
  ];
}

/** What served until now is in the registry under its own version, and no longer the active one. */
async function supersede(
  deps: Dependencies,
  { environment, service, promotionId }: { environment: string; service: string; promotionId: string },
): Promise<Change[]> {
  const active = await deps.ledger.read(keys.active(environment, service));
  if (active === undefined || active.promotionId === promotionId) return [];
  const { pk: _pk, sk: _sk, ...before } = active;
  const key = keys.deployed(environment, service, String(before.version), String(before.promotionId));
  return [{ put: item(key, { ...before, status: "superseded", supersededBy: promotionId }) }];
}
