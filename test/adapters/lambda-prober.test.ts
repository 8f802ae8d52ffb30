import { LambdaClient } from "@aws-sdk/client-lambda";
import { describe, expect, test } from "vitest";
import { lambdaProber } from "../../functions/adapters/lambda-prober.ts";
import { valueAt } from "../../functions/adapters/shared/probe-finding.ts";
import { CallRefused, ServiceTrouble } from "../../functions/domain/errors.ts";
import { type Answer, fault, handClock, ok, wire } from "./wire.ts";

const PROBE = { payload: { ping: true }, expect: { statusCode: 200, "body.healthy": true }, timeoutSeconds: 10 };
const HEALTHY = { statusCode: 200, body: { healthy: true } };
const answeredBy = (version: string, body: unknown, headers: Record<string, string> = {}) =>
  ok(body, { "x-amz-executed-version": version, ...headers });

const probe = async (answers: Answer[], what: Partial<typeof PROBE> = {}) => {
  const line = wire(...answers);
  const { retryStrategy: _retries, ...config } = line.config;
  const client = new LambdaClient({ ...config, maxAttempts: 1 });
  const prober = lambdaProber({ client: () => client, clock: handClock().clock }, "bbws-prod-order");
  return { finding: await prober.invoke("8", { ...PROBE, ...what }), sent: line.sent };
};

test("a probe invokes exactly the version it names, once, with the payload as JSON", async () => {
  const { finding, sent } = await probe([answeredBy("8", HEALTHY)]);

  expect(finding.ok).toBe(true);
  expect(sent).toHaveLength(1);
  expect(sent[0]?.path).toBe("/2015-03-31/functions/bbws-prod-order/invocations");
  expect(sent[0]?.query).toEqual({ Qualifier: "8" });
  expect(sent[0]?.json).toEqual({ ping: true });
});

describe("a probe fails and says what it found", () => {
  test("where a value is not the expected one", async () => {
    const { finding } = await probe([answeredBy("8", { statusCode: 500 })]);

    expect(finding).toMatchObject({ ok: false, found: "statusCode is 500, not 200" });
  });

  test("where the path leads nowhere", async () => {
    const { finding } = await probe([answeredBy("8", { statusCode: 200, body: "healthy" })]);

    expect(finding).toMatchObject({ ok: false, found: "body.healthy is undefined, not true" });
  });

  test("where the function threw", async () => {
    const thrown = { errorType: "TypeError", errorMessage: "x is undefined" };
    const { finding } = await probe([answeredBy("8", thrown, { "x-amz-function-error": "Unhandled" })]);

    expect(finding).toMatchObject({ ok: false, found: expect.stringContaining("TypeError") });
  });

  test("where another version answered", async () => {
    const { finding } = await probe([answeredBy("7", HEALTHY)]);

    expect(finding).toMatchObject({ ok: false, found: "version 7 answered instead of 8" });
  });

  test("where no answer came in time, without asking twice", async () => {
    const late = { error: Object.assign(new Error("late"), { name: "TimeoutError" }) };
    const { finding, sent } = await probe([late, answeredBy("8", HEALTHY)]);

    expect(finding).toMatchObject({ ok: false, found: "no answer within 10 s" });
    expect(sent).toHaveLength(1);
  });

  test.each(["InvalidRuntimeException", "InvalidZipFileException"])("where Lambda cannot run it: %s", async (name) => {
    const { finding } = await probe([fault(name, 502)]);

    expect(finding).toMatchObject({ ok: false, found: `${name}: about ${name}` });
  });

  test("where the answer is not JSON", async () => {
    const { finding } = await probe([answeredBy("8", "<html>")], { expect: { statusCode: 200 } as never });

    expect(finding).toMatchObject({ ok: false, found: "statusCode is undefined, not 200" });
  });

  test("in a few hundred characters, however much there was", async () => {
    const { finding } = await probe([answeredBy("8", { statusCode: "x".repeat(5_000) })]);

    expect(finding.found.length).toBeLessThanOrEqual(300);
  });
});

test("throttling says nothing about the candidate: it can be tried again", async () => {
  await expect(probe([fault("TooManyRequestsException", 429)])).rejects.toBeInstanceOf(ServiceTrouble);
});

test("a version that is not there is refused for good", async () => {
  await expect(probe([fault("ResourceNotFoundException", 404)])).rejects.toBeInstanceOf(CallRefused);
});

test("dotted paths go through objects and lists, and not into what they inherit", () => {
  const root = { body: { items: [{ price: 5 }] } };

  expect(valueAt(root, "body.items.0.price")).toBe(5);
  expect(valueAt(root, "body.items.length")).toBe(1);
  expect(valueAt(root, "body.constructor")).toBeUndefined();
  expect(valueAt(null, "a")).toBeUndefined();
});
