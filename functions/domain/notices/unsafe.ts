/** Traffic that is not known to be safe: which targets, and paging whoever is on call for them. */
import type { Head, TargetRecord } from "../ledger/journal-records.ts";
import type { Paged } from "./notice.ts";

export interface NotBack {
  /** Moved, and not read back on the baseline yet. */
  readonly open: readonly string[];
  /** Left alone, because somebody else moved them. */
  readonly refused: readonly string[];
}

/** The targets of one environment that are not back, from its records alone. */
export function notBack(head: Pick<Head, "outcome">, targets: readonly TargetRecord[]): NotBack {
  if (head.outcome === "promoted") return { open: [], refused: [] };
  const moved = targets.filter(({ sequence }) => sequence > 0);
  const named = (state: TargetRecord["restored"]) =>
    moved.filter(({ restored }) => restored === state).map(({ target }) => target);
  return { open: named(null), refused: named("refused") };
}

export interface UnsafePage extends Paged {
  readonly environment: string;
  readonly to: readonly string[];
}
