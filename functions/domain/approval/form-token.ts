/** The approval form's token: a stateless HMAC over what it may decide. */
import { canonicalJson } from "../canonical.ts";
import type { Hash, Mac } from "../ports.ts";
import type { ApprovalRecord } from "./approval.ts";

/** A form may be filled in this long after it was shown; the approval's own end comes first where it is nearer. */
export const FORM_LIFE_MS = 4 * 3_600_000;

export interface TokenTools {
  readonly mac: Mac;
  readonly hash: Hash;
}

/**
 * Token of one showing of the form. Nothing is stored, and no key either: the link's id is the key, which its mail alone
 * holds. It covers what the decision is bound to, the approval's state and its own expiry, so that a decision burns it by
 * ending that state.
 */
export function formToken(tools: TokenTools, id: string, record: ApprovalRecord, now: number): string {
  const expires = Math.min(now + FORM_LIFE_MS, record.expiresAt);
  return `${expires.toString(36)}.${signatureOf(tools, id, record, expires)}`;
}

function signatureOf({ mac, hash }: TokenTools, id: string, record: ApprovalRecord, expires: number): string {
  return mac(id, canonicalJson(["form", hash(id), record.state, record.askedAt, record.binding, expires]));
}

/** Comparing the hashes instead of the signatures leaves nothing to learn from how long the comparison takes. */
export function checkFormToken(
  tools: TokenTools,
  token: string,
  id: string,
  record: ApprovalRecord,
  now: number,
): "valid" | "outdated" | "forged" {
  const [, written, signature] = /^([0-9a-z]{1,12})\.([0-9a-f]{64})$/.exec(token) ?? [];
  if (written === undefined || signature === undefined) return "forged";
  const expires = Number.parseInt(written, 36);
  const expected = signatureOf(tools, id, record, expires);
  if (tools.hash(expected) !== tools.hash(signature)) return "forged";
  return now < expires ? "valid" : "outdated";
}
