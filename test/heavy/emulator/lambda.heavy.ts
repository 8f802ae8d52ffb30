import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CallRefused, ServiceTrouble } from "../../../functions/domain/errors.ts";
import type { Route, Target } from "../../../functions/domain/ports.ts";
import type { LambdaAliasPlan } from "../../../functions/targets/lambda-alias/kind.ts";
import { type Emulator, PLACE, startEmulator } from "./emulator.ts";
import { ALIAS, BUCKET, createBucket, createFunction, sha256Of, upload, zipOf } from "./target-account.ts";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
  await createBucket();
});
afterAll(async () => emulator?.stop());

const planOf = (functionName: string): LambdaAliasPlan => ({
  name: "order",
  kind: "lambda-alias",
  functionName,
  alias: ALIAS,
  resource: `arn:aws:lambda:${PLACE.region}:${PLACE.account}:function:${functionName}:${ALIAS}`,
  resources: [`arn:aws:lambda:${PLACE.region}:${PLACE.account}:function:${functionName}:${ALIAS}`],
  artifact: { from: "version", version: "2" },
  reversible: true,
});

/** The target as the functions make it, and a function of two versions for it. */
async function twoVersions(functionName: string): Promise<Required<Target>> {
  await createFunction(emulator, functionName);
  const target = emulator.deps.target(PLACE, planOf(functionName)) as Required<Target>;
  const artifact = { from: "s3", bucket: BUCKET, key: `${functionName}.zip`, versionId: "" } as const;
  const source = { ...artifact, versionId: await upload(artifact.key, zipOf(2)) };
  const before = await target.code.current();
  await target.code.replace(source, { revision: before.revision, deadline: Date.now() + 30_000 });
  const { sha256, revision } = await target.code.current();
  await target.code.publish({ sha256, revision, description: "the candidate" });
  return target;
}

const split = (percent: number): Route => ({ primary: "1", secondary: { version: "2", percent } });
const whole = (primary: string): Route => ({ primary, secondary: null });

async function write({ traffic }: Target, route: Route, marker = "headgate p-1 fence 1"): Promise<void> {
  const { revision } = await traffic.read();
  await traffic.write({ route, revision, marker, deadline: emulator.clock.now() + 15_000 });
}

describe("an alias", () => {
  test("takes every weight of a rollout, reads back as exactly that, and ends without a split", async () => {
    const target = await twoVersions("weights");
    expect((await target.traffic.read()).route).toEqual(whole("1"));

    for (const route of [split(7), split(10), split(25), split(50), split(99.9), whole("2"), whole("1")]) {
      await write(target, route);
      expect(await target.traffic.read()).toMatchObject({ route, marker: "headgate p-1 fence 1" });
    }
  });

  test("that is split already is an obstacle; one that is whole has none", async () => {
    const target = await twoVersions("obstacles");

    expect(await target.traffic.obstacles("2")).toEqual([]);
    await write(target, split(25));

    expect(await target.traffic.obstacles("2")).toEqual(["obstacles:live is split already: 25 % on version 2"]);
  });

  test("has an obstacle in a candidate that was never published", async () => {
    const target = await twoVersions("unpublished");

    expect(await target.traffic.obstacles("9")).toEqual(["unpublished has no version 9"]);
  });

  test("cannot be led to a version that is not there: refused for good, and nothing moves", async () => {
    const target = await twoVersions("nowhere");

    await expect(write(target, whole("9"))).rejects.toBeInstanceOf(CallRefused);
    expect((await target.traffic.read()).route).toEqual(whole("1"));
  });

  test("of a function that is not there is refused for good", async () => {
    const { traffic } = emulator.deps.target(PLACE, planOf("nobody"));

    await expect(traffic.read()).rejects.toBeInstanceOf(CallRefused);
  });

  test("whose service fails is tried again; when it goes on failing, that is the service's trouble", async () => {
    const target = await twoVersions("trouble");
    const failure = { of: "trouble:live", status: 503, error: "ServiceException" };
    emulator.door.failNext({ ...failure, times: 2 });
    expect((await target.traffic.read()).route).toEqual(whole("1"));

    emulator.door.failNext({ ...failure, times: 3 });
    await expect(target.traffic.read()).rejects.toBeInstanceOf(ServiceTrouble);
  });
});

describe("code", () => {
  test("becomes what was uploaded, and is published once: unchanged, it is the version that is there", async () => {
    await createFunction(emulator, "code");
    const { code } = emulator.deps.target(PLACE, planOf("code")) as Required<Target>;
    const key = "code/2.zip";
    const versionId = await upload(key, zipOf(2));
    const before = await code.current();

    const deadline = Date.now() + 30_000;
    await code.replace({ from: "s3", bucket: BUCKET, key, versionId }, { revision: before.revision, deadline });
    const after = await code.current();
    const guard = { sha256: after.sha256, revision: after.revision, description: "shop v2" };

    expect(before).toMatchObject({ sha256: sha256Of(zipOf(1)), readiness: { is: "ready" } });
    expect(after).toMatchObject({ sha256: sha256Of(zipOf(2)), readiness: { is: "ready" } });
    expect(await code.publish(guard)).toEqual({ version: "2", sha256: sha256Of(zipOf(2)) });
    expect(await code.publish(guard)).toEqual({ version: "2", sha256: sha256Of(zipOf(2)) });
    expect(await code.version("1")).toMatchObject({ version: "1", sha256: sha256Of(zipOf(1)) });
    expect(await code.version("3")).toBeUndefined();
  });
});

describe("an artifact", () => {
  test("is found by its exact version, with its checksum in hex", async () => {
    const artifacts = emulator.deps.artifacts(PLACE);
    const first = await upload("order.zip", zipOf(1));
    const second = await upload("order.zip", zipOf(2));

    expect(await artifacts.object(BUCKET, "order.zip", first)).toEqual({
      versionId: first,
      sha256: sha256Of(zipOf(1)),
    });
    expect(await artifacts.object(BUCKET, "order.zip", second)).toEqual({
      versionId: second,
      sha256: sha256Of(zipOf(2)),
    });
  });

  test("that is not there, in this version or at all, is undefined", async () => {
    const artifacts = emulator.deps.artifacts(PLACE);
    const version = await upload("there.zip", zipOf(1));

    expect(await artifacts.object(BUCKET, "there.zip", "00000000-0000-0000-0000-000000000000")).toBeUndefined();
    expect(await artifacts.object(BUCKET, "elsewhere.zip", version)).toBeUndefined();
  });
});
