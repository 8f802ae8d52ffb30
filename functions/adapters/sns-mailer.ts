import {
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  type SNSClient,
  type Subscription,
} from "@aws-sdk/client-sns";
import type { Mailer, Reach } from "../domain/ports.ts";
import { ask } from "./shared/aws-errors.ts";
import { cleanSubject } from "./shared/subject.ts";

export interface MailerTools {
  readonly client: () => SNSClient;
  readonly topicArn: () => string;
}

/** The message attribute by which each person's subscription picks its own mail. */
export const RECIPIENT = "recipient";

/**
 * Mail by one SNS topic on which each person has a subscription whose filter policy is `{"recipient": [address]}`. Mail
 * to an address that nobody subscribed is accepted by SNS and goes nowhere: ask `reach` before relying on it.
 */
export function snsMailer(tools: MailerTools): Mailer {
  return {
    kind: "mail",
    async send({ to, subject, body }) {
      const command = new PublishCommand({
        TopicArn: tools.topicArn(),
        Subject: cleanSubject(subject),
        Message: body,
        MessageAttributes: { [RECIPIENT]: { DataType: "String", StringValue: normalised(to) } },
      });
      await ask("sns:Publish", () => tools.client().send(command));
    },
    reach: (addresses) => reachOf(tools, addresses),
  };
}

const normalised = (address: string): string => address.trim().toLowerCase();

async function reachOf(tools: MailerTools, addresses: readonly string[]): Promise<ReadonlyMap<string, Reach>> {
  const subscriptions = await listSubscriptions(tools);
  const reach = new Map<string, Reach>();
  for (const address of addresses) reach.set(address, await reachOne(tools, subscriptions, normalised(address)));
  return reach;
}

async function listSubscriptions({ client, topicArn }: MailerTools): Promise<Subscription[]> {
  const subscriptions: Subscription[] = [];
  let NextToken: string | undefined;
  do {
    const command = new ListSubscriptionsByTopicCommand({ TopicArn: topicArn(), NextToken });
    const page = await ask("sns:ListSubscriptionsByTopic", () => client().send(command));
    subscriptions.push(...(page.Subscriptions ?? []));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return subscriptions;
}

async function reachOne(tools: MailerTools, all: readonly Subscription[], address: string): Promise<Reach> {
  const own = all.filter(
    ({ Protocol, Endpoint }) => Protocol?.startsWith("email") === true && normalised(Endpoint ?? "") === address,
  );
  const confirmed = own.filter(({ SubscriptionArn }) => SubscriptionArn?.startsWith("arn:") === true);
  for (const { SubscriptionArn } of confirmed) {
    if (await picks(tools, SubscriptionArn, address)) return "confirmed";
  }
  return own.length > confirmed.length ? "unconfirmed" : "absent";
}

/** Whether this subscription's filter lets mail to the address through. No filter: everything. */
async function picks({ client }: MailerTools, SubscriptionArn: string | undefined, address: string): Promise<boolean> {
  const command = new GetSubscriptionAttributesCommand({ SubscriptionArn });
  const { Attributes } = await ask("sns:GetSubscriptionAttributes", () => client().send(command));
  if (Attributes?.FilterPolicy === undefined) return true;
  // Our mails are plain text: a filter on the body matches none of them.
  if (Attributes.FilterPolicyScope === "MessageBody") return false;
  const policy = JSON.parse(Attributes.FilterPolicy) as Readonly<Record<string, unknown>>;
  const { [RECIPIENT]: wanted, ...others } = policy;
  // Another attribute that the filter asks for is one that our mails do not carry.
  return (
    Object.keys(others).length === 0 && (wanted === undefined || (Array.isArray(wanted) && wanted.includes(address)))
  );
}
