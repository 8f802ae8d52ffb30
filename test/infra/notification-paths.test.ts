import { App, type IStackSynthesizer, LegacyStackSynthesizer, Stack } from "aws-cdk-lib";
import { Key } from "aws-cdk-lib/aws-kms";
import { beforeAll, describe, expect, test } from "vitest";
import { makeNotices } from "../../infra/parts/notices.ts";
import { ACCOUNT, deploy, REGION, SYNTHESIS_MS } from "./deployment.ts";
import { statementsIn, type World, worldOf } from "./notification-links.ts";
import { notificationPaths } from "./notification-paths.ts";
import { placed } from "./placed-template.ts";
import { type Answer, answerOf, type PolicyStatement } from "./policy-evaluation.ts";

const DEPLOYER = `arn:aws:iam::${ACCOUNT}:role/release/deployer`;

/** What else a deployment can be told by context. */
const EVERYTHING = {
  domainName: "releases.example.com",
  certificateArn: `arn:aws:acm:${REGION}:${ACCOUNT}:certificate/1`,
  hostedZoneId: "Z0123456789ABC",
  zoneName: "example.com",
  webAcl: "on",
  mail: "ses",
  mailFrom: "releases@example.com",
  sesIdentity: "create",
  configurationSet: "plain",
};

/** Two accounts beside Headgate's; Headgate's own alone, with all that there is; one beside it, by a role of the company's. */
const DEPLOYMENTS: readonly Readonly<Record<string, string>>[] = [
  { policy: "infra/policies/bbws.json" },
  { policy: "infra/policies/etl-workflow.json", ...EVERYTHING },
  { policy: "test/infra/permissions-policy.json", deployRoleArn: DEPLOYER },
];

const deployedWorld = (context: Readonly<Record<string, string>>): World => {
  const { stacks } = deploy(context).app.synth();
  return worldOf(stacks.map(({ stackName, environment, template }) => placed(stackName, environment, template)));
};

const worlds: World[] = [];
beforeAll(() => {
  worlds.push(...DEPLOYMENTS.map(deployedWorld));
}, 2 * SYNTHESIS_MS);

const worldOfDeployment = (index: number): World => {
  const world = worlds[index];
  if (world === undefined) throw new Error(`there is no deployment ${index}`);
  return world;
};

describe("every notification reaches somebody", () => {
  test.each(DEPLOYMENTS.map(({ policy }, index) => [policy, index] as const))(
    "in a deployment of %s",
    (_policy, index) => {
      const paths = notificationPaths(worldOfDeployment(index));
      expect(paths.filter(({ broken }) => broken.length > 0)).toEqual([]);
    },
  );

  test("and that is said of alarms, rules, schedules, dead letters, mail, queues, and both target accounts", () => {
    const paths = notificationPaths(worldOfDeployment(0));
    const to = (name: string) => paths.filter((path) => path.to === name).length;
    expect(to("headgate-alarms")).toBe(
      worldOfDeployment(0).all.filter(({ type }) => type === "AWS::CloudWatch::Alarm").length,
    );
    // Each listener by its rule's target and by its own destination.
    expect(to("headgate-dead-letters")).toBe(8);
    expect(to("event-bus/default")).toBe(2);
    expect(to("headgate-notices")).toBeGreaterThan(10);
    for (const listener of ["alarm-listener", "status-listener", "sweeper", "retire-versions"]) {
      expect(to(`headgate-${listener}`), listener).toBe(1);
    }
    expect(to("its reader")).toBe(1);
  });

  test("and of mail by SES, where that is what a deployment mails by", () => {
    const paths = notificationPaths(worldOfDeployment(1));
    expect(paths.filter(({ to }) => to === "releases@example.com").length).toBeGreaterThan(10);
    expect(paths.filter(({ to }) => to === "headgate-notices")).toEqual([]);
  });
});

const asked = (world: World, policy: string, property: string, resource: string) => {
  const documents = world.all.filter(
    ({ type, properties }) => type === policy && String(properties[property]).includes(resource),
  );
  return documents.flatMap(({ properties }) => statementsIn(properties.PolicyDocument));
};

describe("the topic of people's links", () => {
  const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:headgate-notices`;
  const answer = (role: string, action: string, context: Readonly<Record<string, string>> = {}): Answer => {
    const policy = asked(worldOfDeployment(0), "AWS::SNS::TopicPolicy", "Topics", TOPIC);
    const arn = `arn:aws:iam::${ACCOUNT}:${role}`;
    return answerOf(policy, {
      by: { role: arn, account: ACCOUNT },
      action,
      resource: TOPIC,
      context: { "aws:PrincipalArn": arn, ...context },
    });
  };
  const CHANGES = ["sns:Subscribe", "sns:SetTopicAttributes", "sns:AddPermission", "sns:RemovePermission"];

  test.each(CHANGES)(
    "refuses %s to administrators and to functions, and leaves it to deployments and to root",
    (action) => {
      for (const role of ["role/admin", "role/headgate-ask-approval", "user/eve"])
        expect(answer(role, action), role).toBe("denied");
      for (const role of [`role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`, "root"]) {
        expect(answer(role, action), role).toBe("silent");
      }
    },
  );

  test("refuses services that come without a principal", () => {
    const policy = asked(worldOfDeployment(0), "AWS::SNS::TopicPolicy", "Topics", TOPIC);
    const by = { service: "cloudformation.amazonaws.com" };
    expect(answerOf(policy, { by, action: "sns:Subscribe", resource: TOPIC, context: {} })).toBe("denied");
  });

  test("keeps functions from nothing that their own roles allow, and everybody from plain HTTP", () => {
    expect(answer("role/headgate-ask-approval", "sns:Publish", { "aws:SecureTransport": "true" })).toBe("silent");
    expect(answer("role/headgate-ask-approval", "sns:Publish", { "aws:SecureTransport": "false" })).toBe("denied");
  });

  test("is changed by the role that the deployment names, and then by no other", () => {
    const policy = asked(worldOfDeployment(2), "AWS::SNS::TopicPolicy", "Topics", TOPIC);
    const may = (role: string) =>
      answerOf(policy, {
        by: { role, account: ACCOUNT },
        action: "sns:Subscribe",
        resource: TOPIC,
        context: { "aws:PrincipalArn": role },
      });
    expect(may(DEPLOYER)).toBe("silent");
    expect(may(`arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`)).toBe("denied");
  });
});

describe("a deployment is refused", () => {
  const making =
    (props: Partial<Parameters<typeof makeNotices>[3]>, stack = new Stack()) =>
    () =>
      makeNotices(stack, "headgate", new Key(stack, "Key"), { people: [], pageTo: ["oncall@example.com"], ...props });

  test("where nobody would hear its alarms", () => {
    expect(making({ pageTo: [] })).toThrow(
      /pageTo: \[\] - nobody would hear the alarms.*name in one environment's pageTo/,
    );
  });

  test("where the role that deploys is no role", () => {
    expect(making({ deployRoleArn: "deployer" })).toThrow(/deployRoleArn: deployer is no role's ARN/);
  });

  test("where nobody says which role deploys", () => {
    const stack = new Stack(new App(), "bare", { synthesizer: new LegacyStackSynthesizer() as IStackSynthesizer });
    expect(making({}, stack)).toThrow(/deployRoleArn: not set/);
  });
});

describe("Headgate's bus takes", () => {
  const SIT = "815856636111";
  const put = (account: string, source: string, detailType: string): Answer => {
    const { all } = worldOfDeployment(0);
    const policy = all.filter(({ type }) => type === "AWS::Events::EventBusPolicy");
    const statements = policy.map(({ properties }) => properties.Statement as PolicyStatement);
    return answerOf(statements, {
      by: { role: `arn:aws:iam::${account}:role/any`, account },
      action: "events:PutEvents",
      resource: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/default`,
      context: { "events:source": source, "events:detail-type": detailType },
    });
  };
  const ALARM = "CloudWatch Alarm State Change";

  test("alarms of the policy's accounts", () => {
    expect(put(SIT, "aws.cloudwatch", ALARM)).toBe("allowed");
  });

  test.each([
    ["an account that the policy does not name", "999999999999", "aws.cloudwatch", ALARM],
    ["another source", SIT, "com.example.shop", ALARM],
    ["the end of an execution", SIT, "aws.states", "Step Functions Execution Status Change"],
    ["anything else of CloudWatch's", SIT, "aws.cloudwatch", "CloudWatch Alarm Configuration Change"],
  ])("nothing from %s", (_what, account, source, detailType) => {
    expect(put(account, source, detailType)).toBe("silent");
  });
});
