/** A deployment whose mail goes by SES: what functions are told and may do, and what is not there any more. */
import { AwsSolutionsChecks } from "cdk-nag";
import { beforeAll, describe, expect, test } from "vitest";
import { FUNCTIONS, placeholderOf } from "../../infra/functions.ts";
import { MAIL_FROM } from "../../sandbox/host/deployment.ts";
import { ACCOUNT, type Deployment, deploy, REGION, resourcesOf, SYNTHESIS_MS, statementsOf } from "./deployment.ts";
import { refusals } from "./permissions.ts";
import { callsOf, POLICY_FILE } from "./stories.ts";

const POLICY = { policy: POLICY_FILE, artifactBuckets: "shop-artifacts" };
const DOMAIN = "headgate.example";
const PLACE = `arn:aws:ses:${REGION}:${ACCOUNT}`;

let deployment: Deployment;
/** Whose identity the stack makes. */
let founding: Deployment;
beforeAll(() => {
  deployment = deploy({ ...POLICY, mail: "ses", mailFrom: MAIL_FROM, configurationSet: "plain" });
  founding = deploy({ ...POLICY, mail: "ses", mailFrom: MAIL_FROM, sesIdentity: "create" });
}, 2 * SYNTHESIS_MS);

const all = (type: string) => resourcesOf(deployment.headgate, type).map(([, properties]) => properties);
const mailing = FUNCTIONS.filter(({ mails }) => mails);
const roleOf = (name: string) => statementsOf(deployment.headgate, `${placeholderOf(name)}Role`);

describe("mail by SES", () => {
  test("needs no topic and no subscription of people; alarms keep theirs", () => {
    expect(all("AWS::SNS::Topic").map(({ TopicName }) => TopicName)).toEqual(["headgate-alarms"]);
    expect(all("AWS::SNS::Subscription").map(({ Endpoint }) => Endpoint)).toEqual(["oncall@shop.example"]);
    const everything = FUNCTIONS.flatMap(({ name }) => roleOf(name)).flatMap(({ Action }) => Action);
    expect(everything.filter((action) => action.startsWith("sns:"))).toEqual([]);
  });

  test("is what those functions are told that mail, and no others", () => {
    for (const { name, mails } of FUNCTIONS) {
      const [own = {}] = all("AWS::Lambda::Function").filter(({ FunctionName }) => FunctionName === `headgate-${name}`);
      const { Variables } = own.Environment as { Variables: Record<string, unknown> };
      const { HEADGATE_MAIL_FROM, HEADGATE_MAIL_CONFIGURATION_SET, HEADGATE_TOPIC_ARN } = Variables;
      const told = [HEADGATE_MAIL_FROM, HEADGATE_MAIL_CONFIGURATION_SET, HEADGATE_TOPIC_ARN];
      expect(told, name).toEqual(mails ? [MAIL_FROM, "plain", undefined] : [undefined, undefined, undefined]);
    }
  });

  test("is sent from the team's sender alone, by its identity", () => {
    for (const { name } of mailing) {
      const sending = roleOf(name).filter(({ Action }) => Action.includes("ses:SendEmail"));
      expect(sending, name).toMatchObject([
        {
          Resource: [
            `${PLACE}:identity/${DOMAIN}`,
            `${PLACE}:identity/${MAIL_FROM}`,
            `${PLACE}:configuration-set/plain`,
          ],
          Condition: { StringEquals: { "ses:FromAddress": [MAIL_FROM] } },
        },
      ]);
    }
    const others = FUNCTIONS.filter(({ mails }) => !mails).flatMap(({ name }) =>
      roleOf(name).flatMap(({ Action }) => Action),
    );
    expect(others.filter((action) => action.startsWith("ses:"))).toEqual([]);
  });

  test("is allowed all that a promotion with approvals asks of SES, and nothing is refused", async () => {
    const { calls, outcome } = await callsOf({ name: "a good candidate, by SES", outcome: "promoted", mailBy: "ses" });
    expect(outcome).toBe("promoted");
    const asked = new Set(calls.flatMap(({ requests }) => requests.map(({ action }) => action)));
    expect(asked).toContain("ses:SendEmail");
    expect(asked).toContain("ses:GetSuppressedDestination");
    expect(refusals(deployment, calls)).toEqual([]);
  });

  test("that bounces or is rejected sets off the alarm about mail", () => {
    const [alarm = {}] = all("AWS::CloudWatch::Alarm").filter(({ AlarmName }) => AlarmName === "headgate-MailFailed");
    const metrics = (alarm.Metrics as { MetricStat?: { Metric: object } }[]).flatMap(
      ({ MetricStat }) => MetricStat?.Metric ?? [],
    );
    expect(metrics).toEqual([
      { Namespace: "AWS/SES", MetricName: "Bounce" },
      { Namespace: "AWS/SES", MetricName: "Reject" },
    ]);
  });
});

describe("the sender's identity", () => {
  const outputs = ({ headgate }: Deployment) => Object.keys((headgate.toJSON().Outputs ?? {}) as object);

  test("is made where that is asked for, outlives the stack, and says its DKIM records", () => {
    founding.headgate.hasResource("AWS::SES::EmailIdentity", {
      DeletionPolicy: "Retain",
      Properties: { EmailIdentity: DOMAIN },
    });
    expect(outputs(founding)).toEqual(expect.arrayContaining(["DkimRecord1", "DkimRecord2", "DkimRecord3"]));
  });

  test("is not made otherwise", () => {
    expect(all("AWS::SES::EmailIdentity")).toEqual([]);
    expect(outputs(deployment).filter((name) => name.startsWith("Dkim"))).toEqual([]);
  });
});

test.each([
  ["with an identity that is there", () => deployment],
  ["with one that is made", () => founding],
])("cdk-nag finds nothing that is not explained %s", (_what, of) => {
  const { violations } = new AwsSolutionsChecks(of().app).validateScope(of().app);
  expect(
    violations.map(
      ({ ruleName, violatingResources }) =>
        `${ruleName} ${violatingResources.map(({ constructPath }) => constructPath)}`,
    ),
  ).toEqual([]);
});
