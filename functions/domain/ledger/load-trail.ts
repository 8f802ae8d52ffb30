/** Reads the trail piece by piece, for whoever follows it. */
import type { Item, Ledger } from "../ports.ts";
import type { AuditRecord } from "./audit.ts";
import { keys } from "./keys.ts";

/** Newest entry of the trail, by which the whole chain can be checked. */
export interface TrailHead {
  readonly sequence: number;
  readonly hash: string;
}

/** A piece of the trail, in order. */
export interface TrailPiece {
  readonly entries: readonly AuditRecord[];
  /** Number of the entry up to which was looked: the next piece begins after it. */
  readonly upTo: number;
  /** Null: nothing has happened yet. */
  readonly head: TrailHead | null;
}

/** As many as DynamoDB reads at once (BatchGetItem: 100 items). */
const MOST_ENTRIES = 100;

/** Characters of JSON after which a piece ends: an answer of Lambda holds 6 MB, an entry at most what an item does. */
const ENOUGH = 1_000_000;

export async function loadTrailHead(ledger: Ledger, promotionId: string): Promise<TrailHead | null> {
  const found = await ledger.read(keys.auditHead(promotionId));
  return found === undefined ? null : { sequence: Number(found.sequence), hash: String(found.hash) };
}

/** What was appended after the entry `since` (0: from the first), as far as one answer holds it. */
export async function loadTrailSince(ledger: Ledger, promotionId: string, since: number): Promise<TrailPiece> {
  const head = await loadTrailHead(ledger, promotionId);
  const last = Math.min(head?.sequence ?? 0, since + MOST_ENTRIES);
  if (last <= since) return { entries: [], upTo: since, head };
  const wanted = Array.from({ length: last - since }, (_, index) => keys.audit(promotionId, since + index + 1));
  const found = await ledger.readAll(wanted);
  const entries: AuditRecord[] = [];
  let upTo = since;
  for (let size = 0; upTo < last && size < ENOUGH; upTo++) {
    const record = recordIn(found[upTo - since]);
    if (record === null) continue;
    entries.push(record);
    size += JSON.stringify(record).length;
  }
  return { entries, upTo, head };
}

/** Null: the entry is gone, which breaks the chain for whoever checks it. */
function recordIn(item: Item | undefined): AuditRecord | null {
  if (item === undefined) return null;
  const { pk: _pk, sk: _sk, ...record } = item;
  return record as unknown as AuditRecord;
}
