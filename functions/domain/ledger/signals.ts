/** Signals: what an operator, or another promotion, says to a running one. */
import type { Item, Key } from "../ports.ts";

export const SIGNALS = ["hold", "resume", "roll-back", "abort", "skip-bake", "promote-now", "supersede"] as const;

export type SignalKind = (typeof SIGNALS)[number];

export interface Signal {
  readonly signal: string;
  readonly kind: SignalKind;
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

export const asSignal = (item: Item) => item as unknown as Signal & Key;

/** A signal that ends the promotion. */
export const isStop = ({ kind }: Pick<Signal, "kind">) =>
  kind === "abort" || kind === "roll-back" || kind === "supersede";

/** Whether the newest word of an operator is "hold". `signals` in order of time. */
export function isHeld(signals: readonly Pick<Signal, "kind">[]): boolean {
  return (
    signals.findLast(({ kind }) => kind === "hold" || kind === "resume" || kind === "promote-now")?.kind === "hold"
  );
}
