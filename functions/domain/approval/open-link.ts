/** Approvers' links: made, written down, and found again. */
import { keys } from "../ledger/keys.ts";
import type { Dependencies, Hash, Item, Key, Ledger } from "../ports.ts";
import { type Link, linkChange } from "./link.ts";
import { epochIn } from "./link-epoch.ts";
import type { ApprovalName } from "./records.ts";
import type { Seat } from "./seats.ts";

const asLink = (found: Item) => found as unknown as Link & Key;

/** The link of this id, and whether the epoch that it was made in has ended; undefined: there is no such link. */
export async function findLink(
  ledger: Ledger,
  hash: Hash,
  id: string,
): Promise<{ readonly link: Link; readonly outdated: boolean } | undefined> {
  const [found, epoch] = await ledger.readAll([keys.link(hash(id)), keys.linkEpoch()]);
  if (found === undefined) return undefined;
  const link = asLink(found);
  // A link of 0.1.0 has no epoch: it was computed from a key that lay in the table, and works no more.
  return { link, outdated: link.epoch !== epochIn(epoch) };
}

export async function currentEpoch(ledger: Ledger): Promise<number> {
  return epochIn(await ledger.read(keys.linkEpoch()));
}

const ID_BYTES = 32;

/**
 * A new link for a seat: 256 random bits that stand in its mail alone. The ledger knows their hash before anybody gets
 * them. Earlier links of the seat go on working.
 */
export async function openLink(
  deps: Pick<Dependencies, "ledger" | "entropy" | "hash" | "clock" | "settings">,
  { promotionId, environment, approval }: ApprovalName,
  { role, person }: Seat,
): Promise<string> {
  const id = deps.entropy.id(ID_BYTES);
  const epoch = await currentEpoch(deps.ledger);
  const link = { promotionId, environment, approval, role: role.role, ...person, epoch };
  await deps.ledger.write([linkChange(deps.hash, id, link, deps.clock.now())]);
  return `${deps.settings.baseUrl}/approvals/${id}`;
}
