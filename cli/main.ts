/** The `headgate` command. */
import { parseArgs } from "node:util";
import { check } from "./check.ts";
import { rehearse } from "./rehearse.ts";
import { replay } from "./replay.ts";

const write = (text: string) => void process.stdout.write(text);

const here = (path: string) => new URL(`../${path}`, import.meta.url).pathname;

const EXAMPLE = {
  release: here("events/bbws-v2025.12.25.1.json"),
  policy: here("infra/policies/bbws.json"),
  scenario: here("test/scenarios/healthy.json"),
};

const USAGE = `headgate: a release promotion as one Step Functions execution

  headgate check FILE --policy FILE            what a promotion would do, or everything that is wrong with it
  headgate rehearse [FILE] [--policy FILE] [--scenario FILE] [--seed N] [--report FILE]
                                               the whole promotion on this machine, in virtual time
  headgate replay RECORD --analysis FILE       judge the kept samples of a promotion again
`;

async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  switch (command) {
    case "check":
      return checkCommand(rest);
    case "rehearse":
      return rehearseCommand(rest);
    case "replay":
      return replayCommand(rest);
    default:
      write(USAGE);
      return command === undefined || command === "help" || command === "--help" ? 0 : 2;
  }
}

function usage(problem: string): number {
  write(`${problem}\n\n${USAGE}`);
  return 2;
}

async function checkCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { policy: { type: "string" } } });
  const [releaseFile] = positionals;
  if (releaseFile === undefined || values.policy === undefined)
    return usage("check needs a release FILE and --policy FILE");
  return check({ releaseFile, policyFile: values.policy, now: Date.now(), write });
}

async function rehearseCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      policy: { type: "string" },
      scenario: { type: "string" },
      seed: { type: "string" },
      report: { type: "string" },
    },
  });
  const seed = values.seed === undefined ? null : Number(values.seed);
  if (seed !== null && !Number.isInteger(seed)) return usage(`--seed ${values.seed} is not a whole number`);
  return rehearse({
    releaseFile: positionals[0] ?? EXAMPLE.release,
    policyFile: values.policy ?? EXAMPLE.policy,
    scenarioFile: values.scenario ?? EXAMPLE.scenario,
    seed,
    reportFile: values.report ?? "reports/rehearsal.html",
    write,
    colour: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
    width: process.stdout.isTTY === true ? (process.stdout.columns ?? 160) : 220,
  });
}

async function replayCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { analysis: { type: "string" } },
  });
  const [recordFile] = positionals;
  if (recordFile === undefined || values.analysis === undefined)
    return usage("replay needs a RECORD and --analysis FILE");
  return replay({ recordFile, analysisFile: values.analysis, write });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // parseArgs says in its message which option it does not know.
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!code.startsWith("ERR_PARSE_ARGS")) throw error;
  process.exitCode = usage((error as Error).message);
}
