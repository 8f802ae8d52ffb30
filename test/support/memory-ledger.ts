import {
  type Change,
  type Condition,
  Conflict,
  type Item,
  type Key,
  type Ledger,
} from "../../functions/domain/ports.ts";

/** DynamoDB's limits: actions in one transaction, keys in one BatchGetItem. */
const MOST_CHANGES = 100;
const MOST_READ = 100;

const spell = ({ pk, sk }: Key) => `${pk}\u0000${sk}`;
const keyOf = (change: Change): Key =>
  "put" in change ? change.put : "remove" in change ? change.remove : change.check;

/** What DynamoDB keeps of an item: no attribute that is undefined, at any depth, and nothing shared with the caller. */
const stored = (item: Item): Item => JSON.parse(JSON.stringify(item)) as Item;

/**
 * A ledger in memory that keeps the port's promises: all or nothing, every failed condition named, no two changes of one
 * item, at most 100 of them, at most 100 keys in one read. `before` runs ahead of each operation, so that a test can hold one back or let it fail.
 */
export class MemoryLedger implements Ledger {
  readonly #items = new Map<string, Item>();
  before: (operation: string) => Promise<void>;

  constructor(before: (operation: string) => Promise<void> = async () => {}) {
    this.before = before;
  }

  async read(key: Key): Promise<Item | undefined> {
    await this.before(`read ${key.sk}`);
    refuseKey(key);
    const found = this.#items.get(spell(key));
    return found === undefined ? undefined : stored(found);
  }

  async readAll(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    await this.before(`read ${keys.map(({ sk }) => sk).join(" ")}`);
    if (keys.length < 1 || keys.length > MOST_READ) throw new RangeError(`${keys.length} keys in one read`);
    return keys.map((key) => {
      refuseKey(key);
      const found = this.#items.get(spell(key));
      return found === undefined ? undefined : stored(found);
    });
  }

  async list(pk: string, prefix: string): Promise<Item[]> {
    await this.before(`list ${prefix}`);
    refuseKey({ pk, sk: prefix });
    return this.items((item) => item.pk === pk && item.sk.startsWith(prefix));
  }

  async write(changes: readonly Change[]): Promise<void> {
    await this.before(`write ${changes.map((change) => keyOf(change).sk).join(" ")}`);
    refuseWhatDynamoDbRefuses(changes);
    const failed = changes.flatMap((change, index) =>
      holds(this.#items.get(spell(keyOf(change))), change.if) ? [] : [index],
    );
    if (failed.length > 0) throw new Conflict(failed);
    for (const change of changes) {
      if ("put" in change) this.#items.set(spell(change.put), stored(change.put));
      if ("remove" in change) this.#items.delete(spell(change.remove));
    }
  }

  /** Everything that `wanted` accepts, in the order of its keys; for assertions. */
  items(wanted: (item: Item) => boolean = () => true): Item[] {
    return [...this.#items.values()]
      .filter(wanted)
      .sort((a, b) => compare(a.pk, b.pk) || compare(a.sk, b.sk))
      .map(stored);
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function holds(found: Item | undefined, condition: Condition | undefined): boolean {
  if (condition === undefined) return true;
  if (condition === "absent") return found === undefined;
  if (condition === "present") return found !== undefined;
  return Object.entries(condition).every(([name, value]) => (found?.[name] ?? null) === value);
}

/** Longest keys in bytes: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html. */
const LONGEST = { pk: 2_048, sk: 1_024 } as const;

function refuseKey({ pk, sk }: Key): void {
  const tooLong = Buffer.byteLength(pk) > LONGEST.pk || Buffer.byteLength(sk) > LONGEST.sk;
  if (tooLong) throw new RangeError("ValidationException: the key is longer than DynamoDB takes");
}

function refuseWhatDynamoDbRefuses(changes: readonly Change[]): void {
  if (changes.length > MOST_CHANGES) throw new RangeError(`${changes.length} changes in one transaction`);
  if (changes.length === 0) throw new RangeError("no change in a transaction");
  for (const change of changes) refuseKey(keyOf(change));
  const touched = new Set(changes.map((change) => spell(keyOf(change))));
  if (touched.size < changes.length) throw new RangeError("two changes of one item in a transaction");
}
