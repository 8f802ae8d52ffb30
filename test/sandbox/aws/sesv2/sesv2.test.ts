import { SESv2Client, SendEmailCommand, type SendEmailCommandInput } from "@aws-sdk/client-sesv2";
import { describe, expect, test } from "vitest";
import { VirtualRetryStrategy } from "../../../../sandbox/aws/sdk.ts";
import { type SesOptions, SimulatedSes } from "../../../../sandbox/aws/sesv2/sesv2.ts";
import { errorOf, simulate } from "../harness.ts";

const FROM = "releases@example.com";
const ANN = "ann@example.org";

function setUp(options: Partial<SesOptions> = {}) {
  const simulation = simulate();
  const once = new VirtualRetryStrategy(simulation.clock, simulation.aws.random("once"), 1);
  const ses = new SimulatedSes(simulation.aws, { identities: [FROM], ...options });
  const client = new SESv2Client({ ...simulation.config(), retryStrategy: once });
  const send = (change: Partial<SendEmailCommandInput> = {}, text = "hello") =>
    client.send(
      new SendEmailCommand({
        FromEmailAddress: FROM,
        Destination: { ToAddresses: [ANN] },
        Content: { Simple: { Subject: { Data: "hi" }, Body: { Text: { Data: text } } } },
        ...change,
      }),
    );
  return { ...simulation, ses, send };
}

const refusal = async (options: Partial<SesOptions>, change: Partial<SendEmailCommandInput> = {}, text = "hello") => {
  const { run, send } = setUp(options);
  return run(() => errorOf(send(change, text)));
};

describe("a mail by SES", () => {
  test("arrives some seconds after it was taken, once for each recipient", async () => {
    const { run, ses, send, clock } = setUp();
    await run(async () => {
      await send({ Destination: { ToAddresses: [ANN, "bob@example.org"] } });
      expect(ses.mailbox).toEqual([]);
      await clock.sleep(10_000);
    });
    expect(ses.mailbox.map(({ to }) => to).toSorted((a, b) => a.localeCompare(b))).toEqual([ANN, "bob@example.org"]);
  });

  test("to an address on the suppression list is taken, and arrives nowhere", async () => {
    const { run, ses, send, clock } = setUp({ suppressed: { [ANN]: "COMPLAINT" } });
    await run(async () => {
      expect((await send()).MessageId).toBeDefined();
      await clock.sleep(60_000);
    });
    expect(ses.mailbox).toEqual([]);
  });

  test.each<[string, Partial<SesOptions>, Partial<SendEmailCommandInput>, string]>([
    ["a sender that is not verified", { identities: ["other.example"] }, {}, "MessageRejected"],
    ["a recipient that is not verified, in the sandbox", { production: false }, {}, "MessageRejected"],
    [
      "51 recipients",
      {},
      { Destination: { ToAddresses: Array.from({ length: 51 }, (_, n) => `a${n}@example.org`) } },
      "BadRequestException",
    ],
    ["nobody", {}, { Destination: {} }, "BadRequestException"],
    [
      "a header that would be two",
      {},
      {
        Content: {
          Simple: {
            Subject: { Data: "hi" },
            Body: { Text: { Data: "x" } },
            Headers: [{ Name: "X-A", Value: "b\r\nBcc: c" }],
          },
        },
      },
      "BadRequestException",
    ],
    ["more than a day's quota", { dailyQuota: 0 }, {}, "TooManyRequestsException"],
  ])("is refused: %s", async (_what, options, change, name) => {
    expect((await refusal(options, change)).name).toBe(name);
  });

  test("is refused above 40 MB, and taken by a domain's identity", async () => {
    expect((await refusal({}, {}, "x".repeat(40 * 1_024 * 1_024))).name).toBe("BadRequestException");
    const { run, send } = setUp({ identities: ["example.com"] });
    expect((await run(() => send())).MessageId).toBeDefined();
  });

  test("is refused above the sending rate, and taken a second later; a pause refuses all", async () => {
    const { run, ses, send, clock } = setUp({ sendRate: 2 });
    await run(async () => {
      const both = [await send(), await send()];
      expect(both).toHaveLength(2);
      expect((await errorOf(send())).name).toBe("TooManyRequestsException");
      await clock.sleep(1_000);
      await send();
      ses.pause();
      expect((await errorOf(send())).name).toBe("SendingPausedException");
    });
  });
});
