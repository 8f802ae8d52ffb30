import { AwsError } from "../errors.ts";
import type { SimulatedAws } from "../router.ts";
import { TokenBucket } from "../s3/buckets.ts";
import type { Call, SimulatedService } from "../service.ts";
import { bodyAttributes, type FilterPolicy, passes, readPolicy } from "./filter.ts";
import { attributesOf, bodyFor, checkMessage, type PublishInput } from "./message.ts";

/** A mail as it arrived (epoch ms). */
export interface Mail {
  readonly at: number;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  readonly messageId: string;
  readonly topicArn: string;
}

/** A subscription to begin with: confirmed, unless said otherwise, and with its filter in effect. */
export interface SubscriptionDefinition {
  readonly email: string;
  readonly filterPolicy?: FilterPolicy;
  readonly confirmed?: boolean;
}

interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly token: string;
  readonly tokenEnds: number;
  readonly bucket: TokenBucket;
  confirmed: boolean;
  authenticated: boolean;
  filters: Filters;
  /** What counts until `filters` are in effect. */
  before: Filters;
  filtersFrom: number;
}

interface Filters {
  readonly policy?: string;
  readonly scope?: string;
}

interface SubscribeInput {
  readonly TopicArn?: string;
  readonly Protocol?: string;
  readonly Endpoint?: string;
  readonly Attributes?: Readonly<Partial<Record<string, string>>>;
  readonly ReturnSubscriptionArn?: string;
}

interface AttributeInput {
  readonly SubscriptionArn?: string;
  readonly AttributeName?: string;
  readonly AttributeValue?: string;
}

interface ConfirmInput {
  readonly TopicArn?: string;
  readonly Token?: string;
  readonly AuthenticateOnUnsubscribe?: string;
}

export interface SnsOptions {
  /** The longest a change of a filter policy takes to have effect, in milliseconds; 15 minutes, as documented. */
  readonly filterDelayMs?: number;
}

const DAY_MS = 86_400_000;

/** How long a mail is under way: milliseconds, from and spread. */
const DELIVERY = { from: 800, spread: 6_000 };

/** Mails a second and e-mail subscription, as many at once; more suspend it [SNS developer guide, e-mail]. */
const MAILS_PER_SECOND = 10;

const MOST_FILTERS = 200;
const LISTED_AT_ONCE = 100;

const notFound = (what: string): AwsError => new AwsError("NotFound", `${what} does not exist`, { status: 404 });

/** SNS with e-mail subscriptions: what is published arrives in a mailbox, if somebody confirmed and no filter objects. */
export class SimulatedSns {
  readonly service: SimulatedService;
  readonly mailbox: Mail[] = [];
  readonly #aws: SimulatedAws;
  readonly #topics = new Map<string, Subscription[]>();
  readonly #listeners: ((mail: Mail) => void | Promise<void>)[] = [];
  readonly #filterDelayMs: number;
  #ids = 0;

  constructor(aws: SimulatedAws, options: SnsOptions = {}) {
    this.#aws = aws;
    this.#filterDelayMs = options.filterDelayMs ?? 15 * 60_000;
    this.service = {
      name: "sns",
      protocol: "query",
      namespace: "http://sns.amazonaws.com/doc/2010-03-31/",
      medianMs: 50,
      operations: {
        Publish: (input: PublishInput) => this.#publish(input),
        Subscribe: (input: SubscribeInput) => this.#subscribe(input),
        ConfirmSubscription: (input: ConfirmInput) => this.#confirm(input),
        Unsubscribe: (input: AttributeInput) => this.#unsubscribe(input),
        ListSubscriptionsByTopic: (input: { TopicArn?: string; NextToken?: string }, call: Call) =>
          this.#list(input, call),
        GetSubscriptionAttributes: (input: AttributeInput) => this.#attributes(input),
        SetSubscriptionAttributes: (input: AttributeInput) => this.#setAttribute(input),
      },
    };
    aws.register(this.service);
  }

  /** Creates a topic of the control plane with its subscriptions; answers its ARN. */
  createTopic(name: string, subscriptions: readonly SubscriptionDefinition[] = []): string {
    const topicArn = `arn:aws:sns:${this.#aws.region}:${this.#aws.account}:${name}`;
    this.#topics.set(topicArn, []);
    for (const subscription of subscriptions) this.subscribe(topicArn, subscription);
    return topicArn;
  }

  /** Subscribes an address by a hand that no simulated policy stops; answers the subscription's ARN. */
  subscribe(topicArn: string, { email, filterPolicy, confirmed = true }: SubscriptionDefinition): string {
    const filters = filterPolicy === undefined ? {} : { policy: JSON.stringify(filterPolicy) };
    const subscription = this.#add(topicArn, "email", email, filters);
    subscription.confirmed = confirmed;
    subscription.authenticated = confirmed;
    return subscription.arn;
  }

  /** Ends a subscription, as whoever may do so. */
  unsubscribe(subscriptionArn: string): void {
    this.#unsubscribe({ SubscriptionArn: subscriptionArn });
  }

  /** Calls `listener` with every mail when it arrives. */
  onMail(listener: (mail: Mail) => void | Promise<void>): void {
    this.#listeners.push(listener);
  }

  #subscriptions(topicArn: string | undefined): Subscription[] {
    const found = this.#topics.get(topicArn ?? "");
    if (found === undefined) throw notFound("Topic");
    return found;
  }

  #find(arn: string | undefined): Subscription {
    const found = [...this.#topics.values()].flat().find((each) => each.arn === arn);
    if (found === undefined) throw notFound("Subscription");
    return found;
  }

  #add(topicArn: string, protocol: string, endpoint: string, filters: Filters): Subscription {
    this.#ids += 1;
    const random = this.#aws.random("subscription", this.#ids);
    const now = this.#aws.clock.now();
    const subscription: Subscription = {
      arn: `${topicArn}:${random.uuid()}`,
      topicArn,
      protocol,
      endpoint,
      token: random.uuid().replaceAll("-", ""),
      tokenEnds: now + 2 * DAY_MS,
      bucket: new TokenBucket(this.#aws.clock, MAILS_PER_SECOND),
      confirmed: false,
      authenticated: false,
      filters,
      before: filters,
      filtersFrom: now,
    };
    this.#subscriptions(topicArn).push(subscription);
    return subscription;
  }

  #publish(input: PublishInput): { MessageId: string } {
    const subscriptions = this.#subscriptions(input.TopicArn);
    checkMessage(input);
    this.#ids += 1;
    const messageId = this.#aws.random("message", this.#ids).uuid();
    const body = bodyFor(input);
    for (const subscription of subscriptions) {
      if (!subscription.confirmed || !this.#wants(subscription, input)) continue;
      // Above the rate a subscription is suspended, and nobody is told.
      if (subscription.bucket.take())
        this.#send(subscription, input.Subject ?? "AWS Notification Message", body, messageId);
      else subscription.confirmed = false;
    }
    return { MessageId: messageId };
  }

  #wants(subscription: Subscription, input: PublishInput): boolean {
    const isInEffect = this.#aws.clock.now() >= subscription.filtersFrom;
    const { policy, scope } = isInEffect ? subscription.filters : subscription.before;
    if (policy === undefined) return true;
    const attributes = scope === "MessageBody" ? bodyAttributes(input.Message ?? "") : attributesOf(input);
    return attributes !== undefined && passes(readPolicy(policy), attributes);
  }

  #send({ endpoint: to, topicArn }: Subscription, subject: string, body: string, messageId: string): void {
    const random = this.#aws.random("delivery", messageId, to);
    const delay = DELIVERY.from + random.below(DELIVERY.spread);
    this.#aws.clock.after(delay, `mail to ${to}`, async () => {
      const mail: Mail = { at: this.#aws.clock.now(), to, subject, body, messageId, topicArn };
      this.mailbox.push(mail);
      for (const listener of this.#listeners) await listener(mail);
    });
  }

  #subscribe(input: SubscribeInput): { SubscriptionArn: string } {
    const { TopicArn = "", Protocol = "", Endpoint = "", Attributes = {} } = input;
    const existing = this.#subscriptions(TopicArn).find(
      ({ protocol, endpoint }) => protocol === Protocol && endpoint === Endpoint,
    );
    if (!["email", "email-json"].includes(Protocol) || !/^[^@\s]+@[^@\s]+$/.test(Endpoint)) {
      throw new AwsError("InvalidParameter", `Invalid parameter: Endpoint: the simulation subscribes e-mail addresses`);
    }
    const { FilterPolicy: policy, FilterPolicyScope: scope } = Attributes;
    if (policy !== undefined) this.#checkPolicy(TopicArn, policy);
    const filters = { ...(policy === undefined ? {} : { policy }), ...(scope === undefined ? {} : { scope }) };
    const subscription = existing ?? this.#add(TopicArn, Protocol, Endpoint, filters);
    if (!subscription.confirmed) this.#sendConfirmation(subscription);
    const shown = subscription.confirmed || input.ReturnSubscriptionArn === "true";
    return { SubscriptionArn: shown ? subscription.arn : "pending confirmation" };
  }

  #sendConfirmation(subscription: Subscription): void {
    const body = `You have chosen to subscribe to the topic ${subscription.topicArn}.\nToken: ${subscription.token}\n`;
    this.#send(subscription, "AWS Notification - Subscription Confirmation", body, subscription.token);
  }

  /** Throws InvalidParameter for an unknown or expired token; it is valid for two days. */
  #confirm(input: ConfirmInput): { SubscriptionArn: string } {
    const found = this.#subscriptions(input.TopicArn).find(({ token }) => token === input.Token);
    if (found === undefined || this.#aws.clock.now() > found.tokenEnds) {
      throw new AwsError("InvalidParameter", "Invalid parameter: Token");
    }
    found.confirmed = true;
    found.authenticated = input.AuthenticateOnUnsubscribe === "true";
    return { SubscriptionArn: found.arn };
  }

  #unsubscribe({ SubscriptionArn }: AttributeInput): Record<string, never> {
    const { topicArn, arn } = this.#find(SubscriptionArn);
    const left = this.#subscriptions(topicArn).filter((each) => each.arn !== arn);
    this.#topics.set(topicArn, left);
    return {};
  }

  #list(input: { TopicArn?: string; NextToken?: string }, call: Call): Record<string, unknown> {
    const all = this.#subscriptions(input.TopicArn);
    const from = Number(input.NextToken ?? 0);
    const page = all.slice(from, from + LISTED_AT_ONCE).map(({ arn, topicArn, protocol, endpoint, confirmed }) => ({
      SubscriptionArn: confirmed ? arn : "PendingConfirmation",
      Owner: call.account,
      Protocol: protocol,
      Endpoint: endpoint,
      TopicArn: topicArn,
    }));
    const more = from + LISTED_AT_ONCE < all.length;
    return { Subscriptions: page, ...(more ? { NextToken: String(from + LISTED_AT_ONCE) } : {}) };
  }

  #attributes({ SubscriptionArn }: AttributeInput): Record<string, unknown> {
    const { arn, topicArn, protocol, endpoint, confirmed, authenticated, filters } = this.#find(SubscriptionArn);
    const attributes = new Map([
      ["SubscriptionArn", arn],
      ["TopicArn", topicArn],
      ["Protocol", protocol],
      ["Endpoint", endpoint],
      ["PendingConfirmation", String(!confirmed)],
      ["ConfirmationWasAuthenticated", String(authenticated)],
      ["RawMessageDelivery", "false"],
    ]);
    if (filters.policy !== undefined) {
      attributes.set("FilterPolicy", filters.policy);
      attributes.set("FilterPolicyScope", filters.scope ?? "MessageAttributes");
    }
    return { Attributes: attributes };
  }

  #setAttribute({ SubscriptionArn, AttributeName, AttributeValue = "" }: AttributeInput): Record<string, never> {
    const subscription = this.#find(SubscriptionArn);
    const { policy: _old, ...rest } = subscription.filters;
    if (AttributeName === "FilterPolicy") {
      if (AttributeValue !== "") this.#checkPolicy(subscription.topicArn, AttributeValue);
      this.#setFilters(subscription, AttributeValue === "" ? rest : { ...rest, policy: AttributeValue });
    } else if (AttributeName === "FilterPolicyScope") {
      this.#setFilters(subscription, { ...subscription.filters, scope: AttributeValue });
    } else {
      throw new AwsError("InvalidParameter", `Invalid parameter: AttributeName: ${AttributeName} is not simulated`);
    }
    return {};
  }

  /** A change shows at once and has effect within the delay. */
  #setFilters(subscription: Subscription, filters: Filters): void {
    const now = this.#aws.clock.now();
    if (now >= subscription.filtersFrom) subscription.before = subscription.filters;
    subscription.filters = filters;
    this.#ids += 1;
    subscription.filtersFrom = now + this.#filterDelayMs * this.#aws.random("filter", this.#ids).uniform();
  }

  #checkPolicy(topicArn: string, policy: string): void {
    readPolicy(policy);
    const filtered = this.#subscriptions(topicArn).filter(({ filters }) => filters.policy !== undefined);
    if (filtered.length < MOST_FILTERS) return;
    throw new AwsError("FilterPolicyLimitExceeded", `a topic has at most ${MOST_FILTERS} filter policies`, {
      status: 403,
    });
  }
}
