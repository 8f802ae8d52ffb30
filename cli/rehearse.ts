/** `npm run rehearse`: the promotion of a release, with the real machines and handlers, in virtual time. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { exitCodeOf, OUTCOMES } from "../functions/domain/outcomes.ts";
import type { PromotionPlan } from "../functions/domain/plan.ts";
import { renderProblems } from "../functions/domain/problems.ts";
import { type Rehearsed, rehearse as run } from "../infra/local/rehearsal.ts";
import { readScenario } from "../infra/local/world/scenario.ts";
import { readJson } from "./read-json.ts";
import { figuresInWords, lineInWords, type Style } from "./timeline-words.ts";

export interface RehearseOptions {
  readonly releaseFile: string;
  readonly policyFile: string;
  readonly scenarioFile: string;
  /** Overrides the scenario's. */
  readonly seed: number | null;
  /** Where the HTML report goes; null writes none. */
  readonly reportFile: string | null;
  readonly write: (text: string) => void;
  readonly colour: boolean;
  readonly width: number;
}

/** Returns the exit code: 0 promoted, 1 errored, 2 bad input, 3 rolled back, 4 refused, 5 rollback failed. */
export async function rehearse(options: RehearseOptions): Promise<number> {
  const say = (line = "") => options.write(`${line}\n`);
  const files = await Promise.all([options.policyFile, options.releaseFile, options.scenarioFile].map(readJson));
  const [policy, release, world] = files;
  if (!policy?.ok || !release?.ok || !world?.ok) {
    for (const file of files) if (!file.ok) for (const line of file.lines) say(line);
    return 2;
  }
  const read = scenarioOf(world.value, options.seed);
  if (typeof read === "string") {
    say(`${options.scenarioFile}: ${read}`);
    return 2;
  }
  let style: Style = { zone: "UTC", colour: options.colour, width: options.width };
  const result = await run({
    policy: policy.value,
    release: release.value,
    scenario: read,
    onPlan: (plan) => {
      style = { ...style, zone: zoneOf(plan) };
      say(
        `Headgate rehearses ${plan.service} ${plan.version} in the world "${read.name}", seed ${read.seed}. Times in ${style.zone}.`,
      );
      say();
    },
    onLine: (line) => say(lineInWords(line, style)),
  });
  if (!result.ok) {
    for (const line of renderProblems(result.problems)) say(line);
    return 2;
  }
  say();
  for (const line of closing(result)) say(line);
  if (options.reportFile !== null) await report(result, read.name, options.reportFile, say);
  const outcome = OUTCOMES.find((known) => known === result.ended.outcome) ?? "errored";
  return exitCodeOf(outcome);
}

function scenarioOf(value: unknown, seed: number | null) {
  try {
    const scenario = readScenario(value);
    return seed === null ? scenario : { ...scenario, seed };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function zoneOf(plan: PromotionPlan): string {
  return plan.environments.find(({ window }) => window !== null)?.window?.zone ?? "UTC";
}

function closing({ ended, figures, sandbox }: Rehearsed): string[] {
  const traffic = sandbox.lambda.functions().flatMap((fn) =>
    [...fn.aliases].map(([alias, { current }]) => {
      const others = Object.entries(current.additional).map(([version, share]) => `, ${share * 100} % on ${version}`);
      return `traffic        ${fn.name}:${alias} on version ${current.version}${others.join("")}`;
    }),
  );
  return [`outcome        ${ended.outcome.toUpperCase()}: ${ended.summary}`, ...traffic, ...figuresInWords(figures)];
}

async function report(result: Rehearsed, world: string, file: string, say: (line?: string) => void): Promise<void> {
  const { renderReport } = await import("../infra/local/report.ts");
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await renderReport(result, world));
  say(`report         ${file}`);
}
