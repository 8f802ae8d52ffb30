import { createServer, type Server } from "node:http";
import { GetAliasCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterEach, expect, test } from "vitest";
import { untilDeadline } from "../../../functions/adapters/shared/deadline.ts";
import { awsHost } from "../../../functions/runtime/host.ts";
import { handClock } from "../wire.ts";

const command = () => new GetAliasCommand({ FunctionName: "f", Name: "live" });
let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A Lambda endpoint that takes every request and never answers, and a client as on AWS. */
async function silentLambda() {
  let requests = 0;
  const silent = createServer(() => {
    requests += 1;
  });
  server = silent;
  await new Promise<void>((listening) => silent.listen(0, "127.0.0.1", listening));
  const address = silent.address();
  const endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const host = awsHost({ AWS_REGION: "af-south-1" });
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
  const client = new LambdaClient({ ...host.clientConfig(null), endpoint, credentials });
  return { host, client, requests: () => requests };
}

test("over a real connection that stays silent, the call ends at its deadline and not after its retries", async () => {
  const { host, client, requests } = await silentLambda();
  const begin = performance.now();

  const call = client.send(command(), untilDeadline(host.clock, host.clock.now() + 300));

  await expect(call).rejects.toThrow();
  const took = performance.now() - begin;
  expect(took).toBeGreaterThan(250);
  // Well below the five seconds of one attempt; the SDK may still pause before it finds that no other may begin.
  expect(took).toBeLessThan(2_500);
  expect(requests()).toBe(1);
});

test("after its deadline no request leaves at all", async () => {
  const { host, client, requests } = await silentLambda();

  const call = client.send(command(), untilDeadline(host.clock, host.clock.now() - 1));

  await expect(call).rejects.toMatchObject({ name: "AbortError" });
  expect(requests()).toBe(0);
});

test("an attempt gets what is left when it is sent, but never more than five seconds", () => {
  const { clock, advance } = handClock();
  const options = untilDeadline(clock, clock.now() + 12_000);

  const allowed = [0, 9_000, 2_500, 10_000].map((ms) => {
    advance(ms);
    return options.requestTimeout;
  });

  expect(allowed).toEqual([5_000, 3_000, 500, 1]);
  expect(options.abortSignal?.aborted).toBe(true);
});
