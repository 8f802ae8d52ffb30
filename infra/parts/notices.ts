/** Mail: people's notices and links, by a topic or by SES, and a topic for alarms about Headgate itself. */
import { createHash } from "node:crypto";
import { Aws, Fn, Stack } from "aws-cdk-lib";
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Key } from "aws-cdk-lib/aws-kms";
import { CfnSubscription, Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { RECIPIENT } from "../../functions/adapters/sns-mailer.ts";
import type { Grant } from "../../functions/targets/grant.ts";
import { keyUse, ofOwnAlarms } from "./keeping.ts";
import type { PeopleMail } from "./people-mail.ts";
import { mailBySes, type SesSender } from "./ses.ts";

export interface Notices {
  readonly people: PeopleMail;
  /** Unfiltered: those who are paged. */
  readonly alarms: Topic;
}

export interface NoticesProps {
  /** Everybody who is written to. */
  readonly people: readonly string[];
  /** Who is told that Headgate itself is in trouble. */
  readonly pageTo: readonly string[];
  /** The role that CloudFormation works as, where it is not that of CDK's bootstrap. */
  readonly deployRoleArn?: string | undefined;
  /** Who mails come from where SES sends them; null: SNS does, by a topic. */
  readonly sender?: SesSender | null;
}

/** Throws where nobody would hear the alarms. */
export function makeNotices(scope: Construct, name: string, key: Key, props: NoticesProps): Notices {
  const { pageTo, sender = null } = props;
  if (pageTo.length === 0) {
    const hint = "name in one environment's pageTo who is on call";
    throw new Error(`policy.environments.*.pageTo: [] - nobody would hear the alarms about Headgate itself; ${hint}`);
  }
  const people = sender === null ? mailByTopic(scope, name, key, props) : mailBySes(scope, sender);
  const alarms = new Topic(scope, "Alarms", { topicName: `${name}-alarms`, masterKey: key, enforceSSL: true });
  alarms.addToResourcePolicy(alarmsMayPublish(name, alarms));
  for (const address of pageTo) subscribe(scope, alarms, address);
  return { people, alarms };
}

/** A topic on which each person has a subscription that lets through only what is addressed to them. */
function mailByTopic(scope: Construct, name: string, key: Key, { people, deployRoleArn }: NoticesProps): PeopleMail {
  const topic = new Topic(scope, "Notices", { topicName: `${name}-notices`, masterKey: key, enforceSSL: true });
  topic.addToResourcePolicy(deploymentsAloneSubscribe(topic, deployRole(Stack.of(scope), deployRoleArn)));
  for (const address of people) subscribe(scope, topic, address, { [RECIPIENT]: [address] });
  return {
    settings: { by: "sns", topicArn: topic.topicArn },
    grants: topicGrants(topic, key),
    delivered: [topic.metricNumberOfNotificationsDelivered()],
    failed: [topic.metricNumberOfNotificationsFailed({ statistic: "Sum" })],
  };
}

/** Who could read everybody's links by one more subscription, or take away the policy that refuses it. */
const CHANGING_WHO_READS = [
  "sns:Subscribe",
  "sns:SetTopicAttributes",
  "sns:AddPermission",
  "sns:RemovePermission",
  "sns:PutDataProtectionPolicy",
];

/**
 * A subscription without a filter gets every personal link. Refuses it to all but deployments and the account's root, so
 * that a topic can be mended whose role was named wrongly. What a topic's policy cannot refuse is a change to a
 * subscription that is there (SetSubscriptionAttributes knows no resource): that is looked at before each mail.
 */
function deploymentsAloneSubscribe({ topicArn }: Topic, deployRoleArn: string): PolicyStatement {
  const root = `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:root`;
  return new PolicyStatement({
    sid: "DeploymentsAloneSubscribe",
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: CHANGING_WHO_READS,
    resources: [topicArn],
    conditions: { ArnNotEquals: { "aws:PrincipalArn": [deployRoleArn, root] } },
  });
}

const ROLE = /^arn:[\w-]+:iam::\d{12}:role\/\S+$/;

/** Who deploys: as given, else the role that the CDK's command has CloudFormation work as. Throws where that is no role. */
function deployRole(stack: Stack, given: string | undefined): string {
  if (given !== undefined) {
    if (ROLE.test(given)) return given;
    throw new Error(`deployRoleArn: ${given} is no role's ARN; give arn:aws:iam::ACCOUNT:role/NAME`);
  }
  const { cloudFormationExecutionRole } = stack.synthesizer as { readonly cloudFormationExecutionRole?: string };
  if (cloudFormationExecutionRole !== undefined) return Fn.sub(cloudFormationExecutionRole);
  throw new Error("deployRoleArn: not set, and CDK names no role of its own here; give it with -c deployRoleArn=ARN");
}

/**
 * A topic's own policy takes the place of the one that SNS gives to every topic, by which the account's services may
 * publish: what is not allowed here, CloudWatch may not do, and an alarm tells nobody. Roles of this account need no
 * statement: what their own policies allow is enough [IAM, evaluation within one account].
 */
function alarmsMayPublish(name: string, { topicArn }: Topic): PolicyStatement {
  return new PolicyStatement({
    sid: "Alarms",
    principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
    actions: ["sns:Publish"],
    resources: [topicArn],
    conditions: ofOwnAlarms(name),
  });
}

/** People come and go: an id from the address keeps the others' subscriptions, which they have confirmed, untouched. */
function subscribe(scope: Construct, topic: Topic, endpoint: string, filterPolicy?: Record<string, string[]>): void {
  const id = createHash("sha256").update(endpoint).digest("hex").slice(0, 12);
  new CfnSubscription(scope, `${topic.node.id}To${id}`, {
    topicArn: topic.topicArn,
    protocol: "email",
    endpoint,
    ...(filterPolicy === undefined ? {} : { filterPolicy, filterPolicyScope: "MessageAttributes" }),
  });
}

/** Sending mail, and asking who has confirmed. */
function topicGrants({ topicArn }: Topic, key: Key): Grant[] {
  return [
    { actions: ["sns:Publish", "sns:ListSubscriptionsByTopic"], resources: [topicArn] },
    { actions: ["sns:GetSubscriptionAttributes"], resources: ["*"], why: "SNS knows no resource for a subscription." },
    keyUse(key, "sns", ["kms:Decrypt", "kms:GenerateDataKey"]),
  ];
}
