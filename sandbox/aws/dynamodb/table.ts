import { AwsError, validation } from "../errors.ts";
import { type AttributeValue, compare, equal, type Item, itemSize, normalisedItem, typeOf } from "./values.ts";

/** A key: a partition attribute and perhaps a sort attribute. */
export interface KeySchema {
  readonly partition: string;
  readonly sort?: string;
}

/** A table to create. Indexes are global secondary ones that project everything. */
export interface TableDefinition {
  readonly name: string;
  readonly key: KeySchema;
  readonly indexes?: Readonly<Record<string, KeySchema>>;
}

interface Stored {
  readonly item: Item | undefined;
  readonly writtenAt: number;
  readonly before: Item | undefined;
}

/** 400 KB, attribute names included: more is refused [DynamoDB developer guide, limits]. */
const LARGEST_ITEM = 400 * 1024;

const keyNames = ({ partition, sort }: KeySchema): string[] => (sort === undefined ? [partition] : [partition, sort]);

const keyText = (value: AttributeValue): string => {
  const text = "S" in value ? value.S : "N" in value ? value.N : "B" in value ? value.B : undefined;
  if (text === undefined) throw validation("One or more parameter values were invalid: Type mismatch for key");
  if (text === "") throw validation("One or more parameter values are not valid: a key attribute is an empty string");
  return `${typeOf(value)}:${text}`;
};

/** The items of one table, with the write before the latest kept for reads that may be stale. */
export class Table {
  readonly definition: TableDefinition;
  readonly keyNames: readonly string[];
  /** Told of every item that is put, and when (epoch ms). */
  readonly listeners: ((item: Item, at: number) => void)[] = [];
  readonly #items = new Map<string, Stored>();
  /** Item identities by partition key, in the order of the sort key, so that a query neither searches nor sorts. */
  readonly #partitions = new Map<string, string[]>();
  /** An item with each identity's key; it stays when the item goes, as the identity keeps its place for stale reads. */
  readonly #sortKeys = new Map<string, Item>();

  constructor(definition: TableDefinition) {
    this.definition = definition;
    this.keyNames = keyNames(definition.key);
  }

  /** The attributes of the table's and its indexes' keys. */
  get keyAttributes(): string[] {
    return [...this.keyNames, ...Object.values(this.definition.indexes ?? {}).flatMap(keyNames)];
  }

  /** The identity of an item; throws ValidationException for a missing or mistyped key attribute. */
  idOf(item: Item): string {
    const texts = this.keyNames.map((name) => {
      const value = item[name];
      if (value === undefined) {
        throw validation(`One or more parameter values were invalid: Missing the key ${name} in the item`);
      }
      return keyText(value);
    });
    return JSON.stringify(texts);
  }

  /** The identity that a Key argument names: exactly the key attributes. */
  idOfKey(key: Item): string {
    if (Object.keys(key).length !== this.keyNames.length || !this.keyNames.every((name) => name in key)) {
      throw validation("The provided key element does not match the schema");
    }
    return this.idOf(normalisedItem(key));
  }

  get(id: string): Item | undefined {
    return this.#items.get(id)?.item;
  }

  /** What a read without ConsistentRead may still see: the item as it was before a write later than `since`. */
  getStale(id: string, since: number): Item | undefined {
    const stored = this.#items.get(id);
    return stored !== undefined && stored.writtenAt > since ? stored.before : stored?.item;
  }

  /** Puts the item, or deletes it where undefined. `at` is epoch ms. Throws ValidationException over 400 KB. */
  write(id: string, item: Item | undefined, at: number): void {
    if (item !== undefined) this.check(item);
    this.#items.set(id, { item, writtenAt: at, before: this.get(id) });
    if (item === undefined) return;
    for (const listener of this.listeners) listener(item, at);
    this.#sortKeys.set(id, item);
    const partition = keyText(item[this.definition.key.partition] ?? { NULL: true });
    const ids = this.#partitions.get(partition) ?? [];
    this.#partitions.set(partition, ids);
    const place = this.#placeOf(ids, item);
    if (ids[place] !== id) ids.splice(place, 0, id);
  }

  /** Where an item of this sort key stands, or would, among a partition's identities. */
  #placeOf(ids: readonly string[], item: Item): number {
    let [low, high] = [0, ids.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = this.#sortKeys.get(ids[middle] ?? "");
      if (there !== undefined && orderBy(this.keyNames, there, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** They stand side by side, and the first of them is where the beginning itself would be. */
  #beginningWith(ids: readonly string[], value: AttributeValue, beginning: string): string[] {
    const { partition, sort = "" } = this.definition.key;
    const first = this.#placeOf(ids, { [partition]: value, [sort]: { S: beginning } });
    const begins = (id: string) => {
      const key = this.#sortKeys.get(id)?.[sort];
      return key !== undefined && "S" in key && key.S.startsWith(beginning);
    };
    let end = first;
    while (end < ids.length && begins(ids[end] ?? "")) end += 1;
    return ids.slice(first, end);
  }

  /** Throws ValidationException for an item that could not be written. */
  check(item: Item): void {
    if (itemSize(item) > LARGEST_ITEM) throw validation("Item size has exceeded the maximum allowed size");
  }

  /** The key of the table or of an index; throws ValidationException for an unknown index. */
  schema(index: string | undefined): KeySchema {
    if (index === undefined) return this.definition.key;
    const found = this.definition.indexes?.[index];
    if (found === undefined) throw validation(`The table does not have the specified index: ${index}`);
    return found;
  }

  /**
   * The items of one partition of the table or an index, in the order of its sort key; table keys break ties. With
   * `since` (epoch ms), as a read that may be stale sees them: without the writes later than that. Of the table itself with
   * `beginning`: at least those whose sort key begins so, found without a look at the others.
   */
  partition(schema: KeySchema, value: AttributeValue, since?: number, beginning?: string): Item[] {
    if (schema === this.definition.key) {
      const ids = this.#partitions.get(keyText(value)) ?? [];
      return this.#present(beginning === undefined ? ids : this.#beginningWith(ids, value, beginning), since);
    }
    const names = [...keyNames(schema), ...this.keyNames];
    return this.#present(this.#items.keys(), since)
      .filter((item) => names.every((name) => name in item) && equal(item[schema.partition] ?? { NULL: true }, value))
      .sort((left, right) => orderBy(names, left, right));
  }

  /** All items in the order of the table's key. */
  all(): Item[] {
    return this.#present(this.#items.keys()).sort((left, right) => orderBy(this.keyNames, left, right));
  }

  #present(ids: Iterable<string>, since?: number): Item[] {
    return [...ids]
      .map((id) => (since === undefined ? this.get(id) : this.getStale(id, since)))
      .filter((item) => item !== undefined);
  }
}

/** The order of two items by these attributes in turn. */
export const orderBy = (names: readonly string[], left: Item, right: Item): number => {
  for (const name of names) {
    const [a, b] = [left[name], right[name]];
    const order = a === undefined || b === undefined ? 0 : (compare(a, b) ?? 0);
    if (order !== 0) return order;
  }
  return 0;
};

/** The error for a table that is not there. */
export const tableNotFound = (): AwsError => new AwsError("ResourceNotFoundException", "Requested resource not found");
