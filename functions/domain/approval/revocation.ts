/** Revocations in the ledger: one item a person, which says how things stand with them and why, and a count of all changes. */
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { personOf } from "../people.ts";
import type { Change, Item } from "../ports.ts";
import type { Revocation } from "./in-force.ts";

/** The last word about a person. */
export interface RevocationRecord extends Revocation {
  readonly state: "revoked" | "reinstated";
}

/** Everything that was said about people, and how often anything was. */
export interface Revocations {
  readonly records: readonly RevocationRecord[];
  /** Grows with every word about anybody; each is written under the condition that nobody said another meanwhile. */
  readonly revision: number;
}

/** From all items of the partition. */
export function asRevocations(found: readonly Item[]): Revocations {
  const counted = found.find(({ sk }) => sk === keys.revocations().sk);
  const records = found.filter((one) => one !== counted) as unknown as readonly RevocationRecord[];
  return { records, revision: counted === undefined ? 0 : Number(counted.revision) };
}

export const revokedIn = ({ records }: Revocations): RevocationRecord[] =>
  records.filter(({ state }) => state === "revoked");

export function wordAbout({ records }: Revocations, address: string): RevocationRecord | null {
  const person = personOf(address);
  return records.find((one) => personOf(one.address) === person) ?? null;
}

const asRead = (revision: number) => (revision === 0 ? "absent" : { revision });

/** Holds as long as nobody was revoked or reinstated since. */
export const whileNobodyRevoked = ({ revision }: Revocations): Change => ({
  check: keys.revocations(),
  if: asRead(revision),
});

/** The changes that keep a word about a person. */
export function wordChanges(word: RevocationRecord, { revision }: Revocations): Change[] {
  return [
    { put: item(keys.revocations(), { revision: revision + 1 }), if: asRead(revision) },
    { put: item(keys.revoked(personOf(word.address)), word) },
  ];
}
