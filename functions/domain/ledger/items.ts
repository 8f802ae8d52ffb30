/**
 * Items, written and read back. They are written by the functions of this package alone, through typed puts: reading one
 * back is a change of view, and the `as...` beside each family's types says so.
 */
import { BrokenRecord } from "../errors.ts";
import type { Item, Key } from "../ports.ts";

/** An item that was read and must be there. Throws `BrokenRecord`. */
export function there(item: Item | undefined, key: Key): Item {
  if (item === undefined) throw new BrokenRecord(`the ledger has no ${key.sk} under ${key.pk}`);
  return item;
}

/** A text of the ledger that is JSON. Throws `BrokenRecord`, with `what` it should be, where it is none. */
export function parsed(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new BrokenRecord(`${what} is not the JSON that was written`, { cause });
  }
}

/** An item of these fields under this key. */
export function item<T extends object>(key: Key, fields: T): Item {
  return { ...(fields as Record<string, unknown>), ...key };
}
