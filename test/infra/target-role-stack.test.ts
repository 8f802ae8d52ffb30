import { beforeAll, expect, test } from "vitest";
import { FUNCTIONS } from "../../infra/functions.ts";
import { type Deployment, deploy, resourcesOf, SYNTHESIS_MS, statementsOf, written } from "./deployment.ts";

let deployment: Deployment;
beforeAll(() => {
  deployment = deploy();
}, SYNTHESIS_MS);

function target(environment: string) {
  const template = deployment.targets.get(environment);
  if (template === undefined) throw new Error(`no stack for ${environment}`);
  return template;
}

test("each role of the policy has a stack in its account", () => {
  expect(new Set(deployment.targets.keys())).toEqual(new Set(["sit", "prod"]));
  for (const environment of ["sit", "prod"]) {
    expect(resourcesOf(target(environment), "AWS::IAM::Role").map(([, { RoleName }]) => RoleName)).toContain(
      "headgate-target",
    );
  }
});

test("the role trusts, with the external id, those functions alone that reach into accounts", () => {
  const template = target("prod");
  const [[, role = {}] = []] = resourcesOf(template, "AWS::IAM::Role").filter(([id]) => id.startsWith("Role"));
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
    FUNCTIONS.filter(({ accounts }) => accounts.length > 0).map(
      ({ name }) => `arn:aws:iam::111122223333:role/headgate-${name}`,
    ),
  );
});

test("the role may do what releases need with the policy's functions, and nothing else", () => {
  const granted = statementsOf(target("prod"), "Role").flatMap(({ Action, Resource }) =>
    Action.map(
      (action) =>
        `${action} ${Resource.map((arn) => arn.replace(/^arn:aws:lambda:af-south-1:093646564004:/, "")).join(" ")}`,
    ),
  );
  const names = ["auth", "product", "order"].map((name) => `function:bbws-prod-${name}-lambda`);
  const aliases = names.flatMap((name) => [name, `${name}:live`]).join(" ");
  const versions = names.map((name) => `${name}:*`);
  expect(new Set(granted)).toEqual(
    new Set([
      `lambda:GetAlias ${aliases}`,
      `lambda:UpdateAlias ${aliases}`,
      `lambda:GetFunctionConfiguration ${[...names, ...versions].join(" ")}`,
      `lambda:GetProvisionedConcurrencyConfig ${[...names, ...versions].join(" ")}`,
      `lambda:UpdateFunctionCode ${names.join(" ")}`,
      `lambda:PublishVersion ${names.join(" ")}`,
      `lambda:InvokeFunction ${versions.join(" ")}`,
      "s3:GetObject arn:aws:s3:::bbws-artifacts/*",
      "s3:GetObjectVersion arn:aws:s3:::bbws-artifacts/*",
      "s3:ListBucket arn:aws:s3:::bbws-artifacts",
      "cloudwatch:GetMetricData *",
      "cloudwatch:DescribeAlarms *",
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
