import type { RunStream } from "../aws/step-functions/runs.ts";
import type { LogNormal } from "../chance/samples.ts";
import { applies, ruleFor } from "./behaviour.ts";
import { fits, type Scenario } from "./scenario.ts";
import type { ShareHistory } from "./shares.ts";

/** How executions of a version go that start at some moment. Shares are fractions, times milliseconds. */
export interface ExecutionConduct {
  readonly failed: number;
  readonly aborted: number;
  readonly timedOut: number;
  readonly throttled: number;
  readonly duration: LogNormal;
  readonly timeLimit: number;
  /** What an execution gives that somebody starts by a call. */
  readonly probe: Scenario["executions"][number]["probe"];
}

/** The circumstances of a start that an execution's conduct depends on. */
export interface StartCircumstances {
  readonly machine: Pick<RunStream, "account" | "machine">;
  readonly version: string;
  /** Epoch ms. */
  readonly at: number;
  readonly history: ShareHistory;
  /** The version's share of the alias then, a fraction. */
  readonly share: number;
}

const DAY_MS = 24 * 3_600_000;

const CALM: ExecutionConduct = {
  failed: 0.001,
  aborted: 0,
  timedOut: 0,
  throttled: 0,
  duration: { median: 60_000, sigma: 0.5 },
  timeLimit: DAY_MS,
  probe: "healthy",
};

/** How an execution goes: its version's rule, the changes that apply, and whatever incident is going on. */
export const executionConductOf = (
  scenario: Pick<Scenario, "executions" | "incidents" | "startsAt">,
  circumstances: StartCircumstances,
): ExecutionConduct => {
  const { startsAt } = scenario;
  const { machine, version, history } = circumstances;
  const rule = ruleFor(rulesOf(scenario.executions, machine), version, history);
  let conduct = { ...CALM, timeLimit: rule?.timeLimit ?? CALM.timeLimit, probe: rule?.probe ?? CALM.probe };
  for (const layer of [rule, ...(rule?.changes ?? []).filter((each) => applies(each, startsAt, circumstances))]) {
    conduct = {
      ...conduct,
      failed: layer?.failed ?? conduct.failed,
      aborted: layer?.aborted ?? conduct.aborted,
      timedOut: layer?.timedOut ?? conduct.timedOut,
      throttled: layer?.throttled ?? conduct.throttled,
      duration: layer?.duration ?? conduct.duration,
    };
  }
  return underIncidents(scenario, circumstances, conduct);
};

/** The longest that any execution of a machine can run (ms): a version that no rule speaks of has the usual limit. */
export const longestOf = (rules: Scenario["executions"], machine: StartCircumstances["machine"]): number => {
  const own = rulesOf(rules, machine);
  const isAllSaid = (["baseline", "candidate"] as const).every((version) =>
    own.some((rule) => rule.version === version),
  );
  return Math.max(...own.map(({ timeLimit }) => timeLimit), isAllSaid ? 0 : CALM.timeLimit);
};

const rulesOf = (rules: Scenario["executions"], { account, machine }: StartCircumstances["machine"]) =>
  rules.filter((rule) => fits(rule.machine, machine) && (rule.account ?? account) === account);

const underIncidents = (
  { incidents, startsAt }: Pick<Scenario, "incidents" | "startsAt">,
  { at, machine }: StartCircumstances,
  conduct: ExecutionConduct,
): ExecutionConduct => {
  let { failed } = conduct;
  let { median } = conduct.duration;
  for (const incident of incidents) {
    const isFelt = incident.machine !== undefined && fits(incident.machine, machine.machine);
    if (!isFelt || at < startsAt + incident.from || at >= startsAt + incident.to) continue;
    failed = Math.min(1, failed * incident.errorsTimes + incident.errorsPlus);
    median *= incident.latencyTimes;
  }
  return { ...conduct, failed, duration: { ...conduct.duration, median } };
};
