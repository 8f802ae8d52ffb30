import { NONE } from "./cells.ts";
import type { CellResult, Score } from "./measure.ts";
import { OURS } from "./methods.ts";
import type { Noise } from "./traffic.ts";

/** What was measured of a cell, and what every report and goal asks of it. */
export type Result = CellResult & { readonly effect: string };

/** Throws when the method was not measured there. */
export function scoreOf(result: CellResult, method: string): Score {
  const score = result.scores.find((candidate) => candidate.method === method);
  if (score === undefined) throw new Error(`no score of ${method}`);
  return score;
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
export const geometric = (values: readonly number[]): number => Math.exp(mean(values.map(Math.log)));
export const percent = (share: number): string => (share * 100).toFixed(share < 0.1 ? 2 : 0);

export const nameOf = ({ cell, effect }: Pick<Result, "cell" | "effect">): string =>
  `${cell.requestsPerMinute} rpm, ${cell.baselineRate * 100} %, ${effect}`;

/** A good candidate in traffic without an incident. */
export const isNull = (result: Result): boolean => result.effect === NONE && result.cell.incident === null;

export const matches = ({ cell }: Result, noise: Noise, bake: number): boolean =>
  cell.noise === noise && cell.bakeMinutes === bake;

/** Peer's median over ours, where both catch at least half. */
export function timeRatio(cells: readonly Result[], peer: string): number {
  const ratios = cells
    .map((cell) => scoreOf(cell, peer).medianMinute / scoreOf(cell, OURS).medianMinute)
    .filter((ratio) => Number.isFinite(ratio) && ratio > 0);
  return geometric(ratios);
}

export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
