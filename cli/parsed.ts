import type * as z from "zod";
import { renderProblems } from "../functions/domain/documents/problems.ts";
import { problemsOf } from "../functions/domain/documents/schema-problems.ts";
import { readJson } from "./read-json.ts";

/** A kind of document that the command reads. */
export interface Kind<S extends z.ZodType> {
  /** With which the paths of its problems begin. */
  readonly name: string;
  readonly schema: S;
  /** Where to look for how it is done. */
  readonly example: string;
}

/** A JSON file of this kind; null after saying, line by line, everything that keeps it from being one. */
export async function parsed<S extends z.ZodType>(
  file: string,
  kind: Kind<S>,
  say: (line: string) => void,
): Promise<z.output<S> | null> {
  const read = await readJson(file);
  if (read.ok) return shaped(file, read.value, kind, say);
  for (const line of read.lines) say(line);
  return null;
}

/** The same for what was read of the file already. */
export function shaped<S extends z.ZodType>(
  file: string,
  value: unknown,
  kind: Kind<S>,
  say: (line: string) => void,
): z.output<S> | null {
  const result = kind.schema.safeParse(value);
  if (result.success) return result.data;
  say(`${file}, read as ${/^[aeio]/.test(kind.name) ? "an" : "a"} ${kind.name}`);
  for (const line of renderProblems(problemsOf({ ...kind, input: value }, result.error))) say(line);
  return null;
}
