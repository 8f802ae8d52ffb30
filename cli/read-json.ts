import { readFile } from "node:fs/promises";

export type JsonFile =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly lines: readonly string[] };

const HINTS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file; check the path",
  EACCES: "you may not read it; check its permissions",
  EISDIR: "it is a directory; name a file in it",
};

/** Reads a JSON file; what keeps it from being read comes back as lines with file, line, column and a hint. */
export async function readJson(file: string): Promise<JsonFile> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    return { ok: false, lines: [`${file}`, `    cannot be read`, `    hint: ${readHint(error)}`] };
  }
  return parseJson(file, text.replace(/^\uFEFF/, ""));
}

function readHint(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return HINTS[code] ?? String(error);
}

function parseJson(file: string, text: string): JsonFile {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const { line, column } = placeIn(text);
    const found = text.split("\n")[line - 1]?.trim() ?? "";
    return {
      ok: false,
      lines: [
        `${file}:${line}:${column} = ${JSON.stringify(found.slice(0, 80))}`,
        `    is not JSON: ${message.replace(/( in JSON)? at position .*|, \.{0,3}".* is not valid JSON$/s, "")}`,
        "    hint: JSON wants double quotes, no comments and no comma after the last member",
      ],
    };
  }
}

/** Line and column, from 1, of the first character that no JSON text could have there; the end of a text cut short. */
function placeIn(text: string): { readonly line: number; readonly column: number } {
  const before = text.slice(0, goodPrefix(text)).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** V8 names the position of some errors only; a prefix stays good until it holds the bad character, so halving finds it. */
function goodPrefix(text: string): number {
  let [good, bad] = [0, text.length + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isGoodPrefix(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

/** JSON, or wrong only in that it ends. */
function isGoodPrefix(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const message = String(error);
    return /Unexpected end|Unterminated string/.test(message) || message.includes(`at position ${text.length} `);
  }
}
