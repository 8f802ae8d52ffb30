/** The `headgate` command. */
import { parseArgs } from "node:util";
import { inPlainText } from "../functions/domain/text.ts";
import { check } from "./check.ts";
import { replay } from "./replay.ts";

/** Whoever wrote the words, a terminal shows them and obeys none. */
const write = (text: string) => void process.stdout.write(inPlainText(text));

/** Beside the answer, which may be JSON for a program. */
const note = (text: string) => void process.stderr.write(inPlainText(text));

/** Of the terminal; what is written to a file or a pipe has `elsewhere`. */
const columns = (elsewhere: number): number =>
  process.stdout.isTTY === true ? process.stdout.columns || 160 : elsewhere;

const here = (path: string) => new URL(`../${path}`, import.meta.url).pathname;

const EXAMPLE = {
  release: here("events/bbws-v2025.12.25.1.json"),
  policy: here("infra/policies/bbws.json"),
  scenario: here("test/scenarios/healthy.json"),
};

const USAGE = `headgate: a release promotion as one Step Functions execution

  headgate check FILE --policy FILE [--traffic FILE]
                                               what a promotion would do, or everything that is wrong with it;
                                               with last week's traffic, what its bakes can see
  headgate rehearse [FILE] [--policy FILE] [--scenario FILE] [--seed N] [--report FILE]
                                               the whole promotion on this machine, in virtual time
  headgate replay RECORD [--analysis FILE]     judge the kept samples of a promotion again

With a deployed Headgate and your own AWS credentials. Where it is, its stack says: "headgate", or HEADGATE_STACK, or
--stack NAME with any of these; HEADGATE_API_URL and HEADGATE_TABLE, if set, are taken instead:

  headgate start FILE [--attempt N]                    start the promotion, as a starter who is verified; or, with
                                                       HEADGATE_PROMOTION_MACHINE_ARN alone, as the console does
  headgate approve|reject PROMOTION --environment E --approval A --role R --version V [--comment TEXT] [--as WHO]
  headgate resend PROMOTION --environment E --approval A --role R --address WHO
  headgate replace PROMOTION --environment E --approval A --role R --address WHO --by WHOM
  headgate status [PROMOTION] [--zone ZONE] [--json] [--table]
                                                       how it stands; without a PROMOTION, which ones are open
  headgate watch PROMOTION [--zone ZONE] [--json] [--table]
                                                       each step as it comes; --table reads the record itself, with your
                                                       credentials (the policy headgate-reader), when the API does not answer
  headgate hold|resume|roll-back|abort|skip-bake|promote-now PROMOTION --reason TEXT
  headgate release-hold PROMOTION --environment E --reason TEXT
                                                       a version that was taken back may come again there
  headgate restore PROMOTION --reason TEXT [--as-myself]
                                                       break-glass: traffic back from here, when the rest is down
                                                       (as yourself without the environment's role)
  headgate approval-record PROMOTION [--zone ZONE] [--json] [--table]
                                                       who approved what, from the audit trail
  headgate rotate-keys --reason TEXT                   every approver's link ends; open approvals are mailed new ones
  headgate revoke|reinstate ADDRESS --reason TEXT      somebody decides nothing any more, at once; or may again
  headgate confirm-subscription LINK                   so that no scanner can unsubscribe an approver
`;

async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  if (rest.includes("--help")) return help(command);
  switch (command) {
    case "check":
      return checkCommand(rest);
    case "rehearse":
      return rehearseCommand(rest);
    case "replay":
      return replayCommand(rest);
    case undefined:
    case "help":
    case "--help":
      return help(rest[0]);
    default:
      return remoteCommand(command, rest);
  }
}

async function remoteCommand(command: string, args: string[]): Promise<number> {
  // Only here and in a rehearsal: what neither asks AWS nor simulates it starts without the SDK's clients.
  const { REMOTE_COMMANDS } = await import("./remote.ts");
  const { explained, Missing, withoutStack } = await import("./terminal.ts");
  const run = REMOTE_COMMANDS[command];
  if (run === undefined) return usage(`there is no command "${command}"`);
  try {
    const { stack, rest } = withoutStack(args);
    const interactive = process.stdin.isTTY === true;
    return await run(rest, { write, note, environment: process.env, interactive, stack });
  } catch (error) {
    if (error instanceof Missing) return usage(`${command}: ${error.message}`, command);
    const known = explained(error);
    if (known === null) throw error;
    write(`${command}: ${known.why}\n`);
    return known.code;
  }
}

/** What is wrong, and how the command is used. */
function usage(problem: string, command?: string): number {
  write(`${problem}\n\n${usageOf(command)}`);
  return 2;
}

function help(command: string | undefined): number {
  write(usageOf(command));
  return 0;
}

/** How the command is used; where there is none such, how all are. */
function usageOf(command = ""): string {
  const entries = USAGE.split(/\n(?= {2}headgate )|\n\n/).filter((entry) => entry.startsWith("  headgate "));
  const names = (entry: string) => /^ {2}headgate (\S+)/.exec(entry)?.[1]?.split("|") ?? [];
  const own = entries.filter((entry) => names(entry).includes(command));
  return own.length === 0 ? USAGE : `${own.join("\n").trimEnd()}\n`;
}

async function checkCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { policy: { type: "string" }, traffic: { type: "string" } },
  });
  const [releaseFile] = positionals;
  if (releaseFile === undefined || values.policy === undefined)
    return usage("check needs a release FILE and --policy FILE", "check");
  const trafficFile = values.traffic ?? null;
  return check({
    releaseFile,
    policyFile: values.policy,
    trafficFile,
    now: Date.now(),
    write,
    width: columns(Number.POSITIVE_INFINITY),
  });
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
  if (seed !== null && !Number.isInteger(seed)) return usage(`--seed ${values.seed} is not a whole number`, "rehearse");
  const { rehearse } = await import("./rehearse.ts");
  return rehearse({
    releaseFile: positionals[0] ?? EXAMPLE.release,
    policyFile: values.policy ?? EXAMPLE.policy,
    scenarioFile: values.scenario ?? EXAMPLE.scenario,
    seed,
    reportFile: values.report ?? "reports/rehearsal.html",
    // It colours its lines itself, round words that it has made plain.
    write: (text) => void process.stdout.write(text),
    colour: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
    width: columns(220),
  });
}

async function replayCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { analysis: { type: "string" } },
  });
  const [recordFile] = positionals;
  if (recordFile === undefined) return usage("replay needs a RECORD", "replay");
  return replay({ recordFile, analysisFile: values.analysis ?? null, write });
}

// Whoever reads through a pipe may have read enough: `headgate check ... | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // parseArgs says in its message which option it does not know.
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!code.startsWith("ERR_PARSE_ARGS")) throw error;
  const [said] = (error as Error).message.split(/(?<=\.) /);
  process.exitCode = usage(said ?? "", process.argv[2]);
}
