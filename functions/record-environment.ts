/** Closes the journal of an environment as promoted, flips the version registry with it, then gives the locks back. */
import * as z from "zod";
import { EnvironmentInput } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import type { Header } from "./domain/ledger/header.ts";
import { item } from "./domain/ledger/items.ts";
import { asHead, type Head, type TargetRecord } from "./domain/ledger/journal-records.ts";
import { keys } from "./domain/ledger/keys.ts";
import { loadHeader, loadPlan, loadPlanHeader, loadTargets, must } from "./domain/ledger/load.ts";
import type { EnvironmentPlan } from "./domain/plan.ts";
import { type Change, Conflict, type Dependencies } from "./domain/ports.ts";
import { keptChange } from "./domain/promotion/kept.ts";
import { leaveEnvironment } from "./domain/promotion/leave.ts";
import { isFinished } from "./domain/traffic/journal.ts";
import { lookOnceMore } from "./domain/traffic/move-all.ts";
import { step } from "./runtime/step.ts";

const Input = EnvironmentInput.extend({ position: z.int().min(0) });

export const recordEnvironment =
  (deps: Dependencies) =>
  async ({ promotionId, environment, position }: z.output<typeof Input>) => {
    const header = await loadHeader(deps.ledger, promotionId);
    const head = asHead(await must(deps.ledger, keys.head(promotionId, environment)));
    const plan = await loadPlan(deps.ledger, promotionId, environment);
    const targets = await loadTargets(deps.ledger, promotionId, environment);
    const closed =
      head.state === "closed"
        ? head.outcome === "promoted"
        : (await isServing(deps, head, plan, targets)) && (await close(deps, header, head, plan, targets));
    if (!closed) return { decision: "stop", position };
    await leaveEnvironment(deps, promotionId, plan);
    await appendAudit(deps, promotionId, {
      id: `promoted-${environment}`,
      kind: "promoted",
      environment,
      summary: `${header.version} serves ${environment}`,
      data: { versions: Object.fromEntries(targets.map(({ target, candidate }) => [target, candidate])) },
    });
    return { decision: "go", position: position + 1 };
  };

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
async function close(
  deps: Dependencies,
  header: Header,
  head: Head,
  plan: EnvironmentPlan,
  targets: readonly TargetRecord[],
): Promise<boolean> {
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
  const { commit, emergency } = await loadPlanHeader(deps.ledger, promotionId);
  const artifacts = Object.fromEntries(plan.targets.map(({ name, artifact }) => [name, artifact]));
  const since = deps.clock.now();
  const code = Object.fromEntries(targets.map(({ target, candidateSha256 }) => [target, candidateSha256]));
  const versions = Object.fromEntries(targets.map(({ target, candidate }) => [target, candidate]));
  const previous = Object.fromEntries(targets.map(({ target, baseline }) => [target, baseline.route.primary]));
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

export const handler = step("record-environment", Input, recordEnvironment);
