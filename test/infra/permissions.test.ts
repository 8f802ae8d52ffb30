import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { resolvePlan } from "../../functions/domain/resolve-plan.ts";
import { FUNCTIONS } from "../../infra/functions.ts";
import type { Call, Operation, SimulatedService } from "../../infra/local/aws/service.ts";
import { Sandbox } from "../../infra/local/sandbox.ts";
import { readScenario } from "../../infra/local/world/scenario.ts";
import { type Deployment, deploy, SYNTHESIS_MS } from "./deployment.ts";
import { type HandlerCall, lambdaRequests, ledgerRequests, otherRequests, refusals } from "./permissions.ts";

const json = (file: string) => JSON.parse(readFileSync(file, "utf8"));
const POLICY = json("infra/policies/bbws.json");
const RELEASE = { ...json("events/bbws-v2025.12.25.1.json"), environments: ["sit"] };
const HEALTHY = json("test/scenarios/healthy.json");

const STARTER = "arn:aws:sts::111122223333:assumed-role/Release/sam";

const BROKEN = {
  ...HEALTHY,
  name: "broken",
  behaviour: [
    { version: "baseline", errorRate: 0.001 },
    { version: "candidate", errorRate: 0.3 },
  ],
};

let deployment: Deployment;
beforeAll(() => {
  deployment = deploy();
}, SYNTHESIS_MS);

/** Rehearses a promotion to SIT, and returns every call that a handler made. */
async function callsOf(scenarioFile: unknown): Promise<{ calls: HandlerCall[]; outcome: string }> {
  const scenario = readScenario(scenarioFile);
  const resolution = resolvePlan(POLICY, RELEASE, { now: scenario.startsAt });
  if (!resolution.ok) throw new Error("the example is refused");
  const sandbox = new Sandbox({ scenario, policy: POLICY, plan: resolution.plan });
  const calls: HandlerCall[] = [];
  const known = new Set(FUNCTIONS.map(({ name }) => name));
  const note = ({ handler, account }: Pick<Call, "handler" | "account">, requests: HandlerCall["requests"]): void => {
    if (known.has(handler)) calls.push({ handler, account, requests });
  };
  const { dynamoDb, lambda, aws } = sandbox;
  aws.register(listening(dynamoDb.service, (call, input) => note(call, ledgerRequests(call.operation, input))));
  aws.register(listening(lambda.service, (call, input) => note(call, lambdaRequests(call, input))));
  aws.onCall((call) => {
    if (call.service === "dynamodb" || call.service === "lambda") return;
    const named = Object.fromEntries([...call.summary.matchAll(/(\w+)=(\S+)/g)].map(([, key, value]) => [key, value]));
    note(call, otherRequests(call.service, call.operation, named));
  });
  const { outcome } = await sandbox.promote(RELEASE, "permissions");
  return { calls, outcome };
}

/** The same service, telling of each call before it carries it out. */
function listening(service: SimulatedService, tell: (call: Call, input: object) => void): SimulatedService {
  const operations = Object.entries(service.operations).map(([name, operation]): [string, Operation] => [
    name,
    (input: never, call) => {
      tell(call, input);
      return operation(input, call);
    },
  ]);
  return { ...service, operations: Object.fromEntries(operations) };
}

describe("the deployed roles allow all that handlers ask of AWS", () => {
  test.each([
    ["a healthy promotion", HEALTHY, "promoted"],
    ["a promotion that is rolled back", BROKEN, "rolled-back"],
    ["a promotion that was started through the API", { ...HEALTHY, startedBy: STARTER }, "promoted"],
  ])("in %s", async (_name, scenario, expected) => {
    const { calls, outcome } = await callsOf(scenario);
    expect(outcome).toBe(expected);
    expect(calls.length).toBeGreaterThan(500);
    expect(refusals(deployment, calls)).toEqual([]);
  });
});

describe("the deployed roles refuse", () => {
  const table = (action: string, leadingKey: string) => ledgerRequests(action, { Key: { pk: { S: leadingKey } } });

  test.each([
    ["the approval page to write a lock", "approval-page", table("PutItem", "LOCK#arn")],
    ["the approval page to write the policy", "approval-page", table("PutItem", "POLICY")],
    ["a shift to read the secret of links", "shift-traffic", table("GetItem", "SECRET")],
    ["the opening step to write who started what", "open-promotion", table("PutItem", "START#arn")],
    ["the route that starts promotions to write into one", "start-promotion", table("PutItem", "PROMOTION#p")],
    ["the opening step to write the policy that it reads", "open-promotion", table("PutItem", "POLICY")],
  ])("%s", (_what, handler, requests) => {
    expect(refusals(deployment, [{ handler, account: "111122223333", requests }])).toHaveLength(1);
  });

  test("the judge to reach production with anything but its role", () => {
    const requests = [
      {
        action: "lambda:DeleteFunction",
        resource: "arn:aws:lambda:af-south-1:093646564004:function:bbws-prod-order-lambda",
      },
    ];
    expect(refusals(deployment, [{ handler: "judge", account: "093646564004", requests }])).toHaveLength(1);
  });
});
