/** Durations as people write them in a policy: `90s`, `15m`, `1h30m`, `2d`. */

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

/** Largest unit first, each at most once, no spaces; published in the JSON Schemas too. */
export const DURATION_PATTERN = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/** A Step Functions execution ends after one year, whatever it waits for. */
export const LONGEST_SECONDS = 365 * 86_400;

export const DURATION_HINT = "write days, hours, minutes, seconds in this order, such as 90s, 15m, 1h30m or 2d";

export type DurationReading =
  | { readonly ok: true; readonly seconds: number }
  | { readonly ok: false; readonly message: string };

/** Reads a duration; the message says what is wrong with the text. */
export function readDuration(text: string): DurationReading {
  const parts = DURATION_PATTERN.exec(text);
  if (parts === null) return { ok: false, message: "is not a duration" };
  const seconds = UNITS.reduce((sum, [, size], index) => sum + Number(parts[index + 1] ?? 0) * size, 0);
  if (seconds > LONGEST_SECONDS) return { ok: false, message: "is longer than a year, the life of an execution" };
  return { ok: true, seconds };
}

/** Seconds in a duration. Throws RangeError with the text and a hint where it is none. */
export function parseDuration(text: string): number {
  const reading = readDuration(text);
  if (reading.ok) return reading.seconds;
  throw new RangeError(`"${text}" ${reading.message}: ${DURATION_HINT}`);
}

/** The shortest text that `parseDuration` reads back to these whole seconds; fractions are rounded away. */
export function formatDuration(seconds: number): string {
  let rest = Math.round(seconds);
  let text = "";
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === "" ? "0s" : text;
}
