import { SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { snsMailer } from "../../../functions/adapters/sns-mailer.ts";
import { CallRefused } from "../../../functions/domain/errors.ts";
import { type Emulator, startEmulator, until } from "./emulator.ts";

const JANE = "jane@shop.example";
const JOHN = "john@shop.example";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
  await emulator.createTopic([JANE, JOHN]);
});
beforeEach(() => void emulator.door.inbox.splice(0));
afterAll(async () => emulator?.stop());

const arrived = (count: number) =>
  until("the mail", async () => (emulator.door.inbox.length < count ? undefined : emulator.door.inbox));

test("a mail reaches the one whose filter names the address, however that was spelled, and nobody else", async () => {
  await emulator.deps.mailer.send({
    to: " Jane@Shop.example ",
    subject: "Grüße – v1.4.0",
    body: "One line.\n\nÀ bientôt",
  });
  await emulator.deps.mailer.send({ to: JOHN, subject: "Second", body: "For John." });

  expect(await arrived(2)).toEqual([
    { to: JANE, subject: "Gru?e - v1.4.0", body: "One line.\n\nÀ bientôt" },
    { to: JOHN, subject: "Second", body: "For John." },
  ]);
});

test("a subject of any length and kind is taken", async () => {
  await emulator.deps.mailer.send({ to: JANE, subject: "日本".repeat(200), body: "." });
  await emulator.deps.mailer.send({ to: JANE, subject: " \n ", body: "." });

  expect((await arrived(2)).map(({ subject }) => subject)).toEqual([`${"?".repeat(96)}...`, "."]);
});

test("who is subscribed with a filter of their own can be reached; who is not, and whose filter is another's, cannot", async () => {
  const TopicArn = process.env.HEADGATE_TOPIC_ARN;
  const Attributes = { FilterPolicy: JSON.stringify({ recipient: ["someone@shop.example"] }) };
  const Endpoint = "wrong@shop.example";
  await new SNSClient({}).send(new SubscribeCommand({ TopicArn, Protocol: "email", Endpoint, Attributes }));

  expect(await emulator.deps.mailer.reach([JANE, "mia@shop.example", Endpoint])).toEqual(
    new Map([
      [JANE, "confirmed"],
      ["mia@shop.example", "absent"],
      [Endpoint, "absent"],
    ]),
  );
});

test("of a hundred and fifty subscriptions, on two pages, the last is found", async () => {
  const people = Array.from({ length: 150 }, (_, at) => `person-${at}@shop.example`);
  await emulator.createTopic(people);

  expect(await emulator.deps.mailer.reach(["person-0@shop.example", "person-149@shop.example"])).toEqual(
    new Map([
      ["person-0@shop.example", "confirmed"],
      ["person-149@shop.example", "confirmed"],
    ]),
  );
});

test("a topic that is not there is refused for good", async () => {
  const topicArn = () => `${process.env.HEADGATE_TOPIC_ARN}-gone`;
  const mailer = snsMailer({ client: () => new SNSClient({}), topicArn });

  await expect(mailer.send({ to: JANE, subject: "s", body: "b" })).rejects.toBeInstanceOf(CallRefused);
});
