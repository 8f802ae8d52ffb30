import {
  ConfirmSubscriptionCommand,
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  type PublishCommandInput,
  SetSubscriptionAttributesCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from "@aws-sdk/client-sns";
import { describe, expect, test } from "vitest";
import { passes, readPolicy } from "../../../../sandbox/aws/sns/filter.ts";
import { SimulatedSns, type SubscriptionDefinition } from "../../../../sandbox/aws/sns/sns.ts";
import { errorOf, START, simulate } from "../harness.ts";

const LEAD = "lead@example.com";
const OWNER = "owner@example.com";

const setUp = (subscriptions: readonly SubscriptionDefinition[] = [{ email: LEAD }]) => {
  const simulation = simulate();
  const sns = new SimulatedSns(simulation.aws);
  const TopicArn = sns.createTopic("approvals", subscriptions);
  const client = new SNSClient(simulation.config());
  const publish = (rest: Partial<PublishCommandInput> = {}) =>
    client.send(new PublishCommand({ TopicArn, Subject: "Approve 1.4.0?", Message: "hello", ...rest }));
  const listed = async () => (await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }))).Subscriptions ?? [];
  return { ...simulation, sns, TopicArn, client, publish, listed, arrive: () => simulation.clock.sleep(60_000) };
};

const to = (recipient: string): Partial<PublishCommandInput> => ({
  MessageAttributes: { recipient: { DataType: "String", StringValue: recipient } },
});

describe("a mail", () => {
  test("arrives some seconds after it was published, as it was published", async () => {
    const { run, sns, publish, arrive } = setUp();
    const heard: string[] = [];
    sns.onMail((mail) => {
      heard.push(mail.to);
    });
    const { MessageId } = await run(async () => {
      const answer = await publish({ Message: 'Line one\nline <two> & "three" – ü\r\n' });
      expect(sns.mailbox).toEqual([]);
      await arrive();
      return answer;
    });
    expect(sns.mailbox).toMatchObject([
      { to: LEAD, subject: "Approve 1.4.0?", body: 'Line one\nline <two> & "three" – ü\r\n', messageId: MessageId },
    ]);
    expect(sns.mailbox[0]?.at).toBeGreaterThan(START + 800);
    expect(heard).toEqual([LEAD]);
  });

  test("goes to those whose filter lets it through, and to those who have none", async () => {
    const { run, sns, publish, arrive } = setUp([
      { email: LEAD, filterPolicy: { recipient: [LEAD] } },
      { email: OWNER, filterPolicy: { recipient: [OWNER] } },
      { email: "archive@example.com" },
    ]);
    await run(async () => {
      await publish(to(OWNER));
      await arrive();
    });
    expect(sns.mailbox.map((mail) => mail.to).sort((a, b) => (a < b ? -1 : 1))).toEqual(["archive@example.com", OWNER]);
  });

  test("goes nowhere while its subscription is not confirmed, and the publisher is not told", async () => {
    const { run, sns, publish, listed, arrive } = setUp([{ email: LEAD, confirmed: false }]);
    const subscriptions = await run(async () => {
      await publish();
      await arrive();
      return await listed();
    });
    expect(sns.mailbox).toEqual([]);
    expect(subscriptions).toMatchObject([{ Endpoint: LEAD, SubscriptionArn: "PendingConfirmation" }]);
  });

  test.each<[string, Partial<PublishCommandInput>]>([
    ["a subject of 100 characters", { Subject: "x".repeat(100) }],
    ["a subject with a line break", { Subject: "a\nb" }],
    ["no text", { Message: "" }],
    ["more than 256 KiB", { Message: "x".repeat(256 * 1024 + 1) }],
    ["256 KiB and an attribute", { Message: "x".repeat(256 * 1024), ...to(LEAD) }],
    ["an attribute without a value", to("")],
  ])("with %s is refused", async (_what, input) => {
    const { run, publish } = setUp();
    expect((await run(() => errorOf(publish(input)))).name).toBe("InvalidParameterException");
  });

  test("to a topic that is not there is an error", async () => {
    const { run, publish, TopicArn } = setUp();
    expect((await run(() => errorOf(publish({ TopicArn: `${TopicArn}-2` })))).name).toBe("NotFoundException");
  });

  test("has its own text where the message has one per protocol", async () => {
    const { run, sns, publish, arrive } = setUp();
    await run(async () => {
      await publish({ MessageStructure: "json", Message: JSON.stringify({ default: "d", email: "e", https: "h" }) });
      await arrive();
    });
    expect(sns.mailbox[0]?.body).toBe("e");
  });

  test("above ten a second suspends the subscription", async () => {
    const { run, clock, sns, publish, listed, arrive } = setUp();
    const subscriptions = await run(async () => {
      const senders = Array.from({ length: 15 }, (_unused, n) => clock.spawn(`sender ${n}`, () => publish()));
      for (const sender of senders) await sender.done.wait();
      await arrive();
      return await listed();
    });
    expect(sns.mailbox.length).toBe(10);
    expect(subscriptions[0]?.SubscriptionArn).toBe("PendingConfirmation");
  });
});

describe("a subscription", () => {
  const subscribe = (TopicArn: string, Endpoint = OWNER) =>
    new SubscribeCommand({
      TopicArn,
      Protocol: "email",
      Endpoint,
      Attributes: { FilterPolicy: '{"recipient":["x"]}' },
    });

  test("is confirmed with the token of its mail, within two days", async () => {
    const { run, clock, sns, client, TopicArn, listed, arrive } = setUp([]);
    const seen = await run(async () => {
      const pending = await client.send(subscribe(TopicArn));
      await client.send(subscribe(TopicArn, "late@example.com"));
      await arrive();
      const tokens = sns.mailbox.map(({ body }) => /Token: (\w+)/.exec(body)?.[1] ?? "");
      const confirm = (Token: string) =>
        client.send(new ConfirmSubscriptionCommand({ TopicArn, Token, AuthenticateOnUnsubscribe: "true" }));
      const own = sns.mailbox.findIndex((mail) => mail.to === OWNER);
      const confirmed = await confirm(tokens[own] ?? "");
      await clock.sleep(49 * 3_600_000);
      const late = await errorOf(confirm(tokens[1 - own] ?? ""));
      const { Attributes } = await client.send(
        new GetSubscriptionAttributesCommand({ SubscriptionArn: confirmed.SubscriptionArn }),
      );
      return { pending, late, Attributes, subscriptions: await listed() };
    });
    expect(seen.pending.SubscriptionArn).toBe("pending confirmation");
    expect(seen.late.name).toBe("InvalidParameterException");
    expect(seen.Attributes).toMatchObject({
      PendingConfirmation: "false",
      ConfirmationWasAuthenticated: "true",
      FilterPolicy: '{"recipient":["x"]}',
    });
    expect(seen.subscriptions.map(({ SubscriptionArn }) => SubscriptionArn === "PendingConfirmation")).toEqual([
      false,
      true,
    ]);
  });

  test("changes its filter within fifteen minutes, not at once", async () => {
    const { run, clock, sns, client, publish, listed, arrive } = setUp([
      { email: LEAD, filterPolicy: { recipient: [LEAD] } },
    ]);
    await run(async () => {
      const [subscription] = await listed();
      await client.send(
        new SetSubscriptionAttributesCommand({
          SubscriptionArn: subscription?.SubscriptionArn,
          AttributeName: "FilterPolicy",
          AttributeValue: '{"recipient":["nobody"]}',
        }),
      );
      await publish(to(LEAD));
      await arrive();
      expect(sns.mailbox.length).toBe(1);
      await clock.sleep(15 * 60_000);
      await publish(to(LEAD));
      await arrive();
    });
    expect(sns.mailbox.length).toBe(1);
  });

  test("takes no filter that is none, and no more than 200 on a topic", async () => {
    const { run, client, TopicArn } = setUp(
      Array.from({ length: 200 }, (_unused, n) => ({
        email: `p${n}@example.com`,
        filterPolicy: { recipient: [String(n)] },
      })),
    );
    const bad = new SubscribeCommand({
      TopicArn,
      Protocol: "email",
      Endpoint: OWNER,
      Attributes: { FilterPolicy: '{"a":"b"}' },
    });
    const errors = await run(async () => [
      await errorOf(client.send(bad)),
      await errorOf(client.send(subscribe(TopicArn))),
    ]);
    expect(errors.map(({ name }) => name)).toEqual(["InvalidParameterException", "FilterPolicyLimitExceededException"]);
  });

  test("is listed in pages of a hundred, until it is ended", async () => {
    const { run, client, TopicArn, listed } = setUp(
      Array.from({ length: 101 }, (_unused, n) => ({ email: `p${n}@example.com` })),
    );
    const [first, second, left] = await run(async () => {
      const page = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
      const rest = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn, NextToken: page.NextToken }));
      await client.send(new UnsubscribeCommand({ SubscriptionArn: page.Subscriptions?.[0]?.SubscriptionArn }));
      return [page.Subscriptions?.length, rest.Subscriptions?.length, (await listed())[0]?.Endpoint];
    });
    expect([first, second, left]).toEqual([100, 1, "p1@example.com"]);
  });
});

describe("a filter policy", () => {
  const policy = (conditions: unknown): boolean =>
    passes(readPolicy(JSON.stringify({ role: conditions })), { role: ["tech-lead"], level: [3] });

  test.each<[unknown, boolean]>([
    [["tech-lead"], true],
    [["owner"], false],
    [["owner", "tech-lead"], true],
    [[{ prefix: "tech-" }], true],
    [[{ suffix: "-owner" }], false],
    [[{ "anything-but": ["owner"] }], true],
    [[{ "anything-but": ["tech-lead"] }], false],
    [[{ "anything-but": { prefix: "tech" } }], false],
    [[{ "equals-ignore-case": "TECH-LEAD" }], true],
    [[{ exists: true }], true],
    [[{ exists: false }], false],
    [[{ unknown: 1 }], false],
  ])("of %j lets tech-lead through: %s", (conditions, expected) => {
    expect(policy(conditions)).toBe(expected);
  });

  test("wants all of its attributes, and knows numbers and absence", () => {
    const read = (text: object) => passes(readPolicy(JSON.stringify(text)), { role: ["a", "b"], level: [3] });
    expect(read({ role: ["b"], level: [{ numeric: [">=", 1, "<", 5] }] })).toBe(true);
    expect(read({ role: ["b"], level: [{ numeric: [">", 3] }] })).toBe(false);
    expect(read({ role: ["b"], other: [{ exists: false }] })).toBe(true);
    expect(read({ role: ["b"], other: ["x"] })).toBe(false);
    expect(read({ other: [{ "anything-but": ["x"] }] })).toBe(false);
  });
});
