/** Whether the deployed roles allow what a handler asks of AWS: IAM's evaluation, as far as our statements go. */

import { type Access, roleFor } from "../../functions/domain/access.ts";
import { accessOf } from "../../infra/access.ts";
import { FUNCTIONS, PARTITIONS, placeholderOf } from "../../infra/functions.ts";
import { MAIL_FROM } from "../../sandbox/host/deployment.ts";
import type { Deployment, Statement } from "./deployment.ts";
import { ACCOUNT, REGION, statementsOf } from "./deployment.ts";

/** One thing that IAM is asked about. */
export interface Request {
  readonly action: string;
  readonly resource: string;
  /** The partition, where the action is on the ledger. */
  readonly leadingKey?: string;
}

/** One call of a handler, in the account whose resources it touches. */
export interface HandlerCall {
  readonly handler: string;
  readonly account: string;
  readonly requests: readonly Request[];
}

/** What is refused of these calls, in words, each once; empty: all of it is allowed. */
export function refusals(deployment: Deployment, calls: readonly HandlerCall[]): string[] {
  const found = new Set<string>();
  for (const [who, alike] of Map.groupBy(calls, ({ handler, account }) => `${handler} ${account}`)) {
    const [handler = "", account = ""] = who.split(" ");
    const requests = [
      ...new Map(alike.flatMap((call) => call.requests).map((one) => [JSON.stringify(one), one])).values(),
    ];
    for (const refusal of refusalsOf(deployment, { handler, account, requests })) found.add(refusal);
  }
  return [...found];
}

/** Whether the role of a function allows one request in Headgate's own account. */
export function isAllowed(deployment: Deployment, handler: string, request: Request): boolean {
  return refusalsOf(deployment, { handler, account: ACCOUNT, requests: [request] }).length === 0;
}

/** Everything that any function's role allows outside the ledger: what there is to be tried for another one. */
export function everyGrant(deployment: Deployment): Request[] {
  const all = FUNCTIONS.flatMap(({ name }) => statementsOf(deployment.headgate, `${placeholderOf(name)}Role`));
  const requests = all.flatMap(({ Action, Resource }) =>
    Action.filter((action) => !action.startsWith("dynamodb:")).flatMap((action) =>
      Resource.map((resource) => ({ action, resource })),
    ),
  );
  return [...new Map(requests.map((one) => [JSON.stringify(one), one])).values()];
}

/** Families of the ledger that a function's calls were about, each once; `writes` and `deletes` by what they are. */
export function familiesIn(calls: readonly HandlerCall[]): ReadonlyMap<string, ReadonlySet<string>> {
  const heard = new Map<string, Set<string>>();
  for (const { handler, requests } of calls) {
    const uses = heard.get(handler) ?? new Set();
    heard.set(handler, uses);
    for (const { action, leadingKey } of requests) {
      if (leadingKey !== undefined) uses.add(`${DEEDS[action] ?? "reads"} ${familyOf(leadingKey)}`);
    }
  }
  return heard;
}

const DEEDS: Readonly<Record<string, string>> = {
  "dynamodb:PutItem": "writes",
  "dynamodb:DeleteItem": "deletes",
};

/** The family of a partition. */
export function familyOf(leadingKey: string): string {
  const found = Object.entries(PARTITIONS).find(([, keys]) => keys.some((key) => matches(key, leadingKey)));
  if (found === undefined) throw new Error(`${leadingKey} is of no family`);
  return found[0];
}

function refusalsOf(deployment: Deployment, { handler, account, requests }: HandlerCall): string[] {
  const own = statementsOf(deployment.headgate, `${placeholderOf(handler)}Role`);
  if (account === ACCOUNT) return refused(handler, own, requests);
  const access = accessOf(FUNCTIONS.find(({ name }) => name === handler)?.accounts ?? []);
  const resource = roleFor(access, `arn:aws:iam::${account}:role/headgate-target`);
  const target = [...deployment.targets.values()].find((template) => JSON.stringify(template).includes(account));
  const there = target === undefined ? [] : statementsOf(target, ROLE_IDS[access]);
  return [
    ...refused(handler, own, [{ action: "sts:AssumeRole", resource }]),
    ...refused(`${handler} in ${account}`, there, requests),
  ];
}

const ROLE_IDS: Readonly<Record<Access, string>> = { write: "Role", read: "ReadingRole", retire: "RetiringRole" };

function refused(who: string, statements: readonly Statement[], requests: readonly Request[]): string[] {
  return requests
    .filter((request) => !statements.some((statement) => allows(statement, request)))
    .map(({ action, resource, leadingKey }) => `${who}: ${action} on ${resource} ${leadingKey ?? ""}`.trim());
}

function allows(
  { Effect, Action, Resource, Condition }: Statement,
  { action, resource, leadingKey }: Request,
): boolean {
  const keys = Condition["ForAllValues:StringLike"]?.["dynamodb:LeadingKeys"];
  const isKeyAllowed = keys === undefined || keys.some((pattern) => matches(pattern, leadingKey ?? ""));
  return (
    Effect === "Allow" && Action.includes(action) && Resource.some((arn) => matches(arn, resource)) && isKeyAllowed
  );
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(text);
}

interface DynamoInput {
  readonly Key?: Readonly<Record<string, { readonly S?: string }>>;
  readonly Item?: Readonly<Record<string, { readonly S?: string }>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, { readonly S?: string }>>;
  readonly RequestItems?: Readonly<Record<string, { readonly Keys: readonly NonNullable<DynamoInput["Key"]>[] }>>;
  readonly TransactItems?: readonly Readonly<Record<string, DynamoInput>>[];
}

const TRANSACTED: Readonly<Record<string, string>> = {
  Put: "PutItem",
  Delete: "DeleteItem",
  Update: "UpdateItem",
  ConditionCheck: "ConditionCheckItem",
};

/** A call on the ledger. A transaction is asked about as the single actions that it is made of, a batch key by key. */
export function ledgerRequests(operation: string, input: DynamoInput): Request[] {
  const resource = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/headgate`;
  if (operation === "TransactWriteItems") {
    return (input.TransactItems ?? []).flatMap((item) =>
      Object.entries(item).flatMap(([kind, part]) => ledgerRequests(TRANSACTED[kind] ?? kind, part)),
    );
  }
  if (operation === "BatchGetItem") {
    const keys = Object.values(input.RequestItems ?? {}).flatMap(({ Keys }) => Keys);
    return keys.map((key) => ({ action: "dynamodb:BatchGetItem", resource, leadingKey: key.pk?.S ?? "" }));
  }
  const leadingKey = (input.Key ?? input.Item)?.pk?.S ?? input.ExpressionAttributeValues?.[":pk"]?.S ?? "";
  return [{ action: `dynamodb:${operation}`, resource, leadingKey }];
}

/** A call about a function of the account. */
export function lambdaRequests(
  { operation, account, region }: { readonly operation: string; readonly account: string; readonly region: string },
  input: { readonly FunctionName?: string; readonly Qualifier?: string; readonly Name?: string },
): Request[] {
  const action = `lambda:${operation === "Invoke" ? "InvokeFunction" : operation}`;
  if (operation === "ListEventSourceMappings") return [{ action, resource: "*" }];
  const qualifier = input.Qualifier ?? input.Name;
  const name = `${input.FunctionName}${qualifier === undefined ? "" : `:${qualifier}`}`;
  return [{ action, resource: `arn:aws:lambda:${region}:${account}:function:${name}` }];
}

/** Any other call, from its parameters by name. */
export function otherRequests(
  service: string,
  operation: string,
  input: Readonly<Record<string, string | undefined>>,
): Request[] {
  switch (service) {
    case "monitoring":
      return [{ action: `cloudwatch:${operation}`, resource: "*" }];
    case "s3":
      return [{ action: "s3:GetObjectVersion", resource: `arn:aws:s3:::${input.Bucket}/${input.Key}` }];
    case "sns": {
      const topic = `arn:aws:sns:${REGION}:${ACCOUNT}:headgate-notices`;
      return [{ action: `sns:${operation}`, resource: operation === "GetSubscriptionAttributes" ? "*" : topic }];
    }
    case "ses": {
      const sender = `arn:aws:ses:${REGION}:${ACCOUNT}:identity/${MAIL_FROM}`;
      return [{ action: `ses:${operation}`, resource: operation === "SendEmail" ? sender : "*" }];
    }
    case "states":
      return [{ action: `states:${operation}`, resource: input.executionArn ?? input.stateMachineArn ?? "*" }];
    default:
      return [{ action: `${service}:${operation}`, resource: "*" }];
  }
}
