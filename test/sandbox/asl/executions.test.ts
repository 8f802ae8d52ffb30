import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../sandbox/asl/json.ts";
import { TYPICAL_LATENCY } from "../../../sandbox/asl/options.ts";
import type { HistoryEvent } from "../../../sandbox/asl/shapes.ts";
import { ask, call, executionArn, machine, machineArn, runMachine, Sandbox, START, seeded } from "./sandbox.ts";

const DAY_MS = 86_400_000;
const REST: JsonObject = machine({ Rest: { Type: "Wait", Seconds: 100, End: true } });

function deployed(definition: JsonObject = REST): Sandbox {
  const sandbox = new Sandbox();
  sandbox.deploy("m", definition);
  return sandbox;
}
const nameOf = (action: () => unknown): string => {
  try {
    action();
    return "accepted";
  } catch (error) {
    return error instanceof Error ? error.name : "?";
  }
};
const start = (sandbox: Sandbox, name: string, input = "{}") =>
  sandbox.sfn.startExecution({ stateMachineArn: machineArn("m"), name, input });

describe("CreateStateMachine", () => {
  it.each<[string, string, JsonObject, string]>([
    ["arn:aws:states:eu-west-1:123456789012:activity:m", "m", REST, "InvalidArn"],
    [machineArn("m"), "a b", REST, "InvalidName"],
    [machineArn("m"), "m", { StartAt: "A" }, "InvalidDefinition"],
    [machineArn("m"), "m", REST, "accepted"],
  ])("of %s named %s: %#", (arn, name, definition, expected) => {
    const { sfn } = new Sandbox();
    expect(nameOf(() => sfn.createStateMachine({ arn, name, definition, roleArn: "role" }))).toBe(expected);
  });

  it("refuses an ARN that exists", () => {
    const { sfn } = deployed();
    const again = () => sfn.createStateMachine({ arn: machineArn("m"), name: "m", definition: REST, roleArn: "role" });
    expect(nameOf(again)).toBe("StateMachineAlreadyExists");
  });
});

describe("StartExecution", () => {
  it("names the execution after the machine and the name given, or an id", () => {
    const sandbox = deployed();
    expect(start(sandbox, "one")).toEqual({ executionArn: executionArn("m", "one"), startDate: START });
    expect(sandbox.sfn.startExecution({ stateMachineArn: machineArn("m") }).executionArn).toBe(
      executionArn("m", "execution-1"),
    );
  });

  it("again with the same name and input answers the same while it runs", async () => {
    const sandbox = deployed();
    const first = start(sandbox, "one", '{"a":1}');
    await sandbox.clock.run({ until: () => sandbox.types(first.executionArn).length > 1 });
    expect(start(sandbox, "one", '{"a":1}')).toEqual(first);
    expect(sandbox.statuses).toHaveLength(1);
  });

  it("again with another input, or after the close, is refused", async () => {
    const sandbox = deployed();
    start(sandbox, "one", '{"a":1}');
    expect(nameOf(() => start(sandbox, "one", '{"a":2}'))).toBe("ExecutionAlreadyExists");
    await sandbox.run();
    expect(nameOf(() => start(sandbox, "one", '{"a":1}'))).toBe("ExecutionAlreadyExists");
  });

  it("may use a name again 90 days after the close", async () => {
    const sandbox = deployed();
    start(sandbox, "one");
    const answers: string[] = [];
    sandbox.at(90 * DAY_MS, () => answers.push(nameOf(() => start(sandbox, "one"))));
    sandbox.at(90 * DAY_MS + 100_000, () => answers.push(nameOf(() => start(sandbox, "one"))));
    await sandbox.run();
    expect(answers).toEqual(["ExecutionAlreadyExists", "accepted"]);
  });

  it.each([
    ["", "InvalidName"],
    ["x".repeat(81), "InvalidName"],
    ["a b", "InvalidName"],
    ["a:b", "InvalidName"],
    ["a/b", "InvalidName"],
    ["a\u0000b", "InvalidName"],
    ["x".repeat(80), "accepted"],
    ["release-1.2_final.é", "accepted"],
  ])("with the name %j: %s", (name, expected) => {
    expect(nameOf(() => start(deployed(), name))).toBe(expected);
  });

  it.each([
    ["{", "InvalidExecutionInput"],
    [JSON.stringify("x".repeat(262_143)), "ValidationException"],
    [JSON.stringify("é".repeat(131_072)), "ValidationException"],
    [JSON.stringify("x".repeat(262_142)), "accepted"],
  ])("checks its input (%#: %2$s)", (input, expected) => {
    expect(nameOf(() => start(deployed(), "one", input))).toBe(expected);
  });

  it("of an unknown or malformed ARN is refused", () => {
    const { sfn } = deployed();
    expect(nameOf(() => sfn.startExecution({ stateMachineArn: machineArn("x") }))).toBe("StateMachineDoesNotExist");
    expect(nameOf(() => sfn.startExecution({ stateMachineArn: "x" }))).toBe("InvalidArn");
  });
});

describe("DescribeExecution, GetExecutionHistory and ListExecutions", () => {
  it("refuse what does not exist", () => {
    const { sfn } = deployed();
    const arn = { executionArn: executionArn("m", "none") };
    expect(nameOf(() => sfn.describeExecution(arn))).toBe("ExecutionDoesNotExist");
    expect(nameOf(() => sfn.getExecutionHistory(arn))).toBe("ExecutionDoesNotExist");
    expect(nameOf(() => sfn.stopExecution(arn))).toBe("ExecutionDoesNotExist");
    expect(nameOf(() => sfn.redriveExecution(arn))).toBe("ExecutionDoesNotExist");
    expect(nameOf(() => sfn.listExecutions({ stateMachineArn: machineArn("x") }))).toBe("StateMachineDoesNotExist");
  });

  it("page through a history, forwards and backwards", async () => {
    const sandbox = deployed();
    const { executionArn: arn } = start(sandbox, "one");
    await sandbox.run();
    const collect = (reverseOrder: boolean): number[] => {
      const ids: number[] = [];
      let nextToken: string | undefined;
      do {
        const page = sandbox.sfn.getExecutionHistory({ executionArn: arn, maxResults: 3, reverseOrder, nextToken });
        ids.push(...page.events.map(({ id }: HistoryEvent) => id));
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      return ids;
    };
    expect(collect(false)).toEqual([1, 2, 3, 4]);
    expect(collect(true)).toEqual([4, 3, 2, 1]);
    expect(nameOf(() => sandbox.sfn.getExecutionHistory({ executionArn: arn, nextToken: "x" }))).toBe("InvalidToken");
  });

  it("list the newest first, by status if asked", async () => {
    const sandbox = deployed();
    start(sandbox, "one");
    await sandbox.run();
    start(sandbox, "two");
    const list = (statusFilter?: "RUNNING" | "SUCCEEDED") =>
      sandbox.sfn.listExecutions({ stateMachineArn: machineArn("m"), statusFilter }).executions.map(({ name }) => name);
    expect([list(), list("RUNNING"), list("SUCCEEDED")]).toEqual([["two", "one"], ["two"], ["one"]]);
  });
});

describe("an execution's status changes", () => {
  it("are announced as EventBridge does, RUNNING included", async () => {
    const sandbox = deployed(machine({ Bad: { Type: "Fail", Error: "rolled-back", Cause: "p95" } }));
    start(sandbox, "one", '{"a":1}');
    await sandbox.run();
    const common = {
      executionArn: executionArn("m", "one"),
      stateMachineArn: machineArn("m"),
      name: "one",
      startDate: START,
      input: '{"a":1}',
      inputDetails: { included: true },
      output: null,
      outputDetails: null,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveCount: 0,
      redriveDate: null,
    };
    expect(sandbox.statuses).toEqual([
      {
        ...common,
        status: "RUNNING",
        stopDate: null,
        redriveStatus: "NOT_REDRIVABLE",
        redriveStatusReason: "Execution is RUNNING and cannot be redriven",
        error: null,
        cause: null,
      },
      {
        ...common,
        status: "FAILED",
        stopDate: START,
        redriveStatus: "REDRIVABLE",
        redriveStatusReason: null,
        error: "rolled-back",
        cause: "p95",
      },
    ]);
  });

  it("leave the data out when there is too much of it", async () => {
    const sandbox = deployed();
    start(sandbox, "one", JSON.stringify("x".repeat(130_000)));
    await sandbox.run();
    expect(sandbox.statuses.map(({ inputDetails }) => inputDetails)).toEqual([{ included: true }, { included: false }]);
    expect(sandbox.statuses[1]).toMatchObject({ input: null, output: null, outputDetails: { included: false } });
  });

  it("can be waited for", async () => {
    const sandbox = deployed();
    const { executionArn: arn } = start(sandbox, "one");
    const waiting = sandbox.clock.spawn("waiting", () => sandbox.sfn.closed(arn).wait());
    await sandbox.run();
    expect(waiting.done.value).toEqual({ ok: true, value: "SUCCEEDED" });
    expect(sandbox.sfn.closed(arn).isOpen).toBe(true);
  });
});

describe("the limit on history", () => {
  // Each round of a Pass and a Choice writes four events.
  const loop = (rounds: number): JsonObject =>
    machine({
      Add: { Type: "Pass", Parameters: { "n.$": "States.MathAdd($.n, 1)" }, Next: "Enough?" },
      "Enough?": {
        Type: "Choice",
        Choices: [{ Variable: "$.n", NumericEquals: rounds, Next: "Last" }],
        Default: "Add",
      },
      Last: { Type: "Pass", Next: "Done" },
      Done: { Type: "Succeed" },
    });

  it("fails an execution that needs more than 25,000 events, past every Catch", async () => {
    const sandbox = deployed(loop(10_000));
    const { executionArn: arn } = start(sandbox, "one", '{"n":0}');
    await sandbox.run();
    expect(sandbox.sfn.usage(arn).events).toBe(25_000);
    expect(sandbox.describe(arn)).toMatchObject({
      status: "FAILED",
      error: "States.Runtime",
      cause: "The execution reached the maximum number of history events (25000).",
      redriveStatus: "NOT_REDRIVABLE",
    });
    const last = sandbox.sfn.getExecutionHistory({ executionArn: arn, reverseOrder: true, maxResults: 1 }).events[0];
    expect(last).toMatchObject({ id: 25_000, type: "ExecutionFailed" });
  });

  it("lets one succeed with its last event", async () => {
    // 1 for the start, 4 x 6,248 for the loop, 4 for the last two states: 24,997; the end makes 24,998.
    const sandbox = deployed(loop(6_248));
    const { executionArn: arn } = start(sandbox, "one", '{"n":0}');
    await sandbox.run();
    expect(sandbox.describe(arn).status).toBe("SUCCEEDED");
    expect(sandbox.sfn.usage(arn).events).toBe(24_998);
  });

  it("ends an execution whose last room a function's answer would have taken", async () => {
    // 1 for the start, 4 x 6,248 for the loop, 1 to enter, 3 for an attempt that fails, 2 up to the function's call.
    let calls = 0;
    const mail = () => {
      calls += 1;
      if (calls === 1) throw new Error("not yet");
    };
    const states = (loop(6_248).States ?? {}) as JsonObject;
    const sandbox = new Sandbox({ mail });
    const last = ask("mail", { Retry: [{ ErrorEquals: ["States.ALL"] }], Next: "Done" });
    sandbox.deploy("m", machine({ ...states, Last: last }));
    const { executionArn: arn } = start(sandbox, "one", '{"n":0}');
    await sandbox.run();
    const { events } = sandbox.sfn.getExecutionHistory({ executionArn: arn, reverseOrder: true, maxResults: 2 });
    expect(events.map(({ type }) => type)).toEqual(["ExecutionFailed", "TaskStarted"]);
  });

  it("ends the lines of a Map all together", async () => {
    const sandbox = deployed(
      machine({ Each: { Type: "Map", ItemProcessor: loop(5_000), ItemsPath: "$.list", End: true } }),
    );
    const { executionArn: arn } = start(sandbox, "one", '{"list":[{"n":0},{"n":0}]}');
    await sandbox.run();
    expect(sandbox.describe(arn).error).toBe("States.Runtime");
    expect(sandbox.sfn.usage(arn).events).toBe(25_000);
  });
});

describe("time and chance", () => {
  const definition = machine({
    Call: call("f", {
      Retry: [{ ErrorEquals: ["States.ALL"], JitterStrategy: "FULL" }],
      Next: "Rest",
      ResultPath: null,
    }),
    Rest: { Type: "Wait", Seconds: 3_600, End: true },
  });
  const handlers = () => {
    let calls = 0;
    return {
      f: () => {
        calls += 1;
        if (calls < 3) throw new Error("not yet");
      },
    };
  };
  const history = async (seed: number) => {
    const events: HistoryEvent[] = [];
    const options = {
      latency: TYPICAL_LATENCY,
      random: seeded(seed),
      onEvent: (event: HistoryEvent) => events.push(event),
    };
    await runMachine(definition, {}, handlers(), options);
    return JSON.stringify(events);
  };

  it("give the same history for the same seed, to the byte", async () => {
    expect(await history(7)).toBe(await history(7));
    expect(await history(7)).not.toBe(await history(8));
  });

  it("take a few milliseconds for every transition", async () => {
    const { seconds } = await runMachine(
      machine({ A: { Type: "Pass", Next: "B" }, B: { Type: "Pass", End: true } }),
      {},
      {},
      { latency: { ...TYPICAL_LATENCY, transition: [5, 30] } },
    );
    expect(seconds).toBeGreaterThanOrEqual(0.01);
    expect(seconds).toBeLessThanOrEqual(0.06);
  });

  it("are counted as transitions: states entered, and retries", async () => {
    const sandbox = new Sandbox(handlers());
    sandbox.deploy("m", definition);
    const arn = sandbox.start("m");
    await sandbox.run();
    expect(sandbox.sfn.usage(arn)).toEqual({ transitions: 4, events: sandbox.types(arn).length });
  });
});
