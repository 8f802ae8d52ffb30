import { SNSClient } from "@aws-sdk/client-sns";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanSubject } from "../../functions/adapters/shared/subject.ts";
import { snsMailer } from "../../functions/adapters/sns-mailer.ts";
import { CallRefused } from "../../functions/domain/errors.ts";
import { type Answer, wire } from "./wire.ts";

const TOPIC = "arn:aws:sns:af-south-1:093646564004:headgate";
const ANN = "ann@example.com";

/** An answer of SNS, whose protocol is a form in and XML out. */
const xml = (operation: string, inner: string): Answer => ({
  status: 200,
  headers: { "content-type": "text/xml" },
  body: `<${operation}Response><${operation}Result>${inner}</${operation}Result></${operation}Response>`,
});
const subscription = (protocol: string, endpoint: string, arn: string) =>
  `<member><Protocol>${protocol}</Protocol><Endpoint>${endpoint}</Endpoint><SubscriptionArn>${arn}</SubscriptionArn></member>`;
const listing = (members: readonly string[], next = "") =>
  xml(
    "ListSubscriptionsByTopic",
    `<Subscriptions>${members.join("")}</Subscriptions>${next ? `<NextToken>${next}</NextToken>` : ""}`,
  );
const attributes = (all: Readonly<Record<string, string>>) =>
  xml(
    "GetSubscriptionAttributes",
    `<Attributes>${Object.entries(all)
      .map(([key, value]) => `<entry><key>${key}</key><value>${value.replaceAll('"', "&quot;")}</value></entry>`)
      .join("")}</Attributes>`,
  );

const onWire = (...answers: Answer[]) => {
  const line = wire(...answers);
  const client = new SNSClient(line.config);
  return { ...line, mailer: snsMailer({ client: () => client, topicArn: () => TOPIC }) };
};
const formOf = (text: string | undefined) => Object.fromEntries(new URLSearchParams(text));

describe("sending", () => {
  test("publishes once, marked with the recipient's normalised address for that person's filter", async () => {
    const { mailer, sent } = onWire(xml("Publish", "<MessageId>1</MessageId>"));

    await mailer.send({ to: " Ann@Example.com ", subject: "Approve 2.3.0?", body: "Line 1\nLine 2: ✓" });

    expect(sent).toHaveLength(1);
    expect(formOf(sent[0]?.text)).toMatchObject({
      Action: "Publish",
      TopicArn: TOPIC,
      Subject: "Approve 2.3.0?",
      Message: "Line 1\nLine 2: ✓",
      "MessageAttributes.entry.1.Name": "recipient",
      "MessageAttributes.entry.1.Value.DataType": "String",
      "MessageAttributes.entry.1.Value.StringValue": ANN,
    });
  });

  test("that SNS refuses is refused for good", async () => {
    const body = "<ErrorResponse><Error><Code>NotFound</Code><Message>no topic</Message></Error></ErrorResponse>";
    const { mailer } = onWire({ status: 404, headers: { "content-type": "text/xml" }, body });

    await expect(mailer.send({ to: ANN, subject: "s", body: "b" })).rejects.toBeInstanceOf(CallRefused);
  });
});

describe("a subject", () => {
  test.each([
    ["line breaks become spaces", "Approve\r\n2.3.0\tnow", "Approve 2.3.0 now"],
    ["accents go, their letters stay", "Café à Zürich", "Cafe a Zurich"],
    ["dashes stay dashes", "order – 2.3.0", "order - 2.3.0"],
    ["other characters become question marks", "ship 🚢 it", "ship ?? it"],
    ["nothing becomes a dot", "\n", "."],
    ["99 characters stay", "x".repeat(99), "x".repeat(99)],
    ["more are cut, and it says so", `${"x".repeat(95)} 2.3.0 for prod?`, `${"x".repeat(95)}...`],
  ])("%s", (_, subject, expected) => {
    expect(cleanSubject(subject)).toBe(expected);
  });

  test("is always 1 to 99 printable ASCII characters", async () => {
    await fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (subject) => {
        expect(cleanSubject(subject)).toMatch(/^[ -~]{1,99}$/);
      }),
    );
  });
});

describe("reach", () => {
  const reach = async (...answers: Answer[]) => {
    const { mailer, sent } = onWire(...answers);
    return { found: (await mailer.reach([ANN])).get(ANN), sent };
  };
  const confirmed = subscription("email", "Ann@example.com", `${TOPIC}:1`);

  test("a person whose confirmed subscription picks their mail is confirmed", async () => {
    const policy = JSON.stringify({ recipient: ["bob@example.com", ANN] });

    expect((await reach(listing([confirmed]), attributes({ FilterPolicy: policy }))).found).toBe("confirmed");
  });

  test("a subscription without a filter picks everything", async () => {
    expect((await reach(listing([confirmed]), attributes({ Owner: "1" }))).found).toBe("confirmed");
  });

  test.each([
    ["picks somebody else's mail", { FilterPolicy: JSON.stringify({ recipient: ["bob@example.com"] }) }],
    ["asks for an attribute that no mail has", { FilterPolicy: JSON.stringify({ recipient: [ANN], role: ["x"] }) }],
    ["looks for the recipient in the body", { FilterPolicy: "{}", FilterPolicyScope: "MessageBody" }],
  ])("a person whose subscription %s is absent", async (_, all) => {
    expect((await reach(listing([confirmed]), attributes(all))).found).toBe("absent");
  });

  test("a person who has not confirmed is unconfirmed", async () => {
    const pending = subscription("email", ANN, "PendingConfirmation");

    expect((await reach(listing([pending]))).found).toBe("unconfirmed");
  });

  test("a person who is not subscribed is absent, and nobody else's subscription is looked at", async () => {
    const bob = subscription("email", "bob@example.com", `${TOPIC}:2`);
    const { found, sent } = await reach(listing([bob]));

    expect(found).toBe("absent");
    expect(sent).toHaveLength(1);
  });

  test("a person on the second page is found", async () => {
    const { found, sent } = await reach(listing([], "page 2"), listing([confirmed]), attributes({ Owner: "1" }));

    expect(found).toBe("confirmed");
    expect(formOf(sent[1]?.text)).toMatchObject({ NextToken: "page 2" });
  });
});

describe("listeners", () => {
  const member = subscription("email", "Ann@example.com", `${TOPIC}:1`);
  const heard = async (all: Readonly<Record<string, string>>) => {
    const { mailer } = onWire(listing([member]), attributes(all));
    return (await mailer.listeners()).map(({ hears }) => hears);
  };
  const filter = (policy: object) => ({ FilterPolicy: JSON.stringify(policy) });

  test("are all that are confirmed, mailbox or machine, from every page", async () => {
    const queue = subscription("sqs", "arn:aws:sqs:af-south-1:1:q", `${TOPIC}:2`);
    const pending = subscription("email", "eve@example.com", "PendingConfirmation");
    const gone = subscription("email", "old@example.com", "Deleted");
    const { mailer, sent } = onWire(
      listing([member, pending], "page 2"),
      listing([queue, gone]),
      attributes(filter({ recipient: [ANN] })),
      attributes({ Owner: "1" }),
    );

    expect(await mailer.listeners()).toEqual([
      { id: `${TOPIC}:1`, protocol: "email", endpoint: "Ann@example.com", hears: [ANN] },
      { id: `${TOPIC}:2`, protocol: "sqs", endpoint: "arn:aws:sqs:af-south-1:1:q", hears: "everything" },
    ]);
    expect(sent).toHaveLength(4);
  });

  test.each([
    ["whose filter names addresses", filter({ recipient: [ANN, "Bob@example.com"] }), [ANN, "bob@example.com"]],
    ["without a filter", { Owner: "1" }, "everything"],
    ["whose filter asks for nothing", filter({}), "everything"],
    ["whose filter is a pattern", filter({ recipient: [{ suffix: "@example.com" }] }), "everything"],
    ["whose filter leaves one address out", filter({ recipient: [{ "anything-but": [ANN] }] }), "everything"],
    ["whose filter asks that an attribute be missing", filter({ role: [{ exists: false }] }), "everything"],
    ["whose filter has alternatives", filter({ $or: [{ recipient: [ANN] }, { role: ["x"] }] }), "everything"],
    ["whose filter asks for what no mail has", filter({ role: ["x"] }), []],
    ["whose filter looks into the body", { ...filter({ recipient: [ANN] }), FilterPolicyScope: "MessageBody" }, []],
  ] as const)("%s", async (_what, all, hears) => {
    expect(await heard(all)).toEqual([hears]);
  });

  test("that end while they are looked at listen no more", async () => {
    const body = "<ErrorResponse><Error><Code>NotFound</Code><Message>gone</Message></Error></ErrorResponse>";
    const { mailer } = onWire(listing([member]), { status: 404, headers: { "content-type": "text/xml" }, body });

    expect(await mailer.listeners()).toEqual([]);
  });

  test("that may not be looked at are refused", async () => {
    const body = "<ErrorResponse><Error><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>";
    const { mailer } = onWire({ status: 403, headers: { "content-type": "text/xml" }, body });

    await expect(mailer.listeners()).rejects.toBeInstanceOf(CallRefused);
  });
});
