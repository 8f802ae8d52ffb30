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
    const { line, column } = placeIn(text, message);
    const found = text.split("\n")[line - 1]?.trim() ?? "";
    return {
      ok: false,
      lines: [
        `${file}:${line}:${column} = ${JSON.stringify(found.slice(0, 80))}`,
        `    is not JSON: ${message.replace(/ in JSON at position.*| is not valid JSON.*/s, "")}`,
        "    hint: JSON wants double quotes, no comments and no comma after the last member",
      ],
    };
  }
}

/** V8 names the position of a wrong character; where the text merely ends too early, that is its end. */
function placeIn(text: string, message: string): { readonly line: number; readonly column: number } {
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? text.length);
  const before = text.slice(0, position).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
