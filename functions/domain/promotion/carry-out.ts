/** Carries out what an operator says to a promotion, and puts it on record. */
import { BrokenRecord } from "../errors.ts";
import type { Header } from "../ledger/header.ts";
import { sendSignal } from "../ledger/send-signal.ts";
import type { Signal, SignalKind } from "../ledger/signals.ts";
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
  await recordLast(deps, promotionId, signal);
  return { kind: "taken back", back };
}

/** A trail that somebody broke keeps nobody from hearing that traffic goes back. */
async function recordLast(deps: Dependencies, promotionId: string, signal: Signal): Promise<void> {
  try {
    await sendSignal(deps, promotionId, signal);
  } catch (error) {
    if (!(error instanceof BrokenRecord)) throw error;
    deps.log.warn("traffic is taken back, and the trail does not say who asked for it", {
      promotionId,
      error: error.message,
    });
  }
}
