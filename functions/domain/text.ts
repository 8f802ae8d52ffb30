/** Small words about any text or value that people or other programs wrote. */

/**
 * What shows nothing and changes how everything around it is read: controls, which a terminal obeys; marks that turn the
 * direction of text (UAX 9), old format switches and annotations; separators at which only some programs break a line;
 * half characters, and code points that are none. UTS 39 and UTR 36 say what each can pass itself off as.
 */
const DECEPTIVE = String.raw`\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Noncharacter_Code_Point}\u206A-\u206F\uFFF9-\uFFFB`;

/** Marks that one letter carries in any script that people write; more of them climb over the lines around it. */
const STACKED = String.raw`(?<=\p{M}{8})\p{M}`;

const DECEIVING = new RegExp(`[${DECEPTIVE}]|${STACKED}`, "gu");
/** Also what has a place in some texts, joins emoji or letters, and none in a name or an address: all that cannot be seen. */
const UNSEEN = new RegExp(String.raw`[${DECEPTIVE}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}`, "gu");
/** Everything that some program takes for the end of a line, and what looks like a blank. */
const BLANKS = /[\s\p{Cc}\u115F\u1160\u17B4\u17B5\u2800\u3164\uFFA0]+/gu;

/** `U+202E` for the first character of a text. */
const codePoint = (found: string): string =>
  `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

const bracketed = (found: string): string => `[${codePoint(found)}]`;

/** A text as it may be shown anywhere, its lines and tabs kept: what would deceive stands as `[U+202E]`. */
export function inPlainText(text: string): string {
  return text
    .replace(/\r\n/g, "\n")
    .replace(DECEIVING, (found) => (found === "\n" || found === "\t" ? found : bracketed(found)));
}

/** A value with every text in it, keys too, as it may be shown anywhere. */
export function allInPlainText<T>(value: T): T;
export function allInPlainText(value: unknown): unknown {
  if (typeof value === "string") return inPlainText(value);
  if (Array.isArray(value)) return value.map((one: unknown) => allInPlainText(one));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [inPlainText(key), allInPlainText(inner)]));
}

/** One line, whatever was in it: blanks and controls folded to single spaces, what would deceive as `[U+202E]`. */
export function oneLine(text: string, longest = 300): string {
  const line = inPlainText(text.replace(BLANKS, " ").trim());
  return line.length <= longest ? line : `${line.slice(0, longest - 1).replace(/\p{Cs}$/u, "")}…`;
}

/** JSON that may be shown anywhere: the same value, what would deceive in it as `\u202e`. `replacer` as in JSON.stringify. */
export function plainJson(value: unknown, replacer?: (key: string, value: unknown) => unknown): string {
  return JSON.stringify(value, replacer).replace(DECEIVING, (found) =>
    Array.from(
      { length: found.length },
      (_, index) => `\\u${found.charCodeAt(index).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}

/** A text with everything in it that cannot be seen spelled out: what a person compares with what was meant. */
export function spelledOut(text: string): string {
  return text.replace(UNSEEN, bracketed);
}

/** Names (`U+202E`) of what would deceive in a text, each once; in a text of several lines, line feeds and tabs do not. */
export function deceivingIn(text: string, lines: "one line" | "several lines"): string[] {
  const found = new Set(text.match(DECEIVING) ?? []);
  if (lines === "several lines") for (const layout of ["\n", "\t"]) found.delete(layout);
  return [...found].map(codePoint);
}

/** Names (`U+200B`) of all that cannot be seen in a text, each once; a space is seen. */
export function unseenIn(text: string): string[] {
  return [...new Set(text.match(UNSEEN) ?? [])].map(codePoint);
}

/** Whether a text holds nothing that a person would see. */
export function isBlank(text: string): boolean {
  return text.replace(UNSEEN, "").trim() === "";
}

/** A whole number with its thousands set apart, "3,400", the same on every machine whatever its locale. */
export function thousands(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** The fields of a value of unknown shape; none where it is no object. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
