/** How a rollout stops: the journal is tripped where traffic was moved, and the reason is noted either way. */
import { noteEnding } from "../ledger/note-ending.ts";
import type { Outcome, TrippedBy } from "../outcomes.ts";
import type { Dependencies } from "../ports.ts";
import { trip } from "./trip.ts";
import type { Promotion } from "./write-result.ts";

/** Trips the journal, so that nothing shifts any more, notes the ending, and gives the machine its word for it. */
export async function stopRollout(
  deps: Pick<Dependencies, "ledger" | "clock">,
  { promotionId, environment }: Promotion,
  why: {
    readonly by: TrippedBy;
    readonly outcome: Outcome;
    readonly summary: string;
    readonly first?: readonly string[];
  },
): Promise<{ decision: "stop"; summary: string }> {
  const head = await trip(deps, promotionId, environment, {
    by: why.by,
    reason: why.summary,
    ...(why.first === undefined ? {} : { first: why.first }),
  });
  // A word that comes after an environment was closed stops nothing there, and must not end what follows it.
  if (head.state === "tripped") await noteEnding(deps, promotionId, why.outcome, why.summary);
  return { decision: "stop", summary: why.summary };
}
