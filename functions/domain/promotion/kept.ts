import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import type { Change } from "../ports.ts";

/** Previous versions of one environment that are due at some time. */
export interface Kept {
  readonly promotionId: string;
  readonly environment: string;
  readonly dueAt: number;
}

/** Notes that what this promotion replaced is to be deleted at `dueAt`; written with the record that it is promoted. */
export function keptChange(kept: Kept): Change {
  return { put: item(keys.kept(kept.dueAt, kept.promotionId, kept.environment), kept) };
}
