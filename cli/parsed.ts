import * as z from "zod";
import { readJson } from "./read-json.ts";

/** A JSON file of this shape; null after saying, line by line, what keeps it from being one. */
export async function parsed<S extends z.ZodType>(
  file: string,
  schema: S,
  say: (line: string) => void,
): Promise<z.output<S> | null> {
  const read = await readJson(file);
  if (!read.ok) {
    for (const line of read.lines) say(line);
    return null;
  }
  const result = schema.safeParse(read.value);
  if (result.success) return result.data;
  say(`${file}`);
  for (const line of z.prettifyError(result.error).split("\n")) say(`    ${line}`);
  return null;
}
