import { beforeAll, describe, expect, test } from "vitest";
import { roleFor } from "../../functions/domain/access.ts";
import { accessOf, USES_OF } from "../../infra/access.ts";
import { FUNCTIONS } from "../../infra/functions.ts";
import { isUntold } from "../support/self-driving.ts";
import { type Deployment, deploy, SYNTHESIS_MS } from "./deployment.ts";
import { type HandlerCall, lambdaRequests, ledgerRequests, type Request, refusals } from "./permissions.ts";
import { callsOf, POLICY_FILE, STORIES } from "./stories.ts";

const TARGET = "444455556666";
const ROLE = `arn:aws:iam::${TARGET}:role/headgate-target`;

let deployment: Deployment;
beforeAll(() => {
  deployment = deploy({ policy: POLICY_FILE, artifactBuckets: "shop-artifacts" });
}, SYNTHESIS_MS);

describe("the deployed roles allow all that handlers ask of AWS", () => {
  const heard: HandlerCall[] = [];

  test.each(STORIES.map((story) => [story.name, story] as const))("in the story of %s", async (_name, story) => {
    const { calls, outcome } = await callsOf(story);
    expect(outcome).toBe(story.outcome);
    expect(calls.length).toBeGreaterThan(100);
    expect(refusals(deployment, calls)).toEqual([]);
    heard.push(...calls);
  });

  const told = FUNCTIONS.filter(({ name }) => !isUntold(name));

  test("and these stories are told by every function, each with all that its row lets it do there", () => {
    const silent = told.filter(({ name }) => !heard.some(({ handler }) => handler === name));
    expect(silent.map(({ name }) => name)).toEqual([]);
    const idle = told
      .filter(({ accounts }) => accounts.length > 0)
      .filter(({ name }) => !heard.some(({ handler, account }) => handler === name && account === TARGET));
    expect(idle.map(({ name }) => name)).toEqual([]);
  });
});

describe("functions", () => {
  const there = FUNCTIONS.filter(({ accounts }) => accounts.length > 0);

  test("get by with one of the roles of a target account each", () => {
    const beyond = there.filter(({ accounts }) => accounts.some((use) => !USES_OF[accessOf(accounts)].includes(use)));
    expect(beyond.map(({ name }) => name)).toEqual([]);
  });

  test("that may write there are those that move traffic and those that publish", () => {
    const writing = there.filter(({ accounts }) => accessOf(accounts) === "write").map(({ name }) => name);
    expect(writing).toEqual([
      "deploy-candidate",
      "shift-traffic",
      "start-drive",
      "follow-drive",
      "finish-rollout",
      "restore-traffic",
      "restore-code",
      "operate",
      "alarm-listener",
      "status-listener",
      "sweeper",
    ]);
  });

  const onAlias = (operation: string) =>
    lambdaRequests(
      { operation, account: TARGET, region: "af-south-1" },
      { FunctionName: "shop-order", ...(operation === "UpdateAlias" ? { Name: "live" } : {}) },
    );

  test("that may delete a version there is one, which can do nothing else, and no function whole", () => {
    const deleting = there.filter(({ accounts }) => accessOf(accounts) === "retire").map(({ name }) => name);
    expect(deleting).toEqual(["retire-versions"]);
    const allowed = (operation: string, qualifier?: string) =>
      refusals(deployment, [
        {
          handler: "retire-versions",
          account: TARGET,
          requests: lambdaRequests(
            { operation, account: TARGET, region: "af-south-1" },
            { FunctionName: "shop-order", ...(qualifier === undefined ? {} : { Qualifier: qualifier }) },
          ),
        },
      ]).length === 0;
    expect(allowed("DeleteFunction", "7")).toBe(true);
    expect(allowed("DeleteFunction")).toBe(false);
    expect(allowed("UpdateAlias", "live")).toBe(false);
    expect(allowed("Invoke", "7")).toBe(false);
  });

  test.each(there.filter(({ accounts }) => accessOf(accounts) === "read").map(({ name }) => name))(
    "that read cannot write there: %s",
    (handler) => {
      const asRole: Request[] = [{ action: "sts:AssumeRole", resource: roleFor("write", ROLE) }];
      expect(refusals(deployment, [{ handler, account: "111122223333", requests: asRole }])).toHaveLength(1);
      for (const operation of ["UpdateAlias", "UpdateFunctionCode", "PublishVersion"]) {
        expect(refusals(deployment, [{ handler, account: TARGET, requests: onAlias(operation) }])).toHaveLength(1);
      }
    },
  );

  test.each(FUNCTIONS.filter(({ accounts }) => accounts.length === 0).map(({ name }) => name))(
    "that have no business there are let into none of its roles: %s",
    (handler) => {
      const asRoles = (["read", "write", "retire"] as const).map((access) => {
        return { action: "sts:AssumeRole", resource: roleFor(access, ROLE) };
      });
      expect(refusals(deployment, [{ handler, account: "111122223333", requests: asRoles }])).toHaveLength(3);
    },
  );
});

describe("the deployed roles refuse", () => {
  const table = (action: string, leadingKey: string) => ledgerRequests(action, { Key: { pk: { S: leadingKey } } });

  test.each([
    ["the approval page to write a lock", "approval-page", table("PutItem", "LOCK#arn")],
    ["the approval page to write the policy", "approval-page", table("PutItem", "POLICY")],
    ["a shift to read an approver's link", "shift-traffic", table("GetItem", "LINK#h")],
    ["the opening step to write who started what", "open-promotion", table("PutItem", "START#arn")],
    ["the route that starts promotions to write into one", "start-promotion", table("PutItem", "PROMOTION#p")],
    ["the opening step to write the policy that it reads", "open-promotion", table("PutItem", "POLICY")],
  ])("%s", (_what, handler, requests) => {
    expect(refusals(deployment, [{ handler, account: "111122223333", requests }])).toHaveLength(1);
  });

  test("everybody to delete a function", () => {
    const requests = [
      { action: "lambda:DeleteFunction", resource: `arn:aws:lambda:af-south-1:${TARGET}:function:shop-order` },
    ];
    for (const { name: handler } of FUNCTIONS) {
      expect(refusals(deployment, [{ handler, account: TARGET, requests }]), handler).not.toEqual([]);
    }
  });
});
