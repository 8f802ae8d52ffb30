/** Carries out what an operator says to a promotion, and puts it on record. */
import type { Header } from "../ledger/header.ts";
import { sendSignal } from "../ledger/send-signal.ts";
import type { SignalKind } from "../ledger/signals.ts";
import type { Dependencies } from "../ports.ts";
import { onceId, type Said } from "./said.ts";
import { type TakenBack, takeBack } from "./take-back.ts";

export type CarriedOut =
  /** The promotion has ended, and nothing is said to it any more. */
  | { readonly kind: "ended" }
  /** Recorded; takes effect at the next step. */
  | { readonly kind: "recorded" }
  | { readonly kind: "taken back"; readonly back: TakenBack };

/** Throws what the ledger throws. */
export async function carryOut(
  deps: Dependencies,
  { promotionId, state }: Header,
  said: Said & { readonly verb: Exclude<SignalKind, "supersede"> },
): Promise<CarriedOut> {
  if (state === "closed") return { kind: "ended" };
  const { verb, by, reason } = said;
  const at = deps.clock.now();
  const signal = { signal: `${verb}-${onceId(deps, said)}`, kind: verb, by, reason, at };
  if (verb !== "roll-back" && verb !== "abort") {
    await sendSignal(deps, promotionId, signal);
    return { kind: "recorded" };
  }
  // Traffic first: the word in the record, and whoever waits for it, come after.
  const outcome = verb === "abort" ? "aborted" : "rolled-back";
  const back = await takeBack(deps, promotionId, { outcome, reason: `${by}: ${reason}` });
  await sendSignal(deps, promotionId, signal);
  return { kind: "taken back", back };
}
