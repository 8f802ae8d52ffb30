import type { Path, Report } from "./problems.ts";

/** Levels of objects and lists in one value. Documents have about a dozen, payloads and evidence of people some more. */
export const DEEPEST = 100;

/** Steps of a path that is too long to be read, that are shown all the same. */
const SHOWN = 3;

/**
 * Reports a value that is nested deeper than `DEEPEST`. Whoever reads documents does so by recursion, schema and
 * `JSON.stringify` included: 40 KB of brackets would end in a stack that is full instead of an answer. This alone walks level
 * by level, and comes first.
 */
export function refuseDepth(report: Report, at: Path, value: unknown): void {
  let level: { readonly path: Path; readonly value: unknown }[] = [{ path: at, value }];
  for (let depth = 0; level.length > 0; depth++) {
    const [first] = level;
    if (depth > DEEPEST && first !== undefined) {
      const hint = "no document needs that: look for brackets that do not close where they should";
      report.refuseHidden(first.path, `is nested deeper than ${DEEPEST} levels`, hint);
      return;
    }
    level = level.flatMap(({ path, value: inner }) => childrenOf(path, inner, at.length + SHOWN));
  }
}

function childrenOf(path: Path, value: unknown, shown: number) {
  if (typeof value !== "object" || value === null) return [];
  const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
  return [...entries].map(([key, inner]) => ({
    path: path.length < shown ? [...path, key] : path,
    value: inner as unknown,
  }));
}
