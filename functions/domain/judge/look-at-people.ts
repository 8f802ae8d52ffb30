/** Asks whether a person's word ends a phase: an operator's, or an approver's. */
import { settleNow } from "../approval/settle.ts";
import { keys } from "../ledger/keys.ts";
import { loadSignals, must } from "../ledger/load.ts";
import { asHold } from "../ledger/pauses.ts";
import type { Dependencies } from "../ports.ts";
import { type Ending, endedByWord, endedHold } from "./ending.ts";
import type { Tick } from "./tick.ts";

/** Null: nobody's word ends this phase. */
export async function lookAtPeople(deps: Dependencies, { input, phase, bake, now }: Tick): Promise<Ending | null> {
  const { promotionId, environment } = input;
  const signals = await loadSignals(deps.ledger, promotionId);
  const word = endedByWord(signals, phase, bake.since);
  if (word !== null) return word;
  if (phase.kind === "hold") {
    const hold = asHold(await must(deps.ledger, keys.hold(promotionId, environment, input.phase)));
    return endedHold(hold, signals, bake.since, now);
  }
  return phase.kind === "approval" ? endedByApprovers(deps, input, phase.approval) : null;
}

async function endedByApprovers(
  deps: Dependencies,
  { promotionId, environment }: Tick["input"],
  approval: string,
): Promise<Ending | null> {
  const { outcome, summary } = await settleNow(deps, promotionId, environment, approval);
  if (outcome === null) return null;
  return { result: outcome === "approved" ? "approved" : "rejected", summary, stop: null };
}
