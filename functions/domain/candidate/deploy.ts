/** Deploys one target's candidate at weight 0: prepared, written down, and ready to carry traffic. */

import { kindOf } from "../../targets/kinds.ts";
import { LedgerBusy } from "../errors.ts";
import { tooShortBakes } from "../lateness.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import { item } from "../ledger/items.ts";
import type { TargetRecord } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import { loadHeader, loadPlan, loadTarget } from "../ledger/load.ts";
import type { EnvironmentPlan } from "../plan.ts";
import { Conflict, type Dependencies, type Target } from "../ports.ts";
import { bind } from "../traffic/bind.ts";
import { longestOf } from "./longest.ts";
import { type Candidate, lookReady, prepare } from "./prepare.ts";
import type { Where } from "./replace.ts";

export type Deployed = { readonly version: string } | { readonly refusal: string };

/**
 * The candidate's version once it may carry traffic, or why it never may. Throws `NotReady` until then, `BrokenRecord` for
 * a target that the plan does not know, and what ledger and host throw.
 */
export async function deploy(deps: Dependencies, where: Where, name: string): Promise<Deployed> {
  const plan = await loadPlan(deps, where.promotionId, where.environment);
  const target = bind(deps, plan, { target: name });
  const record = await loadTarget(deps.ledger, where.promotionId, where.environment, name);
  const version = record.candidate ?? (await make(deps, where, { plan, target, record }));
  if (typeof version !== "string") return version;
  const refusal = target.code === undefined ? null : await lookReady(target.code, version);
  return refusal === null ? { version } : { refusal };
}

interface Candidature {
  readonly plan: EnvironmentPlan;
  readonly target: Target;
  readonly record: TargetRecord;
}

async function make(
  deps: Dependencies,
  where: Where,
  { plan, target, record }: Candidature,
): Promise<string | { readonly refusal: string }> {
  const { promotionId } = where;
  const { version } = await loadHeader(deps.ledger, promotionId);
  const candidate = await prepare(deps, where, target, `headgate ${promotionId}: ${version}`);
  if (typeof candidate === "string") return { refusal: candidate };
  const refusal = await whyNot(target, record, candidate);
  if (refusal !== null) return { refusal };
  const serving = kindOf(record.kind).serving(record.baseline.route);
  const longestSeconds = await longestOf(target, [serving, candidate.version]);
  const [tooShort] = tooShortBakes(plan, [{ target: target.plan, longestSeconds }]);
  if (tooShort !== undefined) return { refusal: tooShort };
  await keep(
    deps,
    where,
    { ...record, longestSeconds },
    { ...candidate, startsWarm: await startsWarm(target, candidate) },
  );
  return candidate.version;
}

/** Of a version that was there before; one that is published now has nothing that could be up. */
async function startsWarm({ plan, traffic }: Target, { version }: Candidate): Promise<boolean> {
  return plan.artifact.from === "version" && (await traffic.startsWarm?.(version)) === true;
}

async function whyNot(target: Target, record: TargetRecord, candidate: Candidate): Promise<string | null> {
  if (candidate.version === kindOf(record.kind).serving(record.baseline.route))
    return "nothing to release: the candidate is the version that serves already";
  const obstacles = await target.traffic.obstacles(candidate.version);
  return obstacles.length === 0 ? null : obstacles.join("; ");
}

/** Throws `LedgerBusy` when another call was faster: the next one finds what that one wrote. */
async function keep(
  deps: Dependencies,
  where: Where,
  record: TargetRecord,
  candidate: Candidate & { readonly startsWarm: boolean },
): Promise<void> {
  const { promotionId, environment } = where;
  const { target, sequence } = record;
  const published: TargetRecord = {
    ...record,
    candidate: candidate.version,
    candidateSha256: candidate.sha256,
    ...(candidate.startsWarm && { startsWarm: true }),
  };
  const key = keys.target(promotionId, environment, target);
  try {
    await deps.ledger.write([{ put: item(key, published), if: { sequence, candidate: null } }]);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    throw new LedgerBusy(`another call is deploying ${target} at this moment`);
  }
  await appendAudit(deps, promotionId, {
    id: `candidate-${environment}-${target}`,
    kind: "deployed",
    environment,
    summary: `${target}: candidate is version ${candidate.version}${candidate.startsWarm ? ", up before its first request: its steps have no warm-up" : ""}`,
    data: { target, ...candidate },
  });
}
