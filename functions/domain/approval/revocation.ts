/** Revocations in the ledger: one item a person, which says how things stand with them and why. */
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { personOf } from "../people.ts";
import type { Change, Item } from "../ports.ts";
import type { Revocation } from "./in-force.ts";

/** A person's standing, as the last word about it left it. */
export interface RevocationRecord extends Revocation {
  readonly state: "revoked" | "reinstated";
  /** Grows with every change; each change is conditional on the one that it read. */
  readonly revision: number;
}

export const asRevocation = (found: Item) => found as unknown as RevocationRecord;

/** Those who are revoked, of all about whom anything was ever said. */
export function asRevocations(found: readonly Item[]): Revocation[] {
  return found.map(asRevocation).filter(({ state }) => state === "revoked");
}

/** The change that keeps a word about a person, under the condition that nobody said another since `before` was read. */
export function revocationChange(word: Omit<RevocationRecord, "revision">, before: RevocationRecord | null): Change {
  const key = keys.revoked(personOf(word.address));
  return {
    put: item(key, { ...word, revision: (before?.revision ?? 0) + 1 }),
    if: before === null ? "absent" : { revision: before.revision },
  };
}
