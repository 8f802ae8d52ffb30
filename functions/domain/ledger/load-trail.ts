/** Reads the trail piece by piece, for whoever follows it. */
import type { Item, Ledger } from "../ports.ts";
import { type AuditRecord, asTrailHead, type TrailHead } from "./audit.ts";
import { keys, promotion } from "./keys.ts";

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
  return (await findTrail(ledger, promotionId)).head;
}

/** The trail's partition and newest entry. That of a promotion from before it had one of its own lies with the rest. */
async function findTrail(
  ledger: Ledger,
  id: string,
): Promise<{ readonly pk: string; readonly head: TrailHead | null }> {
  const { pk, sk } = keys.auditHead(id);
  for (const partition of [pk, promotion(id)]) {
    const found = await ledger.read({ pk: partition, sk });
    if (found === undefined) continue;
    return { pk: partition, head: asTrailHead(id, found) };
  }
  return { pk, head: null };
}

/** What was appended after the entry `since` (0: from the first), as far as one answer holds it. */
export async function loadTrailSince(ledger: Ledger, promotionId: string, since: number): Promise<TrailPiece> {
  const { pk, head } = await findTrail(ledger, promotionId);
  const last = Math.min(head?.sequence ?? 0, since + MOST_ENTRIES);
  if (last <= since) return { entries: [], upTo: since, head };
  const wanted = Array.from({ length: last - since }, (_, index) => {
    return { ...keys.audit(promotionId, since + index + 1), pk };
  });
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
