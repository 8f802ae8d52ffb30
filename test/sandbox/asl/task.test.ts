import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../sandbox/asl/json.ts";
import {
  ask,
  call,
  type Handler,
  INVOKE,
  machine,
  named,
  runMachine,
  runState,
  Sandbox,
  START,
  tokenOf,
} from "./sandbox.ts";

const DAY_SECONDS = 86_400;
const caughtAs = (error: string): JsonObject[] => [{ ErrorEquals: [error], Next: "Caught", ResultPath: "$.error" }];
const withCaught = (task: JsonObject): JsonObject => machine({ Task: task, Caught: { Type: "Pass", End: true } });

describe("a function call", () => {
  it("puts out the function's answer with version and status", async () => {
    const task = { Type: "Task", Resource: INVOKE, Parameters: { FunctionName: "f" }, End: true };
    expect((await runState(task, {}, { f: () => ({ a: 1 }) })).output).toEqual({
      ExecutedVersion: "$LATEST",
      Payload: { a: 1 },
      StatusCode: 200,
    });
  });

  it("turns an answer of undefined into null, and drops what JSON cannot hold", async () => {
    expect((await runState(call("f"), {}, { f: () => undefined })).output).toEqual({ answer: null });
    const f = () => ({ at: new Date(START), gone: undefined, kept: [undefined] });
    expect((await runState(call("f"), {}, { f })).output).toEqual({
      answer: { at: "2026-01-05T08:00:00.000Z", kept: [null] },
    });
  });

  it("gives the function a copy of its own", async () => {
    const f: Handler = (payload) => {
      (payload as { list: number[] }).list.push(4);
      return payload;
    };
    const task = call("f", { ResultPath: "$.result", End: true });
    const { output } = await runState(task, { list: [1] }, { f });
    expect(output).toEqual({ list: [1], result: { answer: { list: [1, 4] } } });
  });

  it("fails with the error's name, and the cause that Lambda makes of it", async () => {
    const f = () => {
      throw named("ShiftRefused", "window closed");
    };
    const { error, cause } = await runState(call("f"), {}, { f });
    expect(error).toBe("ShiftRefused");
    expect(JSON.parse(cause ?? "")).toEqual({ errorType: "ShiftRefused", errorMessage: "window closed", trace: [] });
  });

  it("fails with Lambda's own errors in plain words", async () => {
    const f = () => {
      throw named("Lambda.TooManyRequestsException", "Rate Exceeded.");
    };
    expect(await runState(call("f"), {}, { f })).toMatchObject({
      error: "Lambda.TooManyRequestsException",
      cause: "Rate Exceeded.",
    });
  });

  it("writes the events that the service writes", async () => {
    const sandbox = new Sandbox({ f: () => 1 });
    sandbox.deploy("m", machine({ Only: call("f", { TimeoutSeconds: 30, HeartbeatSeconds: 10, End: true }) }));
    const arn = sandbox.start("m", { a: 1 });
    await sandbox.run();
    const at = { timestamp: START };
    const kind = { resourceType: "lambda", resource: "invoke" };
    const data = { truncated: false };
    expect(sandbox.events(arn)).toEqual([
      {
        ...at,
        id: 1,
        previousEventId: 0,
        type: "ExecutionStarted",
        executionStartedEventDetails: {
          input: '{"a":1}',
          inputDetails: data,
          roleArn: "arn:aws:iam::123456789012:role/sfn",
        },
      },
      {
        ...at,
        id: 2,
        previousEventId: 0,
        type: "TaskStateEntered",
        stateEnteredEventDetails: { name: "Only", input: '{"a":1}', inputDetails: data },
      },
      {
        ...at,
        id: 3,
        previousEventId: 2,
        type: "TaskScheduled",
        taskScheduledEventDetails: {
          ...kind,
          region: "eu-west-1",
          parameters: '{"FunctionName":"f","Payload":{"a":1}}',
          timeoutInSeconds: 30,
          heartbeatInSeconds: 10,
        },
      },
      { ...at, id: 4, previousEventId: 3, type: "TaskStarted", taskStartedEventDetails: kind },
      {
        ...at,
        id: 5,
        previousEventId: 4,
        type: "TaskSucceeded",
        taskSucceededEventDetails: {
          ...kind,
          output: '{"ExecutedVersion":"$LATEST","Payload":1,"StatusCode":200}',
          outputDetails: data,
        },
      },
      {
        ...at,
        id: 6,
        previousEventId: 5,
        type: "TaskStateExited",
        stateExitedEventDetails: { name: "Only", output: '{"answer":1}', outputDetails: data },
      },
      {
        ...at,
        id: 7,
        previousEventId: 6,
        type: "ExecutionSucceeded",
        executionSucceededEventDetails: { output: '{"answer":1}', outputDetails: data },
      },
    ]);
  });
});

describe("a task's time-out", () => {
  /** A sandbox whose handler `slow` takes so many seconds, and notes when it ends. */
  const slow = (seconds: number) => {
    const ended: number[] = [];
    const sandbox: Sandbox = new Sandbox({
      slow: async () => {
        await sandbox.clock.sleep(seconds * 1_000);
        ended.push((sandbox.clock.now() - START) / 1_000);
      },
    });
    return { sandbox, ended };
  };

  it("fails the task with States.Timeout while its function runs on", async () => {
    const { sandbox, ended } = slow(300);
    sandbox.deploy("m", withCaught(call("slow", { TimeoutSeconds: 60, Catch: caughtAs("States.Timeout"), End: true })));
    const arn = sandbox.start("m");
    await sandbox.run();
    expect(sandbox.describe(arn)).toMatchObject({
      status: "SUCCEEDED",
      output: '{"error":{"Error":"States.Timeout"}}',
    });
    expect(sandbox.seconds(arn)).toBe(60);
    expect(ended).toEqual([300]);
    expect(sandbox.types(arn)).toContain("TaskTimedOut");
  });

  it("comes by path from the state's input, not from the parameters", async () => {
    const { sandbox } = slow(300);
    const task = call("slow", { Parameters: { FunctionName: "slow" }, TimeoutSecondsPath: "$.limit", End: true });
    sandbox.deploy("m", machine({ Only: task }));
    const arn = sandbox.start("m", { limit: 45 });
    await sandbox.run();
    expect(sandbox.describe(arn)).toMatchObject({ status: "FAILED", error: "States.Timeout" });
    expect(sandbox.seconds(arn)).toBe(45);
  });

  it.each([0, -1, 1.5, "60", null])("by path refuses %j", async (limit) => {
    const run = await runState(call("f", { TimeoutSecondsPath: "$.limit", End: true }), { limit }, { f: () => 1 });
    expect(run).toMatchObject({ status: "FAILED", error: "States.Runtime" });
  });

  it("counts for every attempt anew", async () => {
    const { sandbox, ended } = slow(100);
    const retry = [{ ErrorEquals: ["States.Timeout"], MaxAttempts: 1, IntervalSeconds: 5 }];
    sandbox.deploy("m", machine({ Only: call("slow", { TimeoutSeconds: 60, Retry: retry, End: true }) }));
    const arn = sandbox.start("m");
    await sandbox.run();
    expect(sandbox.seconds(arn)).toBe(125);
    expect(ended).toEqual([100, 165]);
  });

  it("does not fire on a task that was quicker", async () => {
    const { sandbox } = slow(59);
    sandbox.deploy("m", machine({ Only: call("slow", { TimeoutSeconds: 60, End: true }) }));
    const arn = sandbox.start("m");
    await sandbox.run();
    expect(sandbox.describe(arn).status).toBe("SUCCEEDED");
    expect(sandbox.seconds(arn)).toBe(59);
  });
});

/** A machine that asks and waits; `tokens` are those that were handed out, in order. */
function asking(rest: JsonObject = { End: true }, fallback?: JsonObject) {
  const tokens: string[] = [];
  const sandbox = new Sandbox({ mail: (payload) => void tokens.push(tokenOf(payload)) });
  const caught = fallback ?? (rest.Catch === undefined ? undefined : { Type: "Pass", End: true });
  sandbox.deploy("m", machine({ Ask: ask("mail", rest), ...(caught && { Caught: caught }) }));
  const arn = sandbox.start("m", { request: 1 });
  const answer = (output: Json, index = 0) =>
    sandbox.sfn.sendTaskSuccess({ taskToken: tokens[index] ?? "", output: JSON.stringify(output) });
  return { sandbox, arn, tokens, answer };
}

const refusal = (action: () => void): string => {
  try {
    action();
    return "accepted";
  } catch (error) {
    return error instanceof Error ? error.name : "?";
  }
};

describe("a task with a token", () => {
  it("waits for the callback and puts out what that brings", async () => {
    const { sandbox, arn, answer } = asking();
    sandbox.at(3_600_000, () => answer({ approved: true }));
    await sandbox.run();
    expect(sandbox.describe(arn)).toMatchObject({ status: "SUCCEEDED", output: '{"approved":true}' });
    expect(sandbox.seconds(arn)).toBe(3_600);
    expect(sandbox.types(arn).slice(2, 6)).toEqual(["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]);
  });

  it("fails with the error and cause that the callback brings", async () => {
    const { sandbox, arn, tokens } = asking();
    sandbox.at(1, () => sandbox.sfn.sendTaskFailure({ taskToken: tokens[0] ?? "", error: "rejected", cause: "no" }));
    await sandbox.run();
    expect(sandbox.describe(arn)).toMatchObject({ status: "FAILED", error: "rejected", cause: "no" });
  });

  it("waits thirty days for an answer that never comes", async () => {
    const { sandbox, arn } = asking({ TimeoutSeconds: 30 * DAY_SECONDS, Catch: caughtAs("States.Timeout"), End: true });
    await sandbox.run();
    expect(sandbox.describe(arn)).toMatchObject({
      status: "SUCCEEDED",
      output: '{"request":1,"error":{"Error":"States.Timeout"}}',
    });
    expect(sandbox.seconds(arn)).toBe(30 * DAY_SECONDS);
  });

  it("without a time-out waits until the execution is a year old", async () => {
    const { sandbox, arn } = asking();
    await sandbox.run();
    expect(sandbox.describe(arn).status).toBe("TIMED_OUT");
    expect(sandbox.seconds(arn)).toBe(365 * DAY_SECONDS);
  });

  it("fails at once if its function fails, and the token is dead", async () => {
    const tokens: string[] = [];
    const mail: Handler = (payload) => {
      tokens.push(tokenOf(payload));
      throw named("MailRefused");
    };
    const sandbox = new Sandbox({ mail });
    sandbox.deploy("m", machine({ Ask: ask("mail") }));
    const arn = sandbox.start("m");
    await sandbox.run();
    expect(sandbox.describe(arn)).toMatchObject({ status: "FAILED", error: "MailRefused" });
    expect(refusal(() => sandbox.sfn.sendTaskSuccess({ taskToken: tokens[0] ?? "", output: "1" }))).toBe(
      "TaskTimedOut",
    );
  });

  it("may be answered by its own function, which then runs on", async () => {
    let ended = false;
    const sandbox: Sandbox = new Sandbox({
      mail: async (payload) => {
        sandbox.sfn.sendTaskSuccess({ taskToken: tokenOf(payload), output: '"early"' });
        await sandbox.clock.sleep(60_000);
        ended = true;
      },
    });
    sandbox.deploy("m", machine({ Ask: ask("mail") }));
    const arn = sandbox.start("m");
    await sandbox.run();
    expect(sandbox.describe(arn).output).toBe('"early"');
    expect(sandbox.seconds(arn)).toBe(0);
    expect(ended).toBe(true);
    expect(sandbox.types(arn)).not.toContain("TaskSubmitted");
  });

  it("has a new token for every attempt, and the old one is dead", async () => {
    const retry = [{ ErrorEquals: ["States.Timeout"], MaxAttempts: 1, IntervalSeconds: 1 }];
    const { sandbox, arn, tokens, answer } = asking({ TimeoutSeconds: 60, Retry: retry, End: true });
    const late: string[] = [];
    sandbox.at(70_000, () => late.push(refusal(() => answer("first", 0))));
    sandbox.at(80_000, () => late.push(refusal(() => answer("second", 1))));
    await sandbox.run();
    expect(late).toEqual(["TaskTimedOut", "accepted"]);
    expect(new Set(tokens).size).toBe(2);
    expect(sandbox.describe(arn).output).toBe('"second"');
  });

  it("shows its token only while it waits", async () => {
    const states = {
      Ask: ask("mail", { TimeoutSeconds: 1, Catch: caughtAs("States.Timeout"), End: true }),
      Caught: { Type: "Pass", Parameters: { "token.$": "$$.Task.Token" }, End: true },
    };
    expect(await runMachine(machine(states), {}, { mail: () => 1 })).toMatchObject({ error: "States.Runtime" });
  });

  it("refuses an output over 256 KiB, and one that is not JSON", async () => {
    const { sandbox, tokens } = asking();
    const refusals: string[] = [];
    sandbox.at(1, () => {
      const send = (output: string) =>
        refusal(() => sandbox.sfn.sendTaskSuccess({ taskToken: tokens[0] ?? "", output }));
      refusals.push(send("{"), send(JSON.stringify("x".repeat(262_143))), send("1"));
    });
    await sandbox.run();
    expect(refusals).toEqual(["InvalidOutput", "ValidationException", "accepted"]);
  });
});

describe("a callback", () => {
  it("is answered TaskTimedOut when the task is closed, whatever closed it", async () => {
    const { sandbox, arn, answer } = asking();
    const refusals: string[] = [];
    sandbox.at(1, () =>
      refusals.push(
        refusal(() => answer(1)),
        refusal(() => answer(2)),
      ),
    );
    sandbox.at(2, () => refusals.push(refusal(() => answer(3))));
    await sandbox.run();
    expect(refusals).toEqual(["accepted", "TaskTimedOut", "TaskTimedOut"]);
    expect(sandbox.describe(arn).output).toBe("1");
  });

  it("is answered TaskTimedOut after the execution was stopped, in the very same instant", async () => {
    const { sandbox, arn, answer } = asking();
    const refusals: string[] = [];
    sandbox.at(1, () => {
      sandbox.sfn.stopExecution({ executionArn: arn });
      refusals.push(refusal(() => answer(1)));
    });
    await sandbox.run();
    expect(refusals).toEqual(["TaskTimedOut"]);
  });

  it("tells an unknown token from what never was one", async () => {
    const { sandbox, tokens } = asking();
    await sandbox.clock.run({ until: () => tokens.length > 0 });
    const unknown = (tokens[0] ?? "").replace(/.$/u, (last) => (last === "A" ? "B" : "A"));
    const send = (taskToken: string) => refusal(() => sandbox.sfn.sendTaskSuccess({ taskToken, output: "1" }));
    expect([send(unknown), send("nonsense"), send("")]).toEqual(["TaskDoesNotExist", "InvalidToken", "InvalidToken"]);
  });

  it("carries a token of the same characters in every run with the same seed", async () => {
    const [first, second] = [asking(), asking()];
    await Promise.all([first.sandbox.run(), second.sandbox.run()]);
    expect(first.tokens).toEqual(second.tokens);
    expect(first.tokens[0]?.length).toBeGreaterThan(500);
  });
});

describe("a heartbeat", () => {
  const limits = { HeartbeatSeconds: 60, TimeoutSeconds: 600 };

  it("that fails to come fails the task", async () => {
    const { sandbox, arn } = asking({ ...limits, End: true });
    await sandbox.run();
    expect(sandbox.describe(arn)).toMatchObject({ status: "FAILED", error: "States.HeartbeatTimeout" });
    expect(sandbox.seconds(arn)).toBe(60);
  });

  it("is caught as States.Timeout, too", async () => {
    const { sandbox, arn } = asking({ ...limits, Catch: caughtAs("States.Timeout"), End: true });
    await sandbox.run();
    expect(sandbox.describe(arn).output).toBe('{"request":1,"error":{"Error":"States.HeartbeatTimeout"}}');
  });

  it("may be reported as States.Timeout, as one page of the documentation has it", async () => {
    const options = { heartbeatError: "States.Timeout" } as const;
    const run = await runMachine(
      machine({ Ask: ask("mail", { ...limits, End: true }) }),
      {},
      { mail: () => 1 },
      options,
    );
    expect(run).toMatchObject({ error: "States.Timeout", seconds: 60 });
  });

  it("that comes keeps the task alive, though not beyond its time-out", async () => {
    const { sandbox, arn, tokens } = asking({ ...limits, End: true });
    for (let seconds = 40; seconds < 1_000; seconds += 50) {
      sandbox.at(seconds * 1_000, () => {
        if (seconds < 600) sandbox.sfn.sendTaskHeartbeat({ taskToken: tokens[0] ?? "" });
        else expect(refusal(() => sandbox.sfn.sendTaskHeartbeat({ taskToken: tokens[0] ?? "" }))).toBe("TaskTimedOut");
      });
    }
    await sandbox.run();
    expect(sandbox.describe(arn)).toMatchObject({ status: "FAILED", error: "States.Timeout" });
    expect(sandbox.seconds(arn)).toBe(600);
  });

  it("has its length by path", async () => {
    const { sandbox, arn } = asking({ HeartbeatSecondsPath: "$.request", End: true });
    await sandbox.run();
    expect(sandbox.seconds(arn)).toBe(1);
  });
});
