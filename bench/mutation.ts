/**
 * Mutation testing of what decides, the domain and the pure half of each kind of target: how many small faults, put in
 * one at a time, its tests notice.
 *
 *     npm run mutate                              all of it
 *     npm run mutate -- --only sequential,rank    files whose paths or names begin so
 *     npm run mutate -- --share 0.1 --seed 1      blocks of lines, drawn evenly over all files
 *
 * Stryker is run on a few files at a time, so that each run has only the tests that reach them. What survives is written
 * to reports/mutation/survivors.txt. Exit code 1 where the score stays below the goal.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { createRandom } from "./random.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    share: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: String(availableParallelism()) },
  },
});
const share = Number(values.share);
const jobs = Number(values.jobs);
const only = values.only.split(",");
if (!(share > 0 && share <= 1)) throw new RangeError(`--share is above 0 and at most 1, not ${values.share}`);
if (!Number.isInteger(jobs) || jobs < 1) throw new RangeError(`--jobs is a whole number above 0, not ${values.jobs}`);

/** Percent of the mutants that the tests must notice. */
const GOAL_PERCENT = 80;
/** Lines of a block of a sample: long enough to hold whole expressions, short enough that many files are met. */
const BLOCK = 8;
/** Lines of the files that one run of Stryker takes on. */
const GROUP = 500;

/** What decides: the domain, and what each kind of target says of itself. */
const DECIDING = [
  "functions/domain/**/*.ts",
  "functions/targets/{kind,kinds}.ts",
  "functions/targets/*/{kind,series}.ts",
];
const OUT = "reports/mutation";

const Report = z.object({
  files: z.record(
    z.string(),
    z.object({
      mutants: z.array(
        z.object({
          status: z.string(),
          mutatorName: z.string(),
          replacement: z.string().optional(),
          location: z.object({ start: z.object({ line: z.number(), column: z.number() }) }),
        }),
      ),
    }),
  ),
});

interface Tally {
  readonly noticed: number;
  readonly missed: readonly string[];
  /** Mutants of code that runs once, as a module is loaded, and those that do not compile: no test run of their own. */
  readonly left: number;
}

interface Group {
  readonly mutate: readonly string[];
  readonly lines: number;
}

const base: unknown = JSON.parse(readFileSync("stryker.config.json", "utf8"));
const settings = z.record(z.string(), z.unknown()).parse(base);
rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });

const groups = grouped();
const all = groups.reduce((sum, { lines }) => sum + lines, 0);
const tallies = new Map<string, Tally>();
const began = performance.now();
/** Lines of the runs that have ended, and, by run, about as many as each of the others has behind it. */
let done = 0;
const underWay = new Map<number, number>();
let next = 0;
process.stdout.write(`${all} lines in ${groups.length} runs of Stryker, ${jobs} at a time\n`);
const progress = setInterval(sayProgress, 30_000);
try {
  await Promise.all(Array.from({ length: jobs }, work));
} finally {
  clearInterval(progress);
}
conclude();

function grouped(): Group[] {
  const random = createRandom(`mutation sample ${values.seed}`);
  const result: Group[] = [];
  let open: { mutate: string[]; lines: number } = { mutate: [], lines: 0 };
  for (const path of globSync(DECIDING).sort()) {
    const file = path.replace(/^functions\/(domain\/)?/, "");
    const starts = (start: string) => file.startsWith(start) || basename(file).startsWith(start);
    if (!only.some(starts)) continue;
    const length = readFileSync(path, "utf8").split("\n").length;
    const mutate = share === 1 ? [path] : blocks(length).map(([first, last]) => `${path}:${first}-${last}`);
    if (mutate.length === 0) continue;
    open.mutate.push(...mutate);
    open.lines += share === 1 ? length : mutate.length * BLOCK;
    if (open.lines < GROUP) continue;
    result.push(open);
    open = { mutate: [], lines: 0 };
  }
  if (open.lines > 0) result.push(open);
  if (result.length === 0) throw new RangeError(`no file that decides begins with "${values.only}"`);
  return result;

  function blocks(length: number): [number, number][] {
    return Array.from({ length: Math.ceil(length / BLOCK) }, (_, at): [number, number] => [
      at * BLOCK + 1,
      Math.min(length, (at + 1) * BLOCK),
    ]).filter(() => random.next() < share);
  }
}

async function work(): Promise<void> {
  for (let index = next++; index < groups.length; index = next++) {
    const group = groups[index];
    if (group === undefined) return;
    for (const [file, tally] of await mutated(group, index)) {
      tallies.set(file, tally);
      if (tried(tally) > 0) process.stdout.write(`  ${row(file, tally)}\n`);
    }
    underWay.delete(index);
    done += group.lines;
  }
}

function sayProgress(): void {
  const reached = [...underWay.values()].reduce((sum, lines) => sum + lines, done);
  const minutes = (performance.now() - began) / 60_000;
  const left = reached === 0 ? "" : `, about ${Math.ceil((minutes / reached) * (all - reached))}m left`;
  process.stdout.write(`${Math.floor((100 * reached) / all)} % after ${Math.ceil(minutes)}m${left}\n`);
}

async function mutated({ mutate, lines }: Group, index: number): Promise<Map<string, Tally>> {
  const [config, report, log] = [`${OUT}/${index}.config.json`, `${OUT}/${index}.report.json`, `${OUT}/${index}.log`];
  const own = {
    ...settings,
    mutate,
    concurrency: 1,
    reporters: ["json", "progress-append-only"],
    jsonReporter: { fileName: report },
    thresholds: { high: 100, low: 0, break: null },
    tempDirName: `.stryker-tmp/${index}`,
  };
  writeFileSync(config, JSON.stringify(own));
  const child = spawn(process.execPath, ["node_modules/@stryker-mutator/core/bin/stryker.js", "run", config]);
  const said: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    said.push(chunk);
    const tested = /(\d+)\/(\d+) tested/.exec(chunk.toString());
    if (tested !== null) underWay.set(index, (lines * Number(tested[1])) / Number(tested[2]));
  });
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  const [code] = await once(child, "close");
  writeFileSync(log, Buffer.concat(said));
  if (code !== 0) throw new Error(`Stryker ended with ${code} on ${mutate.join(", ")}: see ${log}`);
  const { files } = Report.parse(JSON.parse(readFileSync(report, "utf8")));
  return new Map(Object.entries(files).map(([file, { mutants }]) => [file, tallied(file, mutants)]));
}

function tallied(file: string, mutants: z.infer<typeof Report>["files"][string]["mutants"]): Tally {
  const by = (...statuses: string[]) => mutants.filter(({ status }) => statuses.includes(status));
  const missed = by("Survived", "NoCoverage").map(
    ({ status, mutatorName, replacement, location: { start } }) =>
      `${file}:${start.line}:${start.column} ${status} ${mutatorName} ${replacement?.replaceAll(/\s+/g, " ") ?? ""}`,
  );
  const noticed = by("Killed", "Timeout").length;
  return { noticed, missed, left: mutants.length - noticed - missed.length };
}

function tried({ noticed, missed }: Tally): number {
  return noticed + missed.length;
}

function percent(tally: Tally): number {
  return (100 * tally.noticed) / tried(tally);
}

function row(name: string, tally: Tally): string {
  const count = `${tally.noticed} of ${tried(tally)}`;
  return `${percent(tally).toFixed(1).padStart(5)} %  ${count.padEnd(14)} ${name}`;
}

function conclude(): void {
  const each = [...tallies.values()];
  const total: Tally = {
    noticed: each.reduce((sum, { noticed }) => sum + noticed, 0),
    missed: each.flatMap(({ missed }) => missed),
    left: each.reduce((sum, { left }) => sum + left, 0),
  };
  writeFileSync(`${OUT}/survivors.txt`, `${total.missed.join("\n")}\n`);
  const worst = [...tallies]
    .filter(([, tally]) => tried(tally) > 0)
    .sort(([, a], [, b]) => percent(a) - percent(b))
    .slice(0, 10);
  process.stdout.write(`\nleast noticed:\n${worst.map(([file, tally]) => `  ${row(file, tally)}`).join("\n")}\n`);
  process.stdout.write(`${row("noticed in all", total)} (goal: ${GOAL_PERCENT} %)\n`);
  process.stdout.write(
    `${total.left} more were not tried: code that runs as its module is loaded, and what cannot run\n`,
  );
  process.stdout.write(`what nobody noticed: ${OUT}/survivors.txt\n`);
  process.exitCode = percent(total) >= GOAL_PERCENT ? 0 : 1;
}
