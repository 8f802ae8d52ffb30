/**
 * The open benchmark: ways to judge a canary, and any judge that is given as a command, over the same simulated rollouts.
 *
 *     node bench/judges.ts [--command "python3 my.py"]... [--repetitions N] [--seed N] [--timeout SECONDS] [--picture FILE]
 *
 * The protocol, the scenarios and an example are in docs/judge-benchmark.md. The same arguments print the same figures.
 * Ends with status 1 if a command failed; the others are measured all the same.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { openExperiments } from "./judge/cells.ts";
import { JudgeFailed } from "./judge/command.ts";
import { judgeByCommand, judgeOurselves } from "./judge/judge-scenarios.ts";
import { OURS, WITH_WARM_UP } from "./judge/methods.ts";
import { wholeNumber } from "./judge/options.ts";
import { pictureOf } from "./judge/picture.ts";
import { standingsTable } from "./judge/standings.ts";

const { values } = parseArgs({
  options: {
    command: { type: "string", multiple: true, default: [] },
    repetitions: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    timeout: { type: "string", default: "10" },
    picture: { type: "string" },
  },
});
const repetitions = wholeNumber("--repetitions", values.repetitions);
const seed = wholeNumber("--seed", values.seed);
const timeoutMs = wholeNumber("--timeout", values.timeout) * 1000;
const run = { experiments: openExperiments(), repetitions, seed };

const standings = judgeOurselves(run);
const failures: string[] = [];
for (const command of values.command) {
  try {
    standings.push(await judgeByCommand(command, run, timeoutMs));
  } catch (error) {
    if (!(error instanceof JudgeFailed)) throw error;
    failures.push(`${command}: ${error.message}`);
  }
}

const how = `seed ${seed}, ${repetitions} rollouts a scenario, ${repetitions * 5} where the candidate is good`;
process.stdout.write(`# Judges of a canary: ${how}\n\n${standingsTable(standings)}\n`);
if (values.picture !== undefined) writeFileSync(values.picture, pictureOf(standings, [OURS, WITH_WARM_UP], how));
for (const failure of failures) process.stderr.write(`not measured: ${failure}\n`);
if (failures.length > 0) process.exitCode = 1;
