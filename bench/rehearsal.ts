/**
 * How fast time passes in a rehearsal: the BBWS promotion in the healthy world, several times over.
 *
 *     node bench/rehearsal.ts [REPETITIONS]
 *
 * Each repetition has a seed of its own. The first one warms the code up and is left out; what is printed is the median,
 * with the range.
 */
import { readFile } from "node:fs/promises";
import { thousands } from "../functions/domain/text.ts";
import { type Figures, rehearse } from "../sandbox/rehearsal.ts";
import { readScenario } from "../sandbox/world/scenario.ts";

const REPETITIONS = 5;
/** A newcomer waits this long (seconds of wall time) for the first promotion, with nothing warm. */
const GOAL_SECONDS = 5;

const repetitions = Number(process.argv[2] ?? REPETITIONS);
if (!Number.isInteger(repetitions) || repetitions < 1)
  throw new RangeError("the repetitions are a whole number above 0");

const [policy, release, world] = await Promise.all(
  ["infra/policies/bbws.json", "events/bbws-v2025.12.25.1.json", "test/scenarios/healthy.json"].map(json),
);
const scenario = readScenario(world);

interface Run {
  readonly seconds: number;
  /** CPU time, user and system: what the wall time would be on a machine with nothing else to do. */
  readonly cpuSeconds: number;
  readonly figures: Figures;
}

const first = await run(scenario.seed);
const runs: Run[] = [];
for (let seed = 1; seed <= repetitions; seed++) runs.push(await run(seed));

const { figures } = first;
say(
  `one promotion: ${thousands(Math.round(figures.virtualMs / 1_000))} virtual seconds, ${figures.transitions} state transitions, ${thousands(figures.awsCalls)} AWS calls`,
);
say(
  `first run, nothing warm: ${first.seconds.toFixed(2)} s of wall time, ${first.cpuSeconds.toFixed(2)} s of CPU (goal < ${GOAL_SECONDS}: ${first.seconds < GOAL_SECONDS ? "met" : "NOT MET"})`,
);
say(`median of ${repetitions} more (least to most):`);
report("wall seconds", ({ seconds }) => seconds, 2);
report("CPU seconds", ({ cpuSeconds }) => cpuSeconds, 2);
report("virtual seconds per wall second", ({ seconds, figures: { virtualMs } }) => virtualMs / 1_000 / seconds);
report("state transitions per second", ({ seconds, figures: { transitions } }) => transitions / seconds);
report("AWS calls per second", ({ seconds, figures: { awsCalls } }) => awsCalls / seconds);

async function run(seed: number): Promise<Run> {
  const [before, cpuBefore] = [performance.now(), process.cpuUsage()];
  const result = await rehearse({ policy, release, scenario: { ...scenario, seed } });
  const seconds = (performance.now() - before) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  if (!result.ok || result.ended.outcome !== "promoted") throw new Error(`seed ${seed} was not promoted`);
  return { seconds, cpuSeconds: (user + system) / 1_000_000, figures: result.figures };
}

async function json(path: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(`../${path}`, import.meta.url), "utf8"));
}

function report(name: string, figure: (run: Run) => number, digits = 0): void {
  const sorted = runs.map(figure).sort((a, b) => a - b);
  const at = (index: number) => told(sorted[index] ?? Number.NaN, digits);
  say(
    `  ${name.padEnd(32)} ${at(Math.floor((sorted.length - 1) / 2)).padStart(9)}  (${at(0)} to ${at(sorted.length - 1)})`,
  );
}

function told(value: number, digits: number): string {
  return digits === 0 ? thousands(Math.round(value)) : value.toFixed(digits);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
