/** What a candidate answered, held against what its probe expects. */
import { isDeepStrictEqual } from "node:util";
import type { Probe } from "../../domain/plan.ts";

export interface Finding {
  readonly ok: boolean;
  readonly found: string;
}

/** Longest piece of an answer that is shown to people and kept in records, in characters. */
const LONGEST_FOUND = 300;

/** Whether the answer has the expected values at their paths; what was found instead. */
export function compared(text: string, expect: Probe["expect"]): Finding {
  const body = parsed(text);
  const wrong = Object.entries(expect).find(([path, wanted]) => !isDeepStrictEqual(valueAt(body, path), wanted));
  if (wrong === undefined) return { ok: true, found: shorten(text) };
  const [path, wanted] = wrong;
  return {
    ok: false,
    found: shorten(`${path} is ${JSON.stringify(valueAt(body, path))}, not ${JSON.stringify(wanted)}`),
  };
}

/** The answer as JSON; as text where it is none, in which no path is found. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The value at a dotted path such as `body.items.0.price`; undefined where the path leads nowhere. */
export function valueAt(root: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    return Reflect.get(value, key);
  }, root);
}

export function shorten(text: string): string {
  return text.length <= LONGEST_FOUND ? text : `${text.slice(0, LONGEST_FOUND - 1)}…`;
}
