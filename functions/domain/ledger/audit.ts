/**
 * The audit trail: one chain of entries per promotion, each holding the hash of the one before, so that a changed,
 * dropped or inserted entry shows. The head's hash goes out with the closing notice, which is what anchors the chain.
 */
import { canonicalJson } from "../canonical.ts";
import { BrokenRecord } from "../errors.ts";
import type { Hash, Item } from "../ports.ts";

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

/** Newest entry of the trail, by which the whole chain can be checked. */
export interface TrailHead {
  readonly sequence: number;
  readonly hash: string;
}

/** The head of a promotion's trail, as it was read. Throws `BrokenRecord` where it is none. */
export function asTrailHead(promotionId: string, { sequence, hash }: Item): TrailHead {
  if (Number.isInteger(sequence) && typeof hash === "string") return { sequence: Number(sequence), hash };
  throw new BrokenRecord(`the audit trail of ${promotionId} has a head that is none`);
}

export const FIRST_PREVIOUS = "0".repeat(64);

/** Hash of a record: SHA-256 over the canonical JSON of everything in it but the hash itself. */
export function auditHash(hash: Hash, record: Omit<AuditRecord, "hash">): string {
  return hash(canonicalJson(record));
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
