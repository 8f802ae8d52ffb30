/** `npm run faults`: every fault at every place of every plan, held to every rule. */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { cleanCase, type FaultCase } from "./cases.ts";
import { enumerateCases, thinned } from "./enumerate.ts";
import { planNames, readFaultPlan } from "./plans.ts";
import { judgeAll } from "./pool.ts";
import { renderSlowest, renderTable, renderViolations } from "./report.ts";
import { run } from "./trial.ts";
import { judgeCase, type Verdict } from "./verdict.ts";
import { lineInWords } from "./words.ts";

const USAGE = `npm run faults -- [--plan NAME]... [--fault TEXT] [--only ID] [--every N] [--whole] [--workers N]

  --plan     only this plan (may be given more than once)
  --fault    only cases whose name contains this text
  --every    only each Nth case, for a first look
  --only     one case by its whole name, told as it happens
  --whole    also every case of a kind that was there already; else a share of those, by the plan
  --workers  how many processes; as many as there are processors unless said
`;

const { values } = parseArgs({
  options: {
    plan: { type: "string", multiple: true },
    fault: { type: "string" },
    only: { type: "string" },
    every: { type: "string", default: "1" },
    workers: { type: "string", default: String(cpus().length) },
    whole: { type: "boolean" },
    help: { type: "boolean" },
  },
});

/** Progress goes to stderr after so many cases. */
const TELL_EVERY = 50;

const SLOWEST = 5;

const say = (text: string) => void process.stdout.write(`${text}\n`);

/** The cases of these plans, of each the run without faults first. */
async function casesOf(plans: readonly string[], whole: boolean): Promise<FaultCase[]> {
  const known = new Set<string>();
  const cases: FaultCase[] = [];
  for (const name of plans) {
    const clean = cleanCase(name);
    const plan = readFaultPlan(name);
    const all = enumerateCases(await run(plan, clean));
    cases.push(clean, ...(whole ? all : thinned(all, known, plan.againOneIn)));
  }
  return cases;
}

async function one(id: string): Promise<number> {
  const plan = planNames().find((name) => id.startsWith(`${name}/`));
  const found = plan === undefined ? undefined : (await casesOf([plan], true)).find((one) => one.id === id);
  if (found === undefined) {
    say(`there is no case ${id}`);
    return 2;
  }
  const verdict = await judgeCase(found, (line) => say(lineInWords(line)));
  say(
    `\n${JSON.stringify(found)}\n\noutcome ${verdict.outcomes.join(", ")}, safe after ${verdict.timeToSafeMs ?? "-"} ms`,
  );
  for (const violation of verdict.violations) say(`VIOLATED  ${violation}`);
  return verdict.violations.length === 0 ? 0 : 1;
}

async function all(): Promise<number> {
  const every = Number(values.every);
  const plans = values.plan ?? planNames();
  const startedAt = Date.now();
  const cases = (await casesOf(plans, values.whole === true)).filter(
    ({ id }, index) => index % every === 0 && id.includes(values.fault ?? ""),
  );
  let broke = 0;
  const tell = (verdict: Verdict, done: number) => {
    if (verdict.violations.length > 0) {
      broke += 1;
      process.stderr.write(`\n${renderViolations([verdict])}\n`);
    }
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    if (done % TELL_EVERY === 0)
      process.stderr.write(`${done} of ${cases.length} cases, ${broke} broken, ${seconds} s\n`);
  };
  const verdicts = await judgeAll(cases, Number(values.workers), tell);
  const broken = verdicts.filter(({ violations }) => violations.length > 0);
  say(renderTable(verdicts));
  say(`\nslowest to be safe:\n${renderSlowest(verdicts, SLOWEST)}`);
  if (broken.length > 0) say(`\nbroken:${renderViolations(broken)}`);
  const seconds = Math.round((Date.now() - startedAt) / 1_000);
  say(`\n${verdicts.length} rehearsals of ${plans.length} plans in ${seconds} s, ${broke} broken`);
  return broke === 0 ? 0 : 1;
}

if (values.help === true) say(USAGE);
else process.exitCode = values.only === undefined ? await all() : await one(values.only);
