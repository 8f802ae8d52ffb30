/** What the ledger keeps of an approver's link. */
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import type { Change, Hash } from "../ports.ts";
import type { ApprovalName } from "./records.ts";

/** What is kept of a link: whose it is and until when it may work, never the link itself. */
export interface Link extends ApprovalName {
  readonly role: string;
  readonly address: string;
  /** Of the seat: the link ends when the seat goes to somebody else, or is asked anew. */
  readonly generation: number;
  /** Of all links: see `link-epoch.ts`. */
  readonly epoch: number;
}

/** Tidying up, by the table's TTL; what a link still shows is decided when it is opened, long before this. */
const LINK_KEPT_SECONDS = 400 * 86_400;

export function linkChange(hash: Hash, id: string, link: Link, now: number): Change {
  const expiresAtSeconds = Math.floor(now / 1_000) + LINK_KEPT_SECONDS;
  return { put: item(keys.link(hash(id)), { ...link, expiresAtSeconds }), if: "absent" };
}
