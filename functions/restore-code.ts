/**
 * Puts the code that versions are published from back, where the registry knows the artifact that it came from. Nobody is
 * served from it, so this comes after the traffic, and failing it leaves nobody worse off.
 */
import type * as z from "zod";
import { NotReady } from "./domain/errors.ts";
import { PromotionInput } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import type { TargetRecord } from "./domain/ledger/journal-records.ts";
import { keys } from "./domain/ledger/keys.ts";
import { loadHeader, loadPlan, loadTargets } from "./domain/ledger/load.ts";
import type { CodeArtifact } from "./domain/plan.ts";
import { type Dependencies, RevisionMoved } from "./domain/ports.ts";
import { bind } from "./domain/traffic/bind.ts";
import { step } from "./runtime/step.ts";

type FromS3 = Extract<CodeArtifact, { from: "s3" }>;

export const restoreCode =
  (deps: Dependencies) =>
  async ({ promotionId }: z.output<typeof PromotionInput>) => {
    const { service, environments } = await loadHeader(deps.ledger, promotionId);
    const done: string[] = [];
    for (const environment of environments) {
      const active = await deps.ledger.read(keys.active(environment, service));
      if (active?.promotionId === promotionId) continue;
      const artifacts = (active?.artifacts ?? {}) as Readonly<Record<string, CodeArtifact>>;
      const plan = await loadPlan(deps.ledger, promotionId, environment);
      for (const record of await loadTargets(deps.ledger, promotionId, environment)) {
        if (record.previousCode === null) continue;
        const { code, plan: ours } = bind(deps, plan, record);
        const words =
          code === undefined ? "has no code" : await putBack(code, record, ours.artifact, artifacts[record.target]);
        done.push(`${record.target}: ${words}`);
      }
    }
    const summary = done.length === 0 ? "no code was replaced" : done.join("; ");
    await appendAudit(deps, promotionId, { id: "code-restored", kind: "code-restored", summary });
    return { summary };
  };

async function putBack(
  code: NonNullable<ReturnType<typeof bind>["code"]>,
  record: TargetRecord,
  ours: CodeArtifact,
  previous: CodeArtifact | undefined,
): Promise<string> {
  const latest = await code.current();
  if (latest.sha256 === record.previousCode?.sha256) return "holds the previous code";
  // The artifact's hash, not the published candidate's: an update of ours may have ended before it was published.
  if (latest.sha256 !== ours.sha256) return "holds code of somebody else, left alone";
  if (latest.updating) throw new NotReady(`${record.target} is still being updated`);
  if (!isPrevious(previous, record))
    return "keeps the candidate's code: the registry does not know where the previous one came from";
  try {
    await code.update(previous, latest.revision);
    return "gets the previous code back";
  } catch (error) {
    if (!(error instanceof RevisionMoved)) throw error;
    return "was changed by somebody else, left alone";
  }
}

function isPrevious(artifact: CodeArtifact | undefined, { previousCode }: TargetRecord): artifact is FromS3 {
  return artifact?.from === "s3" && artifact.sha256 === previousCode?.sha256;
}

export const handler = step("restore-code", PromotionInput, restoreCode);
