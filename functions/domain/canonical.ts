/**
 * JSON with one spelling per value, for hashing: keys sorted by UTF-16 code unit at every depth, no white space, members
 * that are undefined left out as JSON does. Throws TypeError for what JSON cannot hold (NaN, bigint, functions).
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) return canonicalObject(value);
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`JSON has no number ${value}`);
  const text = typeof value === "bigint" ? undefined : JSON.stringify(value);
  if (text === undefined) throw new TypeError(`JSON has no value of type ${typeof value}`);
  return text;
}

function canonicalObject(value: object): string {
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
