/** Mail: one topic for people's notices and links, one for alarms about Headgate itself. */
import { createHash } from "node:crypto";
import type { Key } from "aws-cdk-lib/aws-kms";
import { CfnSubscription, Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { RECIPIENT } from "../../functions/adapters/sns-mailer.ts";
import type { Grant } from "../../functions/targets/grant.ts";
import { keyUse } from "./keeping.ts";

export interface Notices {
  /** Each person has a subscription that lets through only what is addressed to them. */
  readonly topic: Topic;
  /** Unfiltered: those who are paged. */
  readonly alarms: Topic;
  readonly key: Key;
}

export function makeNotices(
  scope: Construct,
  name: string,
  key: Key,
  { people, pageTo }: { readonly people: readonly string[]; readonly pageTo: readonly string[] },
): Notices {
  const topic = new Topic(scope, "Notices", { topicName: `${name}-notices`, masterKey: key, enforceSSL: true });
  const alarms = new Topic(scope, "Alarms", { topicName: `${name}-alarms`, masterKey: key, enforceSSL: true });
  for (const address of people) subscribe(scope, topic, address, { [RECIPIENT]: [address] });
  for (const address of pageTo) subscribe(scope, alarms, address);
  return { topic, alarms, key };
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
export function mailGrants({ topic, key }: Notices): Grant[] {
  return [
    { actions: ["sns:Publish", "sns:ListSubscriptionsByTopic"], resources: [topic.topicArn] },
    { actions: ["sns:GetSubscriptionAttributes"], resources: ["*"], why: "SNS knows no resource for a subscription." },
    keyUse(key, "sns", ["kms:Decrypt", "kms:GenerateDataKey"]),
  ];
}
