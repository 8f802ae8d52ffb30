/** Small words about any text or value that people or other programs wrote. */

/** Control characters and line breaks folded to single spaces: what somebody typed cannot forge a line of a mail. */
export function oneLine(text: string, longest = 300): string {
  const line = text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}

/** A whole number with its thousands set apart, "3,400", the same on every machine whatever its locale. */
export function thousands(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** The fields of a value of unknown shape; none where it is no object. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
