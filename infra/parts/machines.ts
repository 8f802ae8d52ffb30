/** The machines, from the definitions as they stand in `statemachine/`. */
import { readFileSync } from "node:fs";
import { Aws } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Key } from "aws-cdk-lib/aws-kms";
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import type { Grant } from "../../functions/targets/grant.ts";
import { placeholderOf } from "../functions.ts";
import { acknowledge, give } from "./grants.ts";
import { KEPT, makeLog } from "./keeping.ts";
import { executionsOf, type Lambdas } from "./lambdas.ts";

/** Children before those that start them. */
export const MACHINES = ["bake", "approval", "queue", "rollback", "rollout", "promotion"] as const;
export type MachineName = (typeof MACHINES)[number];
export type Machines = Readonly<Record<MachineName, StateMachine>>;

/** Known before the machine exists: the functions that are told of it are also the ones that it calls. */
export function machineArn(deployment: string, machine: MachineName): string {
  return `arn:${Aws.PARTITION}:states:${Aws.REGION}:${Aws.ACCOUNT_ID}:stateMachine:${deployment}-${machine}`;
}

/** How definitions name a machine: `bake` is `${BakeMachine}`. */
export const machinePlaceholder = (name: MachineName) => `${placeholderOf(name)}Machine`;

export function definitionOf(machine: MachineName): string {
  return readFileSync(new URL(`../../statemachine/${machine}.asl.json`, import.meta.url), "utf8");
}

/** `${OpenPromotion}`, `${BakeMachine}`: what a definition leaves open. */
export function placeholdersIn(definition: string): string[] {
  return [...new Set([...definition.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name ?? ""))];
}

export function makeMachines(scope: Construct, deployment: string, lambdas: Lambdas, key: Key): Machines {
  const arns = new Map([...lambdas].map(([name, { handler }]) => [placeholderOf(name), handler.functionArn]));
  const made = new Map<MachineName, StateMachine>();
  for (const name of MACHINES) {
    const machine = makeMachine(scope, deployment, name, arns, key);
    arns.set(machinePlaceholder(name), machine.stateMachineArn);
    made.set(name, machine);
  }
  return Object.fromEntries(made) as Machines;
}

function makeMachine(
  scope: Construct,
  deployment: string,
  name: MachineName,
  arns: ReadonlyMap<string, string>,
  key: Key,
): StateMachine {
  const id = machinePlaceholder(name);
  const definition = definitionOf(name);
  const used = placeholdersIn(definition).map((placeholder) => [placeholder, arnFor(arns, placeholder, name)] as const);
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal("states.amazonaws.com") });
  give(role, grantsFor(deployment, used));
  const destination = makeLog(scope, `${id}Log`, `/aws/vendedlogs/states/${deployment}-${name}`, key, KEPT.audit);
  const machine = new StateMachine(scope, id, {
    stateMachineName: `${deployment}-${name}`,
    stateMachineType: StateMachineType.STANDARD,
    // Inlined, so that the template shows what is deployed; from a file, CDK would put it into a bucket.
    definitionBody: DefinitionBody.fromString(definition),
    definitionSubstitutions: Object.fromEntries(used),
    role,
    tracingEnabled: true,
    // Without data: task tokens and people's addresses pass through the states.
    logs: { destination, level: LogLevel.ALL, includeExecutionData: false },
  });
  acknowledge(role, "IAM5[Resource::*]", "Log delivery and X-Ray know no resources; each action is listed by CDK.");
  return machine;
}

function arnFor(arns: ReadonlyMap<string, string>, placeholder: string, machine: string): string {
  const arn = arns.get(placeholder);
  if (arn === undefined)
    throw new Error(`${machine}.asl.json names ${placeholder}, which is neither function nor machine`);
  return arn;
}

/** Calls its functions; starts, follows and stops its children, which the service watches by a rule of its own. */
function grantsFor(deployment: string, used: readonly (readonly [string, string])[]): Grant[] {
  const arnsOf = (kind: (placeholder: string) => boolean) => used.filter(([name]) => kind(name)).map(([, arn]) => arn);
  const children = MACHINES.filter((name) => used.some(([placeholder]) => placeholder === machinePlaceholder(name)));
  const call: Grant = { actions: ["lambda:InvokeFunction"], resources: arnsOf((name) => !name.endsWith("Machine")) };
  if (children.length === 0) return [call];
  const rule = `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule`;
  return [
    call,
    { actions: ["states:StartExecution"], resources: arnsOf((name) => name.endsWith("Machine")) },
    {
      actions: ["states:DescribeExecution", "states:StopExecution"],
      resources: children.map((name) => `${executionsOf(machineArn(deployment, name))}:*`),
      why: "Executions of exactly these machines; their names are made while they run.",
    },
    { actions: ["events:PutTargets", "events:PutRule", "events:DescribeRule"], resources: [rule] },
  ];
}
