/**
 * The audit trail: one chain of entries per promotion, each holding the hash of the one before, so that a changed,
 * dropped or inserted entry shows. The head's hash goes out with the closing notice, which is what anchors the chain.
 */
import { canonicalJson } from "../canonical.ts";
import { LedgerBusy } from "../errors.ts";
import { type Clock, Conflict, type Hash, type Item, type Ledger } from "../ports.ts";
import { item, keys } from "./ledger.ts";

export interface AuditEntry {
  /** The same fact has the same id, whoever reports it and however often: it is written once. */
  readonly id: string;
  /** What happened, in one word or two: `opened`, `approved`, `shifted`, `verdict`, `rolled-back`. */
  readonly kind: string;
  /** One line for people. */
  readonly summary: string;
  readonly environment?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface AuditRecord extends AuditEntry {
  readonly sequence: number;
  readonly at: number;
  /** Hash of the entry before; 64 zeros for the first. */
  readonly previous: string;
  readonly hash: string;
}

export const FIRST_PREVIOUS = "0".repeat(64);

/** Hash of a record: SHA-256 over the canonical JSON of everything in it but the hash itself. */
export function auditHash(hash: Hash, record: Omit<AuditRecord, "hash">): string {
  return hash(canonicalJson(record));
}

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
    const unhashed = { ...entry, sequence, at: deps.clock.now(), previous };
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

/** First sequence number at which the chain is broken; null: every link holds. */
export function brokenAt(hash: Hash, trail: readonly AuditRecord[]): number | null {
  let previous = FIRST_PREVIOUS;
  for (const [index, record] of trail.entries()) {
    const { hash: stated, ...unhashed } = record;
    const holds = record.sequence === index + 1 && record.previous === previous && auditHash(hash, unhashed) === stated;
    if (!holds) return index + 1;
    previous = stated;
  }
  return null;
}
