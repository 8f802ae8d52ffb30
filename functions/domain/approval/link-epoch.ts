/**
 * The epoch of approvers' links: every link that is out carries the one that it was made in, and works in that one alone.
 * To raise it is to end all of them at once, with the forms that they opened.
 */
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import type { Change, Condition, Item, Key } from "../ports.ts";
import type { ApprovalRecord } from "./approval.ts";

/** Who raised the epoch to this one, and why. */
export interface LinkEpoch {
  readonly epoch: number;
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  /** Tells one command from the next, so that one that is sent twice counts once. */
  readonly request: string;
}

export const asLinkEpoch = (found: Item) => found as unknown as LinkEpoch & Key;

/** The epoch by its item; the first one, 0, has none, since nobody raised anything. */
export const epochIn = (found: Item | undefined): number => (found === undefined ? 0 : Number(found.epoch));

const stillIn = (epoch: number): Condition => (epoch === 0 ? "absent" : { epoch });

/** Holds as long as nobody raised the epoch. */
export const whileInEpoch = (epoch: number): Change => ({ check: keys.linkEpoch(), if: stillIn(epoch) });

/** What a record becomes once its links are of an earlier epoch than this one; nothing where they are not. */
export function renewalChange(
  { linkEpoch }: Pick<ApprovalRecord, "linkEpoch">,
  epoch: number | undefined,
  now: number,
): Partial<ApprovalRecord> {
  return epoch === undefined || epoch === linkEpoch ? {} : { linkEpoch: epoch, renewingSince: now, news: true };
}

/** The change to the next epoch, unless somebody else was faster; each stays on record. */
export function raiseChanges(next: LinkEpoch): Change[] {
  return [
    { put: item(keys.linkEpoch(), next), if: stillIn(next.epoch - 1) },
    { put: item(keys.raisedLinkEpoch(next.epoch), next), if: "absent" },
  ];
}
