/** What a run of the matrix came to, in words. */
import { grouped } from "./observe.ts";
import type { Verdict } from "./verdict.ts";

/** One row for each fault: how many cases, how they ended, and how long traffic took to be safe at worst. */
export function renderTable(verdicts: readonly Verdict[]): string {
  const head = ["fault", "cases", "broken", "outcomes", "median safe", "worst safe", "worst case"];
  const rows = grouped(verdicts, ({ fault }) => fault).map(rowOf);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

function rowOf(verdicts: readonly Verdict[]): string[] {
  const broken = verdicts.filter(({ violations }) => violations.length > 0).length;
  const timed = verdicts
    .filter(({ timeToSafeMs }) => timeToSafeMs !== null)
    .toSorted((one, other) => (one.timeToSafeMs ?? 0) - (other.timeToSafeMs ?? 0));
  const worst = timed.at(-1);
  return [
    verdicts[0]?.fault ?? "",
    String(verdicts.length),
    broken === 0 ? "" : String(broken),
    outcomesOf(verdicts),
    inSeconds(timed[Math.floor(timed.length / 2)]?.timeToSafeMs ?? null),
    inSeconds(worst?.timeToSafeMs ?? null),
    worst?.id ?? "",
  ];
}

function outcomesOf(verdicts: readonly Verdict[]): string {
  const groups = grouped(
    verdicts.flatMap(({ outcomes }) => outcomes),
    (outcome) => outcome,
  );
  return groups
    .toSorted((one, other) => other.length - one.length)
    .map((group) => `${group.length} ${group[0]}`)
    .join(", ");
}

const inSeconds = (ms: number | null) => (ms === null ? "" : `${(ms / 1_000).toFixed(1)} s`);

/** Every broken case with what is wrong with it, and the command that plays it again. */
export function renderViolations(broken: readonly Verdict[]): string {
  return broken
    .flatMap(({ id, violations }) => [
      "",
      `node infra/local/faults/main.ts --only '${id}'`,
      ...violations.map((violation) => `  ${violation}`),
    ])
    .join("\n");
}
