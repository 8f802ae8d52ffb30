import { isStop, type Signal } from "../ledger/signals.ts";
import type { Outcome } from "../outcomes.ts";

/** How a word to stop ends a promotion that has moved nothing here yet; null: nobody said so. */
export function stopBefore(
  signals: readonly Signal[],
): { readonly outcome: Extract<Outcome, "superseded" | "cancelled">; readonly summary: string } | null {
  const stop = signals.find(isStop);
  if (stop === undefined) return null;
  const outcome = stop.kind === "supersede" ? "superseded" : "cancelled";
  return { outcome, summary: `${stop.by}: ${stop.reason}` };
}
