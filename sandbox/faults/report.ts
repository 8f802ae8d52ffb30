/** What a run of the matrix came to, in words. */
import { grouped } from "./observe.ts";
import type { Verdict } from "./verdict.ts";

/** Columns of outcomes, in two lines each, so that all of it fits on 120 columns. */
const OUTCOMES: readonly (readonly [string, string, string])[] = [
  ["promoted", "pro-", "moted"],
  ["rolled-back", "rolled", "back"],
  ["aborted", "abor-", "ted"],
  ["cancelled", "can-", "celled"],
  ["blocked", "bloc-", "ked"],
  ["errored", "er-", "rored"],
  ["rollback-failed", "not", "back"],
  ["none", "never", "opened"],
];
const NAMED = new Set(OUTCOMES.map(([outcome]) => outcome));

/** Kinds of faults by the outcomes of their promotions, with the longest time until traffic was safe. */
export function renderTable(verdicts: readonly Verdict[]): string {
  const rows = grouped(verdicts, ({ fault }) => fault).map((group) => rowOf(group[0]?.fault ?? "", group));
  const total = rowOf("all", verdicts);
  const heads = [
    ["", "", "bro-", ...OUTCOMES.map(([, line]) => line), "", "", "worst"],
    ["fault", "cases", "ken", ...OUTCOMES.map(([, , line]) => line), "other", "paged", "safe"],
  ];
  const widths = total.map((_, column) =>
    Math.max(...[...heads, ...rows, total].map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [...heads.map(line), rule, ...rows.map(line), rule, line(total)].join("\n");
}

function rowOf(name: string, verdicts: readonly Verdict[]): string[] {
  const outcomes = verdicts.flatMap((verdict) => verdict.outcomes);
  const count = (is: (outcome: string) => boolean) => inDigits(outcomes.filter(is).length);
  return [
    name,
    String(verdicts.length),
    inDigits(verdicts.filter(({ violations }) => violations.length > 0).length),
    ...OUTCOMES.map(([outcome]) => count((one) => one === outcome)),
    count((one) => !NAMED.has(one)),
    inDigits(verdicts.filter(({ paged }) => paged).length),
    inSeconds(Math.max(...verdicts.map(({ timeToSafeMs }) => timeToSafeMs ?? -1))),
  ];
}

const inDigits = (count: number) => (count === 0 ? "" : String(count));
const inSeconds = (ms: number) => (ms < 0 ? "" : `${Math.round(ms / 1_000)} s`);

/** The cases that took longest to be safe, each with its id. */
export function renderSlowest(verdicts: readonly Verdict[], count: number): string {
  const timed = verdicts.filter(({ timeToSafeMs }) => timeToSafeMs !== null);
  const slowest = timed.toSorted((one, other) => (other.timeToSafeMs ?? 0) - (one.timeToSafeMs ?? 0)).slice(0, count);
  return slowest.map(({ id, timeToSafeMs }) => `${inSeconds(timeToSafeMs ?? 0).padStart(8)}  ${id}`).join("\n");
}

/** Every broken case with what is wrong with it, and the command that plays it again. */
export function renderViolations(broken: readonly Verdict[]): string {
  return broken
    .flatMap(({ id, violations }) => [
      "",
      `npm run faults -- --only '${id}'`,
      ...violations.map((violation) => `  ${violation}`),
    ])
    .join("\n");
}
