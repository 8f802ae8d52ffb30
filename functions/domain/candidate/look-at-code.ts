import { kindOf } from "../../targets/kinds.ts";
import { countsLate, longer, type Running } from "../lateness.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { EnvironmentPlan, TargetPlan } from "../plan.ts";
import type { CodeState, Dependencies, PublishedCode } from "../ports.ts";

/** A target before its promotion: the version that serves, and what its candidate would be, as far as both are there. */
export interface Standing extends Running {
  readonly target: TargetPlan;
  readonly baseline: PublishedCode | undefined;
  /** What an artifact would be published under; null: the candidate is a version that is there already. */
  readonly latest: CodeState | null;
}

/** Looks up what serves now, and the settings that the candidate has or would be published under. Throws what hosts throw. */
export async function lookAtCode(deps: Pick<Dependencies, "target">, plan: EnvironmentPlan): Promise<Standing[]> {
  const all: Standing[] = [];
  for (const target of plan.targets) all.push(await standingOf(deps, plan, target));
  return all;
}

async function standingOf(
  deps: Pick<Dependencies, "target">,
  plan: EnvironmentPlan,
  target: TargetPlan,
): Promise<Standing> {
  const { traffic, code } = deps.target(placeOf(plan), target);
  if (code === undefined) return { target, baseline: undefined, latest: null };
  const baseline = await code.version(kindOf(target.kind).serving((await traffic.read()).route));
  const { artifact } = target;
  const latest = artifact.from === "s3" ? await code.current() : null;
  if (!countsLate(target)) return { target, baseline, latest };
  const candidate = artifact.from === "version" ? await code.version(artifact.version) : latest;
  const longestSeconds = longer(baseline?.longestSeconds ?? null, candidate?.longestSeconds ?? null);
  return { target, baseline, latest, longestSeconds };
}
