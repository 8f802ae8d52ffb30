/** The links of a notification's way from a sender on: the policy of what is sent to, its key's, and its reader. */
import { type FilterPolicy, passes } from "../../sandbox/aws/sns/filter.ts";
import { everyResource, type Found, type PlacedTemplate } from "./placed-template.ts";
import { type Asked, answerOf, type Caller, type PolicyStatement } from "./policy-evaluation.ts";

export interface World {
  readonly all: readonly Found[];
  readonly byArn: ReadonlyMap<string, Found>;
}

export function worldOf(templates: readonly PlacedTemplate[]): World {
  const all = everyResource(templates);
  return { all, byArn: new Map(all.map((found) => [found.arn, found])) };
}

/** Whoever sends, and what of itself it tells the service that it sends to, and the key of that. */
export interface Sender {
  readonly by: Caller;
  readonly context: Asked["context"];
  readonly keyContext: Asked["context"];
  /** The role's own statements; none: a service, which has none. */
  readonly own: readonly PolicyStatement[];
  readonly event?: Readonly<Record<string, unknown>>;
}

/** What is missing between a sender and whoever hears it at the other end. */
export function sentTo(world: World, sender: Sender, to: string): string[] {
  if (/^arn:aws:events:[^:]+:\d+:event-bus\//.test(to)) return sentToBus(world, sender, to);
  const target = world.byArn.get(to);
  const link = LINKS[target?.type ?? ""];
  if (target === undefined || link === undefined) return [`${to} is nothing that the walk knows`];
  const { action, statements } = link(world, target);
  const missing = [
    ...mayCall(sender, target.at.account, { action, resource: to }, statements),
    ...mayEncrypt(world, sender, target),
  ];
  return [...missing, ...(target.type === "AWS::SNS::Topic" ? subscribers(world, target, sender) : [])];
}

interface Link {
  readonly action: string;
  readonly statements: readonly PolicyStatement[];
}

const LINKS: Readonly<Record<string, (world: World, target: Found) => Link>> = {
  "AWS::SNS::Topic": (world, { arn }) => ({
    action: "sns:Publish",
    statements: attached(world, "AWS::SNS::TopicPolicy", "Topics", [arn]),
  }),
  // A queue's policy names its queues by their addresses, for which their names stand here.
  "AWS::SQS::Queue": (world, { name }) => ({
    action: "sqs:SendMessage",
    statements: attached(world, "AWS::SQS::QueuePolicy", "Queues", [name]),
  }),
  "AWS::Lambda::Function": (world, target) => ({
    action: "lambda:InvokeFunction",
    statements: permissions(world, target),
  }),
};

const attached = (world: World, policy: string, property: string, names: readonly string[]): PolicyStatement[] =>
  world.all
    .filter(
      ({ type, properties }) => type === policy && textsOf(properties[property]).some((one) => names.includes(one)),
    )
    .flatMap(({ properties }) => statementsIn(properties.PolicyDocument));

/** A permission of Lambda's as the statement that Lambda makes of it. */
function permissions({ all }: World, { arn, name }: Found): PolicyStatement[] {
  return all
    .filter(
      ({ type, properties }) =>
        type === "AWS::Lambda::Permission" && [arn, name].includes(String(properties.FunctionName)),
    )
    .map(({ properties: { Action, Principal, SourceArn, SourceAccount } }) => ({
      Effect: "Allow",
      Action,
      Resource: arn,
      Principal: { Service: Principal },
      Condition: {
        ...(SourceArn === undefined ? {} : { ArnLike: { "aws:SourceArn": SourceArn } }),
        ...(SourceAccount === undefined ? {} : { StringEquals: { "aws:SourceAccount": SourceAccount } }),
      },
    }));
}

/** Within one account either side's Allow is enough; across accounts it takes both; a Deny of either ends it. */
function mayCall(
  { by, context, own }: Sender,
  account: string,
  call: Pick<Asked, "action" | "resource">,
  statements: readonly PolicyStatement[],
): string[] {
  const asked = { by, context, ...call };
  const theirs = answerOf(statements, asked);
  const who = "service" in by ? by.service : nameIn(by.role);
  if (theirs === "denied") return [`the policy of ${nameIn(call.resource)} denies ${who} ${call.action}`];
  if ("service" in by) {
    return theirs === "allowed" ? [] : [`the policy of ${nameIn(call.resource)} does not let ${who} ${call.action}`];
  }
  const ours = answerOf(own, asked);
  const isEnough = by.account === account ? ours === "allowed" || theirs === "allowed" : ours === "allowed";
  return [
    ...(isEnough && ours !== "denied" ? [] : [`${who} may not ${call.action}`]),
    ...(by.account === account || theirs === "allowed"
      ? []
      : [`${nameIn(call.resource)} does not let ${by.account} ${call.action}`]),
  ];
}

function mayEncrypt(world: World, sender: Sender, target: Found): string[] {
  const { KmsMasterKeyId } = target.properties;
  if (KmsMasterKeyId === undefined) return [];
  const key = world.byArn.get(String(KmsMasterKeyId));
  if (key === undefined) return [`${KmsMasterKeyId} is no key whose policy could let anybody in`];
  const service = target.type === "AWS::SNS::Topic" ? "sns" : "sqs";
  const via = { "kms:ViaService": `${service}.${target.at.region}.amazonaws.com` };
  const context = { ...sender.keyContext, ...("role" in sender.by ? via : {}) };
  return ["kms:GenerateDataKey", "kms:Decrypt"].flatMap((action) => mayUse(key, { ...sender, context }, action));
}

/** A key's policy alone decides; it may leave that to the roles' own policies, by naming their account. */
function mayUse(key: Found, { by, context, own }: Sender, action: string): string[] {
  const calls = (resource: string) => ({ by, context, action, resource });
  const byKey = answerOf(statementsIn(key.properties.KeyPolicy), calls(key.arn));
  const isAllowed = byKey === "allowed" && ("service" in by || answerOf(own, calls(key.arn)) === "allowed");
  return isAllowed ? [] : [`the key does not let ${"service" in by ? by.service : nameIn(by.role)} ${action}`];
}

/** Who hears a message of the sender's. Functions mark their mails for a person; nobody else marks anything. */
function subscribers({ all }: World, topic: Found, { by }: Sender): string[] {
  const own = all.filter(
    ({ type, properties }) => type === "AWS::SNS::Subscription" && properties.TopicArn === topic.arn,
  );
  const strange = own.filter(({ properties }) => properties.Protocol !== "email");
  const hears = ({ properties: { FilterPolicy, Endpoint } }: Found) =>
    FilterPolicy === undefined ||
    passes(FilterPolicy as FilterPolicy, "role" in by ? { recipient: [String(Endpoint)] } : {});
  return [
    ...strange.map(
      ({ id, properties }) => `${id} is subscribed by ${properties.Protocol}, which the walk does not know`,
    ),
    ...(own.some(hears) ? [] : [`nobody is subscribed to ${topic.name} who would hear it`]),
  ];
}

/** A bus is the start of another rule: the sender's role, the bus's policy, and somebody who listens there. */
function sentToBus(world: World, sender: Sender, bus: string): string[] {
  const [, , , region = "", account = ""] = bus.split(":");
  const there = world.all.filter(({ at }) => at.account === account && at.region === region);
  const statements = there
    .filter(({ type }) => type === "AWS::Events::EventBusPolicy")
    .map(({ properties }) => properties.Statement as PolicyStatement);
  const listens = ({ type, properties }: Found) =>
    type === "AWS::Events::Rule" && isHeard(properties.EventPattern, sender.event);
  return [
    ...mayCall(sender, account, { action: "events:PutEvents", resource: bus }, statements),
    ...(there.some(listens) ? [] : [`no rule of ${account} in ${region} listens for it`]),
  ];
}

/** Whether a pattern takes every event that another pattern lets through: each of its values is among the wanted ones. */
function isHeard(wanted: unknown, sent: unknown): boolean {
  if (Array.isArray(wanted)) return textsOf(sent).length > 0 && textsOf(sent).every((value) => wanted.includes(value));
  if (typeof wanted !== "object" || wanted === null) return false;
  return Object.entries(wanted).every(([field, inner]) =>
    isHeard(inner, (sent as Record<string, unknown> | undefined)?.[field]),
  );
}

export const statementsIn = (document: unknown): PolicyStatement[] =>
  [(document as { readonly Statement?: PolicyStatement | PolicyStatement[] } | undefined)?.Statement ?? []].flat();

export function textsOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** The last part of an ARN. */
export const nameIn = (arn: string) => arn.slice(arn.lastIndexOf(":") + 1);
