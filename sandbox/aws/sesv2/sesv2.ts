import { AwsError } from "../errors.ts";
import type { SimulatedAws } from "../router.ts";
import { TokenBucket } from "../s3/buckets.ts";
import type { SimulatedService } from "../service.ts";
import { checkMessage, type SendEmailInput } from "./message.ts";

/** A mail as it arrived (epoch ms), in both its forms. */
export interface SesMail {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly messageId: string;
}

type Reason = "BOUNCE" | "COMPLAINT";

export interface SesOptions {
  /** Addresses and domains that are verified. */
  readonly identities: readonly string[];
  /** Outside of SES's sandbox: mail goes to whoever is named, not to verified identities alone. */
  readonly production?: boolean;
  readonly suppressed?: Readonly<Record<string, Reason>>;
  /** Mails a second; 14 as after leaving the sandbox, in which it is one. */
  readonly sendRate?: number;
  /** Mails in 24 hours; 50,000, or 200 in the sandbox. */
  readonly dailyQuota?: number;
}

/** Calls that do not send: one a second each [SES developer guide, quotas]. */
const LOOKS_PER_SECOND = 1;

const DAY_MS = 86_400_000;

/** How long a mail is under way: milliseconds, from and spread. */
const DELIVERY = { from: 600, spread: 5_000 };

const notFound = (what: string): AwsError =>
  new AwsError("NotFoundException", `${what} does not exist.`, { status: 404 });
const throttled = (why: string): AwsError => new AwsError("TooManyRequestsException", why, { status: 429 });
const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1);

/** SES as far as a sender meets it: verified identities, the sandbox, the suppression list, rates and quotas. */
export class SimulatedSes {
  readonly service: SimulatedService;
  readonly mailbox: SesMail[] = [];
  readonly #aws: SimulatedAws;
  readonly #options: Required<SesOptions>;
  readonly #listeners: ((mail: SesMail) => void | Promise<void>)[] = [];
  readonly #sending: TokenBucket;
  readonly #looks = new Map<string, TokenBucket>();
  /** When mails were accepted, in order; those of the last day count. */
  readonly #accepted: number[] = [];
  #paused = false;
  #ids = 0;

  constructor(aws: SimulatedAws, { production = true, suppressed = {}, ...options }: SesOptions) {
    this.#aws = aws;
    const { sendRate = production ? 14 : 1, dailyQuota = production ? 50_000 : 200 } = options;
    this.#options = { production, suppressed, sendRate, dailyQuota, identities: options.identities };
    this.#sending = new TokenBucket(aws.clock, sendRate);
    this.service = {
      name: "ses",
      protocol: "rest-json",
      medianMs: 60,
      operations: {
        SendEmail: (input: SendEmailInput) => this.#send(input),
        GetAccount: () => this.#look("GetAccount", () => this.#account()),
        GetEmailIdentity: ({ EmailIdentity }: { EmailIdentity: string }) =>
          this.#look("GetEmailIdentity", () => this.#identity(EmailIdentity)),
        GetSuppressedDestination: ({ EmailAddress }: { EmailAddress: string }) =>
          this.#look("GetSuppressedDestination", () => this.#suppression(EmailAddress)),
      },
      routes: [
        { operation: "SendEmail", method: "POST", path: "/v2/email/outbound-emails" },
        { operation: "GetAccount", method: "GET", path: "/v2/email/account" },
        { operation: "GetEmailIdentity", method: "GET", path: "/v2/email/identities/{EmailIdentity}" },
        {
          operation: "GetSuppressedDestination",
          method: "GET",
          path: "/v2/email/suppression/addresses/{EmailAddress}",
        },
      ],
    };
    aws.register(this.service);
  }

  /** Calls `listener` with every mail when it arrives. */
  onMail(listener: (mail: SesMail) => void | Promise<void>): void {
    this.#listeners.push(listener);
  }

  /** As SES pauses an account whose mail bounces too often. */
  pause(): void {
    this.#paused = true;
  }

  #look<T>(operation: string, answer: () => T): T {
    const bucket = this.#looks.get(operation) ?? new TokenBucket(this.#aws.clock, LOOKS_PER_SECOND);
    this.#looks.set(operation, bucket);
    if (!bucket.take()) throw throttled("Too many requests have been made to the operation.");
    return answer();
  }

  #account() {
    const { production, sendRate, dailyQuota } = this.#options;
    return {
      ProductionAccessEnabled: production,
      SendingEnabled: !this.#paused,
      EnforcementStatus: this.#paused ? "SHUTDOWN" : "HEALTHY",
      SendQuota: { Max24HourSend: dailyQuota, MaxSendRate: sendRate, SentLast24Hours: this.#sentToday() },
      SuppressionAttributes: { SuppressedReasons: ["BOUNCE", "COMPLAINT"] },
    };
  }

  #identity(identity: string) {
    if (!this.#options.identities.includes(identity.toLowerCase())) throw notFound(`Email identity ${identity}`);
    return { IdentityType: identity.includes("@") ? "EMAIL_ADDRESS" : "DOMAIN", VerifiedForSendingStatus: true };
  }

  #suppression(address: string) {
    const reason = this.#options.suppressed[address.toLowerCase()];
    if (reason === undefined) throw notFound(`Email address ${address} on the suppression list`);
    return { SuppressedDestination: { EmailAddress: address, Reason: reason, LastUpdateTime: 0 } };
  }

  #send(input: SendEmailInput): { MessageId: string } {
    const { from, recipients, simple } = checkMessage(input);
    if (this.#paused) throw new AwsError("SendingPausedException", "Sending is paused for this account.");
    this.#refuseUnverified([from, ...(this.#options.production ? [] : recipients)]);
    if (this.#sentToday() + recipients.length > this.#options.dailyQuota)
      throw throttled("Daily message quota exceeded.");
    if (!recipients.every(() => this.#sending.take())) throw throttled("Maximum sending rate exceeded.");
    this.#ids += 1;
    const messageId = this.#aws.random("ses", this.#ids).uuid();
    for (const to of recipients) {
      this.#accepted.push(this.#aws.clock.now());
      // Accepted, counted, and sent to nobody [SES developer guide, account-level suppression list].
      if (this.#options.suppressed[to] === undefined) this.#deliver({ from, to, messageId, ...simple });
    }
    return { MessageId: messageId };
  }

  #refuseUnverified(addresses: readonly string[]): void {
    const { identities } = this.#options;
    const failed = addresses.filter((one) => !identities.includes(one) && !identities.includes(domainOf(one)));
    if (failed.length === 0) return;
    const where = `region ${this.#aws.region.toUpperCase()}: ${failed.join(", ")}`;
    throw new AwsError(
      "MessageRejected",
      `Email address is not verified. The following identities failed the check in ${where}`,
    );
  }

  #sentToday(): number {
    const since = this.#aws.clock.now() - DAY_MS;
    return this.#accepted.filter((at) => at > since).length;
  }

  #deliver(mail: Omit<SesMail, "at">): void {
    const delay = DELIVERY.from + this.#aws.random("delivery", mail.messageId, mail.to).below(DELIVERY.spread);
    this.#aws.clock.after(delay, `mail to ${mail.to}`, async () => {
      const arrived = { ...mail, at: this.#aws.clock.now() };
      this.mailbox.push(arrived);
      for (const listener of this.#listeners) await listener(arrived);
    });
  }
}
