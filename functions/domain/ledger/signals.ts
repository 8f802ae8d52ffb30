/** Signals: what an operator, or another promotion, says to a running one. */
import type { Signal } from "./ledger.ts";

/** A signal that ends the promotion. */
export const isStop = ({ kind }: Pick<Signal, "kind">) =>
  kind === "abort" || kind === "roll-back" || kind === "supersede";

/** Whether the newest word of an operator is "hold". `signals` in order of time. */
export function isHeld(signals: readonly Pick<Signal, "kind">[]): boolean {
  return (
    signals.findLast(({ kind }) => kind === "hold" || kind === "resume" || kind === "promote-now")?.kind === "hold"
  );
}
