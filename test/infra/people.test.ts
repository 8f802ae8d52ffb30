/** What the policies for people let them do: asked of IAM about every item of a rehearsal, every route and every command. */
import { beforeAll, describe, expect, test } from "vitest";
import { printApprovalRecord } from "../../cli/approval-record.ts";
import { fromTable } from "../../cli/look.ts";
import type { Get } from "../../cli/signed-api.ts";
import { listOpen, status, watch } from "../../cli/status.ts";
import type { Ledger } from "../../functions/domain/ports.ts";
import { sha256 } from "../../functions/runtime/dependencies.ts";
import { PARTITIONS } from "../../infra/functions.ts";
import { READABLE } from "../../infra/parts/people.ts";
import { type PeoplesPolicy, ROUTES } from "../../infra/parts/routes.ts";
import { itemsOf } from "../../sandbox/faults/table-dump.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { ACCOUNT, deploy, REGION, SYNTHESIS_MS } from "./deployment.ts";
import { everyResource, type Found, placed } from "./placed-template.ts";
import { answerOf, type PolicyStatement } from "./policy-evaluation.ts";
import { callsOf, POLICY_FILE } from "./stories.ts";

const TABLE = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/headgate`;
const DEPLOYMENT = { policy: POLICY_FILE, artifactBuckets: "shop-artifacts" };
const STORY = {
  name: "what a reader finds",
  outcome: "promoted",
  scenario: { startedBy: "arn:aws:sts::111122223333:assumed-role/Release/sam" },
  signedAfter: 20_000,
};

let resources: readonly Found[];
let sandbox: Sandbox;
beforeAll(() => {
  const template = deploy(DEPLOYMENT).headgate.toJSON();
  resources = everyResource([placed("headgate", { account: ACCOUNT, region: REGION }, template)]);
}, SYNTHESIS_MS);
beforeAll(async () => {
  const told = await callsOf(STORY);
  expect(told.outcome).toBe("promoted");
  sandbox = told.sandbox;
}, SYNTHESIS_MS);

const managed = () => resources.filter(({ type }) => type === "AWS::IAM::ManagedPolicy");

function may(policy: PeoplesPolicy, action: string, resource: string, context: Record<string, string> = {}): boolean {
  const [found] = managed().filter(({ properties }) => properties.ManagedPolicyName === `headgate-${policy}`);
  const { Statement = [] } = (found?.properties.PolicyDocument ?? {}) as { Statement?: PolicyStatement[] };
  const by = { role: `arn:aws:iam::${ACCOUNT}:role/somebody`, account: ACCOUNT };
  return answerOf(Statement, { by, action, resource, context }) === "allowed";
}

const mayOnItem = (action: string, pk: string) =>
  may("reader", `dynamodb:${action}`, TABLE, { "dynamodb:LeadingKeys": pk });

const families = () => [...new Set(itemsOf(sandbox, "").map(({ pk }) => familyOf(pk)))];

const familyOf = (pk: string): string =>
  Object.entries(PARTITIONS).find(([, patterns]) =>
    patterns.some((pattern) => (pattern.endsWith("*") ? pk.startsWith(pattern.slice(0, -1)) : pk === pattern)),
  )?.[0] ?? pk;

describe("a reader", () => {
  test("reads of a rehearsal's whole table what holds no link and no start, and nothing else", () => {
    for (const action of ["GetItem", "BatchGetItem", "Query"]) {
      const read = itemsOf(sandbox, "").filter(({ pk }) => mayOnItem(action, pk));
      const left = itemsOf(sandbox, "").filter(({ pk }) => !mayOnItem(action, pk));
      expect(new Set(read.map(({ pk }) => familyOf(pk)))).toEqual(
        new Set(READABLE.filter((one) => families().includes(one))),
      );
      expect(left.map(({ pk }) => familyOf(pk))).toEqual(expect.arrayContaining(["links", "starts"]));
    }
    expect(families()).toEqual(
      expect.arrayContaining(["promotion", "plans", "approvals", "audit", "registry", "locks"]),
    );
  });

  test("finds in what they read neither a link that was mailed nor the hash of one", () => {
    const links = sandbox.api.said.flatMap(({ through }) => ("link" in through ? [through.link] : []));
    const hashes = itemsOf(sandbox, "LINK#").map(({ pk }) => pk.slice("LINK#".length));
    expect(links).not.toEqual([]);
    expect(hashes).toEqual(expect.arrayContaining(links.map(sha256)));
    const readable = JSON.stringify(itemsOf(sandbox, "").filter(({ pk }) => mayOnItem("GetItem", pk)));
    expect([...links, ...hashes].filter((secret) => readable.includes(secret))).toEqual([]);
  });

  test("writes, deletes and scans nothing, and names a partition whenever they ask", () => {
    for (const { pk } of itemsOf(sandbox, "")) {
      for (const action of ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem"]) {
        expect(mayOnItem(action, pk), `${action} ${pk}`).toBe(false);
      }
    }
    for (const action of ["Scan", "Query", "GetItem", "PartiQLSelect"]) {
      expect(may("reader", `dynamodb:${action}`, TABLE), action).toBe(false);
    }
  });

  test("uses the key to read the table alone", () => {
    const [key] = resources.filter(({ type }) => type === "AWS::KMS::Key");
    const through = (action: string, service: string) =>
      may("reader", action, key?.arn ?? "", { "kms:ViaService": `${service}.${REGION}.amazonaws.com` });
    expect(through("kms:Decrypt", "dynamodb")).toBe(true);
    expect(through("kms:Decrypt", "sns")).toBe(false);
    expect(through("kms:Encrypt", "dynamodb")).toBe(false);
  });

  test("is allowed all that status, watch and approval-record ask of the table", async () => {
    const asked: [action: string, pk: string][] = [];
    const get = fromTable(noting(sandbox.ledger, asked));
    const [header] = itemsOf(sandbox, "PROMOTION#", "HEADER");
    const options = { get, promotionId: String(header?.promotionId), zone: "UTC", json: false, write: () => {} };
    const codes = await sandbox.inspect(async () => [
      await status(options),
      await watch({ ...options, clock: sandbox.clock }),
      await printApprovalRecord({ ...options, hash: sha256 }),
      await listOpen(options),
    ]);
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(new Set(asked.map(([, pk]) => familyOf(pk)))).toEqual(new Set(["promotion", "approvals", "audit", "open"]));
    expect(asked.filter(([action, pk]) => !mayOnItem(action, pk))).toEqual([]);
  });
});

/** The ledger, telling what the adapter asks of DynamoDB for each of its reads. */
const noting = (ledger: Ledger, asked: [action: string, pk: string][]): Ledger => ({
  read: (key) => {
    asked.push(["GetItem", key.pk]);
    return ledger.read(key);
  },
  readAll: (keys) => {
    for (const { pk } of keys) asked.push(["BatchGetItem", pk]);
    return ledger.readAll(keys);
  },
  list: (pk, prefix) => {
    asked.push(["Query", pk]);
    return ledger.list(pk, prefix);
  },
  write: () => Promise.reject(new Error("a reader writes nothing")),
});

test("status, watch and approval-record say the same through the API as from the table", async () => {
  const fromApi: Get = async (path) => {
    const { statusCode, body } = await sandbox.api.look(path, `arn:aws:sts::${ACCOUNT}:assumed-role/reader/rita`);
    return { status: statusCode, body: JSON.parse(body) as Record<string, unknown> };
  };
  const [header] = itemsOf(sandbox, "PROMOTION#", "HEADER");
  const said = async (get: Get, json: boolean) => {
    const lines: string[] = [];
    const write = (text: string) => void lines.push(text);
    const options = { get, promotionId: String(header?.promotionId), zone: "UTC", json, write };
    await status(options);
    await watch({ ...options, clock: sandbox.clock });
    await printApprovalRecord({ ...options, hash: sha256 });
    return lines;
  };
  for (const json of [false, true]) {
    const [api, table] = await sandbox.inspect(async () => [
      await said(fromApi, json),
      await said(fromTable(sandbox.ledger), json),
    ]);
    expect(api?.length).toBeGreaterThan(2);
    expect(api).toEqual(table);
  }
});

describe("the policies for people", () => {
  const apiOf = () => resources.find(({ type }) => type === "AWS::ApiGateway::RestApi")?.id ?? "none";
  const arnOf = (method: string, path: string) =>
    `arn:aws:execute-api:${REGION}:${ACCOUNT}:${apiOf()}/v1/${method}${path.replace(/\{\w+\}/g, "some-id")}`;

  test("are a reader's, an approver's and an operator's, named after the deployment", () => {
    expect(managed().map(({ properties }) => properties.ManagedPolicyName)).toEqual([
      "headgate-reader",
      "headgate-approver",
      "headgate-operator",
    ]);
  });

  test("let each in by the routes that are theirs, everybody see how promotions stand, and nobody in by an open one", () => {
    for (const { method, path, policy: whose, open } of ROUTES) {
      const allowed = (["reader", "approver", "operator"] as const).filter((one) =>
        may(one, "execute-api:Invoke", arnOf(method, path)),
      );
      const theirs = whose === "reader" ? ["reader", "approver", "operator"] : [whose];
      // A pattern's star spans slashes: whoever sees promotions sees how their way back stands, too.
      const seeing = method === "GET" && whose === "operator" ? ["reader", "approver", "operator"] : theirs;
      expect(allowed, `${method} ${path}`).toEqual(open ? [] : seeing);
    }
  });

  test("keep starting and operating from approvers, and deciding from operators", () => {
    expect(may("approver", "execute-api:Invoke", arnOf("POST", "/promotions"))).toBe(false);
    expect(may("approver", "execute-api:Invoke", arnOf("POST", "/promotions/p/signals"))).toBe(false);
    const approval = arnOf("POST", "/promotions/p/environments/prod/approvals/before");
    expect([may("operator", "execute-api:Invoke", approval), may("approver", "execute-api:Invoke", approval)]).toEqual([
      false,
      true,
    ]);
  });

  test("let their people find this stack, and no other", () => {
    const stack = (name: string) => `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${name}/1`;
    for (const policy of ["reader", "approver", "operator"] as const) {
      expect(may(policy, "cloudformation:DescribeStacks", stack("headgate"))).toBe(true);
      expect(may(policy, "cloudformation:DescribeStacks", stack("payroll"))).toBe(false);
    }
  });

  test("let only a reader see the table", () => {
    for (const policy of ["approver", "operator"] as const) {
      expect(may(policy, "dynamodb:Query", TABLE, { "dynamodb:LeadingKeys": "PROMOTION#p" })).toBe(false);
    }
  });
});
