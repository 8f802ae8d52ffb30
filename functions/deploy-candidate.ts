/** Publishes one target's candidate at weight 0, guarded at each turn; asked again while the function is updating. */
import * as z from "zod";
import { BrokenRecord, LedgerBusy, NotReady } from "./domain/errors.ts";
import { EnvironmentInput } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import { item } from "./domain/ledger/items.ts";
import { asTarget, type TargetRecord } from "./domain/ledger/journal-records.ts";
import { keys } from "./domain/ledger/keys.ts";
import { loadHead, loadHeader, loadPlan, must } from "./domain/ledger/load.ts";
import { placeOf } from "./domain/ledger/plan-parts.ts";
import type { CodeArtifact } from "./domain/plan.ts";
import { type CodeHost, Conflict, type Dependencies, RevisionMoved, type Target } from "./domain/ports.ts";
import { whyStopped } from "./domain/traffic/journal.ts";
import { stopRollout } from "./domain/traffic/stop.ts";
import type { Promotion } from "./domain/traffic/write-result.ts";
import { step } from "./runtime/step.ts";
import { kindOf } from "./targets/kinds.ts";

const Input = EnvironmentInput.extend({ target: z.string() });

interface Candidate {
  readonly version: string;
  readonly sha256: string;
}

export const deployCandidate =
  (deps: Dependencies) =>
  async ({ target: name, ...promotion }: z.output<typeof Input>) => {
    const { promotionId, environment } = promotion;
    const head = await loadHead(deps.ledger, promotionId, environment);
    if (head.state !== "open") return { decision: "stop", summary: whyStopped(head) };
    const plan = await loadPlan(deps.ledger, promotionId, environment);
    const targetPlan = plan.targets.find((found) => found.name === name);
    if (targetPlan === undefined) throw new BrokenRecord(`the plan of ${environment} has no target ${name}`);
    const record = asTarget(await must(deps.ledger, keys.target(promotionId, environment, name)));
    if (record.candidate !== null) return { decision: "go", summary: `version ${record.candidate} is published` };
    const { version } = await loadHeader(deps.ledger, promotionId);
    const target = deps.target(placeOf(plan), targetPlan);
    const candidate = await candidateOf(deps, promotion, target, record, `headgate ${promotionId}: ${version}`);
    const refusal = typeof candidate === "string" ? candidate : await whyNot(target, record, candidate);
    if (refusal !== null || typeof candidate === "string") {
      return stopRollout(deps, promotion, { by: "gate", outcome: "blocked", summary: `${name}: ${refusal}` });
    }
    const { version: published, sha256 } = candidate;
    await keep(deps, promotion, name, (found) => ({ ...found, candidate: published, candidateSha256: sha256 }));
    await appendAudit(deps, promotionId, {
      id: `candidate-${environment}-${name}`,
      kind: "deployed",
      environment,
      summary: `${name}: candidate is version ${candidate.version}`,
      data: { target: name, ...candidate },
    });
    return { decision: "go", summary: `version ${candidate.version} is published` };
  };

/** The candidate, or in words why there is none. */
async function candidateOf(
  deps: Dependencies,
  promotion: Promotion,
  target: Target,
  record: TargetRecord,
  description: string,
): Promise<Candidate | string> {
  const { code, plan } = target;
  if (code === undefined) throw new BrokenRecord(`${plan.kind} has no code to publish`);
  if (plan.artifact.from === "version") return publishedVersion(code, plan.artifact);
  try {
    return await publish(deps, promotion, code, plan.artifact, record, description);
  } catch (error) {
    if (!(error instanceof RevisionMoved)) throw error;
    // Our own update, sent again after its answer was lost, is refused too: what stands there tells the two apart.
    if ((await code.current()).sha256 === plan.artifact.sha256) throw new NotReady(`${record.target} is being updated`);
    return "somebody else changed the function while it was being deployed";
  }
}

async function publishedVersion(
  code: CodeHost,
  artifact: Extract<CodeArtifact, { from: "version" }>,
): Promise<Candidate | string> {
  const found = await code.version(artifact.version);
  if (found === undefined) return `there is no version ${artifact.version}`;
  if (artifact.sha256 !== undefined && artifact.sha256 !== found.sha256) {
    return `version ${artifact.version} has the code hash ${found.sha256}, not ${artifact.sha256}`;
  }
  return found;
}

/**
 * UpdateFunctionCode, wait, PublishVersion: each look decides by what stands there, so that a lost answer or a second
 * call goes on where the first one ended. What `$LATEST` was is journalled before it is replaced.
 */
async function publish(
  deps: Dependencies,
  promotion: Promotion,
  code: CodeHost,
  artifact: Extract<CodeArtifact, { from: "s3" }>,
  record: TargetRecord,
  description: string,
): Promise<Candidate | string> {
  const latest = await code.current();
  if (latest.updating) throw new NotReady(`${record.target} is still being updated`);
  const before = record.previousCode ?? latest;
  if (record.previousCode === null)
    await keep(deps, promotion, record.target, (found) => ({ ...found, previousCode: latest }), { previousCode: null });
  if (latest.sha256 === artifact.sha256) {
    return code.publish({ sha256: latest.sha256, revision: latest.revision, description });
  }
  if (latest.revision !== before.revision)
    return "somebody else changed the function's code since the baseline was captured";
  await code.update(artifact, latest.revision);
  throw new NotReady(`${record.target} is being updated`);
}

async function whyNot(target: Target, record: TargetRecord, candidate: Candidate): Promise<string | null> {
  if (candidate.version === kindOf(record.kind).serving(record.baseline.route))
    return "nothing to release: the candidate is the version that serves already";
  const obstacles = await target.traffic.obstacles(candidate.version);
  return obstacles.length === 0 ? null : obstacles.join("; ");
}

/**
 * Changes the record as long as it has no candidate. Throws `LedgerBusy` when another call was faster: the next one finds
 * what that one wrote.
 */
async function keep(
  deps: Dependencies,
  { promotionId, environment }: Promotion,
  target: string,
  change: (record: TargetRecord) => TargetRecord,
  guard: Readonly<Record<string, null>> = {},
): Promise<void> {
  const key = keys.target(promotionId, environment, target);
  const record = asTarget(await must(deps.ledger, key));
  const condition = { sequence: record.sequence, candidate: null, ...guard };
  try {
    await deps.ledger.write([{ put: item(key, change(record)), if: condition }]);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    throw new LedgerBusy(`another call is deploying ${target} at this moment`);
  }
}

export const handler = step("deploy-candidate", Input, deployCandidate);
