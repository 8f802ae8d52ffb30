/** A person who holds a monitored release has taken it over: silence takes it back no more. */
import { loadSignals } from "../ledger/load.ts";
import { isHeld } from "../ledger/signals.ts";
import type { Dependencies } from "../ports.ts";
import type { Ending } from "./ending.ts";
import type { Tick } from "./tick.ts";

/** The ending as it is; null where it came of nobody's deciding, and somebody holds. */
export async function unlessHeld(
  { ledger }: Pick<Dependencies, "ledger">,
  { input, phase }: Pick<Tick, "input" | "phase">,
  ending: Ending | null,
): Promise<Ending | null> {
  if (phase.kind !== "monitor" || ending?.stop?.by !== "gate") return ending;
  return isHeld(await loadSignals(ledger, input.promotionId)) ? null : ending;
}
