import { GetAliasCommand, LambdaClient, UpdateAliasCommand } from "@aws-sdk/client-lambda";
import { describe, expect, test, vi } from "vitest";
import { errorOf, START, simulateFunction } from "./harness.ts";

const live = { FunctionName: "orders", Name: "live" };
const alias = { functionName: "orders", alias: "live" };
const getLive = () => new GetAliasCommand(live);
const shift = (weight: number) =>
  new UpdateAliasCommand({ ...live, RoutingConfig: { AdditionalVersionWeights: { "42": weight } } });

describe("a call through a real client", () => {
  test("takes virtual time and no more, and comes back parsed by the SDK", async () => {
    const { run, client, clock } = simulateFunction();
    const answer = await run(() => client.send(getLive()));
    expect(answer).toMatchObject({ Name: "live", FunctionVersion: "41", RevisionId: expect.any(String) });
    expect(clock.now() - START).toBeGreaterThan(5);
    expect(clock.now() - START).toBeLessThan(1_000);
  });

  test("is recorded with who made it, what it was about, how long it took and how it ended", async () => {
    const { run, config, aws, clock } = simulateFunction();
    const client = new LambdaClient(config({ handler: "read-weight", invocation: "17" }));
    const heard: string[] = [];
    aws.onCall((record) => heard.push(`${record.handler} ${record.service}:${record.operation}`));
    await run(async () => {
      await client.send(getLive());
      await errorOf(client.send(new GetAliasCommand({ FunctionName: "gone", Name: "live" })));
    });
    expect(aws.calls).toMatchObject([
      { handler: "read-weight", invocation: "17", service: "lambda", operation: "GetAlias", outcome: "ok", at: START },
      { summary: "FunctionName=gone Name=live", outcome: "ResourceNotFoundException" },
    ]);
    expect(aws.calls.reduce((sum, { ms }) => sum + ms, 0)).toBe(clock.now() - START);
    expect(aws.counters.get("lambda:GetAlias")).toBe(2);
    expect(heard).toEqual(["read-weight lambda:GetAlias", "read-weight lambda:GetAlias"]);
  });

  test("reaches the account that its access key names", async () => {
    const { run, config, lambda } = simulateFunction();
    lambda.createFunction({
      functionName: "orders",
      account: "111122223333",
      versions: [{ version: "7" }],
      aliases: { live: { version: "7" } },
    });
    const answers = await run(async () => [
      await new LambdaClient(config({}, "111122223333")).send(getLive()),
      await new LambdaClient(config()).send(getLive()),
    ]);
    expect(answers.map(({ FunctionVersion }) => FunctionVersion)).toEqual(["7", "41"]);
  });

  test("to an operation or a service that is not simulated says which", async () => {
    const { run, client, config } = simulateFunction();
    const { ListLayersCommand } = await import("@aws-sdk/client-lambda");
    const { SFNClient, ListStateMachinesCommand } = await import("@aws-sdk/client-sfn");
    const errors = await run(async () => [
      await errorOf(client.send(new ListLayersCommand({}))),
      await errorOf(new SFNClient(config()).send(new ListStateMachinesCommand({}))),
    ]);
    expect(errors[0]?.message).toContain("lambda has no GET");
    expect(errors[1]?.message).toContain('no service "states"');
  });

  test("made twice with the same seed leaves the same record, and another with another seed", async () => {
    const record = async (seed: number) => {
      const { run, client, aws } = simulateFunction({ seed, faults: [{ nth: 2, action: { kind: "throttle" } }] });
      await run(async () => {
        for (let i = 0; i < 5; i += 1) await client.send(getLive());
      });
      return aws.calls;
    };
    expect(await record(3)).toEqual(await record(3));
    expect(await record(3)).not.toEqual(await record(4));
  });
});

describe("the SDK's own retries", () => {
  test("wait in virtual time, and a call throttled once succeeds at the second attempt", async () => {
    const { run, client, aws } = simulateFunction({ faults: [{ nth: 1, action: { kind: "throttle" } }] });
    const answer = await run(() => client.send(getLive()));
    expect(answer.$metadata.attempts).toBe(2);
    expect(aws.calls.map(({ outcome }) => outcome)).toEqual(["ThrottlingException", "ok"]);
    const [first, second] = aws.calls;
    const gap = (second?.at ?? 0) - (first?.at ?? 0) - (first?.ms ?? 0);
    expect(gap).toBe(answer.$metadata.totalRetryDelay);
    expect(gap).toBeLessThanOrEqual(1_000);
  });

  test("give up after three attempts, and throw the service's error", async () => {
    const { run, client, aws } = simulateFunction({ faults: [{ action: { kind: "throttle" } }] });
    const error = await run(() => errorOf(client.send(getLive())));
    expect(error).toMatchObject({ name: "ThrottlingException", $metadata: { attempts: 3, httpStatusCode: 429 } });
    expect(aws.calls.length).toBe(3);
  });

  test("cover a service's 5xx, and not what the caller got wrong", async () => {
    const serverError = { kind: "error", name: "ServiceException", status: 500 } as const;
    const { run, client, aws } = simulateFunction({ faults: [{ nth: 1, action: serverError }] });
    await run(async () => {
      await client.send(getLive());
      await errorOf(client.send(new GetAliasCommand({ FunctionName: "gone", Name: "live" })));
    });
    expect(aws.calls.map(({ outcome }) => outcome)).toEqual(["ServiceException", "ok", "ResourceNotFoundException"]);
  });
});

describe("a fault", () => {
  test("that refuses is not retried and has no effect", async () => {
    const { run, client, aws, lambda } = simulateFunction({
      faults: [{ service: "lambda", operation: "UpdateAlias", action: { kind: "refuse" } }],
    });
    const error = await run(() => errorOf(client.send(shift(0.1))));
    expect(error.name).toBe("AccessDeniedException");
    expect(aws.calls.length).toBe(1);
    expect(lambda.weightHistory(alias).length).toBe(1);
  });

  test("that loses the request has no effect, and the caller waits for its time-out before it tries again", async () => {
    const { run, client, aws, lambda } = simulateFunction({
      faults: [{ nth: 1, action: { kind: "timeout-before" } }],
    });
    await run(() => client.send(shift(0.1), { requestTimeout: 2_000 }));
    expect(aws.calls.map(({ outcome }) => outcome)).toEqual(["TimeoutError", "ok"]);
    expect(aws.calls[0]?.ms).toBe(2_000);
    expect(lambda.weightHistory(alias).length).toBe(2);
  });

  test("that loses the answer takes effect, so that the SDK's retry does the same thing twice", async () => {
    const { run, client, lambda } = simulateFunction({ faults: [{ nth: 1, action: { kind: "timeout-after" } }] });
    await run(() => client.send(shift(0.1)));
    expect(lambda.weightHistory(alias).map(({ weights }) => weights["42"])).toEqual([undefined, 0.1, 0.1]);
  });

  test("that loses the answer of a guarded write makes its retry fail on the caller's own success", async () => {
    const { run, client } = simulateFunction({
      faults: [{ operation: "UpdateAlias", nth: 1, action: { kind: "timeout-after" } }],
    });
    const error = await run(async () => {
      const { RevisionId } = await client.send(getLive());
      return await errorOf(client.send(new UpdateAliasCommand({ ...live, FunctionVersion: "42", RevisionId })));
    });
    expect(error.name).toBe("PreconditionFailedException");
  });

  test("that delays lets the request take effect after its caller has long given up", async () => {
    const { run, client, clock, lambda } = simulateFunction({
      faults: [{ action: { kind: "delay", ms: 60_000 } }],
    });
    const seen = await run(async () => {
      const error = await errorOf(client.send(shift(0.25)));
      const before = lambda.weightHistory(alias).length;
      await clock.sleep(120_000);
      return { error, before, after: lambda.weightHistory(alias) };
    });
    expect(seen.error.name).toBe("TimeoutError");
    expect(seen.before).toBe(1);
    expect(seen.after[1]?.at).toBeGreaterThanOrEqual(START + 60_000);
  });

  test("strikes by handler, by count and by time, and is remembered when it has", async () => {
    const { run, config, aws, clock } = simulateFunction({
      faults: [
        { name: "judge is refused", handler: "judge", action: { kind: "refuse" } },
        { name: "second hour", from: START + 3_600_000, to: START + 7_200_000, action: { kind: "refuse" } },
      ],
    });
    const outcomes = await run(async () => {
      const send = async (handler: string) => {
        try {
          await new LambdaClient(config({ handler })).send(getLive());
          return "ok";
        } catch {
          return "refused";
        }
      };
      const first = [await send("judge"), await send("shift")];
      await clock.sleep(3_600_000);
      return [...first, await send("shift")];
    });
    expect(outcomes).toEqual(["refused", "ok", "refused"]);
    expect(aws.faults.fired.map(({ fault }) => fault.name)).toEqual(["judge is refused", "second hour"]);
  });
});

describe("a caller that does not wait", () => {
  test("is told AbortError within a tenth of a second, and its request takes effect all the same", async () => {
    const { run, client, clock, lambda } = simulateFunction({ faults: [{ action: { kind: "delay", ms: 4_000 } }] });
    const [error, waited] = await run(async () => {
      const controller = new AbortController();
      clock.after(1_000, "abort", () => controller.abort());
      const began = clock.now();
      const failed = await errorOf(client.send(shift(0.1), { abortSignal: controller.signal }));
      return [failed, clock.now() - began] as const;
    });
    expect(error.name).toBe("AbortError");
    expect(waited).toBeLessThanOrEqual(1_100);
    expect(lambda.weightHistory(alias).length).toBe(2);
  });

  test("reaches nothing any more once its Lambda has been killed", async () => {
    const { run, config, clock, lambda } = simulateFunction();
    const client = new LambdaClient(config({ deadlineMs: START + 3_000 }));
    const error = await run(async () => {
      await client.send(getLive());
      await clock.sleep(3_000);
      return await errorOf(client.send(shift(0.1)));
    });
    expect(error.name).toBe("Sandbox.Timedout");
    expect(lambda.weightHistory(alias).length).toBe(1);
  });
});

test("a developer's own AWS profile, Region and endpoints do not leak in", async () => {
  vi.stubEnv("AWS_PROFILE", "somebody");
  vi.stubEnv("AWS_REGION", "eu-west-1");
  vi.stubEnv("AWS_MAX_ATTEMPTS", "1");
  vi.stubEnv("AWS_ENDPOINT_URL", "http://localhost:1");
  vi.stubEnv("AWS_CONFIG_FILE", "/nowhere");
  try {
    const { run, client, aws } = simulateFunction({ faults: [{ nth: 1, action: { kind: "throttle" } }] });
    await run(() => client.send(getLive()));
    expect(aws.calls.map(({ region, outcome }) => `${region} ${outcome}`)).toEqual([
      "af-south-1 ThrottlingException",
      "af-south-1 ok",
    ]);
  } finally {
    vi.unstubAllEnvs();
  }
});
