import { loadHeader } from "../ledger/load.ts";
import { send } from "../notices/send.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies } from "../ports.ts";
import type { Progress } from "./next-move.ts";

/**
 * Tells everybody who was asked for a decision, once, that a pass has made it unnecessary. Says nothing unless a pass of
 * the newest hold is the last thing that happened. A mailer that fails keeps no rollout from going on.
 */
export async function sayPassed(
  deps: Dependencies,
  promotionId: string,
  { environment, pageTo, notices }: EnvironmentPlan,
  progress: Pick<Progress, "baked" | "holds" | "weight">,
): Promise<void> {
  const phase = passedLast(progress);
  if (phase === null) return;
  const { service, version } = await loadHeader(deps.ledger, promotionId);
  const subject = `${service} ${version}: ${progress.weight} % in ${environment} has passed`;
  const body = `The evidence that was missing has come in: nobody has to decide any more, and the rollout goes on.

  Promotion  ${promotionId}
`;
  const asked = [...new Set([...pageTo, ...notices])];
  await send(deps, promotionId, { name: `passed-${environment}-${phase}`, subject, body }, asked, { mark: "before" });
}

/** The hold that a pass has just ended; null: something else came last. */
function passedLast({ baked, holds }: Pick<Progress, "baked" | "holds">): string | null {
  const [newest] = Object.entries(baked).sort(([, one], [, other]) => other.endedAt - one.endedAt);
  if (newest === undefined) return null;
  const [phase, { result }] = newest;
  const isEnded = result === "passed" && holds.some((hold) => hold.phase === phase && hold.why === "evidence");
  return isEnded ? phase : null;
}
