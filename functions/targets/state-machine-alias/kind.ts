/** An alias of a state machine: it shares new executions out to one or two versions; what runs stays where it started. */
import * as z from "zod";
import type { TargetPlan } from "../../domain/plan.ts";
import type { Kind, Placing } from "../kind.ts";
import { EXECUTION_FAILURE_RATE, EXECUTION_PRESETS, executionSeries } from "./series.ts";

/** One or two versions with their share of new executions, in whole percent; the version that serves otherwise is first. */
export type MachineRoute = {
  readonly shares: readonly { readonly version: string; readonly percent: number }[];
};

export interface MachineAliasPlan extends TargetPlan {
  readonly stateMachineName: string;
  readonly stateMachineArn: string;
  readonly alias: string;
  /** What becomes of executions that run on a candidate when it is taken back. */
  readonly inFlight: "finish" | "stop";
}

const fields = {
  stateMachineName: z.string().meta({
    description: "the state machine's name; {environment} is filled in, such as etl-{environment}",
    examples: ["etl-{environment}"],
  }),
  inFlight: z
    .enum(["finish", "stop"])
    .optional()
    .describe(
      'executions that still run on a candidate when it is taken back: "finish" (default) lets them, "stop" stops them',
    ),
  alias: z.string().describe("the alias that executions are started through, such as live; {environment} is filled in"),
};

type Input = z.output<z.ZodObject<typeof fields>>;

/** Step Functions' own rules for names; the machine's are those that CloudWatch and its logs can take as well. */
const MACHINE_NAME = /^[A-Za-z0-9_-]{1,80}$/;
const ALIAS_NAME = /^(?=.*[A-Za-z_.-])[A-Za-z0-9_.-]{1,80}$/;

function resolve(input: Input, placing: Placing) {
  const stateMachineName = placing.fill("stateMachineName", input.stateMachineName);
  const alias = placing.fill("alias", input.alias);
  if (!MACHINE_NAME.test(stateMachineName)) {
    const hint = "letters, digits, dashes and underscores, at most 80; not an ARN";
    placing.refuse("stateMachineName", `gives "${stateMachineName}", which is no name of a state machine`, hint);
  }
  if (!ALIAS_NAME.test(alias)) {
    const hint = "letters, digits, dashes, dots and underscores, at most 80, with at least one non-digit";
    placing.refuse("alias", `gives "${alias}", which is no alias name`, hint);
  }
  const { partition, region, account } = placing;
  const stateMachineArn = `arn:${partition}:states:${region}:${account}:stateMachine:${stateMachineName}`;
  const resource = `${stateMachineArn}:${alias}`;
  // The machine too: its latest revision is what a candidate is made of, whichever alias it is for.
  const resources = [resource, stateMachineArn];
  return { stateMachineName, stateMachineArn, alias, inFlight: input.inFlight ?? "finish", resource, resources };
}

const share = ({ shares }: MachineRoute, version: string): number =>
  shares.filter((one) => one.version === version).reduce((sum, { percent }) => sum + percent, 0);

const serving = ({ shares }: MachineRoute): string => shares[0]?.version ?? "";

const alone = (version: string): MachineRoute => ({ shares: [{ version, percent: 100 }] });

/** The order in which the service lists versions says nothing. */
const same = (one: MachineRoute, other: MachineRoute): boolean =>
  one.shares.length === other.shares.length &&
  one.shares.every(({ version, percent }) => share(other, version) === percent);

function at(baseline: MachineRoute, candidate: string, percent: number): MachineRoute {
  const version = serving(baseline);
  if (percent === 0) return alone(version);
  if (percent === 100) return alone(candidate);
  return {
    shares: [
      { version, percent: 100 - percent },
      { version: candidate, percent },
    ],
  };
}

function inWords({ shares }: MachineRoute): string {
  const [first, ...others] = shares;
  const rest = others.map(({ version, percent }) => `, ${percent} % on ${version}`).join("");
  return `version ${first?.version ?? ""}${rest}`;
}

export const stateMachineAlias: Kind<MachineAliasPlan, MachineRoute, Input> = {
  name: "state-machine-alias",
  description: "a state machine's alias that holds the weight of new executions",
  drive: "driven",
  weights: "whole-percent",
  restoreOrder: 1,
  locked: false,
  probed: true,
  fields,
  naming: {
    field: "stateMachineName",
    hint: "one alias, one target: name another state machine or alias, or use {environment}",
  },
  example: (name) => ({ stateMachineName: name, alias: "live" }),
  resolve,
  same,
  share,
  serving,
  versions: ({ shares }) => shares.map(({ version }) => version),
  settled: ({ shares }) => shares.length === 1,
  inWords,
  at,
  finished: (_baseline, candidate) => alone(candidate),
  path: (from, to) => (same(from, to) ? [] : [to]),
  presets: EXECUTION_PRESETS,
  usual: EXECUTION_FAILURE_RATE,
  // A throttled transition is tried again by the service, and the execution's own end tells.
  unserved: null,
  series: executionSeries,
  armsVanish: false,
  zerosVanish: true,
  byRequest: false,
  countsOwn: true,
  coldStart: { minutes: 2, why: "functions that a new version is the first to call start cold" },
  namespace: "AWS/States",
  // An execution is counted at its end, whenever that is: only what has ended is in a minute, and nothing comes later.
  lateSeconds: () => 0,
  placeholders: ["stateMachineName", "stateMachineArn", "alias"],
  filledIn: ({ stateMachineName, stateMachineArn, alias }) => ({ stateMachineName, stateMachineArn, alias }),
  named: ({ stateMachineName, alias }) => `${stateMachineName}, alias ${alias}`,
  logGroup: ({ stateMachineName }) => `/aws/vendedlogs/states/${stateMachineName}-Logs`,
  afterRestore: "executions that run already stay on the version that they started on",
};
