/** The approval form's token: a stateless HMAC over what it may decide. */
import { canonicalJson } from "../canonical.ts";
import type { Hash, Sign } from "../ports.ts";
import type { ApprovalRecord } from "./approval.ts";

/** A form may be filled in this long after it was shown; the approval's own end comes first where it is nearer. */
export const FORM_LIFE_MS = 4 * 3_600_000;

/**
 * Token of one showing of the form. Nothing is stored: it is the signature of the link, of what the decision is bound
 * to, of the approval's state and of its own expiry, so that a decision burns it by ending that state.
 */
export async function formToken(sign: Sign, link: string, record: ApprovalRecord, now: number): Promise<string> {
  const expires = Math.min(now + FORM_LIFE_MS, record.expiresAt);
  return `${expires.toString(36)}.${await formSignature(sign, link, record, expires)}`;
}

async function formSignature(sign: Sign, link: string, record: ApprovalRecord, expires: number): Promise<string> {
  return sign(canonicalJson(["form", link, record.state, record.askedAt, record.binding, expires]));
}

/** Comparing the hashes instead of the signatures leaves nothing to learn from how long the comparison takes. */
export async function checkFormToken(
  deps: { readonly sign: Sign; readonly hash: Hash },
  token: string,
  link: string,
  record: ApprovalRecord,
  now: number,
): Promise<"valid" | "outdated" | "forged"> {
  const [, written, signature] = /^([0-9a-z]{1,12})\.([0-9a-f]{64})$/.exec(token) ?? [];
  if (written === undefined || signature === undefined) return "forged";
  const expires = Number.parseInt(written, 36);
  const expected = await formSignature(deps.sign, link, record, expires);
  if (deps.hash(expected) !== deps.hash(signature)) return "forged";
  return now < expires ? "valid" : "outdated";
}
