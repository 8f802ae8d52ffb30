import { readFileSync } from "node:fs";
import type { CloudFormationCustomResourceEvent } from "aws-lambda";
import { expect, test } from "vitest";
import { canonicalJson } from "../../functions/domain/canonical.ts";
import { sha256 } from "../../functions/runtime/dependencies.ts";
import { policyWriter } from "../../infra/policy-writer.ts";
import { fault, ok } from "../adapters/wire.ts";
import { CONTEXT, testHost } from "../runtime/test-host.ts";

const DOCUMENT = canonicalJson(JSON.parse(readFileSync("infra/policies/bbws.json", "utf8")));

function eventOf(RequestType: "Create" | "Update" | "Delete", document: string): CloudFormationCustomResourceEvent {
  return {
    RequestType,
    ServiceToken: "arn:aws:lambda:af-south-1:111122223333:function:headgate-policy-writer",
    ResponseURL: "https://cloudformation.example/answer",
    StackId: "stack",
    RequestId: "request",
    LogicalResourceId: "Policy",
    PhysicalResourceId: "policy",
    ResourceType: "Custom::HeadgatePolicy",
    ResourceProperties: { ServiceToken: "", document },
    OldResourceProperties: {},
  } as CloudFormationCustomResourceEvent;
}

async function run(event: CloudFormationCustomResourceEvent, ...answers: Parameters<typeof testHost>[1][]) {
  const { host, sent } = testHost({ HEADGATE_TABLE: "headgate" }, ...answers);
  const told: Record<string, unknown>[] = [];
  await policyWriter(host, async (url, body) => void told.push({ url, ...(JSON.parse(body) as object) }))(
    event,
    CONTEXT,
  );
  return { sent, told };
}

const PUT_FORM = { ...{ url: "https://cloudformation.example/answer", StackId: "stack", RequestId: "request" } };

test("a deployment puts the policy in force under its hash, and answers", async () => {
  const { sent, told } = await run(eventOf("Create", DOCUMENT), ok());
  const hash = sha256(DOCUMENT);
  const puts = sent.flatMap(({ json }) =>
    (json.TransactItems as { Put: { Item: Record<"pk" | "sk" | "json", { S?: string }> } }[]).map(
      ({ Put }) => Put.Item,
    ),
  );
  expect(puts.map(({ pk, sk }) => `${pk.S} ${sk.S}`)).toEqual([`POLICY VERSION#${hash}`, "POLICY CURRENT"]);
  expect(puts[0]?.json.S).toBe(DOCUMENT);
  expect(told).toEqual([
    { ...PUT_FORM, LogicalResourceId: "Policy", PhysicalResourceId: "policy", Status: "SUCCESS", Data: { hash } },
  ]);
});

test("a document that is no policy is answered as a failure and never written", async () => {
  const { sent, told } = await run(eventOf("Update", "{}"), ok());
  expect(sent).toEqual([]);
  expect(told).toMatchObject([{ ...PUT_FORM, Status: "FAILED" }]);
});

test("a ledger that refuses is answered as a failure, so that the deployment ends", async () => {
  const { told } = await run(eventOf("Update", DOCUMENT), fault("AccessDeniedException"));
  expect(told).toMatchObject([{ Status: "FAILED", Reason: expect.stringContaining("AccessDenied") }]);
});

test("a stack that is deleted leaves its policies behind", async () => {
  const { sent, told } = await run(eventOf("Delete", DOCUMENT), ok());
  expect(sent).toEqual([]);
  expect(told).toMatchObject([{ Status: "SUCCESS" }]);
});
