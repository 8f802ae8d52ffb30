import {
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  type SNSClient,
  type Subscription,
} from "@aws-sdk/client-sns";
import type { Listener, Mailer, Reach } from "../domain/ports.ts";
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
    listeners: () => listenersOf(tools),
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
  const confirmed = own.filter(isConfirmed);
  for (const subscription of confirmed) {
    const hears = await heardBy(tools, subscription);
    if (hears === "everything" || hears?.includes(address) === true) return "confirmed";
  }
  return own.length > confirmed.length ? "unconfirmed" : "absent";
}

/** Those who have not confirmed, and those who have left, have a word in place of an ARN. */
const isConfirmed = ({ SubscriptionArn }: Subscription) => SubscriptionArn?.startsWith("arn:") === true;

async function listenersOf(tools: MailerTools): Promise<Listener[]> {
  const listeners: Listener[] = [];
  for (const subscription of (await listSubscriptions(tools)).filter(isConfirmed)) {
    const { SubscriptionArn: id = "", Protocol: protocol = "", Endpoint: endpoint = "" } = subscription;
    const hears = await heardBy(tools, subscription);
    if (hears !== null) listeners.push({ id, protocol, endpoint, hears });
  }
  return listeners;
}

/** Whose mail this subscription's filter lets through; null: it has ended meanwhile. */
async function heardBy({ client }: MailerTools, { SubscriptionArn }: Subscription): Promise<Listener["hears"] | null> {
  const command = new GetSubscriptionAttributesCommand({ SubscriptionArn });
  const answer = await ask("sns:GetSubscriptionAttributes", () => client().send(command), {
    NotFoundException: () => null,
  });
  return answer === null ? null : letThrough(answer.Attributes ?? {});
}

/** Addresses that a filter lets through. What is not understood lets everything through. */
function letThrough({ FilterPolicy, FilterPolicyScope }: Readonly<Record<string, string>>): Listener["hears"] {
  if (FilterPolicy === undefined) return "everything";
  // Our mails are plain text: a filter on the body matches none of them.
  if (FilterPolicyScope === "MessageBody") return [];
  const { [RECIPIENT]: wanted, ...others } = JSON.parse(FilterPolicy) as Readonly<Record<string, unknown>>;
  // Another attribute that the filter asks for by its value is one that our mails do not carry.
  if (Object.entries(others).some(([name, conditions]) => !name.startsWith("$") && areValues(conditions))) return [];
  return areValues(wanted) ? wanted.map(normalised) : "everything";
}

const areValues = (conditions: unknown): conditions is readonly string[] =>
  Array.isArray(conditions) && conditions.every((condition) => typeof condition === "string");
