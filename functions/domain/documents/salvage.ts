import type * as z from "zod";
import { type Path, type Report, valueAt } from "./problems.ts";
import { issuePlaces, reportIssues, schemasAt } from "./schema-problems.ts";

/**
 * A document with a bad duration or a misspelt key can still be checked for everything else, so that a person reads all
 * problems at once. What is broken is replaced by the schema's own example, or left out where there is none; problems at
 * those places are then not reported twice.
 */
export interface Reading<T> {
  /** Null where too little is left to go on with. */
  readonly value: T | null;
  /** Places that were repaired. */
  readonly broken: readonly Path[];
}

/** Leaving a value out can make its parent incomplete, and that one's parent: nothing is nested more deeply than this. */
const ROUNDS = 8;

/** Parses one document, reports all that is wrong with its form, and goes on with what can be saved. */
export function readDocument<T>(report: Report, name: string, schema: z.ZodType<T>, input: unknown): Reading<T> {
  const first = schema.safeParse(input);
  if (first.success) return { value: first.data, broken: [] };
  const broken = reportIssues(report, { name, schema, input }, first.error);
  const copy: unknown = structuredClone(input);
  for (let round = 0; round < ROUNDS; round += 1) {
    const again = schema.safeParse(copy);
    if (again.success) return { value: again.data, broken };
    for (const place of issuePlaces(again.error)) broken.push([name, ...repair(schema, copy, place)]);
  }
  return { value: null, broken };
}

/** Puts an example at a place or leaves it out, climbing to the parent where neither helps; returns what was touched. */
function repair(schema: z.ZodType, document: unknown, path: Path): Path {
  const key = path.at(-1);
  const parent = valueAt(document, path.slice(0, -1));
  if (key === undefined || typeof parent !== "object" || parent === null) return path;
  const example = exampleFor(schema, path, document);
  if (example !== undefined && !isThereAlready(parent, key, example)) Reflect.set(parent, key, example);
  else if (Array.isArray(parent) || !Object.hasOwn(parent, key)) return repair(schema, document, path.slice(0, -1));
  else Reflect.deleteProperty(parent, key);
  return path;
}

/** An example that did not help (the key above it is wrong, say) must give way, or no round would get further. */
function isThereAlready(parent: object, key: string | number, example: unknown): boolean {
  return JSON.stringify(Reflect.get(parent, key)) === JSON.stringify(example);
}

function exampleFor(schema: z.ZodType, path: Path, document: unknown): unknown {
  const visited = schemasAt(schema, path, document);
  const example = visited.length === path.length + 1 ? visited.at(-1)?.example : undefined;
  return structuredClone(example);
}
