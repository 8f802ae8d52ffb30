/** `npm run rehearse`: the promotion of a release, with the real machines and handlers, in virtual time. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { renderProblems } from "../functions/domain/documents/problems.ts";
import { exitCodeOf, OUTCOMES, type Outcome } from "../functions/domain/outcomes.ts";
import type { PromotionPlan } from "../functions/domain/plan.ts";
import { inPlainText } from "../functions/domain/text.ts";
import { wrapped } from "../functions/domain/wrapped.ts";
import { type Rehearsed, rehearse as run } from "../sandbox/rehearsal.ts";
import { loadRecordings, servingNow } from "../sandbox/report/data.ts";
import { Folding } from "../sandbox/report/fold.ts";
import { plainWatch } from "../sandbox/report/look-words.ts";
import { renderReport } from "../sandbox/report/report.ts";
import { zoneOf } from "../sandbox/report/times.ts";
import type { Line } from "../sandbox/timeline.ts";
import { type Scenario, scenarioSchema } from "../sandbox/world/scenario.ts";
import { shaped } from "./parsed.ts";
import { readJson } from "./read-json.ts";
import {
  aligned,
  besideName,
  countsInWords,
  headingInWords,
  lineInWords,
  outcomeColour,
  painted,
  progressInWords,
  type Style,
  splitInWords,
  trafficInWords,
} from "./timeline-words.ts";

export interface RehearseOptions {
  readonly releaseFile: string;
  readonly policyFile: string;
  readonly scenarioFile: string;
  /** Overrides the scenario's. */
  readonly seed: number | null;
  /** Where the HTML report goes, with the recordings beside it; null writes neither. */
  readonly reportFile: string | null;
  readonly write: (text: string) => void;
  readonly colour: boolean;
  readonly width: number;
}

/** Returns the exit code: 0 promoted, 1 errored, 2 bad input, 3 rolled back, 4 refused, 5 rollback failed. */
export async function rehearse(options: RehearseOptions): Promise<number> {
  const say = (line = "") => options.write(`${line}\n`);
  const sayPlainly = (line: string) => say(inPlainText(line));
  const files = await Promise.all([options.policyFile, options.releaseFile, options.scenarioFile].map(readJson));
  const [policy, release, world] = files;
  if (!policy?.ok || !release?.ok || !world?.ok) {
    for (const file of files) if (!file.ok) file.lines.forEach(sayPlainly);
    return 2;
  }
  const written = shaped(options.scenarioFile, world.value, SCENARIO, sayPlainly);
  if (written === null) return 2;
  const scenario = options.seed === null ? written : { ...written, seed: options.seed };
  const screen = new Screen(options);
  const result = await run({
    policy: policy.value,
    release: release.value,
    scenario,
    onPlan: (plan) => screen.begin(plan, scenario),
    onLine: (line) => screen.add(line),
    sandbox: { onInvocation: ({ at }) => screen.tick(at) },
  });
  if (!result.ok) {
    renderProblems(result.problems).forEach(sayPlainly);
    return 2;
  }
  screen.end();
  for (const line of closing(result, screen.style)) say(line);
  if (options.reportFile !== null) {
    const files = await writeFiles(result, worldOf(scenario), options.reportFile);
    for (const line of aligned("files", files)) say(line);
  }
  return exitCodeOf(outcomeOf(result));
}

const SCENARIO = {
  name: "scenario",
  schema: scenarioSchema,
  example: "test/scenarios/healthy.json is an example",
};

/** `healthy, seed 1: a calm week, ...`: how reports name the world. */
const worldOf = ({ name, seed, about }: Scenario): string => `${name}, seed ${seed}${about === "" ? "" : `: ${about}`}`;

function outcomeOf({ ended }: Rehearsed): Outcome {
  return OUTCOMES.find((known) => known === ended.outcome) ?? "errored";
}

function closing(result: Rehearsed, style: Style): string[] {
  const outcome = outcomeOf(result);
  const title = painted(outcome.toUpperCase(), outcomeColour(outcome), style);
  const within = (lines: readonly string[]) => lines.flatMap((line) => wrapped(inPlainText(line), besideName(style)));
  return [
    "",
    ...aligned("outcome", [title, ...within(plainWatch(result.ended.summary).split("\n"))]),
    ...aligned("traffic", within(trafficInWords(servingNow(result)))),
    ...aligned("time", within([splitInWords(result.figures)])),
    ...countsInWords(result.figures).flatMap(([name, text]) => aligned(name, within([text]))),
  ];
}

/** The report, and beside it a recording of each environment that was judged. Returns the names of the files. */
async function writeFiles(result: Rehearsed, world: string, reportFile: string): Promise<string[]> {
  await mkdir(dirname(reportFile), { recursive: true });
  await writeFile(reportFile, await renderReport(result, world));
  const stem = reportFile.replace(/\.html$/, "");
  const files = [`${reportFile} (open it in a browser)`];
  for (const recording of await loadRecordings(result)) {
    const file = `${stem}-${recording.environment}.json`;
    await writeFile(file, `${JSON.stringify(recording)}\n`);
    files.push(`${file} (for \`headgate replay\`)`);
  }
  return files;
}

type ScreenOptions = Pick<RehearseOptions, "write" | "colour" | "width">;

/** Virtual time (ms) after which a silence is a wait that the terminal tells of. */
const SILENCE_MS = 10 * 60_000;

/** Takes the cursor to the beginning of its line and clears it. */
const CLEAR = "\r\u001b[2K";

/** The running output: folded lines under the heading of their environment, and progress while virtual time is skipped. */
class Screen {
  readonly #options: ScreenOptions;
  readonly #folding = new Folding();
  #style: Style;
  #environment = "";
  #last: Line | null = null;
  #isProgressShown: boolean = false;

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#style = { zone: "UTC", colour: options.colour, width: options.width, release: "" };
  }

  get style(): Style {
    return this.#style;
  }

  /** What is rehearsed, in which world. */
  begin({ service, version, environments }: PromotionPlan, { name, seed, about }: Scenario): void {
    this.#style = { ...this.#style, zone: zoneOf(environments), release: `${service} ${version}` };
    const title = `${service} ${version} through ${environments.map(({ environment }) => environment).join(", ")}`;
    this.#say(painted(`Headgate rehearses ${title}`, "bold", this.#style));
    const world = `World "${name}", seed ${seed}${about === "" ? "" : `: ${about}`}`;
    for (const line of wrapped(inPlainText(world), this.#style.width)) this.#say(line);
    this.#say(`Virtual time, as clocks show it in ${this.#style.zone}.`);
  }

  add(line: Line): void {
    if (line.kind !== "mail") this.#last = line;
    for (const ready of this.#folding.push(line)) this.#print(ready);
  }

  /** Virtual time has come this far (epoch ms). Told where control codes are understood, and wanted. */
  tick(at: number): void {
    if (!this.#style.colour || this.#last === null || at - this.#last.at < SILENCE_MS) return;
    for (const ready of this.#folding.readyAt(at)) this.#print(ready);
    this.#options.write(`${CLEAR}${progressInWords(at, this.#last, this.#style)}`);
    this.#isProgressShown = true;
  }

  end(): void {
    for (const ready of this.#folding.end()) this.#print(ready);
  }

  #print(line: Line): void {
    if (line.environment !== "" && line.environment !== this.#environment) {
      this.#environment = line.environment;
      this.#say();
      this.#say(headingInWords(line.environment, this.#style));
    }
    this.#say(lineInWords(line, this.#style));
  }

  #say(line = ""): void {
    const clear = this.#isProgressShown ? CLEAR : "";
    this.#isProgressShown = false;
    this.#options.write(`${clear}${line}\n`);
  }
}
