import {
  CreateAliasCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  type PublishVersionCommandInput,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
  type UpdateAliasCommandInput,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { describe, expect, test } from "vitest";
import type { LambdaOptions } from "../../../../sandbox/aws/lambda/lambda.ts";
import { errorOf, START, simulateFunction } from "../harness.ts";

const FunctionName = "orders";
const live = { FunctionName, Name: "live" };

const setUp = (options: LambdaOptions = {}) => {
  const simulation = simulateFunction({
    code: ({ key, versionId }) => (key === "orders.zip" ? { sha256: `sha-of-${versionId}`, size: 2048 } : undefined),
    ...options,
  });
  const { client } = simulation;
  return {
    ...simulation,
    update: (rest: Partial<UpdateAliasCommandInput>) => client.send(new UpdateAliasCommand({ ...live, ...rest })),
    weigh: (weights: Record<string, number>) =>
      client.send(new UpdateAliasCommand({ ...live, RoutingConfig: { AdditionalVersionWeights: weights } })),
    get: () => client.send(new GetAliasCommand(live)),
    upload: (S3ObjectVersion: string, RevisionId?: string) =>
      client.send(
        new UpdateFunctionCodeCommand({
          FunctionName,
          S3Bucket: "artifacts",
          S3Key: "orders.zip",
          S3ObjectVersion,
          ...(RevisionId === undefined ? {} : { RevisionId }),
        }),
      ),
    publish: (rest: Partial<PublishVersionCommandInput> = {}) =>
      client.send(new PublishVersionCommand({ FunctionName, ...rest })),
    configuration: (Qualifier?: string) =>
      client.send(
        new GetFunctionConfigurationCommand({ FunctionName, ...(Qualifier === undefined ? {} : { Qualifier }) }),
      ),
  };
};

describe("an alias", () => {
  test("ramps by weight and is cleared by an empty routing", async () => {
    const { run, weigh, update, get, lambda } = setUp();
    const states = await run(async () => {
      await weigh({ "42": 0.1 });
      const during = await get();
      await update({ FunctionVersion: "42", RoutingConfig: { AdditionalVersionWeights: {} } });
      return [during, await get()];
    });
    expect(states[0]?.RoutingConfig).toEqual({ AdditionalVersionWeights: { "42": 0.1 } });
    expect(states[1]?.FunctionVersion).toBe("42");
    expect(states[1]?.RoutingConfig).toBeUndefined();
    const history = lambda.weightHistory({ functionName: "orders", alias: "live" });
    expect(history.map(({ weights }) => weights)).toEqual([{ "41": 1 }, { "41": 0.9, "42": 0.1 }, { "42": 1 }]);
  });

  test("keeps its weights when an update does not speak of them", async () => {
    const { run, weigh, update, get } = setUp();
    const alias = await run(async () => {
      await weigh({ "42": 0.25 });
      await update({ Description: "headgate fence 3" });
      return await get();
    });
    expect(alias.RoutingConfig?.AdditionalVersionWeights).toEqual({ "42": 0.25 });
    expect(alias.Description).toBe("headgate fence 3");
  });

  test("gets a new revision at every update, and refuses an update that names an old one", async () => {
    const { run, update, get } = setUp();
    const [first, second, error] = await run(async () => {
      const before = await get();
      const after = await update({ Description: "x" });
      return [before, after, await errorOf(update({ RevisionId: before.RevisionId, Description: "y" }))] as const;
    });
    expect(second.RevisionId).not.toBe(first.RevisionId);
    expect(error).toMatchObject({ name: "PreconditionFailedException", $metadata: { httpStatusCode: 412 } });
  });

  test.each([
    ["more than one additional version", { "42": 0.1, "40": 0.1 }, "greater than 1"],
    ["a weight over 1", { "42": 1.5 }, "0.0 to 1.0"],
    ["a negative weight", { "42": -0.1 }, "0.0 to 1.0"],
    ["the primary version again", { "41": 0.1 }, "once"],
    ["$LATEST", { $LATEST: 0.1 }, "$LATEST"],
  ])("refuses %s", async (_what, weights, message) => {
    const { run, weigh } = setUp();
    const error = await run(() => errorOf(weigh(weights)));
    expect(error).toMatchObject({
      name: "InvalidParameterValueException",
      message: expect.stringContaining(message),
    });
  });

  test("refuses a version that does not exist", async () => {
    const { run, weigh, update } = setUp();
    const errors = await run(async () => [
      await errorOf(weigh({ "99": 0.1 })),
      await errorOf(update({ FunctionVersion: "99" })),
    ]);
    expect(errors.map(({ name }) => name)).toEqual(["ResourceNotFoundException", "ResourceNotFoundException"]);
  });

  test.each([
    ["role", { Role: "arn:aws:iam::093646564004:role/other" }, "execution role"],
    ["dead-letter queue", { DeadLetterConfig: { TargetArn: "arn:aws:sqs:af-south-1:093646564004:q" } }, "dead letter"],
  ])("refuses two versions that differ in their %s", async (_what, settings, message) => {
    const { run, update, lambda } = setUp();
    lambda.createFunction({
      functionName: "orders",
      versions: [{ version: "41" }, { version: "42", ...settings }],
      aliases: { live: { version: "41" } },
    });
    const error = await run(() => errorOf(update({ RoutingConfig: { AdditionalVersionWeights: { "42": 0.1 } } })));
    expect(error.message).toContain(message);
  });

  test("is created once, by a name that is not a number", async () => {
    const { run, client } = setUp();
    const create = (Name: string) => client.send(new CreateAliasCommand({ FunctionName, Name, FunctionVersion: "41" }));
    const [created, again, number] = await run(async () => [
      await create("next"),
      await errorOf(create("next")),
      await errorOf(create("7")),
    ]);
    expect(created).toMatchObject({ AliasArn: "arn:aws:lambda:af-south-1:093646564004:function:orders:next" });
    expect([again.name, number.name]).toEqual(["ResourceConflictException", "InvalidParameterValueException"]);
  });

  test("may be read as it was for a moment after a change", async () => {
    const { run, weigh, get, clock } = setUp({ staleMs: 5_000, staleShare: 1 });
    const seen = await run(async () => {
      await weigh({ "42": 0.5 });
      const early = await get();
      await clock.sleep(5_000);
      return [early.RoutingConfig, (await get()).RoutingConfig?.AdditionalVersionWeights];
    });
    expect(seen).toEqual([undefined, { "42": 0.5 }]);
  });

  test("that somebody moves by hand gets a new revision, and the change is told", async () => {
    const { run, get, lambda } = setUp();
    const changes: string[] = [];
    lambda.onAliasChange(({ by, weights }) => changes.push(`${by} ${JSON.stringify(weights)}`));
    const [before, after] = await run(async () => {
      const first = await get();
      lambda.moveByHand({ functionName: "orders", alias: "live" }, { version: "42" });
      return [first, await get()] as const;
    });
    expect(after.FunctionVersion).toBe("42");
    expect(after.RevisionId).not.toBe(before.RevisionId);
    expect(changes).toEqual(['hand {"42":1}']);
  });
});

describe("provisioned concurrency", () => {
  const put = (Qualifier: string) =>
    new PutProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier, ProvisionedConcurrentExecutions: 5 });
  const read = (Qualifier: string) => new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier });

  test("is refused on an alias with weights", async () => {
    const { run, weigh, client } = setUp();
    const error = await run(async () => {
      await weigh({ "42": 0.1 });
      return await errorOf(client.send(put("live")));
    });
    expect(error.message).toBe("Alias with weights can not be used with Provisioned Concurrency");
  });

  test("on an alias stops the alias from being weighted", async () => {
    const { run, weigh, client } = setUp();
    const error = await run(async () => {
      await client.send(put("live"));
      return await errorOf(weigh({ "42": 0.1 }));
    });
    expect(error.message).toBe("Alias with weights can not be used with Provisioned Concurrency");
  });

  test("on a version is in progress for a minute or so, and absent is an error of its own", async () => {
    const { run, client, clock } = setUp();
    const [early, late, absent] = await run(async () => {
      await client.send(put("42"));
      const first = await client.send(read("42"));
      await clock.sleep(120_000);
      return [first.Status, (await client.send(read("42"))).Status, await errorOf(client.send(read("41")))] as const;
    });
    expect([early, late]).toEqual(["IN_PROGRESS", "READY"]);
    expect(absent.name).toBe("ProvisionedConcurrencyConfigNotFoundException");
  });
});

describe("code", () => {
  test("is updated in progress for some seconds, in which nothing else may change", async () => {
    const { run, upload, publish, configuration, clock } = setUp();
    const seen = await run(async () => {
      const started = await upload("v2");
      const busy = await errorOf(publish());
      await clock.sleep(15_000);
      return { started, busy, settled: await configuration() };
    });
    expect(seen.started.LastUpdateStatus).toBe("InProgress");
    expect(seen.busy).toMatchObject({ name: "ResourceConflictException", $metadata: { httpStatusCode: 409 } });
    expect(seen.settled).toMatchObject({ LastUpdateStatus: "Successful", CodeSha256: "sha-of-v2" });
    expect(seen.settled.RevisionId).not.toBe(seen.started.RevisionId);
  });

  test("is published as the next version, guarded by its hash and revision", async () => {
    const { run, upload, publish, configuration, clock } = setUp();
    const seen = await run(async () => {
      await upload("v2");
      await clock.sleep(15_000);
      const { RevisionId = "" } = await configuration();
      const wrongHash = await errorOf(publish({ CodeSha256: "sha-of-v1" }));
      const wrongRevision = await errorOf(publish({ RevisionId: "0" }));
      return { wrongHash, wrongRevision, version: await publish({ CodeSha256: "sha-of-v2", RevisionId }) };
    });
    expect(seen.wrongHash.name).toBe("InvalidParameterValueException");
    expect(seen.wrongRevision.name).toBe("PreconditionFailedException");
    expect(seen.version).toMatchObject({ Version: "43", CodeSha256: "sha-of-v2", State: "Pending" });
  });

  test("that has not changed publishes nothing new: the answer is the version there is", async () => {
    const { run, publish, client } = setUp();
    const [version, listed] = await run(async () => [
      await publish(),
      await client.send(new ListVersionsByFunctionCommand({ FunctionName })),
    ]);
    expect(version.Version).toBe("42");
    expect(listed.Versions?.map(({ Version }) => Version)).toEqual(["$LATEST", "41", "42"]);
  });

  test("is not updated where the revision is not the present one, or the artifact is missing", async () => {
    const { run, upload, client } = setUp();
    const missing = new UpdateFunctionCodeCommand({ FunctionName, S3Bucket: "artifacts", S3Key: "gone.zip" });
    const errors = await run(async () => [await errorOf(upload("v2", "0")), await errorOf(client.send(missing))]);
    expect(errors.map(({ name }) => name)).toEqual(["PreconditionFailedException", "InvalidParameterValueException"]);
  });

  test("keeps settings per version: a later change of the role shows only in what is published later", async () => {
    const { run, client, publish, configuration, clock } = setUp();
    const [old, fresh, whole] = await run(async () => {
      await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, MemorySize: 1024 }));
      await clock.sleep(15_000);
      await publish();
      const both = [await configuration("live"), await configuration("43")] as const;
      return [...both, await client.send(new GetFunctionCommand({ FunctionName, Qualifier: "43" }))] as const;
    });
    expect([old.MemorySize, fresh.MemorySize, whole.Configuration?.MemorySize]).toEqual([512, 1024, 1024]);
  });
});

test("a version is deleted unless an alias points to it", async () => {
  const { run, client } = setUp();
  const remove = (Qualifier: string) => client.send(new DeleteFunctionCommand({ FunctionName, Qualifier }));
  const error = await run(async () => {
    await remove("42");
    return await errorOf(remove("41"));
  });
  expect(error.name).toBe("ResourceConflictException");
});

describe("an invocation", () => {
  const workload: LambdaOptions["workload"] = ({ version, payload }) =>
    version === "42"
      ? { payload: '{"errorMessage":"broken"}', error: "Unhandled", ms: 250 }
      : { payload: JSON.stringify({ version, payload }), ms: 100 };
  const invoke = (Qualifier: string) => new InvokeCommand({ FunctionName, Qualifier, Payload: '{"probe":true}' });

  test("says which version served it, what it answered, and takes as long as the function does", async () => {
    const { run, client, clock } = setUp({ workload });
    const answer = await run(() => client.send(invoke("41")));
    expect([answer.ExecutedVersion, answer.FunctionError]).toEqual(["41", undefined]);
    expect(JSON.parse(answer.Payload?.transformToString() ?? "")).toEqual({ version: "41", payload: '{"probe":true}' });
    expect(clock.now() - START).toBeGreaterThan(100);
  });

  test("that throws is a success of the call with a FunctionError", async () => {
    const { run, client } = setUp({ workload });
    const answer = await run(() => client.send(invoke("42")));
    expect([answer.StatusCode, answer.FunctionError]).toEqual([200, "Unhandled"]);
  });

  test("of an alias is served by its versions in the proportion of their weights", async () => {
    const { run, client, weigh } = setUp();
    const served = await run(async () => {
      await weigh({ "42": 0.25 });
      let candidate = 0;
      for (let i = 0; i < 400; i += 1)
        candidate += Number((await client.send(invoke("live"))).ExecutedVersion === "42");
      return candidate;
    });
    // Binomial(400, 0.25): 100 expected, standard deviation 8.7.
    expect(served).toBeGreaterThan(65);
    expect(served).toBeLessThan(135);
  });

  test("of a version published a moment ago is refused while it is pending", async () => {
    const { run, client, upload, publish, clock } = setUp();
    const seen = await run(async () => {
      await upload("v2");
      await clock.sleep(15_000);
      const { Version = "" } = await publish();
      const early = await errorOf(client.send(invoke(Version)));
      await clock.sleep(5_000);
      return [early.name, (await client.send(invoke(Version))).ExecutedVersion];
    });
    expect(seen).toEqual(["ResourceConflictException", "43"]);
  });
});

test("an account has fifteen control-plane calls a second, over all operations together; invocations do not count", async () => {
  const { run, client, aws, clock } = setUp();
  const throttled = await run(async () => {
    const senders = Array.from({ length: 40 }, (_unused, index) =>
      clock.spawn(`sender ${index}`, async () => {
        if (index % 2 === 0) await client.send(new GetAliasCommand(live));
        else await client.send(new InvokeCommand({ FunctionName }));
      }),
    );
    for (const sender of senders) await sender.done.wait();
    return aws.calls.filter(({ outcome }) => outcome === "TooManyRequestsException");
  });
  expect(throttled.length).toBeGreaterThan(0);
  expect(throttled.every(({ operation }) => operation === "GetAlias")).toBe(true);
});
