import type { EnvironmentEnd } from "../ledger/endings.ts";
import type { Head, TargetRecord } from "../ledger/journal-records.ts";
import { notBack } from "../notices/unsafe.ts";

/** How the way back of one environment stands, from its records alone. */
export function restoredState(head: Head, targets: readonly TargetRecord[]): EnvironmentEnd["restored"] {
  if (head.outcome === "promoted" || targets.every(({ sequence }) => sequence === 0)) return "nothing";
  const { open, refused } = notBack(head, targets);
  if (open.length > 0) return "open";
  return refused.length > 0 ? "refused" : "verified";
}
