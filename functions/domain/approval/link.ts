/** What the ledger keeps of an approver's link. */
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import type { Change, Hash } from "../ports.ts";
import type { ApprovalName } from "./records.ts";

/** What is kept of a link: whose it is, never the link itself. */
export interface Link extends ApprovalName {
  readonly role: string;
  readonly address: string;
  readonly generation: number;
}

/** Long after every approval has expired: links are kept to show what was decided, then swept by the table's TTL. */
const LINK_KEPT_SECONDS = 400 * 86_400;

export function linkChange(hash: Hash, id: string, link: Link, now: number): Change {
  const expiresAtSeconds = Math.floor(now / 1_000) + LINK_KEPT_SECONDS;
  return { put: item(keys.link(hash(id)), { ...link, expiresAtSeconds }) };
}
