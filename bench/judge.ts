/**
 * Compares the sequential judge with the ways canaries are judged elsewhere, on simulated rollouts of 10/25/50 %.
 *
 *     node bench/judge.ts [--repetitions N] [--seed N]
 *
 * Everything is drawn from the seed: the same arguments print the same figures. Ends with status 1 if a goal is missed.
 */
import { parseArgs } from "node:util";
import { experiments } from "./judge/cells.ts";
import { goals, measureWorst } from "./judge/goals.ts";
import { measureCell } from "./judge/measure.ts";
import { wholeNumber } from "./judge/options.ts";
import { report } from "./judge/report.ts";
import { type Result, table } from "./judge/results.ts";

const { values } = parseArgs({
  options: { repetitions: { type: "string", default: "200" }, seed: { type: "string", default: "1" } },
});
const repetitions = wholeNumber("--repetitions", values.repetitions);
const seed = wholeNumber("--seed", values.seed);

/** The worst cells are drawn anew this many times as often: 4,000 rollouts each with the usual 200 repetitions. */
const WORST_SHARE = 20;

const planned = experiments();
const started = performance.now();
const results = planned.map(({ cell, effect, share }, i): Result => {
  progress(i, planned.length);
  return { ...measureCell(cell, repetitions * share, seed), effect };
});
progress(planned.length, planned.length);
const worst = measureWorst(results, repetitions * WORST_SHARE, seed);
const checked = goals(results, worst);
const rows = checked.map(({ says, met, figure }) => [met ? "met" : "NOT MET", says, figure]);
process.stdout.write(`# Judges compared: seed ${seed}, ${repetitions} repetitions a cell

${report(results)}

## Goals

${table(rows)}
`);
if (!checked.every(({ met }) => met)) process.exitCode = 1;

function progress(done: number, all: number): void {
  if (done % 20 !== 0 && done !== all) return;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  process.stderr.write(`${done} of ${all} cells, ${seconds} s\n`);
}
