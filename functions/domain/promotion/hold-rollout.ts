import { askForDecision } from "../judge/ask-for-decision.ts";
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { asHold, type Hold } from "../ledger/pauses.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Dependencies, Key } from "../ports.ts";
import type { Move } from "./next-move.ts";

type Watch = Extract<Move, { kind: "watch" }>;

/**
 * Writes down that the rollout stands still, and asks people where a verdict is missing. Asked again with every execution
 * that goes on with the hold, since a mail is sent once however often it is asked for.
 */
export async function holdRollout(
  deps: Dependencies,
  promotionId: string,
  plan: EnvironmentPlan,
  move: Watch,
): Promise<void> {
  const opened = await openHold(deps, keys.hold(promotionId, plan.environment, move.phase), move);
  if (opened.why === "verdict" || opened.why === "evidence")
    await askForDecision(deps, promotionId, plan, move.phase, opened);
}

async function openHold(deps: Pick<Dependencies, "clock" | "ledger">, key: Key, move: Watch): Promise<Hold> {
  const found = await deps.ledger.read(key);
  if (found !== undefined) return asHold(found);
  const hold: Hold = { ...move.hold, summary: move.summary, at: deps.clock.now() };
  await deps.ledger.write([{ put: item(key, hold) }]);
  return hold;
}
