import {
  ConfirmSubscriptionCommand,
  GetSubscriptionAttributesCommand,
  InvalidParameterException,
  SNSClient,
} from "@aws-sdk/client-sns";

export interface ConfirmOptions {
  /** The link of AWS's confirmation mail, copied and not opened. */
  readonly link: string;
  /** Takes text with its line ends, as `process.stdout.write` does. */
  readonly write: (text: string) => void;
  readonly client?: Pick<SNSClient, "send"> | undefined;
}

/**
 * Confirms an approver's subscription with one's own credentials instead of by opening the link. Only then does
 * unsubscribing need credentials too: otherwise whoever, or whichever scanner, follows the "unsubscribe" link that SNS
 * puts under every mail takes the approver away, and nothing records it. Returns the exit code: 0, 2 for a link that is
 * none, 1 when SNS did not take it as authenticated, or not at all. Throws what else SNS throws.
 */
export async function confirmSubscription({ link, write, client }: ConfirmOptions): Promise<0 | 1 | 2> {
  const read = readLink(link);
  if (read === null) {
    write("This is not the link of a confirmation mail: it begins with https://sns. and has a TopicArn and a Token.\n");
    return 2;
  }
  const sns = client ?? new SNSClient({ region: read.region });
  const SubscriptionArn = await confirm(sns, read);
  if (SubscriptionArn === null) {
    write(
      "SNS does not take this link: it lives for two days. Delete the subscription and deploy again for a new one.\n",
    );
    return 1;
  }
  const { Attributes } = await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
  if (Attributes?.ConfirmationWasAuthenticated !== "true") {
    write(
      "Confirmed, but not with credentials: anybody can unsubscribe it. Delete it, deploy again, and use this command.\n",
    );
    return 1;
  }
  write(`Confirmed for ${Attributes.Endpoint ?? "the address"}; unsubscribing it needs credentials.\n`);
  return 0;
}

type Read = NonNullable<ReturnType<typeof readLink>>;

/** ARN of the subscription; null: the token is none of SNS's, or its two days are over. */
async function confirm(sns: Pick<SNSClient, "send">, { topicArn, token }: Read): Promise<string | null> {
  const how = { TopicArn: topicArn, Token: token, AuthenticateOnUnsubscribe: "true" };
  try {
    const { SubscriptionArn } = await sns.send(new ConfirmSubscriptionCommand(how));
    return SubscriptionArn ?? null;
  } catch (error) {
    if (error instanceof InvalidParameterException) return null;
    throw error;
  }
}

/** Reads `https://sns.REGION.amazonaws.com/confirmation.html?TopicArn=...&Token=...`. */
function readLink(link: string): { readonly region: string; readonly topicArn: string; readonly token: string } | null {
  const url = URL.parse(link.trim());
  const [, region] = /^sns\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(url?.hostname ?? "") ?? [];
  const topicArn = url?.searchParams.get("TopicArn");
  const token = url?.searchParams.get("Token");
  return region === undefined || !topicArn || !token ? null : { region, topicArn, token };
}
