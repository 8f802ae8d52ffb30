/**
 * Walks every notification path of the synthesised templates, from whatever sends to whoever hears it: alarm, rule,
 * schedule, failed invocation and mailing function; the policy of what is sent to; its key's policy; its reader. A path is
 * broken where any link is missing, and a type that is not known here is a broken path, too.
 */
import { VARIABLES } from "../../functions/runtime/dependencies.ts";
import { nameIn, type Sender, sentTo, statementsIn, textsOf, type World } from "./notification-links.ts";
import type { Found } from "./placed-template.ts";
import { type Asked, answerOf, type Caller, type PolicyStatement } from "./policy-evaluation.ts";

export interface Path {
  readonly from: string;
  readonly to: string;
  /** Empty: whoever is at the other end hears it. */
  readonly broken: readonly string[];
}

/** Every path there is, in the templates' order. */
export function notificationPaths(world: World): Path[] {
  return world.all.flatMap((found) => {
    if (QUIET.some((type) => found.type.startsWith(type))) return [];
    const walk = WALKS[found.type];
    return walk === undefined
      ? [path(found, "?", [`${found.type} is a type that the walk does not know`])]
      : walk(world, found);
  });
}

const path = (from: Found, to: string, broken: readonly string[]): Path => ({
  from: from.name,
  to: nameIn(to),
  broken,
});

/** What sends nothing by itself. Policies, permissions, subscriptions and keys are links, and read as such. */
const QUIET = [
  "AWS::ApiGateway::",
  "AWS::CloudWatch::Dashboard",
  "AWS::DynamoDB::Table",
  "AWS::Events::EventBusPolicy",
  "AWS::IAM::",
  "AWS::KMS::",
  "AWS::Lambda::Permission",
  "AWS::Logs::LogGroup",
  "AWS::Route53::",
  "AWS::SES::EmailIdentity",
  "AWS::SNS::",
  "AWS::SQS::QueuePolicy",
  "AWS::StepFunctions::StateMachine",
  "AWS::WAFv2::",
  "Custom::HeadgatePolicy",
];

const WALKS: Readonly<Record<string, (world: World, found: Found) => Path[]>> = {
  "AWS::CloudWatch::Alarm": alarmPaths,
  "AWS::Events::Rule": rulePaths,
  "AWS::Lambda::EventInvokeConfig": invocationPaths,
  "AWS::Lambda::Function": mailingPaths,
  "AWS::SQS::Queue": queuePaths,
};

function alarmPaths(world: World, alarm: Found): Path[] {
  const { AlarmActions = [], OKActions = [], InsufficientDataActions = [], ActionsEnabled } = alarm.properties;
  if (ActionsEnabled === false || textsOf(AlarmActions).length === 0) {
    return [path(alarm, "?", ["it does nothing when it turns red"])];
  }
  // CloudWatch tells SNS and KMS alike for which alarm it asks [SNS developer guide, key management].
  const context = { ...ON_BEHALF_OF(alarm), "aws:SecureTransport": "true" };
  const sender: Sender = { by: { service: "cloudwatch.amazonaws.com" }, context, keyContext: context, own: [] };
  const actions = [AlarmActions, OKActions, InsufficientDataActions].flatMap(textsOf);
  return actions.map((to) => path(alarm, to, sentTo(world, sender, to)));
}

const ON_BEHALF_OF = ({ arn, at }: Found) => ({ "aws:SourceArn": arn, "aws:SourceAccount": at.account });

function rulePaths(world: World, rule: Found): Path[] {
  const { Targets = [], State, EventPattern, ScheduleExpression } = rule.properties;
  const targets = Targets as readonly Readonly<Record<string, unknown>>[];
  const own = [
    ...(targets.length === 0 ? ["it has no target"] : []),
    ...(State === "DISABLED" ? ["it is off"] : []),
    ...(EventPattern === undefined && ScheduleExpression === undefined ? ["it waits for nothing"] : []),
  ];
  if (own.length > 0) return [path(rule, "?", own)];
  return targets.flatMap((target) => {
    const to = String(target.Arn);
    const ways = [path(rule, to, sentTo(world, ruleAs(world, rule, target), to))];
    const { Arn: letters } = (target.DeadLetterConfig ?? {}) as { readonly Arn?: string };
    return letters === undefined
      ? ways
      : [...ways, path(rule, letters, sentTo(world, ruleAs(world, rule, {}), letters))];
  });
}

/** EventBridge sends as the target's role, where it has one, and as itself otherwise; it tells KMS nothing of the rule. */
function ruleAs(world: World, rule: Found, { RoleArn }: Readonly<Record<string, unknown>>): Sender {
  const { source: [source] = [], "detail-type": [kind] = [] } = (rule.properties.EventPattern ?? {}) as Record<
    string,
    string[]
  >;
  const event = { ...(rule.properties.EventPattern as object), account: [rule.at.account] };
  const secure = { "aws:SecureTransport": "true", "events:source": source ?? "", "events:detail-type": kind ?? "" };
  if (typeof RoleArn === "string") return { ...roleAs(world, RoleArn, "events.amazonaws.com", secure), event };
  const context = { ...ON_BEHALF_OF(rule), ...secure };
  return { by: { service: "events.amazonaws.com" }, context, keyContext: {}, own: [], event };
}

/** A role as `service` takes it on; without statements of its own where its trust does not let that service in. */
function roleAs(world: World, arn: string, service: string, context: Asked["context"]): Sender {
  const role = world.byArn.get(arn);
  const by: Caller = { role: arn, account: role?.at.account ?? "" };
  const trust = statementsIn(role?.properties.AssumeRolePolicyDocument).map((one) => ({ ...one, Resource: "*" }));
  const taken = { by: { service }, action: "sts:AssumeRole", resource: arn, context: {} };
  const own = answerOf(trust, taken) === "allowed" && role !== undefined ? policiesOf(world, role) : [];
  return { by, context, keyContext: {}, own };
}

const policiesOf = (world: World, role: Found): PolicyStatement[] =>
  world.all
    .filter(({ type, properties }) => type === "AWS::IAM::Policy" && textsOf(properties.Roles).includes(role.name))
    .flatMap(({ properties }) => statementsIn(properties.PolicyDocument));

function invocationPaths(world: World, config: Found): Path[] {
  const { FunctionName, DestinationConfig = {} } = config.properties;
  const of = world.all.find(
    ({ type, name, arn }) => type === "AWS::Lambda::Function" && [name, arn].includes(String(FunctionName)),
  );
  if (of === undefined) return [path(config, "?", [`there is no function ${FunctionName}`])];
  const destinations = Object.values(DestinationConfig as Record<string, { readonly Destination: string }>);
  return destinations.map(({ Destination: to }) => path(of, to, sentTo(world, functionAs(world, of), to)));
}

const functionAs = (world: World, { properties: { Role } }: Found): Sender =>
  roleAs(world, String(Role), "lambda.amazonaws.com", { "aws:SecureTransport": "true" });

/** What a function is told of by a variable is what it sends to. */
function mailingPaths(world: World, handler: Found): Path[] {
  const { Environment = {}, DeadLetterConfig } = handler.properties;
  const { Variables = {} } = Environment as { readonly Variables?: Readonly<Record<string, unknown>> };
  const told = Object.values(Variables).filter((value) => HEARING.has(world.byArn.get(String(value))?.type ?? ""));
  const { TargetArn } = (DeadLetterConfig ?? {}) as { readonly TargetArn?: string };
  const all = [...told.map(String), ...(TargetArn === undefined ? [] : [TargetArn])];
  const ways = all.map((to) => path(handler, to, sentTo(world, functionAs(world, handler), to)));
  const from = Variables[VARIABLES.mailFrom];
  return from === undefined ? ways : [...ways, mailPath(world, handler, String(from))];
}

/** Who is told a sender mails by SES, from that address and by its domain's identity. */
function mailPath(world: World, handler: Found, from: string): Path {
  const sender = functionAs(world, handler);
  const { account, region } = handler.at;
  const resource = `arn:aws:ses:${region}:${account}:identity/${from.slice(from.indexOf("@") + 1)}`;
  const context = { ...sender.context, "ses:FromAddress": from };
  const isAllowed = answerOf(sender.own, { by: sender.by, action: "ses:SendEmail", resource, context }) === "allowed";
  return path(handler, from, isAllowed ? [] : [`${handler.name} may not ses:SendEmail as ${from}`]);
}

const HEARING = new Set(["AWS::SNS::Topic", "AWS::SQS::Queue"]);

/** Messages that lie in a queue until they expire have reached nobody. */
function queuePaths({ all }: World, queue: Found): Path[] {
  const isRead = all.some(
    ({ type, properties }) => type === "AWS::Lambda::EventSourceMapping" && properties.EventSourceArn === queue.arn,
  );
  const isWatched = all.some(
    ({ type, properties }) => type === "AWS::CloudWatch::Alarm" && watches(properties, queue.name),
  );
  const { RedrivePolicy } = queue.properties;
  return [
    path(queue, "its reader", [
      ...(isRead || isWatched ? [] : ["nobody reads it, and no alarm counts what lies in it"]),
      ...(RedrivePolicy === undefined ? [] : ["it moves messages on by itself, which the walk does not know"]),
    ]),
  ];
}

function watches({ MetricName, Dimensions = [] }: Found["properties"], queue: string): boolean {
  const isOfQueue = (Dimensions as { Name: string; Value: string }[]).some(
    ({ Name, Value }) => Name === "QueueName" && Value === queue,
  );
  return MetricName === "ApproximateNumberOfMessagesVisible" && isOfQueue;
}
