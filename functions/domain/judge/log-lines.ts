/**
 * Errors in the candidate's logs that the baseline's do not have.
 *
 * A line is known by its fingerprint: what is left of it without numbers, ids, times and quoted texts. One is new when the
 * baseline's logs of the day before the first shift do not have it, nor its logs of the same minutes since; and when the candidate
 * has had it so often that chance does not explain it. Were it as frequent in both arms, each occurrence would be the
 * candidate's with its share w of the requests, so that k of them, and none of the baseline's, have a chance of w^k at any
 * look. Of F fingerprints one is told at w^k <= 1/(10,000 F): four at 10 % if it is the only one, fourteen at 50 %. At
 * 100 % nothing runs beside the candidate, and no occurrence says anything.
 */
import { thousands } from "../text.ts";

/** The chance that anything is told as new that is as frequent in both arms. */
export const NEW_ERRORS_ALPHA = 1e-4;

/** As small JSON; a search is of one log group, both arms in one. */
export interface LogProgress {
  /** The search of the day before, once it was begun; what it found, once it has. */
  readonly before: string | null;
  readonly known: readonly string[] | null;
  /** The search that is under way. */
  readonly search: Search | null;
  /** From when on (epoch ms) nothing was searched yet. */
  readonly next: number;
  /** Searches of both arms that have been read. */
  readonly searches: number;
  readonly seen: readonly Seen[];
  /** Why the logs could not be searched at the last look; null: they could. */
  readonly trouble: string | null;
}

export interface Search {
  readonly id: string;
  readonly to: number;
  /** Percent on the candidate while it lasted. */
  readonly weight: number;
}

export interface Seen {
  readonly fingerprint: string;
  readonly candidate: number;
  readonly baseline: number;
  /** ln of the odds against so many of the candidate's by chance. */
  readonly logOdds: number;
}

/** A line as it was found, with the version that wrote it; null: none is known. */
export interface Line {
  readonly version: string | null;
  readonly message: string;
}

export const nothingSearched = (from: number): LogProgress => ({
  before: null,
  known: null,
  search: null,
  next: from,
  searches: 0,
  seen: [],
  trouble: null,
});

/** Fingerprints kept of a target; what comes after them is not told. */
const MOST = 100;

/** What the day before had, whatever version wrote it. */
export const fingerprintsOf = (lines: readonly Line[]): string[] =>
  [...new Set(lines.map(({ message }) => fingerprintOf(message)))].slice(0, MOST);

interface Found {
  readonly lines: readonly Line[];
  /** False: more lines matched than were given, so that the baseline's absence says nothing. */
  readonly complete: boolean;
}

/** After a search of both arms. */
export function withLines(
  before: LogProgress,
  search: Search,
  arms: { readonly candidate: string | null; readonly baseline: string },
  { lines, complete }: Found,
): LogProgress {
  const seen = new Map(before.seen.map((one) => [one.fingerprint, one]));
  for (const { version, message } of lines) {
    const fingerprint = fingerprintOf(message);
    const known = seen.get(fingerprint) ?? { fingerprint, candidate: 0, baseline: 0, logOdds: 0 };
    if (!seen.has(fingerprint) && seen.size >= MOST) continue;
    const own = version !== null && version === arms.candidate;
    const odds = own && complete ? -Math.log(Math.min(100, search.weight) / 100) : 0;
    seen.set(fingerprint, {
      fingerprint,
      candidate: known.candidate + (own ? 1 : 0),
      baseline: known.baseline + (version === arms.baseline ? 1 : 0),
      logOdds: known.logOdds + odds,
    });
  }
  return { ...before, search: null, next: search.to, searches: before.searches + 1, seen: [...seen.values()] };
}

/** Those that are new, the most frequent first; empty before the day before was searched. */
export function newErrors({ known, seen }: LogProgress): Seen[] {
  if (known === null) return [];
  const own = seen.filter(({ candidate }) => candidate > 0);
  const line = Math.log(own.length) - Math.log(NEW_ERRORS_ALPHA);
  return own
    .filter(({ fingerprint, baseline, logOdds }) => baseline === 0 && logOdds >= line && !known.includes(fingerprint))
    .toSorted((one, other) => other.candidate - one.candidate);
}

const LONGEST = 160;

/** Without what differs from one occurrence to the next; of a stack trace its first line, of JSON its error. */
export function fingerprintOf(message: string): string {
  return plain(message)
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, "*")
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z?/g, "*")
    .replace(/(["'`])(?:(?!\1).)*\1/g, "*")
    .replace(/\b(?:0x)?(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, "*")
    .replace(/\d+(?:[.,:]\d+)*/g, "*")
    .replace(/(?:\*[\s,;|/-]*){2,}/g, "* ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, LONGEST);
}

function plain(message: string): string {
  const text = message.trim();
  const own = text.startsWith("{") ? errorIn(text) : null;
  return own ?? text.split("\n")[0] ?? "";
}

/** `TypeError: x is undefined`, of a line of structured logging. */
function errorIn(json: string): string | null {
  try {
    const { errorType, errorMessage, message } = Object(JSON.parse(json)) as Readonly<Record<string, unknown>>;
    const words = [errorType, errorMessage ?? message].filter((one) => typeof one === "string" && one !== "");
    return words.length === 0 ? null : (words.join(": ").split("\n")[0] ?? null);
  } catch {
    return null;
  }
}

/** How many are named in words. */
const NAMED = 3;

/** "3 new errors in the logs: TypeError: Cannot read properties of * (37 times) ...". */
export function newErrorsInWords(found: readonly Seen[]): string {
  const named = found
    .slice(0, NAMED)
    .map(({ fingerprint, candidate }) => `${fingerprint} (${thousands(candidate)} times)`);
  const more = found.length > NAMED ? `; and ${found.length - NAMED} more` : "";
  return `${found.length === 1 ? "a new error" : `${found.length} new errors`} in the logs: ${named.join("; ")}${more}`;
}

export type NewErrors = "warn" | "hold";

/** A finding for each target whose logs are searched, as `assess.ts` tells it. */
export function logFindings(mode: NewErrors | undefined, logs: Readonly<Record<string, LogProgress>> | undefined) {
  if (mode === undefined) return [];
  return Object.entries(logs ?? {}).map(([target, progress]) => {
    const found = newErrors(progress);
    const { verdict, reason } = verdictOf(progress, found);
    return {
      watch: `new-errors@${target}`,
      metric: "new errors in the logs",
      target,
      dryRun: mode === "warn",
      verdict,
      reason,
      unit: "",
      candidate: found.length,
      baseline: null,
      samples: found.reduce((sum, { candidate }) => sum + candidate, 0),
      rules: [],
      logE: null,
      logPass: null,
      doubt: verdict === "pass" ? null : reason,
    };
  });
}

/** What people are warned of: new errors that hold nothing. */
export const warnedOf = (findings: ReturnType<typeof logFindings>): string[] =>
  findings.flatMap(({ watch, dryRun, candidate, reason }) =>
    dryRun && candidate > 0 && reason !== null ? [`${watch}: ${reason}`] : [],
  );

function verdictOf({ known, trouble, search, searches }: LogProgress, found: readonly Seen[]) {
  if (found.length > 0) return { verdict: "inconclusive" as const, reason: newErrorsInWords(found) };
  if (trouble !== null) return { verdict: "error" as const, reason: `the logs could not be searched: ${trouble}` };
  const early = known === null || (search !== null && searches === 0);
  return early
    ? { verdict: "inconclusive" as const, reason: "the logs are not yet searched" }
    : { verdict: "pass" as const, reason: null };
}
