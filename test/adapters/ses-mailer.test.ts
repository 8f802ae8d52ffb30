import { SESv2Client } from "@aws-sdk/client-sesv2";
import { describe, expect, test } from "vitest";
import { type SesTools, sesMailer } from "../../functions/adapters/ses-mailer.ts";
import { CallRefused, ServiceTrouble } from "../../functions/domain/errors.ts";
import { type SesOptions, SimulatedSes } from "../../sandbox/aws/sesv2/sesv2.ts";
import { simulate } from "../sandbox/aws/harness.ts";
import { type Answer, fault, ok, wire } from "./wire.ts";

const FROM = "releases@example.com";
const ANN = "ann@example.org";
const BOB = "bob@example.org";
const MAIL = { to: " Ann@Example.org ", subject: "Approve 2.3.0?\nBcc: x", body: "Line 1\nLine 2: ✓" };

const toolsWith = (client: SESv2Client, change: Partial<SesTools> = {}): SesTools => ({
  client: () => client,
  from: () => FROM,
  identityArn: undefined,
  configurationSet: undefined,
  html: ({ body }) => `<p>${body}</p>`,
  pace: async () => {},
  ...change,
});

function onWire(answers: readonly Answer[], change: Partial<SesTools> = {}) {
  const line = wire(...answers);
  return { ...line, mailer: sesMailer(toolsWith(new SESv2Client(line.config), change)) };
}

/** The mailer before a simulated SES. */
function atSes(options: Partial<SesOptions> = {}) {
  const simulation = simulate();
  const ses = new SimulatedSes(simulation.aws, { identities: [FROM], ...options });
  const pace = () => simulation.clock.sleep(1_000);
  const mailer = sesMailer(toolsWith(new SESv2Client(simulation.config()), { pace }));
  return { ...simulation, ses, mailer };
}

describe("sending", () => {
  test("goes to one address, from the team's sender, in both forms, and asks for no automatic answer", async () => {
    const { mailer, sent } = onWire([ok({ MessageId: "1" })]);
    await mailer.send(MAIL);
    expect(sent.map(({ path, json }) => ({ path, json }))).toEqual([
      {
        path: "/v2/email/outbound-emails",
        json: {
          FromEmailAddress: `Headgate <${FROM}>`,
          Destination: { ToAddresses: [ANN] },
          Content: {
            Simple: {
              Subject: { Data: "Approve 2.3.0? Bcc: x", Charset: "UTF-8" },
              Body: {
                Text: { Data: MAIL.body, Charset: "UTF-8" },
                Html: { Data: `<p>${MAIL.body}</p>`, Charset: "UTF-8" },
              },
              Headers: [
                { Name: "Auto-Submitted", Value: "auto-generated" },
                { Name: "X-Auto-Response-Suppress", Value: "All" },
              ],
            },
          },
        },
      },
    ]);
  });

  test("names another account's identity and a configuration set where there are such", async () => {
    const identityArn = "arn:aws:ses:af-south-1:444455556666:identity/example.com";
    const { mailer, sent } = onWire([ok({ MessageId: "1" })], { identityArn, configurationSet: "plain" });
    await mailer.send(MAIL);
    expect(sent[0]?.json).toMatchObject({ FromEmailAddressIdentityArn: identityArn, ConfigurationSetName: "plain" });
  });

  test.each<[string, Answer]>([
    ["above the sending rate", fault("TooManyRequestsException", 429)],
    ["above a limit that passes", fault("LimitExceededException")],
    ["by a service in trouble", fault("InternalServiceErrorException", 500)],
  ])("that is refused %s is worth another try", async (_what, answer) => {
    await expect(onWire([answer]).mailer.send(MAIL)).rejects.toBeInstanceOf(ServiceTrouble);
  });

  test.each([
    "AccountSuspendedException",
    "SendingPausedException",
    "MailFromDomainNotVerifiedException",
    "BadRequestException",
    "NotFoundException",
    "AccessDeniedException",
  ])("that ends in %s is refused for good", async (name) => {
    await expect(onWire([fault(name)]).mailer.send(MAIL)).rejects.toBeInstanceOf(CallRefused);
  });

  test("from or to an address that is not verified says which, and what to do", async () => {
    const { run, mailer } = atSes({ identities: [] });
    await expect(run(() => mailer.send(MAIL))).rejects.toThrow(
      /ses:SendEmail failed: MessageRejected: .*releases@example\.com \(hint: verify the sender in SES, or ask AWS/,
    );
  });

  test("arrives as it was sent", async () => {
    const { run, ses, mailer, clock } = atSes();
    await run(async () => {
      await mailer.send(MAIL);
      await clock.sleep(10_000);
    });
    expect(ses.mailbox).toMatchObject([{ from: FROM, to: ANN, body: MAIL.body, html: `<p>${MAIL.body}</p>` }]);
  });
});

describe("whom mail reaches", () => {
  const reach = async (options: Partial<SesOptions>, meanwhile: (ses: SimulatedSes) => void = () => {}) => {
    const { run, ses, mailer } = atSes(options);
    meanwhile(ses);
    return Object.fromEntries(await run(() => mailer.reach([ANN, "Bob@example.org"])));
  };

  test("is everybody, once the account may send to all", async () => {
    expect(await reach({})).toEqual({ [ANN]: "confirmed", "Bob@example.org": "confirmed" });
  });

  test("is nobody whom the suppression list holds: SES would take the mail and send none", async () => {
    expect(await reach({ suppressed: { [BOB]: "BOUNCE" } })).toEqual({
      [ANN]: "confirmed",
      "Bob@example.org": "suppressed",
    });
  });

  test("in SES's sandbox is who is verified, by address or by domain", async () => {
    const production = false;
    expect(await reach({ production, identities: [FROM, ANN] })).toEqual({
      [ANN]: "confirmed",
      "Bob@example.org": "unconfirmed",
    });
    expect(await reach({ production, identities: [FROM, "example.org"] })).toEqual({
      [ANN]: "confirmed",
      "Bob@example.org": "confirmed",
    });
  });

  test("is nobody while SES has paused the account", async () => {
    expect(await reach({}, (ses) => ses.pause())).toEqual({ [ANN]: "suppressed", "Bob@example.org": "suppressed" });
  });

  test("does not count a reason that the account's settings leave out", async () => {
    const account = ok({
      ProductionAccessEnabled: true,
      SendingEnabled: true,
      SuppressionAttributes: { SuppressedReasons: ["COMPLAINT"] },
    });
    const held = ok({ SuppressedDestination: { EmailAddress: ANN, Reason: "BOUNCE", LastUpdateTime: 0 } });
    expect(await onWire([account, held]).mailer.reach([ANN])).toEqual(new Map([[ANN, "confirmed"]]));
  });

  test("is asked at the pace that SES answers", async () => {
    const paced: number[] = [];
    const { mailer, sent } = onWire(
      [
        ok({ ProductionAccessEnabled: true, SuppressionAttributes: { SuppressedReasons: ["BOUNCE"] } }),
        fault("NotFoundException", 404),
      ],
      {
        pace: async () => void paced.push(sent.length),
      },
    );
    await mailer.reach([ANN, BOB]);
    expect(paced).toEqual([0, 1, 2]);
  });
});
