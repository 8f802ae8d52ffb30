import type { Problem } from "../documents/problems.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { EnvironmentPlan, PromotionPlan, TargetPlan } from "../plan.ts";
import type { Dependencies } from "../ports.ts";
import { type Pin, pinObject, pinVersion } from "./artifact-pin.ts";

type Buckets = Pick<Dependencies, "artifacts">;
type Pinned =
  | { readonly ok: true; readonly plan: PromotionPlan }
  | { readonly ok: false; readonly problems: Problem[] };

/** The plan with the content hash of each artifact, or all that is wrong with them. */
export async function pinArtifacts(deps: Buckets, plan: PromotionPlan): Promise<Pinned> {
  const problems: Problem[] = [];
  const environments: EnvironmentPlan[] = [];
  for (const environment of plan.environments) {
    const targets: TargetPlan[] = [];
    for (const target of environment.targets) {
      const { artifact, problem } = await pin(deps, environment, target);
      targets.push({ ...target, artifact });
      if (problem !== null) problems.push(problem);
    }
    environments.push({ ...environment, targets });
  }
  return problems.length === 0 ? { ok: true, plan: { ...plan, environments } } : { ok: false, problems };
}

async function pin(deps: Buckets, environment: EnvironmentPlan, target: TargetPlan): Promise<Pin> {
  const { artifact } = target;
  if (artifact.from !== "s3") return { artifact: pinVersion(artifact), problem: null };
  const { bucket, key, versionId } = artifact;
  const found = await deps.artifacts(placeOf(environment)).object(bucket, key, versionId);
  return pinObject(target, artifact, environment.environment, found);
}
