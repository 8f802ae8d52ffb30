import { beforeAll, describe, expect, test } from "vitest";
import { roleFor } from "../../functions/domain/access.ts";
import { accessOf, USES_OF } from "../../infra/access.ts";
import { FUNCTIONS } from "../../infra/functions.ts";
import { isUntold } from "../support/self-driving.ts";
import { type Deployment, deploy, SYNTHESIS_MS } from "./deployment.ts";
import {
  everyGrant,
  familiesIn,
  familyOf,
  type HandlerCall,
  isAllowed,
  lambdaRequests,
  ledgerRequests,
  type Request,
  refusals,
} from "./permissions.ts";
import { callsOf, POLICY_FILE, STORIES } from "./stories.ts";

const TARGET = "444455556666";
const ROLE = `arn:aws:iam::${TARGET}:role/headgate-target`;

let deployment: Deployment;
beforeAll(() => {
  deployment = deploy({ policy: POLICY_FILE, artifactBuckets: "shop-artifacts" });
}, SYNTHESIS_MS);

/** All calls of all stories. */
const heard: HandlerCall[] = [];

describe("the deployed roles allow all that handlers ask of AWS", () => {
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

describe("the ledger", () => {
  /** What no story comes by: a hold to lift once a promotion is closed, trouble in a bake, code that is not made, rounds asked anew, kinds that move by themselves. */
  const RARE = [
    "check-gates reads registry",
    "ask-approval deletes approvals",
    "check-window writes promotion",
    "probe-candidate writes promotion",
    "judge writes links",
    "close-promotion writes approvals",
    "show-promotion reads plans",
    "operate deletes registry",
    "status-listener reads linkEpoch",
    "status-listener reads policy",
    "status-listener reads revoked",
    "status-listener writes approvals",
  ];

  test("is open to each function for what the stories ask of it, and for little more", () => {
    const told = familiesIn(heard);
    const granted = FUNCTIONS.filter(({ name }) => !isUntold(name)).flatMap(({ name, mails, ...row }) =>
      (["reads", "writes", "deletes"] as const).flatMap((deed) =>
        row[deed]
          // Whoever mails may mark what went out, whether there was anything to mail or not.
          .filter((family) => !(mails && family === "sent"))
          .filter((family) => told.get(name)?.has(`${deed} ${family}`) !== true)
          .map((family) => `${name} ${deed} ${family}`),
      ),
    );
    expect(granted).toEqual(RARE);
  });

  const ALL = ["GetItem", "BatchGetItem", "Query", "ConditionCheckItem", "PutItem", "DeleteItem", "UpdateItem"];
  const BEYOND = ["Scan", "BatchWriteItem", "PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"];

  /** Every partition that a story ever wrote to or looked for. */
  const partitions = () => new Set(heard.flatMap(({ requests }) => requests.flatMap((one) => one.leadingKey ?? [])));

  /** By family, what a function may do in the rehearsals' partitions, each of which is tried. */
  function listing(handler: string): Record<string, string> {
    const found = new Map<string, Set<string>>();
    for (const pk of partitions()) {
      const tried = ledgerRequests("GetItem", { Key: { pk: { S: pk } } });
      const may = [...ALL, ...BEYOND].filter((action) =>
        tried.every((one) => isAllowed(deployment, handler, { ...one, action: `dynamodb:${action}` })),
      );
      const words = may.length === 0 ? "nothing" : may.join(" ");
      found.set(familyOf(pk), (found.get(familyOf(pk)) ?? new Set()).add(words));
    }
    return Object.fromEntries([...found].map(([family, words]) => [family, [...words].join(" or ")]));
  }

  const READ = "GetItem BatchGetItem Query ConditionCheckItem";

  test("lets the public page look, and write approvals: each partition of each story is tried", () => {
    expect(listing("approval-page")).toEqual({
      policy: READ,
      revoked: READ,
      promotion: READ,
      plans: READ,
      approvals: `${READ} PutItem`,
      audit: "nothing",
      sent: "nothing",
      open: "nothing",
      locks: "nothing",
      alarms: "nothing",
      registry: "nothing",
      links: READ,
      starts: "nothing",
      kept: "nothing",
      linkEpoch: READ,
    });
  });

  test("lets the signed route write approvals, and what sending a link again and giving a seat away leave", () => {
    expect(listing("decide")).toEqual({
      policy: READ,
      revoked: READ,
      promotion: READ,
      plans: READ,
      approvals: `${READ} PutItem`,
      audit: `${READ} PutItem`,
      sent: `${READ} PutItem`,
      open: "nothing",
      locks: "nothing",
      alarms: "nothing",
      registry: "nothing",
      links: "PutItem",
      starts: "nothing",
      kept: "nothing",
      linkEpoch: READ,
    });
  });

  /** Of everything that any function may do outside the ledger, what this one may do, its own log and traces left out. */
  const deeds = (handler: string) =>
    [...everyGrant(deployment), ...FORBIDDEN]
      .filter((one) => isAllowed(deployment, handler, one))
      .map(({ action, resource }) => `${action} ${resource}`)
      .filter((deed) => !/^(logs|xray|kms):/.test(deed));

  const FORBIDDEN: readonly Request[] = [
    { action: "states:SendTaskSuccess", resource: "*" },
    { action: "states:SendTaskFailure", resource: "*" },
    {
      action: "states:StartExecution",
      resource: "arn:aws:states:af-south-1:111122223333:stateMachine:headgate-promotion",
    },
    { action: "sns:Publish", resource: "arn:aws:sns:af-south-1:111122223333:headgate-notices" },
    { action: "lambda:InvokeFunction", resource: "arn:aws:lambda:af-south-1:111122223333:function:headgate-operate" },
  ];

  const DECIDING = [
    "states:DescribeExecution arn:aws:states:af-south-1:111122223333:execution:headgate-promotion:*",
    "lambda:InvokeFunction arn:aws:lambda:af-south-1:111122223333:function:headgate-settle-approval",
  ];

  test("is all that the public page has, but for a look at an execution and a word to who settles", () => {
    expect(new Set(deeds("approval-page"))).toEqual(new Set(DECIDING));
  });

  test("and mail are all that the signed route has, but for the same", () => {
    const mailing = deeds("decide").filter((deed) => deed.startsWith("sns:"));
    expect(mailing.length).toBeGreaterThan(0);
    expect(new Set(deeds("decide"))).toEqual(new Set([...DECIDING, ...mailing]));
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
