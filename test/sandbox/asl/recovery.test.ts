import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../sandbox/asl/json.ts";
import { matchesError } from "../../../sandbox/asl/recovery.ts";
import { call, type Handler, INVOKE, machine, named, runMachine, Sandbox, START, seeded } from "./sandbox.ts";

const FAILED: JsonObject = { Type: "Pass", End: true };
const withCatch = (task: JsonObject): JsonObject => machine({ Task: task, Caught: FAILED });
const catchAll = (rest: JsonObject = {}): JsonObject[] => [{ ErrorEquals: ["States.ALL"], Next: "Caught", ...rest }];

/** Runs a task whose function fails with these errors in turn, then answers; `calls` are in seconds from the start. */
async function runFailing(task: JsonObject, errors: readonly string[], random = seeded()) {
  const calls: number[] = [];
  const f = () => {
    const error = errors[calls.length];
    calls.push((sandbox.clock.now() - START) / 1_000);
    if (error !== undefined) throw named(error);
    return "fine";
  };
  const sandbox = new Sandbox({ f }, { random });
  sandbox.deploy("m", machine({ Task: task, ...(task.Catch !== undefined && { Caught: FAILED }) }));
  const arn = sandbox.start("m", { in: 1 });
  await sandbox.run();
  return { calls, ...sandbox.describe(arn), usage: sandbox.sfn.usage(arn), types: sandbox.types(arn) };
}

const retry = (...retriers: JsonObject[]): JsonObject => call("f", { End: true, Retry: retriers });

describe("Retry", () => {
  it("tries three times more by default, one second apart, doubling", async () => {
    const { calls, error } = await runFailing(retry({ ErrorEquals: ["A"] }), ["A", "A", "A", "A", "A"]);
    expect(calls).toEqual([0, 1, 3, 7]);
    expect(error).toBe("A");
  });

  it("waits as told, growing by the rate up to the limit", async () => {
    const policy = { ErrorEquals: ["A"], IntervalSeconds: 2, BackoffRate: 3, MaxDelaySeconds: 10, MaxAttempts: 4 };
    const { calls, status } = await runFailing(retry(policy), ["A", "A", "A", "A"]);
    expect(calls).toEqual([0, 2, 8, 18, 28]);
    expect(status).toBe("SUCCEEDED");
  });

  it("never tries again with MaxAttempts 0", async () => {
    expect((await runFailing(retry({ ErrorEquals: ["A"], MaxAttempts: 0 }), ["A"])).calls).toEqual([0]);
  });

  it("counts every retrier's attempts for itself", async () => {
    const policies = [
      { ErrorEquals: ["A"], MaxAttempts: 2, BackoffRate: 1 },
      { ErrorEquals: ["B"], MaxAttempts: 2, BackoffRate: 1, IntervalSeconds: 10 },
    ];
    const { calls, status } = await runFailing(retry(...policies), ["A", "B", "A", "B"]);
    expect(calls).toEqual([0, 1, 11, 12, 22]);
    expect(status).toBe("SUCCEEDED");
  });

  it("does not pass on to a later retrier when the first that matches is used up", async () => {
    const policies = [{ ErrorEquals: ["A"], MaxAttempts: 1 }, { ErrorEquals: ["States.ALL"] }];
    expect((await runFailing(retry(...policies), ["A", "A", "A"])).calls).toHaveLength(2);
  });

  it("spreads its waits over the whole delay with full jitter", async () => {
    const policy = { ErrorEquals: ["A"], IntervalSeconds: 100, JitterStrategy: "FULL" };
    const draws = [0.25, 0.5, 0.125];
    const { calls } = await runFailing(retry(policy), ["A", "A", "A"], () => draws.shift() ?? 0);
    expect(calls).toEqual([0, 25, 125, 175]);
  });

  it("is billed as a transition and schedules the task anew, without entering the state again", async () => {
    const { usage, types } = await runFailing(retry({ ErrorEquals: ["A"] }), ["A", "A"]);
    expect(usage.transitions).toBe(3);
    expect(types.filter((type) => type === "TaskScheduled")).toHaveLength(3);
    expect(types.filter((type) => type === "TaskStateEntered")).toHaveLength(1);
  });

  it("shows its count in the context", async () => {
    const seen: Json[] = [];
    const task = {
      Type: "Task",
      Resource: INVOKE,
      Parameters: { FunctionName: "f", "Payload.$": "$$.State.RetryCount" },
      Retry: [{ ErrorEquals: ["A"] }],
      End: true,
    };
    const f: Handler = (payload, { retryCount }) => {
      seen.push(payload, retryCount);
      if (seen.length < 5) throw named("A");
      return null;
    };
    await runMachine(machine({ Task: task }), {}, { f });
    expect(seen).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it("starts afresh when the state is entered again", async () => {
    const states = {
      Task: call("f", { Retry: [{ ErrorEquals: ["A"], MaxAttempts: 1 }], Next: "Again?", ResultPath: "$.r" }),
      "Again?": {
        Type: "Choice",
        Choices: [{ Variable: "$.again", IsPresent: true, Next: "Done" }],
        Default: "Mark",
      },
      Mark: { Type: "Pass", Result: 1, ResultPath: "$.again", Next: "Task" },
      Done: { Type: "Succeed" },
    };
    let calls = 0;
    const f = () => {
      calls += 1;
      if (calls % 2 === 1) throw named("A");
      return null;
    };
    expect(await runMachine(machine(states), {}, { f })).toMatchObject({ status: "SUCCEEDED" });
    expect(calls).toBe(4);
  });
});

describe("Catch", () => {
  it("goes on elsewhere with the error in place of the input", async () => {
    const { output, status } = await runFailing(call("f", { Catch: catchAll(), End: true }), ["A"]);
    expect(status).toBe("SUCCEEDED");
    expect(JSON.parse(output ?? "")).toEqual({
      Error: "A",
      Cause: '{"errorType":"A","errorMessage":"as told","trace":[]}',
    });
  });

  it("puts the error beside the raw input with a ResultPath, whatever InputPath selected", async () => {
    const task = call("f", { InputPath: "$.in", Catch: catchAll({ ResultPath: "$.error" }), End: true });
    const { output } = await runFailing(task, ["A"]);
    expect(JSON.parse(output ?? "")).toMatchObject({ in: 1, error: { Error: "A" } });
  });

  it("drops the error with a ResultPath of null", async () => {
    const { output } = await runFailing(call("f", { Catch: catchAll({ ResultPath: null }), End: true }), ["A"]);
    expect(JSON.parse(output ?? "")).toEqual({ in: 1 });
  });

  it("comes after Retry", async () => {
    const task = call("f", { Retry: [{ ErrorEquals: ["A"], MaxAttempts: 1 }], Catch: catchAll(), End: true });
    const { calls, output } = await runFailing(task, ["A", "A"]);
    expect(calls).toHaveLength(2);
    expect(JSON.parse(output ?? "")).toMatchObject({ Error: "A" });
  });

  it("takes the first catcher that matches", async () => {
    const states = {
      Task: call("f", {
        End: true,
        Catch: [
          { ErrorEquals: ["B", "C"], Next: "Other" },
          { ErrorEquals: ["A"], Next: "Named" },
          { ErrorEquals: ["States.TaskFailed"], Next: "Other" },
        ],
      }),
      Named: { Type: "Pass", Result: "named", End: true },
      Other: { Type: "Pass", Result: "other", End: true },
    };
    const f = () => {
      throw named("A");
    };
    expect((await runMachine(machine(states), {}, { f })).output).toBe("named");
  });

  it("does not catch States.Runtime, not even by name", async () => {
    const broken = call("f", {
      Parameters: { FunctionName: "f", "Payload.$": "$.missing" },
      Retry: [{ ErrorEquals: ["States.Runtime"] }],
      Catch: [{ ErrorEquals: ["States.Runtime"], Next: "Caught" }, ...catchAll()],
      End: true,
    });
    expect(await runMachine(withCatch(broken), {})).toMatchObject({
      status: "FAILED",
      error: "States.Runtime",
      seconds: 0,
    });
  });

  it("catches States.DataLimitExceeded by name, and only so", async () => {
    const big = () => "x".repeat(262_144);
    const catching = (...errors: string[]) =>
      withCatch(call("big", { Catch: errors.map((error) => ({ ErrorEquals: [error], Next: "Caught" })), End: true }));
    const uncaught = await runMachine(catching("States.TaskFailed", "States.ALL"), {}, { big });
    expect(uncaught).toMatchObject({ status: "FAILED", error: "States.DataLimitExceeded" });
    const caught = await runMachine(catching("States.DataLimitExceeded"), {}, { big });
    expect(caught).toMatchObject({ status: "SUCCEEDED", output: { Error: "States.DataLimitExceeded" } });
  });

  it("applies the limit to what goes into a task, too", async () => {
    const half = "x".repeat(140_000);
    const doubled = { FunctionName: "f", Payload: { "a.$": "$.a", "b.$": "$.a" } };
    const task = call("f", { Parameters: doubled, Catch: catchAll(), End: true });
    expect(await runMachine(withCatch(task), { a: half })).toMatchObject({ error: "States.DataLimitExceeded" });
  });

  it("catches what goes wrong with a result", async () => {
    const task = call("f", {
      ResultSelector: { "n.$": "States.MathAdd($.Payload, 1)" },
      Catch: [{ ErrorEquals: ["States.IntrinsicFailure"], Next: "Caught" }],
      End: true,
    });
    expect(await runMachine(withCatch(task), {}, { f: () => "text" })).toMatchObject({
      status: "SUCCEEDED",
      output: { Error: "States.IntrinsicFailure" },
    });
  });

  it("leaves the failed state by its exit, with the error for output", async () => {
    const { types } = await runFailing(call("f", { Catch: catchAll(), End: true }), ["A"]);
    expect(types).toEqual([
      "ExecutionStarted",
      "TaskStateEntered",
      "TaskScheduled",
      "TaskStarted",
      "TaskFailed",
      "TaskStateExited",
      "PassStateEntered",
      "PassStateExited",
      "ExecutionSucceeded",
    ]);
  });
});

describe("what ErrorEquals matches", () => {
  it.each<[string, string, boolean]>([
    ["A", "A", true],
    ["A", "AB", false],
    ["States.ALL", "A", true],
    ["States.ALL", "States.Timeout", true],
    ["States.ALL", "States.HeartbeatTimeout", true],
    ["States.ALL", "States.NoChoiceMatched", true],
    ["States.ALL", "States.DataLimitExceeded", false],
    ["States.ALL", "States.Runtime", false],
    ["States.TaskFailed", "A", true],
    ["States.TaskFailed", "Lambda.TooManyRequestsException", true],
    ["States.TaskFailed", "States.Timeout", false],
    ["States.TaskFailed", "States.HeartbeatTimeout", false],
    ["States.TaskFailed", "States.DataLimitExceeded", false],
    ["States.TaskFailed", "States.Runtime", false],
    ["States.Timeout", "States.Timeout", true],
    ["States.Timeout", "States.HeartbeatTimeout", true],
    ["States.HeartbeatTimeout", "States.Timeout", false],
    ["States.HeartbeatTimeout", "States.HeartbeatTimeout", true],
    ["States.DataLimitExceeded", "States.DataLimitExceeded", true],
    ["States.Runtime", "States.Runtime", false],
  ])("%s and the error %s: %s", (name, error, expected) => {
    expect(matchesError([name], error)).toBe(expected);
  });
});
