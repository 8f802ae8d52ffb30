import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import * as z from "zod";
import type { Place } from "../../functions/domain/ports.ts";
import { promises } from "../../functions/runtime/concurrency.ts";
import type { Host } from "../../functions/runtime/host.ts";
import { step } from "../../functions/runtime/step.ts";
import type { LambdaAliasPlan } from "../../functions/targets/lambda-alias/kind.ts";
import { SimulatedDynamoDb } from "../../sandbox/aws/dynamodb/dynamodb.ts";
import { SimulatedLambda } from "../../sandbox/aws/lambda/lambda.ts";
import { CONTROL_ACCOUNT, REGION, START, simulate } from "../sandbox/aws/harness.ts";

const PLACE: Place = { account: CONTROL_ACCOUNT, region: REGION, roleArn: null };
const ORDER: LambdaAliasPlan = {
  name: "order",
  kind: "lambda-alias",
  functionName: "bbws-prod-order",
  alias: "live",
  resource: `arn:aws:lambda:${REGION}:${CONTROL_ACCOUNT}:function:bbws-prod-order:live`,
  resources: [`arn:aws:lambda:${REGION}:${CONTROL_ACCOUNT}:function:bbws-prod-order:live`],
  artifact: { from: "version", version: "8" },
  reversible: true,
};
const CodeSha256 = createHash("sha256").update("code").digest("base64");

/** A host in virtual time, made of nothing but what `Host` asks for. */
function virtualHost(seed: number) {
  const world = simulate({ seed });
  new SimulatedDynamoDb(world.aws).createTable({ name: "headgate", key: { partition: "pk", sort: "sk" } });
  new SimulatedLambda(world.aws, { staleMs: 0 }).createFunction({
    functionName: ORDER.functionName,
    versions: [
      { version: "7", CodeSha256 },
      { version: "8", CodeSha256 },
    ],
    aliases: { live: { version: "7" } },
  });
  const random = world.aws.random("entropy");
  const lines: string[] = [];
  const host: Host = {
    environment: { HEADGATE_TABLE: "headgate" },
    clock: world.clock,
    concurrency: promises,
    entropy: {
      id: (bytes) => Array.from({ length: bytes }, () => random.below(256).toString(16).padStart(2, "0")).join(""),
    },
    clientConfig: (place) => world.config({}, place?.account ?? CONTROL_ACCOUNT),
    fetchPage: async () => ({ status: 200, body: "" }),
    download: async () => ({ status: 404, body: new Uint8Array() }),
    write: (line) => lines.push(line),
    kept: new Map(),
  };
  return { ...world, host, lines };
}

const Input = z.strictObject({ promotionId: z.string() });
const shift = step("shift-traffic", Input, (deps) => async ({ promotionId }) => {
  const { traffic } = deps.target(PLACE, ORDER);
  const { revision } = await traffic.read();
  await deps.ledger.write([{ put: { pk: promotionId, sk: "INTENT", revision }, if: "absent" }]);
  const route = { primary: "7", secondary: { version: "8", percent: 10 } };
  await traffic.write({ route, revision, marker: `headgate ${promotionId}`, deadline: deps.clock.now() + 15_000 });
  await deps.clock.sleep(3_600_000);
  deps.log.info("an hour later");
  return { read: await traffic.read(), written: await deps.ledger.read({ pk: promotionId, sk: "INTENT" }) };
});

const rehearse = async (seed: number) => {
  const { host, run, clock, lines } = virtualHost(seed);
  const context = { awsRequestId: "r", getRemainingTimeInMillis: () => START + 900_000 - clock.now() };
  const output = await run(() => shift.on(host)({ promotionId: "p1" }, context));
  return { output, lines, took: clock.now() - START };
};

test("a whole step runs in virtual time on a host that is no more than an object", async () => {
  const { output, lines, took } = await rehearse(7);

  expect(output.read).toMatchObject({
    route: { primary: "7", secondary: { version: "8", percent: 10 } },
    marker: "headgate p1",
  });
  expect(output.written).toMatchObject({ sk: "INTENT" });
  expect(took).toBeGreaterThan(3_600_000);
  expect(lines[0]).toContain("an hour later");
  expect(lines[0]).toContain('"time":"2026-11-24T19:00:');
});

test("the same seed gives the same output and the same log, to the byte", async () => {
  const [one, other] = [await rehearse(7), await rehearse(7)];

  expect(other).toEqual(one);
});
