/** The functions, each with a role and a log of its own. */
import { Aws, Duration } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Function as LambdaFunction, Runtime, Tracing } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { roleFor } from "../../functions/domain/access.ts";
import type { Grant } from "../../functions/targets/grant.ts";
import { accessOf } from "../access.ts";
import type { CodeOf } from "../bundle.ts";
import { type FunctionRow, functionNameOf, placeholderOf, RESTORE, SETTLE, variablesOf } from "../functions.ts";
import { grantsOf, isAsked, type TargetPlace } from "../places.ts";
import { acknowledge, give } from "./grants.ts";
import { KEPT, makeLog } from "./keeping.ts";
import { type Ledger, ledgerGrants } from "./ledger.ts";
import type { Notices } from "./notices.ts";

/** What rows are turned into functions with. */
export interface Surroundings {
  /** Name of the deployment; every name starts with it. */
  readonly name: string;
  readonly codeOf: CodeOf;
  readonly ledger: Ledger;
  readonly notices: Notices;
  readonly places: readonly TargetPlace[];
  readonly artifactBuckets: readonly string[];
  /** Sent with each AssumeRole. */
  readonly externalId: string;
  readonly baseUrl: string;
  readonly promotionMachineArn: string;
}

export interface Made {
  readonly handler: LambdaFunction;
  readonly role: Role;
}
export type Lambdas = ReadonlyMap<string, Made>;

/** The function of that name. Throws where the table has none. */
export function lambdaOf(lambdas: Lambdas, name: string): Made {
  const made = lambdas.get(name);
  if (made === undefined) throw new Error(`the table of functions has no ${name}`);
  return made;
}

/** Roles are named, so that the roles of target accounts can trust them before and after they are made anew. */
export const roleNameOf = (deployment: string, functionName: string) => `${deployment}-${functionName}`;

/** What every function of ours runs on; its code is an ES module with a source map. */
export const RUNTIME = {
  runtime: Runtime.NODEJS_24_X,
  architecture: Architecture.ARM_64,
  handler: "index.handler",
  tracing: Tracing.ACTIVE,
} as const;

export function makeLambdas(scope: Construct, rows: readonly FunctionRow[], around: Surroundings): Lambdas {
  return new Map(rows.map((row) => [row.name, makeLambda(scope, row, around)]));
}

function makeLambda(scope: Construct, row: FunctionRow, around: Surroundings): Made {
  const id = placeholderOf(row.name);
  const functionName = functionNameOf(around.name, row.name);
  const role = makeRole(scope, id, roleNameOf(around.name, row.name));
  const retention = row.trigger === "request" ? KEPT.audit : KEPT.work;
  const logGroup = makeLog(scope, `${id}Log`, `/aws/lambda/${functionName}`, around.ledger.key, retention);
  give(role, grantsFor(row, around));
  logGroup.grantWrite(role);
  const handler = new LambdaFunction(scope, id, {
    ...RUNTIME,
    functionName,
    description: `Headgate: ${row.name}`,
    code: around.codeOf(row.name),
    timeout: Duration.seconds(row.timeoutSeconds),
    memorySize: row.memoryMb,
    role,
    logGroup,
    environment: environmentOf(row, around),
  });
  return { handler, role };
}

/** A role for one function. Tracing adds its permission itself. */
export function makeRole(scope: Construct, id: string, roleName: string): Role {
  const role = new Role(scope, `${id}Role`, { roleName, assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  acknowledge(role, "IAM5[Resource::*]", "X-Ray's segments have no resource that IAM could name.");
  return role;
}

function environmentOf(row: FunctionRow, around: Surroundings): Record<string, string> {
  const { ledger, notices, ...settings } = around;
  const known = {
    ...settings,
    restoreFunction: functionNameOf(around.name, RESTORE),
    settleFunction: functionNameOf(around.name, SETTLE),
    tableName: ledger.table.tableName,
    mail: notices.people.settings,
  };
  return { NODE_OPTIONS: "--enable-source-maps", ...variablesOf(row, known) };
}

function grantsFor(row: FunctionRow, around: Surroundings): Grant[] {
  const promotions = `${executionsOf(around.promotionMachineArn)}:*`;
  return [
    ...ledgerGrants(around.ledger, row),
    ...(row.mails ? around.notices.people.grants : []),
    ...(row.wakes
      ? [{ actions: ["states:SendTaskSuccess"], resources: ["*"], why: "A task token names its task." }]
      : []),
    ...(row.looksAtExecutions
      ? [{ actions: ["states:DescribeExecution"], resources: [promotions], why: "Executions of this one machine." }]
      : []),
    ...(row.startsPromotions ? [{ actions: ["states:StartExecution"], resources: [around.promotionMachineArn] }] : []),
    ...(row.startsRestores ? [workerGrant(around.name, RESTORE)] : []),
    ...(row.startsSettling ? [workerGrant(around.name, SETTLE)] : []),
    ...(row.accounts.length > 0 ? accountGrants(row, around) : []),
  ];
}

/** Asks for one function, by its name: nothing else of the account can be run with it. */
function workerGrant(deployment: string, name: string): Grant {
  const worker = `function:${functionNameOf(deployment, name)}`;
  return {
    actions: ["lambda:InvokeFunction"],
    resources: [`arn:${Aws.PARTITION}:lambda:${Aws.REGION}:${Aws.ACCOUNT_ID}:${worker}`],
  };
}

/** The environments' accounts by one of their roles; those in our own account directly. */
function accountGrants(row: FunctionRow, { places, artifactBuckets }: Surroundings): Grant[] {
  const access = accessOf(row.accounts);
  const asked = places.filter((place) => isAsked(place, access));
  const roles = [...new Set(asked.flatMap(({ roleArn }) => (roleArn === null ? [] : [roleFor(access, roleArn)])))];
  const own = places.filter(({ roleArn }) => roleArn === null);
  return [
    { actions: ["sts:AssumeRole"], resources: roles },
    ...own.flatMap((place) => row.accounts.flatMap((use) => grantsOf(place, use, artifactBuckets))),
  ];
}

/** The executions of a machine: the same ARN with another word. */
export function executionsOf(machineArn: string): string {
  return machineArn.replace(":stateMachine:", ":execution:");
}
