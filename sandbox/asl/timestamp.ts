const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/u;

/** Epoch milliseconds of a timestamp in the States Language's profile of RFC 3339 (capital T and Z); else undefined. */
export function parseTimestamp(text: unknown): number | undefined {
  if (typeof text !== "string" || !RFC_3339.test(text)) return undefined;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}
