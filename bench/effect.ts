/**
 * Whether the bounds on a candidate's effect hold at any look, and how wide they are: rollouts of 10/25/50 % for 15 minutes
 * each, looked at every minute.
 *
 *     node bench/effect.ts [--repetitions N] [--seed N] [--only durations]
 *
 * Everything is drawn from the seed. Ends with status 1 when a goal is missed.
 */
import { parseArgs } from "node:util";
import { errorCells, latencyCells } from "./effect/cells.ts";

const { values } = parseArgs({
  options: {
    repetitions: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
  },
});
const repetitions = Number(values.repetitions);
const found = [
  ...(values.only === "durations" ? [] : errorCells(repetitions, values.seed)),
  ...latencyCells(repetitions, values.seed),
];

/** Of rollouts in which the bounds left out the truth at some look. */
const WORST = 0.05;
const NOMINAL = 0.03;

process.stdout.write(`# Bounds on the effect: seed ${values.seed}, ${repetitions} repetitions a cell\n\n`);
process.stdout.write("rollouts whose bounds ever left out the truth; median width after 15 and 45 minutes\n\n");
for (const { cell, missed, early, late, unit } of found) {
  const [first, last] = [early, late].map((width) => (Number.isFinite(width) ? `${width.toPrecision(2)}${unit}` : "-"));
  process.stdout.write(`${cell.padEnd(70)} ${(100 * missed).toFixed(1)} %   ${first} ${last}\n`);
}

const worst = Math.max(...found.map(({ missed }) => missed));
const mean = found.reduce((sum, { missed }) => sum + missed, 0) / found.length;
const goals = [
  mostly(`ever left out in any cell <= ${100 * WORST} % of rollouts`, worst, WORST),
  mostly(`ever left out on average <= ${100 * NOMINAL} %`, mean, NOMINAL),
  ...(values.only === "durations" ? [] : [narrow("errors, independent, 600 a minute, 0.1 %, +1 points", 1.2)]),
  narrow("durations, independent, 600 a minute, x1.2, p50", 0.12),
];
process.stdout.write("\n");
for (const { says, figure, met } of goals) {
  process.stdout.write(`${met ? "met    " : "NOT MET"} ${says}: ${figure}\n`);
  if (!met) process.exitCode = 1;
}

function mostly(says: string, share: number, most: number) {
  return { says, figure: `${(100 * share).toFixed(2)} %`, met: share <= most };
}

function narrow(cell: string, most: number) {
  const width = found.find((one) => one.cell === cell)?.late ?? Number.POSITIVE_INFINITY;
  return { says: `${cell}: width after 45 minutes <= ${most}`, figure: width.toPrecision(2), met: width <= most };
}
