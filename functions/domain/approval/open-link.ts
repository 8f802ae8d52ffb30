/** Approvers' links: made, written down, and found again. */
import { canonicalJson } from "../canonical.ts";
import { keys } from "../ledger/keys.ts";
import { personOf } from "../people.ts";
import type { Dependencies, Hash, Item, Key, Ledger, Sign } from "../ports.ts";
import { type Link, linkChange } from "./link.ts";
import type { ApprovalName } from "./records.ts";
import type { Seat } from "./seats.ts";

const asLink = (found: Item) => found as unknown as Link & Key;

/**
 * An approver's link: 256 bits that only the deployment's secret can make. The same seat has the same link, so that a
 * mail sent again leads to the same page; a new generation makes a new one.
 */
export async function linkId(sign: Sign, link: Link): Promise<string> {
  const { promotionId, environment, approval, role, address, generation } = link;
  return sign(canonicalJson(["link", promotionId, environment, approval, role, personOf(address), generation]));
}

export async function findLink(ledger: Ledger, hash: Hash, id: string): Promise<Link | undefined> {
  const found = await ledger.read(keys.link(hash(id)));
  return found === undefined ? undefined : asLink(found);
}

/** The link of a seat, known to the ledger by its hash before anybody gets it. */
export async function openLink(
  deps: Pick<Dependencies, "ledger" | "sign" | "hash" | "clock" | "settings">,
  { promotionId, environment, approval }: ApprovalName,
  { role, person }: Seat,
): Promise<string> {
  const link = { promotionId, environment, approval, role: role.role, ...person };
  const id = await linkId(deps.sign, link);
  await deps.ledger.write([linkChange(deps.hash, id, link, deps.clock.now())]);
  return `${deps.settings.baseUrl}/approvals/${id}`;
}
