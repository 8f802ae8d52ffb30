import { describe, expect, it } from "vitest";
import { SfnError } from "../../../sandbox/asl/errors.ts";
import type { Json, JsonObject } from "../../../sandbox/asl/json.ts";
import { type ExecutionsOptions, NO_LATENCY } from "../../../sandbox/asl/options.ts";
import {
  call,
  executionArn,
  type Handler,
  machine,
  machineArn,
  named,
  Sandbox,
  START,
  START_AND_WAIT,
} from "./sandbox.ts";

const nest = (rest: JsonObject = { End: true }, parameters: JsonObject = {}): JsonObject => ({
  Type: "Task",
  Resource: START_AND_WAIT,
  Parameters: {
    StateMachineArn: machineArn("child"),
    ...(!("Name.$" in parameters) && { Name: "kid" }),
    Input: { "from.$": "$.a" },
    ...parameters,
  },
  ...rest,
});
const REST: JsonObject = { Rest: { Type: "Wait", Seconds: 100, End: true } };
const CHILD = executionArn("child", "kid");

/** A parent with one nested execution, not run yet. */
function family(
  child: JsonObject,
  parent: JsonObject = { Nest: nest() },
  options: Partial<ExecutionsOptions> = {},
  handlers: Readonly<Record<string, Handler>> = {},
) {
  const sandbox = new Sandbox(handlers, options);
  sandbox.deploy("child", machine(child));
  sandbox.deploy("parent", machine(parent));
  return { sandbox, parent: sandbox.start("parent", { a: 1 }) };
}
const parse = (text: string | undefined): Json => JSON.parse(text ?? "null") as Json;

describe("a nested execution", () => {
  it("hands its parent a description with input and output parsed", async () => {
    const { sandbox, parent } = family({
      Rest: { Type: "Wait", Seconds: 5, Next: "Out" },
      Out: { Type: "Pass", Result: { b: 2 }, End: true },
    });
    await sandbox.run();
    expect(parse(sandbox.describe(parent).output)).toEqual({
      ExecutionArn: CHILD,
      Input: { from: 1 },
      InputDetails: { Included: true },
      Name: "kid",
      Output: { b: 2 },
      OutputDetails: { Included: true },
      RedriveCount: 0,
      RedriveStatus: "NOT_REDRIVABLE",
      RedriveStatusReason: "Execution is SUCCEEDED and cannot be redriven",
      StartDate: START,
      StateMachineArn: machineArn("child"),
      Status: "SUCCEEDED",
      StopDate: START + 5_000,
    });
  });

  it("shows in the parent's history as submitted, then succeeded", async () => {
    const { sandbox, parent } = family({ Done: { Type: "Succeed" } });
    await sandbox.run();
    expect(sandbox.types(parent).slice(1, 7)).toEqual([
      "TaskStateEntered",
      "TaskScheduled",
      "TaskStarted",
      "TaskSubmitted",
      "TaskSucceeded",
      "TaskStateExited",
    ]);
    const submitted = sandbox.events(parent)[4]?.taskSubmittedEventDetails;
    expect(submitted).toMatchObject({ resourceType: "states", resource: "startExecution.sync:2" });
    expect(parse(submitted?.output)).toEqual({ ExecutionArn: CHILD, StartDate: START });
  });

  it.each<[string, JsonObject, JsonObject]>([
    ["FAILED", { Bad: { Type: "Fail", Error: "rolled-back", Cause: "p95" } }, { Error: "rolled-back", Cause: "p95" }],
    ["TIMED_OUT", REST, {}],
    ["ABORTED", REST, { Error: "halt", Cause: "by hand" }],
  ])(
    "that ends %s fails the task with States.TaskFailed and its description for a cause",
    async (status, states, details) => {
      const { sandbox, parent } = family(
        { Done: { Type: "Succeed" } },
        { Nest: nest({ End: true }, { StateMachineArn: machineArn("bad") }) },
      );
      sandbox.deploy("bad", machine(states, status === "TIMED_OUT" ? { TimeoutSeconds: 50 } : {}));
      const bad = executionArn("bad", "kid");
      if (status === "ABORTED")
        sandbox.at(10, () => sandbox.sfn.stopExecution({ executionArn: bad, error: "halt", cause: "by hand" }));
      await sandbox.run();
      const { error, cause } = sandbox.describe(parent);
      expect(error).toBe("States.TaskFailed");
      expect(parse(cause)).toMatchObject({ ExecutionArn: bad, Status: status, Input: '{"from":1}', ...details });
    },
  );

  it("is noticed to have ended only after a while", async () => {
    const latency = { ...NO_LATENCY, childNoticed: [700, 700] } as const;
    const { sandbox, parent } = family({ Done: { Type: "Succeed" } }, { Nest: nest() }, { latency });
    await sandbox.run();
    expect(sandbox.describe(CHILD).stopDate).toBe(START);
    expect(sandbox.describe(parent).stopDate).toBe(START + 700);
  });

  it("that runs already under that name with that input is joined, not started twice", async () => {
    const { sandbox, parent } = family(
      REST,
      {
        Nest: nest({ TimeoutSeconds: 30, Retry: [{ ErrorEquals: ["States.Timeout"], IntervalSeconds: 1 }], End: true }),
      },
      { childStopLoss: 1 },
    );
    await sandbox.run();
    expect(sandbox.describe(parent).status).toBe("SUCCEEDED");
    expect(sandbox.sfn.listExecutions({ stateMachineArn: machineArn("child") }).executions).toHaveLength(1);
  });

  it("that closed under that name before fails the task with the service's error", async () => {
    const retry = [{ ErrorEquals: ["States.TaskFailed"], MaxAttempts: 1 }];
    const { sandbox, parent } = family({ Bad: { Type: "Fail" } }, { Nest: nest({ Retry: retry, End: true }) });
    await sandbox.run();
    expect(sandbox.describe(parent)).toMatchObject({
      status: "FAILED",
      error: "StepFunctions.ExecutionAlreadyExistsException",
    });
    expect(sandbox.types(parent)).toContain("TaskSubmitFailed");
  });

  it("that ended before its start was heard of fails the retried start with the service's error", async () => {
    const afterNestedStart = () => {
      throw new SfnError("SdkClientException", "no answer");
    };
    const retry = [{ ErrorEquals: ["StepFunctions.SdkClientException"], IntervalSeconds: 80, BackoffRate: 1 }];
    const { sandbox, parent } = family(REST, { Nest: nest({ Retry: retry, End: true }) }, { afterNestedStart });
    await sandbox.run();
    expect(sandbox.describe(parent)).toMatchObject({
      status: "FAILED",
      error: "StepFunctions.ExecutionAlreadyExistsException",
    });
    expect(sandbox.seconds(parent)).toBe(160);
    expect(sandbox.sfn.listExecutions({ stateMachineArn: machineArn("child") }).executions).toHaveLength(1);
  });

  it("whose start is throttled fails the task with a StepFunctions error, which can be retried", async () => {
    let throttles = 2;
    const beforeNestedStart = () => {
      throttles -= 1;
      if (throttles >= 0) throw new SfnError("ThrottlingException", "Rate exceeded");
    };
    const retry = [{ ErrorEquals: ["StepFunctions.ThrottlingException"], IntervalSeconds: 2, BackoffRate: 1 }];
    const { sandbox, parent } = family(REST, { Nest: nest({ Retry: retry, End: true }) }, { beforeNestedStart });
    await sandbox.run();
    expect(sandbox.describe(parent).status).toBe("SUCCEEDED");
    expect(sandbox.seconds(parent)).toBe(104);
  });

  it.each<[JsonObject, string]>([
    [{ StateMachineArn: machineArn("nobody") }, "StepFunctions.StateMachineDoesNotExistException"],
    [{ Name: "a b" }, "StepFunctions.InvalidNameException"],
    [{ Input: "{" }, "StepFunctions.InvalidExecutionInputException"],
    [{ StateMachineArn: "child" }, "StepFunctions.InvalidArnException"],
    [{ "Name.$": "$.a" }, "States.Runtime"],
  ])("with %j fails with %s", async (parameters, error) => {
    const { sandbox, parent } = family(REST, { Nest: nest({ End: true }, parameters) });
    await sandbox.run();
    expect(sandbox.describe(parent)).toMatchObject({ status: "FAILED", error });
  });
});

describe("the end of a parent's task", () => {
  const latency = { ...NO_LATENCY, childStop: [500, 5_000] } as const;
  const aborted = (sandbox: Sandbox) => sandbox.describe(CHILD);

  it("stops the nested execution late when the parent is stopped", async () => {
    const { sandbox, parent } = family(REST, { Nest: nest() }, { latency });
    sandbox.at(10_000, () => sandbox.sfn.stopExecution({ executionArn: parent }));
    await sandbox.clock.run({ until: () => sandbox.describe(parent).status === "ABORTED" });
    expect(aborted(sandbox).status).toBe("RUNNING");
    await sandbox.run();
    expect(aborted(sandbox).status).toBe("ABORTED");
    expect(aborted(sandbox).stopDate).toBeGreaterThanOrEqual(START + 10_500);
    expect(aborted(sandbox).stopDate).toBeLessThanOrEqual(START + 15_000);
  });

  it.each<[string, JsonObject, JsonObject]>([
    ["the task times out", { Nest: nest({ TimeoutSeconds: 20, End: true }) }, {}],
    ["the parent times out", { Nest: nest() }, { TimeoutSeconds: 20 }],
    [
      "a branch beside it fails",
      {
        Both: {
          Type: "Parallel",
          Branches: [
            machine({ Nest: nest() }),
            machine({ Soon: { Type: "Wait", Seconds: 20, Next: "Bad" }, Bad: { Type: "Fail" } }),
          ],
          End: true,
        },
      },
      {},
    ],
  ])("stops it, too, when %s", async (_, states, rest) => {
    const sandbox = new Sandbox({}, { latency });
    sandbox.deploy("child", machine(REST));
    sandbox.deploy("parent", machine(states, rest));
    sandbox.start("parent", { a: 1 });
    await sandbox.run();
    expect(aborted(sandbox).status).toBe("ABORTED");
    expect(aborted(sandbox).stopDate).toBeGreaterThan(START + 20_000);
  });

  it("never stops it when the request gets lost", async () => {
    const { sandbox, parent } = family(REST, { Nest: nest() }, { latency, childStopLoss: 1 });
    sandbox.at(10_000, () => sandbox.sfn.stopExecution({ executionArn: parent }));
    await sandbox.run();
    expect(aborted(sandbox)).toMatchObject({ status: "SUCCEEDED", stopDate: START + 100_000 });
  });

  it("leaves the nested execution's own function running", async () => {
    let ended = 0;
    const slow = async () => {
      await sandbox.clock.sleep(60_000);
      ended = (sandbox.clock.now() - START) / 1_000;
    };
    const { sandbox, parent } = family({ Slow: call("slow") }, { Nest: nest() }, { latency }, { slow: () => slow() });
    sandbox.at(1_000, () => sandbox.sfn.stopExecution({ executionArn: parent }));
    await sandbox.run();
    expect(aborted(sandbox).status).toBe("ABORTED");
    expect(ended).toBe(60);
  });
});

describe("a redriven parent", () => {
  it("finds its nested execution closed, and says so", async () => {
    const f = () => {
      throw named("bad");
    };
    const { sandbox, parent } = family({ Call: call("f") }, { Nest: nest() }, {}, { f });
    await sandbox.run();
    sandbox.sfn.redriveExecution({ executionArn: parent });
    await sandbox.run();
    expect(sandbox.describe(parent)).toMatchObject({
      status: "FAILED",
      error: "StepFunctions.ExecutionAlreadyExistsException",
      redriveCount: 1,
    });
  });
});
