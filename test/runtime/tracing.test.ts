import { Tracer } from "@aws-lambda-powertools/tracer";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as z from "zod";
import { step } from "../../functions/runtime/step.ts";
import { CONTEXT, testHost } from "./test-host.ts";

beforeEach(() => {
  // Powertools traces only where Lambda says that it runs the code.
  vi.stubEnv("AWS_EXECUTION_ENV", "AWS_Lambda_nodejs24.x");
  vi.stubEnv("_HANDLER", "shift-traffic.handler");
});
afterEach(() => vi.unstubAllEnvs());

/** X-Ray's segment as far as the tracer uses it, and what was written down there. */
function segment() {
  const annotations: Record<string, unknown> = {};
  const metadata: unknown[] = [];
  const failures: unknown[] = [];
  let closed = 0;
  const inner = {
    addNewSubsegment: () => inner,
    addAnnotation: (key: string, value: unknown) => (annotations[key] = value),
    addMetadata: (...all: unknown[]) => metadata.push(all),
    addError: (error: unknown) => failures.push(error),
    close: () => (closed += 1),
  };
  return { inner, annotations, metadata, failures, closed: () => closed };
}

const trace = async (action: () => Promise<unknown>) => {
  const seen = segment();
  const tracer = new Tracer({ serviceName: "headgate", captureHTTPsRequests: false });
  vi.spyOn(tracer.provider, "getSegment").mockReturnValue(seen.inner as never);
  vi.spyOn(tracer.provider, "setSegment").mockReturnValue(undefined);
  vi.spyOn(tracer.provider, "putAnnotation").mockImplementation(seen.inner.addAnnotation);
  const host = { ...testHost().host, tracer: async () => tracer };
  const handler = step("shift-traffic", z.object({}), () => action).on(host);
  const result = await handler({ promotionId: "p1", environment: "prod" }, CONTEXT).catch((error: unknown) => error);
  return { ...seen, result };
};

test("a trace is found by its promotion and environment, and holds nothing that was answered", async () => {
  const { annotations, metadata, closed, result } = await trace(async () => ({ link: "https://secret" }));

  expect(result).toEqual({ link: "https://secret" });
  expect(annotations).toMatchObject({ promotionId: "p1", environment: "prod" });
  expect(metadata).toEqual([]);
  expect(closed()).toBe(1);
});

test("a step that fails fails in its trace too, with the same error", async () => {
  const error = new Error("no");

  const { failures, closed, result } = await trace(() => Promise.reject(error));

  expect(result).toBe(error);
  expect(failures[0]).toBe(error);
  expect(closed()).toBe(1);
});
