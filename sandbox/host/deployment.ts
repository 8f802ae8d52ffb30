/** What the CDK app would have deployed, as the sandbox sees it: machines with their names filled in, functions, settings. */
import { readFileSync } from "node:fs";
import { VARIABLES } from "../../functions/runtime/dependencies.ts";
import {
  FUNCTIONS,
  functionNameOf,
  type MailSettings,
  placeholderOf,
  RESTORE,
  SETTLE,
  variablesOf,
} from "../../infra/functions.ts";
import { HANDLERS } from "./handlers.ts";
import type { DeployedFunction } from "./lambda-host.ts";
import type { SandboxPlace } from "./places.ts";

export const MACHINES = ["promotion", "queue", "approval", "rollout", "bake", "rollback"] as const;
export type MachineName = (typeof MACHINES)[number];

/** Name of the deployment. */
export const NAME = "headgate";

export const TABLE = "headgate";
export const TOPIC = "headgate";
export const BASE_URL = "https://headgate.example";

/** How mail goes to people, and from whom where SES sends it. */
export type MailBy = "sns" | "ses";
export const MAIL_FROM = "releases@headgate.example";

export function deployedFunctions(): ReadonlyMap<string, DeployedFunction> {
  return new Map(
    FUNCTIONS.flatMap(({ name, timeoutSeconds }) => {
      const handler = HANDLERS.get(name);
      return handler === undefined ? [] : [[name, { handler, timeoutSeconds }] as const];
    }),
  );
}

export function machineArn({ account, region }: SandboxPlace, machine: MachineName): string {
  return `arn:aws:states:${region}:${account}:stateMachine:headgate-${machine}`;
}

function topicArn({ account, region }: SandboxPlace): string {
  return `arn:aws:sns:${region}:${account}:${TOPIC}`;
}

/** What stands for each `${Placeholder}` of the definitions. */
export function substitutions(place: SandboxPlace): Readonly<Record<string, string>> {
  const functions = FUNCTIONS.map(({ name }) => [placeholderOf(name), name]);
  const machines = MACHINES.map((machine) => [`${placeholderOf(machine)}Machine`, machineArn(place, machine)]);
  return Object.fromEntries([...functions, ...machines]);
}

/** The handler of the function that is deployed under this name. */
export function stepNamed(functionName: string): string | undefined {
  return FUNCTIONS.find(({ name }) => functionNameOf(NAME, name) === functionName)?.name;
}

/** The environment variables that each function is deployed with, by its name. */
export function environmentsOf(
  place: SandboxPlace,
  mailBy: MailBy = "sns",
): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const mail: MailSettings =
    mailBy === "sns"
      ? { by: mailBy, topicArn: topicArn(place) }
      : { by: mailBy, from: MAIL_FROM, identityArn: null, configurationSet: null };
  const settings = {
    tableName: TABLE,
    mail,
    baseUrl: BASE_URL,
    externalId: "headgate",
    promotionMachineArn: machineArn(place, "promotion"),
    restoreFunction: functionNameOf(NAME, RESTORE),
    settleFunction: functionNameOf(NAME, SETTLE),
  };
  // Its services are worked out minute by minute: fifteen days of them would take a minute of real time.
  const { pastDays } = VARIABLES;
  return new Map(FUNCTIONS.map((row) => [row.name, { ...variablesOf(row, settings), [pastDays]: "0.25" }]));
}

const DEFINITIONS = new Map<MachineName, string>();

/** The definition as it stands in `statemachine/`; read once. */
export function definitionOf(machine: MachineName): string {
  const known = DEFINITIONS.get(machine);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`../../statemachine/${machine}.asl.json`, import.meta.url), "utf8");
  DEFINITIONS.set(machine, text);
  return text;
}
