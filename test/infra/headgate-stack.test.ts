import { readdirSync, readFileSync } from "node:fs";
import { Match } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks } from "cdk-nag";
import { beforeAll, describe, expect, test } from "vitest";
import { OUTPUTS } from "../../cli/outputs.ts";
import { roleFor } from "../../functions/domain/access.ts";
import { linkChange } from "../../functions/domain/approval/link.ts";
import { countPromotion } from "../../functions/runtime/metrics.ts";
import { accessOf } from "../../infra/access.ts";
import { FUNCTIONS, type FunctionRow, PARTITIONS, placeholderOf } from "../../infra/functions.ts";
import { TTL_ATTRIBUTE } from "../../infra/parts/ledger.ts";
import { definitionOf, MACHINES, placeholdersIn } from "../../infra/parts/machines.ts";
import { testHost } from "../runtime/test-host.ts";
import {
  ACCOUNT,
  type Deployment,
  deploy,
  REGION,
  resourcesOf,
  type Statement,
  SYNTHESIS_MS,
  statementsOf,
  written,
} from "./deployment.ts";

let deployment: Deployment;
beforeAll(() => {
  deployment = deploy();
}, SYNTHESIS_MS);

const all = (type: string) => resourcesOf(deployment.headgate, type).map(([, properties]) => properties);
const roleOf = (name: string) => statementsOf(deployment.headgate, `${placeholderOf(name)}Role`);
const actionsOf = (statements: readonly Statement[]) => statements.flatMap(({ Action }) => Action);

describe("functions", () => {
  test("run on Node 24 on Arm, traced, and only on code of their own", () => {
    const functions = all("AWS::Lambda::Function");
    expect(functions).toHaveLength(FUNCTIONS.length + 1);
    for (const properties of functions) {
      expect(properties).toMatchObject({
        Runtime: "nodejs24.x",
        Architectures: ["arm64"],
        TracingConfig: { Mode: "Active" },
        Environment: { Variables: { NODE_OPTIONS: "--enable-source-maps" } },
      });
      expect(properties).not.toHaveProperty("Layers");
    }
  });

  test("have the time and memory of their rows", () => {
    for (const { name, timeoutSeconds, memoryMb } of FUNCTIONS) {
      deployment.headgate.hasResourceProperties("AWS::Lambda::Function", {
        FunctionName: `headgate-${name}`,
        Timeout: timeoutSeconds,
        MemorySize: memoryMb,
      });
    }
  });

  test("have a role each, with no managed policy", () => {
    const roles = all("AWS::Lambda::Function").map(({ Role }) => written(deployment.headgate, Role));
    expect(new Set(roles).size).toBe(roles.length);
    for (const { name } of FUNCTIONS) {
      const [role] = all("AWS::IAM::Role").filter(({ RoleName }) => RoleName === `headgate-${name}`);
      expect(role, name).toBeDefined();
      expect(role).not.toHaveProperty("ManagedPolicyArns");
    }
  });
});

describe("grants", () => {
  /** Actions for which IAM knows no resource; each is asked about everything or nothing. */
  const WITHOUT_RESOURCE = [
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "states:SendTaskSuccess",
    "sns:GetSubscriptionAttributes",
  ];

  test("name every action in full, and a resource wherever IAM knows one", () => {
    for (const { name } of FUNCTIONS) {
      for (const { Action, Resource } of roleOf(name)) {
        expect(Action.filter((action) => action.includes("*"))).toEqual([]);
        if (Resource.includes("*")) expect(WITHOUT_RESOURCE, name).toEqual(expect.arrayContaining([...Action]));
      }
    }
  });

  const partitionsIn = ({ Condition }: Statement) =>
    Condition["ForAllValues:StringLike"]?.["dynamodb:LeadingKeys"] ?? [];

  test("to the ledger hold for the row's partitions, read, written and deleted from", () => {
    for (const { name, reads, writes, deletes } of FUNCTIONS) {
      const onTable = roleOf(name).filter(({ Action }) => Action.some((action) => action.startsWith("dynamodb:")));
      const keysOf = (families: FunctionRow["reads"]) => families.flatMap((family) => PARTITIONS[family]);
      const given = [
        [["GetItem", "BatchGetItem", "Query", "ConditionCheckItem"], reads],
        [["PutItem"], writes],
        [["DeleteItem"], deletes],
      ] as const;
      expect(
        onTable.map((statement) => [statement.Action, partitionsIn(statement)]),
        name,
      ).toEqual(
        given
          .filter(([, families]) => families.length > 0)
          .map(([actions, families]) => [actions.map((action) => `dynamodb:${action}`), keysOf(families)]),
      );
      for (const { Condition } of onTable) expect(Condition.Null).toEqual({ "dynamodb:LeadingKeys": ["false"] });
      expect(actionsOf(onTable)).not.toContain("dynamodb:Scan");
    }
  });

  const seeing = (partition: string) =>
    [...FUNCTIONS.map(({ name }) => name), "policy-writer"].filter((name) =>
      roleOf(name).some((statement) => partitionsIn(statement).includes(partition)),
    );

  test("to the epoch of links go to those alone who make or check links, end them, or look for those that ended", () => {
    expect(seeing("LINK-EPOCH")).toEqual([
      "ask-approval",
      "settle-approval",
      "judge",
      "approval-page",
      "decide",
      "rotate-links",
      "status-listener",
      "sweeper",
    ]);
  });

  test("to write who started what go to the signed route alone, which sees no promotion", () => {
    expect(seeing("START#*")).toEqual(["open-promotion", "start-promotion"]);
    const starting = roleOf("start-promotion").filter(({ Action }) => Action.includes("states:StartExecution"));
    expect(starting.flatMap(({ Resource }) => Resource)).toEqual([
      `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:headgate-promotion`,
    ]);
    expect(seeing("PROMOTION#*")).not.toContain("start-promotion");
  });

  test("to write the policy go to the deployment alone", () => {
    const writing = seeing("POLICY").filter((name) =>
      roleOf(name).some((statement) => {
        return statement.Action.includes("dynamodb:PutItem") && partitionsIn(statement).includes("POLICY");
      }),
    );
    expect(writing).toEqual(["policy-writer"]);
  });

  test("into other accounts are one of the policy's roles each, for those alone who work there", () => {
    for (const { name, accounts } of FUNCTIONS) {
      const assumed = roleOf(name).filter(({ Action }) => Action.includes("sts:AssumeRole"));
      const roles = assumed.flatMap(({ Resource }) => Resource);
      const policyRoles = ["093646564004", "815856636111"].map((account) =>
        roleFor(accessOf(accounts), `arn:aws:iam::${account}:role/headgate-target`),
      );
      // This policy deletes nothing, so nobody is let in for it.
      const works = accounts.length > 0 && accessOf(accounts) !== "retire";
      expect(new Set(roles), name).toEqual(new Set(works ? policyRoles : []));
    }
  });

  test("in Headgate's own account go to exactly the machines and aliases of the policy", () => {
    const own = deploy({ policy: "infra/policies/etl-workflow.json", account: "111122223333" });
    const moving = FUNCTIONS.filter(({ name }) =>
      actionsOf(statementsOf(own.headgate, `${placeholderOf(name)}Role`)).includes("states:UpdateStateMachineAlias"),
    );
    expect(moving.map(({ name }) => name)).toEqual(
      FUNCTIONS.filter(({ accounts }) => accounts.includes("move-traffic")).map(({ name }) => name),
    );
    const [statement] = statementsOf(own.headgate, "ShiftTrafficRole").filter(({ Action }) =>
      Action.includes("states:UpdateStateMachineAlias"),
    );
    const workflow = "arn:aws:states:us-east-1:111122223333:stateMachine:etl-workflow-staging";
    expect(statement?.Resource).toEqual([workflow, `${workflow}:live`]);
  });

  test("refuse an environment that no role reaches", () => {
    const elsewhere = () => deploy({ policy: "infra/policies/etl-workflow.json", account: "999999999999" });
    expect(elsewhere).toThrow(/staging: no roleArn in the policy/);
  });

  test("of a machine call its own functions and start its own children", () => {
    for (const machine of MACHINES) {
      const statements = statementsOf(deployment.headgate, `${placeholderOf(machine)}MachineRole`);
      const resources = (action: string) =>
        statements.filter(({ Action }) => Action.includes(action)).flatMap(({ Resource }) => Resource);
      const used = placeholdersIn(definitionOf(machine));
      const functions = FUNCTIONS.filter(({ name }) => used.includes(placeholderOf(name)));
      const machines = MACHINES.filter((name) => used.includes(`${placeholderOf(name)}Machine`));
      const place = "af-south-1:111122223333";
      expect(new Set(resources("lambda:InvokeFunction"))).toEqual(
        new Set(functions.map(({ name }) => `arn:aws:lambda:${place}:function:headgate-${name}`)),
      );
      expect(new Set(resources("states:StartExecution"))).toEqual(
        new Set(machines.map((name) => `arn:aws:states:${place}:stateMachine:headgate-${name}`)),
      );
      expect(new Set(resources("states:StopExecution"))).toEqual(
        new Set(machines.map((name) => `arn:aws:states:${place}:execution:headgate-${name}:*`)),
      );
    }
  });
});

describe("machines", () => {
  test("carry their definitions in the template, every placeholder filled", () => {
    const machines = all("AWS::StepFunctions::StateMachine");
    expect(machines).toHaveLength(MACHINES.length);
    for (const machine of machines) {
      expect(machine).not.toHaveProperty("DefinitionS3Location");
      const filled = Object.keys(machine.DefinitionSubstitutions as object);
      const text = String(machine.DefinitionString);
      expect(MACHINES.map(definitionOf)).toContain(text);
      expect(new Set(filled)).toEqual(new Set(placeholdersIn(text)));
    }
  });

  test("are standard, traced, and log everything but the data", () => {
    for (const machine of all("AWS::StepFunctions::StateMachine")) {
      expect(machine).toMatchObject({
        StateMachineType: "STANDARD",
        TracingConfiguration: { Enabled: true },
        LoggingConfiguration: { Level: "ALL", IncludeExecutionData: false },
      });
    }
  });
});

describe("the ledger", () => {
  test("is encrypted under Headgate's key, recoverable to any second, and cannot be deleted by a deployment", () => {
    deployment.headgate.hasResource("AWS::DynamoDB::Table", {
      DeletionPolicy: "Retain",
      UpdateReplacePolicy: "Retain",
      Properties: {
        BillingMode: "PAY_PER_REQUEST",
        SSESpecification: { SSEEnabled: true, SSEType: "KMS", KMSMasterKeyId: Match.anyValue() },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      },
    });
  });

  test("lets DynamoDB tidy up by the attribute that links carry", () => {
    const link = {
      promotionId: "p",
      environment: "e",
      approval: "a",
      role: "r",
      address: "x@y.z",
      generation: 0,
      epoch: 0,
    };
    const change = linkChange((text) => text, "id", link, 0);
    expect("put" in change && change.put).toHaveProperty(TTL_ATTRIBUTE, expect.any(Number));
    deployment.headgate.hasResourceProperties("AWS::DynamoDB::Table", {
      TimeToLiveSpecification: { AttributeName: TTL_ATTRIBUTE, Enabled: true },
    });
  });

  test("holds the deployed policy, as it is", () => {
    deployment.headgate.hasResourceProperties("Custom::HeadgatePolicy", {
      document: Match.stringLikeRegexp('^\\{"\\$schema".*"bbws-store"'),
    });
  });
});

describe("mail", () => {
  test("goes through encrypted topics, over TLS only", () => {
    const topics = all("AWS::SNS::Topic");
    expect(topics).toHaveLength(2);
    for (const topic of topics) expect(topic).toHaveProperty("KmsMasterKeyId");
    expect(JSON.stringify(all("AWS::SNS::TopicPolicy"))).toContain("aws:SecureTransport");
  });

  test("reaches each person of the policy by a subscription that lets through only theirs", () => {
    const people = all("AWS::SNS::Subscription").filter(({ FilterPolicy }) => FilterPolicy !== undefined);
    expect(people).toHaveLength(9);
    for (const { Protocol, Endpoint, FilterPolicy, FilterPolicyScope } of people) {
      expect(Protocol).toBe("email");
      expect(FilterPolicy).toEqual({ recipient: [Endpoint] });
      expect(FilterPolicyScope).toBe("MessageAttributes");
    }
  });

  test("about Headgate itself reaches those who are paged", () => {
    const unfiltered = all("AWS::SNS::Subscription").filter(({ FilterPolicy }) => FilterPolicy === undefined);
    expect(unfiltered.map(({ Endpoint }) => Endpoint)).toEqual(["oncall@bbws.co.za"]);
  });
});

describe("logs", () => {
  test("are kept for a quarter, and for a year where they say who decided what; all encrypted", () => {
    const groups = all("AWS::Logs::LogGroup");
    expect(groups).toHaveLength(FUNCTIONS.length + 1 + MACHINES.length + 1);
    const audit =
      /approval-page|decide|revoke|start-promotion|show-promotion|operate|rotate-links|policy-writer|states|api$/;
    for (const { LogGroupName, RetentionInDays, KmsKeyId } of groups) {
      expect(RetentionInDays, String(LogGroupName)).toBe(audit.test(String(LogGroupName)) ? 365 : 90);
      expect(KmsKeyId).toBeDefined();
    }
  });
});

describe("listeners", () => {
  test("hear of alarms that turn red, of promotions' ends, of each minute and each hour", () => {
    const rules = all("AWS::Events::Rule");
    expect(rules.map(({ Name, ScheduleExpression }) => [Name, ScheduleExpression])).toEqual([
      ["headgate-alarm-listener", undefined],
      ["headgate-status-listener", undefined],
      ["headgate-sweeper", "rate(1 minute)"],
      ["headgate-retire-versions", "rate(1 hour)"],
    ]);
    expect(rules[0]?.EventPattern).toMatchObject({
      source: ["aws.cloudwatch"],
      detail: { state: { value: ["ALARM"] } },
    });
    expect(rules[1]?.EventPattern).toMatchObject({
      source: ["aws.states"],
      detail: { status: ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"] },
    });
  });

  test("keep what they could not deal with in an encrypted queue", () => {
    deployment.headgate.resourceCountIs("AWS::Lambda::EventInvokeConfig", 4);
    deployment.headgate.hasResourceProperties("AWS::SQS::Queue", {
      KmsMasterKeyId: Match.anyValue(),
      MessageRetentionPeriod: 14 * 86_400,
    });
  });

  test("hear the alarms of the accounts that the policy names", () => {
    const admitted = all("AWS::Events::EventBusPolicy").map(({ StatementId }) => StatementId);
    expect(admitted).toEqual(["alarms-from-815856636111", "alarms-from-093646564004"]);
  });
});

describe("the watch", () => {
  test("tells those who are paged what goes wrong with Headgate itself", () => {
    const alarms = all("AWS::CloudWatch::Alarm");
    expect(alarms.map(({ AlarmName }) => String(AlarmName).replace(/\d+$/, ""))).toEqual(
      expect.arrayContaining(
        [
          "RollbackFailed",
          "PromotionErrored",
          "PromotionTimedOut",
          "ExecutionsThrottled",
          "ChildFailed",
          "RequestErrors",
          "UnattendedErrors",
          "FunctionsThrottled",
          "SweeperSilent",
          "ApiErrors",
          "MailFailed",
          "DeadLetters",
        ].map((id) => `headgate-${id}`),
      ),
    );
    for (const { AlarmActions, AlarmName } of alarms) {
      expect(JSON.stringify(AlarmActions), String(AlarmName)).toMatch(/Alarms/);
    }
  });

  test.each([
    ["headgate-RollbackFailed", "rollback-failed"],
    ["headgate-PromotionErrored", "errored"],
  ] as const)("%s watches what is counted of a promotion, whoever closes it", (name, outcome) => {
    const { host, lines } = testHost();
    countPromotion(host, outcome);
    const [{ _aws, ...counted }] = lines as [Record<string, unknown> & { _aws: { CloudWatchMetrics: object[] } }];
    const [alarm] = all("AWS::CloudWatch::Alarm").filter(({ AlarmName }) => AlarmName === name);
    const {
      Namespace,
      MetricName,
      Dimensions = [],
    } = (alarm ?? {}) as Record<string, unknown> & {
      Dimensions?: { Name: string; Value: string }[];
    };
    expect(_aws.CloudWatchMetrics).toEqual([
      {
        Namespace,
        Dimensions: [expect.arrayContaining(Dimensions.map((dimension) => dimension.Name))],
        Metrics: [expect.objectContaining({ Name: MetricName })],
      },
    ]);
    expect(Dimensions).toHaveLength(2);
    for (const { Name, Value } of Dimensions) expect(counted[Name]).toBe(Value);
  });

  test("has an entry in the runbook for each alarm, under its name, and none for an alarm that is not there", () => {
    const [, section = ""] = readFileSync("docs/deploy.md", "utf8").split("## When an alarm about Headgate goes off");
    const entries = [...(section.split("\n## ")[0]?.matchAll(/^\| `(\w+)`/gm) ?? [])].map(([, name]) => name);
    const names = all("AWS::CloudWatch::Alarm").map(({ AlarmName }) => String(AlarmName).replace("headgate-", ""));
    // Alarms that are numbered, since one expression takes ten metrics, share an entry under the first one's name.
    expect(new Set(entries)).toEqual(new Set(names.map((name) => name.replace(/\d$/, "1"))));
  });

  test("adds up no more metrics in one alarm than CloudWatch allows", () => {
    for (const { Metrics = [], AlarmName } of all("AWS::CloudWatch::Alarm")) {
      expect((Metrics as unknown[]).length, String(AlarmName)).toBeLessThanOrEqual(11);
    }
  });
});

describe("outputs", () => {
  const outputsOf = ({ headgate }: Deployment) => Object.keys(headgate.findOutputs("*"));
  /** With every setting that adds one. */
  let made: readonly string[] = [];
  beforeAll(() => {
    const certificateArn = `arn:aws:acm:${REGION}:${ACCOUNT}:certificate/1`;
    made = outputsOf(deploy({ domainName: "releases.example.com", certificateArn }));
  }, SYNTHESIS_MS);
  const documents = ["README.md", ...readdirSync("docs").map((name) => `docs/${name}`)].map((path) =>
    readFileSync(path, "utf8"),
  );

  test("that the command asks for are there", () => {
    expect(outputsOf(deployment)).toEqual(expect.arrayContaining([...OUTPUTS]));
  });

  test("that a document speaks of are there", () => {
    const named = documents.flatMap((text) => [...text.matchAll(/\boutputs? `(\w+)`/g)].map(([, name]) => name));
    expect(named).not.toEqual([]);
    expect(named.filter((name) => !made.includes(name ?? ""))).toEqual([]);
  });

  test("are each explained to whoever deploys", () => {
    const [deploying = ""] = documents.filter((text) => text.startsWith("# Deploying Headgate"));
    expect(made.filter((name) => !deploying.includes(`| \`${name}\``))).toEqual([]);
  });
});

test("the stacks can be synthesised before anybody knows the account", () => {
  expect(deploy({ account: "", region: "" }).headgate.findResources("AWS::DynamoDB::Table")).not.toEqual({});
});

test("cdk-nag finds nothing that is not explained", () => {
  const { violations } = new AwsSolutionsChecks(deployment.app).validateScope(deployment.app);
  const found = violations.map(({ ruleName, violatingResources }) => {
    return `${ruleName}: ${violatingResources.map(({ constructPath }) => constructPath).join(", ")}`;
  });
  expect(found).toEqual([]);
});
