import { BrokenRecord, LedgerBusy } from "../errors.ts";
import { type Change, type Clock, Conflict, type Hash, type Item, type Ledger } from "../ports.ts";
import { allInPlainText, oneLine } from "../text.ts";
import { type AuditEntry, type AuditRecord, asTrailHead, auditHash, FIRST_PREVIOUS, type TrailHead } from "./audit.ts";
import { item } from "./items.ts";
import { keys } from "./keys.ts";

/** Two writers at once are common (alarm and tick), ten in a row are not. */
const ATTEMPTS = 10;

/**
 * Appends one entry, once per id. Never called before a restore, and a restore never waits for it.
 * Throws `LedgerBusy` when others kept appending at the same instant, and `BrokenRecord` where the trail's head is not that
 * of its entries.
 */
export async function appendAudit(
  deps: { readonly ledger: Ledger; readonly hash: Hash; readonly clock: Clock },
  promotionId: string,
  entry: AuditEntry,
): Promise<void> {
  const known = keys.auditId(promotionId, entry.id);
  let beaten: TrailHead | null = null;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if ((await deps.ledger.read(known)) !== undefined) return;
    const found = await deps.ledger.read(keys.auditHead(promotionId));
    const head = found === undefined ? NO_HEAD : asTrailHead(promotionId, found);
    // Nobody has appended since, and still the place after the head is taken.
    if (beaten?.sequence === head.sequence) throw new BrokenRecord(`${TRAIL_OF} ${promotionId} goes on after its head`);
    beaten = head;
    try {
      await deps.ledger.write(changesAfter(head, deps, promotionId, entry));
      return;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
  throw new LedgerBusy(`${TRAIL_OF} ${promotionId} was appended to by others ${ATTEMPTS} times in a row`);
}

const NO_HEAD: TrailHead = { sequence: 0, hash: FIRST_PREVIOUS };
const TRAIL_OF = "the audit trail of";

function changesAfter(
  head: TrailHead,
  { hash, clock }: { readonly hash: Hash; readonly clock: Clock },
  promotionId: string,
  entry: AuditEntry,
): Change[] {
  const sequence = head.sequence + 1;
  const unhashed = { ...inPlainWords(entry), sequence, at: clock.now(), previous: head.hash };
  const record: AuditRecord = { ...unhashed, hash: auditHash(hash, unhashed) };
  return [
    { put: item(keys.auditId(promotionId, entry.id), { sequence }), if: "absent" },
    { put: item(keys.audit(promotionId, sequence), record), if: "absent" },
    {
      put: item(keys.auditHead(promotionId), { sequence, hash: record.hash }),
      if: head.sequence === 0 ? "absent" : { sequence: head.sequence },
    },
  ];
}

/** Whatever an entry tells of and whoever wrote that: the trail is read on terminals, by people and by programs of theirs. */
function inPlainWords(entry: AuditEntry): AuditEntry {
  return { ...allInPlainText(entry), id: entry.id, summary: oneLine(entry.summary, Number.POSITIVE_INFINITY) };
}

function asRecord(stored: Item): AuditRecord {
  const { pk: _pk, sk: _sk, ...record } = stored;
  return record as unknown as AuditRecord;
}

/** The trail in order. */
export async function loadAudit(ledger: Ledger, promotionId: string): Promise<AuditRecord[]> {
  const { pk, sk } = keys.auditHead(promotionId);
  const stored = await ledger.list(pk, "AUDIT#");
  return stored.filter((entry) => entry.sk !== sk).map(asRecord);
}
