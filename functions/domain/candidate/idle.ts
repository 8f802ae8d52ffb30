/** A release whose candidate would be its baseline: said before anybody is asked to approve it. */
import { kindOf } from "../../targets/kinds.ts";
import { noteEnding } from "../ledger/note-ending.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { EnvironmentPlan, TargetPlan } from "../plan.ts";
import type { Dependencies } from "../ports.ts";
import { whyNothingToRelease } from "./capture.ts";

type Tools = Pick<Dependencies, "ledger" | "clock" | "target">;

/** Ends the promotion as blocked where a target has nothing to release, and says so; null: each has. */
export async function blockIfIdle(deps: Tools, promotionId: string, plan: EnvironmentPlan): Promise<string | null> {
  const idle: string[] = [];
  for (const target of plan.targets) {
    const why = await whyIdle(deps, plan, target);
    if (why !== null) idle.push(`${target.name}: ${why}`);
  }
  if (idle.length === 0) return null;
  const summary = `nothing to release in ${plan.environment}: ${idle.join("; ")}`;
  await noteEnding(deps, promotionId, "blocked", summary);
  return summary;
}

/** What serves now is looked up, and for an artifact the settings that it would be published under. */
async function whyIdle(deps: Tools, plan: EnvironmentPlan, target: TargetPlan): Promise<string | null> {
  const { traffic, code } = deps.target(placeOf(plan), target);
  if (code === undefined) return null;
  const serving = kindOf(target.kind).serving((await traffic.read()).route);
  const baseline = await code.version(serving);
  if (baseline === undefined) return null;
  return whyNothingToRelease(target.artifact, baseline, target.artifact.from === "s3" ? await code.current() : null);
}
