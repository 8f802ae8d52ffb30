/** A release whose candidate would be its baseline: said before anybody is asked to approve it. */
import { noteEnding } from "../ledger/note-ending.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies } from "../ports.ts";
import { whyNothingToRelease } from "./capture.ts";
import type { Standing } from "./look-at-code.ts";

type Tools = Pick<Dependencies, "ledger" | "clock">;

/** Ends the promotion as blocked where a target has nothing to release, and says so; null: each has. */
export async function blockIfIdle(
  deps: Tools,
  promotionId: string,
  { environment }: Pick<EnvironmentPlan, "environment">,
  standing: readonly Standing[],
): Promise<string | null> {
  const idle = standing.flatMap(({ target, baseline, latest }) => {
    const why = baseline === undefined ? null : whyNothingToRelease(target.artifact, baseline, latest);
    return why === null ? [] : [`${target.name}: ${why}`];
  });
  if (idle.length === 0) return null;
  const summary = `nothing to release in ${environment}: ${idle.join("; ")}`;
  await noteEnding(deps, promotionId, "blocked", summary);
  return summary;
}
