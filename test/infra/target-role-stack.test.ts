import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { beforeAll, expect, test } from "vitest";
import { accessOf } from "../../infra/access.ts";
import { FUNCTIONS } from "../../infra/functions.ts";
import type { TargetPlace } from "../../infra/places.ts";
import { TargetRoleStack } from "../../infra/target-role-stack.ts";
import { type Deployment, deploy, resourcesOf, SYNTHESIS_MS, statementsOf, written } from "./deployment.ts";
import { POLICY_FILE } from "./stories.ts";

let deployment: Deployment;
beforeAll(() => {
  deployment = deploy();
}, SYNTHESIS_MS);

function target(environment: string) {
  const template = deployment.targets.get(environment);
  if (template === undefined) throw new Error(`no stack for ${environment}`);
  return template;
}

test("each role of the policy has a stack in its account, with one more that reads", () => {
  expect(new Set(deployment.targets.keys())).toEqual(new Set(["sit", "prod"]));
  for (const environment of ["sit", "prod"]) {
    const names = resourcesOf(target(environment), "AWS::IAM::Role").map(([, { RoleName }]) => RoleName);
    expect(names).toEqual(expect.arrayContaining(["headgate-target", "headgate-target-read"]));
  }
});

const ROLES = [
  ["Role", "write"],
  ["ReadingRole", "read"],
] as const;

test.each(ROLES)("the %s trusts, with the external id, those functions alone that %s there", (id, access) => {
  const template = target("prod");
  const [[, role = {}] = []] = resourcesOf(template, "AWS::IAM::Role").filter(([found]) => found.startsWith(id));
  const { Statement } = role.AssumeRolePolicyDocument as {
    Statement: { Condition: Record<"ArnEquals" | "StringEquals", Record<string, unknown>> }[];
  };
  expect(Statement).toHaveLength(1);
  const [{ ArnEquals, StringEquals } = { ArnEquals: {}, StringEquals: {} }] = Statement.map(
    ({ Condition }) => Condition,
  );
  expect(StringEquals).toEqual({ "sts:ExternalId": "headgate" });
  const trusted = ArnEquals["aws:PrincipalArn"] as unknown[];
  expect(trusted.map((arn) => written(template, arn))).toEqual(
    FUNCTIONS.filter(({ accounts }) => accounts.length > 0 && accessOf(accounts) === access).map(
      ({ name }) => `arn:aws:iam::111122223333:role/headgate-${name}`,
    ),
  );
});

const names = ["auth", "product", "order"].map((name) => `function:bbws-prod-${name}-lambda`);
const aliases = names.flatMap((name) => [name, `${name}:live`]).join(" ");
const versions = names.map((name) => `${name}:*`);
const READING_TRAFFIC = [
  `lambda:GetAlias ${aliases}`,
  `lambda:GetFunctionConfiguration ${[...names, ...versions].join(" ")}`,
  `lambda:GetProvisionedConcurrencyConfig ${[...names, ...versions].join(" ")}`,
];
const READING_ARTIFACTS = [
  "s3:GetObject arn:aws:s3:::bbws-artifacts/*",
  "s3:GetObjectVersion arn:aws:s3:::bbws-artifacts/*",
  "s3:ListBucket arn:aws:s3:::bbws-artifacts",
];

test.each([
  [
    "Role",
    "moves traffic and publishes",
    [
      `lambda:UpdateAlias ${aliases}`,
      `lambda:GetFunction ${[...names, ...versions].join(" ")}`,
      `lambda:UpdateFunctionCode ${names.join(" ")}`,
      `lambda:PublishVersion ${names.join(" ")}`,
    ],
  ],
  [
    "ReadingRole",
    "reads and probes",
    [
      `lambda:InvokeFunction ${versions.join(" ")}`,
      ...["GetMetricData", "DescribeAlarms", "DescribeAlarmHistory"].map((action) => `cloudwatch:${action} *`),
    ],
  ],
])("the %s %s with the policy's functions, and does nothing else", (id, _does, own) => {
  const granted = statementsOf(target("prod"), id).flatMap(({ Action, Resource }) =>
    Action.map(
      (action) =>
        `${action} ${Resource.map((arn) => arn.replace(/^arn:aws:lambda:af-south-1:093646564004:/, "")).join(" ")}`,
    ),
  );
  expect(new Set(granted)).toEqual(new Set([...READING_TRAFFIC, ...READING_ARTIFACTS, ...own]));
});

test("a role that deletes versions is there only where the policy says so", () => {
  const ids = (template: Template) =>
    resourcesOf(template, "AWS::IAM::Role").map(([id]) => id.replace(/[0-9A-F]{8}$/, ""));
  expect(ids(target("prod"))).not.toContain("RetiringRole");
  const [template] = deploy({ policy: POLICY_FILE }).targets.values();
  if (template === undefined) throw new Error("no target stack");
  expect(ids(template)).toContain("RetiringRole");
  const granted = statementsOf(template, "RetiringRole").map(({ Action, Resource }) => [Action, Resource]);
  const shop = "arn:aws:lambda:af-south-1:444455556666:function:shop-order";
  expect(granted).toEqual([
    [["lambda:ListAliases"], [shop]],
    [["lambda:GetFunctionConfiguration", "lambda:GetPolicy", "lambda:DeleteFunction"], [`${shop}:*`]],
    [["lambda:ListEventSourceMappings"], ["*"]],
  ]);
});

test("roles with a path keep it, and the reading one is its neighbour", () => {
  const scope = new App();
  const place: TargetPlace & { roleArn: string } = {
    account: "444455556666",
    region: "eu-west-1",
    roleArn: "arn:aws:iam::444455556666:role/release/tools/headgate",
    environments: ["prod"],
    targets: [
      {
        kind: "lambda-alias",
        resource: "arn:aws:lambda:eu-west-1:444455556666:function:shop-order:live",
        resources: [],
        probed: false,
        retired: false,
        placed: [],
      },
    ],
    invoked: [],
    sources: [],
    searched: [],
  };
  const stack = new TargetRoleStack(scope, "pathed", {
    name: "headgate",
    place,
    artifactBuckets: [],
    externalId: "headgate",
    home: { account: "111122223333" },
  });
  const roles = resourcesOf(Template.fromStack(stack), "AWS::IAM::Role").map(([, { Path, RoleName }]) => [
    Path,
    RoleName,
  ]);
  expect(roles).toEqual(
    expect.arrayContaining([
      ["/release/tools/", "headgate"],
      ["/release/tools/", "headgate-read"],
    ]),
  );
});

test("alarms that turn red are told to Headgate's account", () => {
  const template = target("prod");
  const [[, rule = {}] = []] = resourcesOf(template, "AWS::Events::Rule");
  expect(rule.EventPattern).toMatchObject({ source: ["aws.cloudwatch"], detail: { state: { value: ["ALARM"] } } });
  const [bus] = rule.Targets as { Arn: unknown }[];
  expect(written(template, bus?.Arn)).toBe("arn:aws:events:af-south-1:111122223333:event-bus/default");
});
