/** What a verdict does to a hold. Pure. */
import type { Hold } from "../ledger/pauses.ts";
import type { Assessment } from "./assess.ts";
import { blockedBy, type Ending } from "./ending.ts";

/**
 * Whether this look ends a hold that waits for evidence alone: a pass does, and the rollout goes on. A broken `block` rule
 * ends it too, into a hold that no pass ends, since a rule that recovers has still asked for a person. Null: the hold goes
 * on. What an operator holds, and what a rule has blocked, no verdict lets go on.
 */
export function endedByEvidence({ why }: Pick<Hold, "why">, assessment: Assessment): Ending | null {
  if (why !== "evidence") return null;
  if (assessment.blocked) {
    return { result: "blocked", summary: `a person has to look: ${blockedBy(assessment)}`, stop: null };
  }
  if (assessment.verdict !== "pass") return null;
  return { result: "passed", summary: "the missing evidence has come in, so nobody has to decide", stop: null };
}
