/** Mail by SES, with a sender of the team's own. */
import {
  GetAccountCommand,
  type GetAccountResponse,
  GetEmailIdentityCommand,
  GetSuppressedDestinationCommand,
  type SESv2Client,
  SendEmailCommand,
} from "@aws-sdk/client-sesv2";
import { CallRefused } from "../domain/errors.ts";
import type { Mail, Mailer, Reach } from "../domain/ports.ts";
import { ask } from "./shared/aws-errors.ts";
import type { Pace } from "./shared/pace.ts";
import { cleanSubject } from "./shared/subject.ts";

export interface SesTools {
  readonly client: () => SESv2Client;
  /** The sender's address, of an identity that SES has verified. */
  readonly from: () => string;
  /** ARN of the sender's identity where another account has it; undefined: this one. */
  readonly identityArn: string | undefined;
  readonly configurationSet: string | undefined;
  /** The mail as HTML. */
  readonly html: (mail: Pick<Mail, "subject" | "body">) => string;
  /** Of calls that ask, of which SES answers one a second [SES developer guide, quotas]. */
  readonly pace: Pace;
}

/**
 * One mail to one address, as plain text and as HTML. Automatic answers are not asked for: an absence notice would go to
 * the team's sender. Mail to an address that the account's suppression list holds is accepted by SES and goes nowhere: ask
 * `reach` before relying on it.
 */
export function sesMailer(tools: SesTools): Mailer {
  return {
    kind: "mail",
    send: (mail) => sendOne(tools, mail),
    reach: (addresses) => reachOf(tools, addresses),
    // Nobody else is in on it: SES has no subscribers.
    listeners: async () => [],
  };
}

const UTF_8 = "UTF-8";

const HEADERS = [
  { Name: "Auto-Submitted", Value: "auto-generated" },
  { Name: "X-Auto-Response-Suppress", Value: "All" },
];

async function sendOne({ client, from, identityArn, configurationSet, html }: SesTools, mail: Mail): Promise<void> {
  const Subject = cleanSubject(mail.subject);
  const command = new SendEmailCommand({
    FromEmailAddress: `Headgate <${from()}>`,
    ...(identityArn === undefined ? {} : { FromEmailAddressIdentityArn: identityArn }),
    ...(configurationSet === undefined ? {} : { ConfigurationSetName: configurationSet }),
    Destination: { ToAddresses: [normalised(mail.to)] },
    Content: {
      Simple: {
        Subject: { Data: Subject, Charset: UTF_8 },
        Body: {
          Text: { Data: mail.body, Charset: UTF_8 },
          Html: { Data: html({ subject: Subject, body: mail.body }), Charset: UTF_8 },
        },
        Headers: HEADERS,
      },
    },
  });
  await ask("ses:SendEmail", () => client().send(command), { MessageRejected: (error) => refuse(error) });
}

/** A sender that is not verified, or somebody to whom the sandbox may not send: SES says which. */
function refuse(error: Error): never {
  const hint = "verify the sender in SES, or ask AWS to take the account out of SES's sandbox";
  throw new CallRefused(`ses:SendEmail failed: ${error.name}: ${error.message} (hint: ${hint})`, { cause: error });
}

const normalised = (address: string): string => address.trim().toLowerCase();

async function reachOf(tools: SesTools, addresses: readonly string[]): Promise<ReadonlyMap<string, Reach>> {
  await tools.pace();
  const account = await ask("ses:GetAccount", () => tools.client().send(new GetAccountCommand({})));
  const reach = new Map<string, Reach>();
  for (const address of addresses) reach.set(address, await reachOne(tools, account, normalised(address)));
  return reach;
}

async function reachOne(tools: SesTools, account: GetAccountResponse, address: string): Promise<Reach> {
  if (account.SendingEnabled === false) return "suppressed";
  if (await isSuppressed(tools, account, address)) return "suppressed";
  if (account.ProductionAccessEnabled === true) return "confirmed";
  const [, domain = ""] = /@([^@]+)$/.exec(address) ?? [];
  return (await isVerified(tools, address)) || (await isVerified(tools, domain)) ? "confirmed" : "unconfirmed";
}

/** Only a reason that the account's settings name keeps mail back. */
async function isSuppressed(
  { client, pace }: SesTools,
  account: GetAccountResponse,
  EmailAddress: string,
): Promise<boolean> {
  const reasons = account.SuppressionAttributes?.SuppressedReasons ?? [];
  if (reasons.length === 0) return false;
  await pace();
  const command = new GetSuppressedDestinationCommand({ EmailAddress });
  const found = await ask("ses:GetSuppressedDestination", () => client().send(command), {
    NotFoundException: () => null,
  });
  const reason = found?.SuppressedDestination?.Reason;
  return reason !== undefined && reasons.includes(reason);
}

async function isVerified({ client, pace }: SesTools, EmailIdentity: string): Promise<boolean> {
  await pace();
  const command = new GetEmailIdentityCommand({ EmailIdentity });
  const found = await ask("ses:GetEmailIdentity", () => client().send(command), { NotFoundException: () => null });
  return found?.VerifiedForSendingStatus === true;
}
