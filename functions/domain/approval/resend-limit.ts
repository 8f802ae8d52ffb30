/** How often a seat's link is sent again: SNS suspends an address that gets too many mails, and people a habit of reading. */
import { item } from "../ledger/items.ts";
import type { Change, Item, Key } from "../ports.ts";
import { utc } from "./words.ts";

/** What was sent again to a seat's person: how often on the newest day (UTC) of it, and in which minute last. */
export interface Resent {
  readonly day: number;
  readonly count: number;
  readonly minute: number;
  /** Whether the last one went out; one that did not is tried again without being counted. */
  readonly sent: boolean;
}

export const asResent = (found: Item | undefined) => found as unknown as Resent | undefined;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
export const MOST_A_DAY = 10;

/** The count with one more at `now` (epoch ms); or why there is none now, and when the next one is. */
export function oneMore(before: Resent | undefined, now: number): Resent | string {
  const day = Math.floor(now / DAY_MS);
  const minute = Math.floor(now / MINUTE_MS);
  if (before?.minute === minute) {
    return before.sent ? `sent again less than a minute ago; next at ${utc((minute + 1) * MINUTE_MS)}` : before;
  }
  const count = before?.day === day ? before.count : 0;
  if (count >= MOST_A_DAY) return `sent again ${count} times today; next at ${utc((day + 1) * DAY_MS)}`;
  return { day, count: count + 1, minute, sent: false };
}

/** Keeps the count under the condition that nobody else has counted since `before` was read. */
export function countChange(key: Key, before: Resent | undefined, after: Resent): Change {
  return {
    put: item(key, after),
    if: before === undefined ? "absent" : { day: before.day, count: before.count, minute: before.minute },
  };
}
