import { LedgerBusy } from "../errors.ts";
import { type Clock, Conflict, type Hash, type Item, type Ledger } from "../ports.ts";
import { allInPlainText, oneLine } from "../text.ts";
import { type AuditEntry, type AuditRecord, auditHash, FIRST_PREVIOUS } from "./audit.ts";
import { item } from "./items.ts";
import { keys } from "./keys.ts";

/** Two writers at once are common (alarm and tick), ten in a row are not. */
const ATTEMPTS = 10;

/**
 * Appends one entry, once per id. Never called before a restore, and a restore never waits for it.
 * Throws `LedgerBusy` when others kept appending at the same instant.
 */
export async function appendAudit(
  deps: { readonly ledger: Ledger; readonly hash: Hash; readonly clock: Clock },
  promotionId: string,
  entry: AuditEntry,
): Promise<void> {
  const known = keys.auditId(promotionId, entry.id);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if ((await deps.ledger.read(known)) !== undefined) return;
    const head = await deps.ledger.read(keys.auditHead(promotionId));
    const sequence = head === undefined ? 1 : Number(head.sequence) + 1;
    const previous = head === undefined ? FIRST_PREVIOUS : String(head.hash);
    const unhashed = { ...inPlainWords(entry), sequence, at: deps.clock.now(), previous };
    const record: AuditRecord = { ...unhashed, hash: auditHash(deps.hash, unhashed) };
    try {
      await deps.ledger.write([
        { put: item(known, { sequence }), if: "absent" },
        { put: item(keys.audit(promotionId, sequence), record), if: "absent" },
        {
          put: item(keys.auditHead(promotionId), { sequence, hash: record.hash }),
          if: head === undefined ? "absent" : { sequence: sequence - 1 },
        },
      ]);
      return;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
  throw new LedgerBusy(`the audit trail of ${promotionId} was appended to by others ${ATTEMPTS} times in a row`);
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
