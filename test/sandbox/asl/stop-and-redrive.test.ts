import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../sandbox/asl/json.ts";
import { ask, call, machine, named, Sandbox, START, tokenOf } from "./sandbox.ts";

const DAY_MS = 86_400_000;
const caughtAll = [{ ErrorEquals: ["States.ALL"], Next: "Caught" }];

describe("stopping an execution", () => {
  it("aborts it at once, with the error and cause given, past Catch and Retry", async () => {
    const sandbox = new Sandbox({ slow: () => sandbox.clock.sleep(600_000) });
    const task = call("slow", { Catch: caughtAll, Retry: [{ ErrorEquals: ["States.ALL"] }], End: true });
    sandbox.deploy("m", machine({ Task: task, Caught: { Type: "Pass", End: true } }));
    const arn = sandbox.start("m");
    sandbox.at(5_000, () => {
      expect(sandbox.sfn.stopExecution({ executionArn: arn, error: "halt", cause: "by hand" })).toEqual({
        stopDate: START + 5_000,
      });
    });
    await sandbox.run();
    expect(sandbox.describe(arn)).toMatchObject({
      status: "ABORTED",
      error: "halt",
      cause: "by hand",
      stopDate: START + 5_000,
    });
    expect(sandbox.types(arn).slice(-2)).toEqual(["TaskStateAborted", "ExecutionAborted"]);
    expect(sandbox.statuses.map(({ status }) => status)).toEqual(["RUNNING", "ABORTED"]);
  });

  it("has neither error nor cause if none was given", async () => {
    const sandbox = new Sandbox();
    sandbox.deploy("m", machine({ Rest: { Type: "Wait", Seconds: 60, End: true } }));
    const arn = sandbox.start("m");
    sandbox.at(1, () => sandbox.sfn.stopExecution({ executionArn: arn }));
    await sandbox.run();
    const description = sandbox.describe(arn);
    expect("error" in description || "cause" in description).toBe(false);
    expect(sandbox.types(arn)).toContain("WaitStateAborted");
  });

  it("during a back-off calls the function no more", async () => {
    let calls = 0;
    const sandbox = new Sandbox({
      f: () => {
        calls += 1;
        throw named("bad");
      },
    });
    sandbox.deploy(
      "m",
      machine({ Task: call("f", { Retry: [{ ErrorEquals: ["bad"], IntervalSeconds: 60 }], End: true }) }),
    );
    const arn = sandbox.start("m");
    sandbox.at(30_000, () => sandbox.sfn.stopExecution({ executionArn: arn }));
    await sandbox.run();
    expect(calls).toBe(1);
    expect(sandbox.types(arn).filter((type) => type === "TaskScheduled")).toHaveLength(1);
  });

  it("leaves a function that was called running to its end", async () => {
    const ended: number[] = [];
    const sandbox: Sandbox = new Sandbox({
      slow: async () => {
        await sandbox.clock.sleep(60_000);
        ended.push(sandbox.clock.now() - START);
        return "too late";
      },
    });
    sandbox.deploy("m", machine({ Task: call("slow") }));
    const arn = sandbox.start("m");
    sandbox.at(1_000, () => sandbox.sfn.stopExecution({ executionArn: arn }));
    await sandbox.run();
    expect(ended).toEqual([60_000]);
    expect(sandbox.types(arn).at(-1)).toBe("ExecutionAborted");
  });

  it("records the aborted states from the inside out", async () => {
    const inner = machine({ Rest: { Type: "Wait", Seconds: 60, End: true } });
    const sandbox = new Sandbox();
    const each = { Each: { Type: "Map", ItemProcessor: inner, End: true } };
    sandbox.deploy("m", machine({ Both: { Type: "Parallel", Branches: [machine(each)], End: true } }));
    const arn = sandbox.start("m", [1]);
    sandbox.at(1, () => sandbox.sfn.stopExecution({ executionArn: arn }));
    await sandbox.run();
    expect(sandbox.types(arn).slice(-5)).toEqual([
      "WaitStateAborted",
      "MapIterationAborted",
      "MapStateAborted",
      "ParallelStateAborted",
      "ExecutionAborted",
    ]);
  });

  it("changes nothing about one that is closed", async () => {
    const sandbox = new Sandbox();
    sandbox.deploy("m", machine({ Done: { Type: "Succeed" } }));
    const arn = sandbox.start("m");
    sandbox.at(1_000, () => expect(sandbox.sfn.stopExecution({ executionArn: arn })).toEqual({ stopDate: START }));
    await sandbox.run();
    expect(sandbox.describe(arn).status).toBe("SUCCEEDED");
  });

  it("refuses an error or cause that is too long", () => {
    const sandbox = new Sandbox();
    sandbox.deploy("m", machine({ Done: { Type: "Succeed" } }));
    const arn = sandbox.start("m");
    const stop = (error: string, cause: string) => () => sandbox.sfn.stopExecution({ executionArn: arn, error, cause });
    expect(stop("x".repeat(257), "")).toThrow("less than or equal to 256");
    expect(stop("", "x".repeat(32_769))).toThrow("less than or equal to 32768");
  });
});

/** Three tasks in a row, of which the second fails so many times. */
function stumbling(failures: number) {
  const calls: string[] = [];
  let left = failures;
  const step = (name: string, stumbles: boolean) => () => {
    calls.push(name);
    if (stumbles && left-- > 0) throw named("bad");
    return calls.length;
  };
  const sandbox = new Sandbox({ a: step("a", false), b: step("b", true), c: step("c", false) });
  const task = (name: string, rest: JsonObject) => call(name, { ResultPath: `$.${name}`, ...rest });
  sandbox.deploy(
    "m",
    machine({ A: task("a", { Next: "B" }), B: task("b", { Next: "C" }), C: task("c", { End: true }) }),
  );
  return { sandbox, calls, arn: sandbox.start("m", { in: 1 }) };
}

describe("redriving an execution", () => {
  it("goes on from the state that failed, with what it had for input", async () => {
    const { sandbox, calls, arn } = stumbling(1);
    await sandbox.run();
    expect(sandbox.describe(arn)).toMatchObject({ status: "FAILED", redriveStatus: "REDRIVABLE", redriveCount: 0 });
    sandbox.at(60_000, () => {
      expect(sandbox.sfn.redriveExecution({ executionArn: arn })).toEqual({ redriveDate: START + 60_000 });
    });
    await sandbox.run();
    expect(calls).toEqual(["a", "b", "b", "c"]);
    expect(sandbox.describe(arn)).toMatchObject({ status: "SUCCEEDED", redriveCount: 1, redriveDate: START + 60_000 });
    expect(JSON.parse(sandbox.describe(arn).output ?? "")).toEqual({
      in: 1,
      a: { answer: 1 },
      b: { answer: 3 },
      c: { answer: 4 },
    });
    expect(sandbox.statuses.map(({ status }) => status)).toEqual(["RUNNING", "FAILED", "RUNNING", "SUCCEEDED"]);
  });

  it("continues the history, without entering the failed task anew", async () => {
    const { sandbox, arn } = stumbling(1);
    await sandbox.run();
    const before = sandbox.types(arn).length;
    sandbox.sfn.redriveExecution({ executionArn: arn });
    await sandbox.run();
    expect(sandbox.types(arn).slice(before, before + 5)).toEqual([
      "ExecutionRedriven",
      "TaskScheduled",
      "TaskStarted",
      "TaskSucceeded",
      "TaskStateExited",
    ]);
    expect(sandbox.events(arn)[before]).toMatchObject({ executionRedrivenEventDetails: { redriveCount: 1 } });
    expect(sandbox.events(arn).map(({ id }) => id)).toEqual(sandbox.events(arn).map((_, index) => index + 1));
  });

  it("can be done again and again, and tells the states how often", async () => {
    const { sandbox, calls, arn } = stumbling(3);
    for (let count = 0; count < 4; count += 1) {
      await sandbox.run();
      if (count < 3) sandbox.sfn.redriveExecution({ executionArn: arn });
    }
    expect(calls).toEqual(["a", "b", "b", "b", "b", "c"]);
    expect(sandbox.describe(arn)).toMatchObject({ status: "SUCCEEDED", redriveCount: 3 });
  });

  it("shows its count and time in the context", async () => {
    const states = {
      Call: call("f", { Next: "Look" }),
      Look: {
        Type: "Pass",
        Parameters: { "n.$": "$$.Execution.RedriveCount", "t.$": "$$.Execution.RedriveTime" },
        End: true,
      },
    };
    let calls = 0;
    const sandbox = new Sandbox({
      f: () => {
        calls += 1;
        if (calls === 1) throw named("bad");
      },
    });
    sandbox.deploy("m", machine(states));
    const arn = sandbox.start("m");
    await sandbox.run();
    sandbox.at(1_000, () => sandbox.sfn.redriveExecution({ executionArn: arn }));
    await sandbox.run();
    expect(JSON.parse(sandbox.describe(arn).output ?? "")).toEqual({ n: 1, t: "2026-01-05T08:00:01.000Z" });
  });

  it("re-enters a wait for a callback with a new token", async () => {
    const tokens: string[] = [];
    const sandbox = new Sandbox({ mail: (payload) => void tokens.push(tokenOf(payload)) });
    sandbox.deploy("m", machine({ Ask: ask("mail", { TimeoutSeconds: 60, End: true }) }));
    const arn = sandbox.start("m");
    await sandbox.run();
    sandbox.sfn.redriveExecution({ executionArn: arn });
    sandbox.at(30_000, () => {
      expect(() => sandbox.sfn.sendTaskSuccess({ taskToken: tokens[0] ?? "", output: "1" })).toThrow("Timed Out");
      sandbox.sfn.sendTaskSuccess({ taskToken: tokens[1] ?? "", output: "2" });
    });
    await sandbox.run();
    expect(sandbox.describe(arn)).toMatchObject({ status: "SUCCEEDED", output: "2" });
  });

  it("resets retry counters and the machine's time-out", async () => {
    let calls = 0;
    const sandbox = new Sandbox({
      f: () => {
        calls += 1;
        throw named("bad");
      },
    });
    const retry = [{ ErrorEquals: ["bad"], MaxAttempts: 2, IntervalSeconds: 30, BackoffRate: 1 }];
    sandbox.deploy("m", machine({ Task: call("f", { Retry: retry, End: true }) }, { TimeoutSeconds: 100 }));
    const arn = sandbox.start("m");
    await sandbox.run();
    sandbox.at(90_000, () => sandbox.sfn.redriveExecution({ executionArn: arn }));
    await sandbox.run();
    expect(calls).toBe(6);
    expect(sandbox.describe(arn)).toMatchObject({ status: "FAILED", error: "bad" });
  });

  it.each<[string, JsonObject, (sandbox: Sandbox, arn: string) => void]>([
    ["ABORTED", {}, (sandbox, arn) => sandbox.at(10_000, () => sandbox.sfn.stopExecution({ executionArn: arn }))],
    ["TIMED_OUT", { TimeoutSeconds: 20 }, () => undefined],
  ])("works on one that is %s in a Wait, which waits anew", async (status, rest, interfere) => {
    const sandbox = new Sandbox();
    sandbox.deploy("m", machine({ Rest: { Type: "Wait", SecondsPath: "$.s", End: true } }, rest));
    const arn = sandbox.start("m", { s: 15 + (status === "TIMED_OUT" ? 10 : 0) });
    interfere(sandbox, arn);
    await sandbox.run();
    expect(sandbox.describe(arn).status).toBe(status);
    sandbox.sfn.redriveExecution({ executionArn: arn });
    await sandbox.run();
    expect(sandbox.describe(arn).status).toBe(status === "ABORTED" ? "SUCCEEDED" : "TIMED_OUT");
  });

  it("runs only those iterations and branches again that did not succeed", async () => {
    const calls: Json[] = [];
    let bad = true;
    const sandbox = new Sandbox({
      f: (payload) => {
        calls.push(payload);
        if (payload === 2 && bad) throw named("bad");
        return payload;
      },
    });
    const states = {
      Call: call("f", { Next: "Rest" }),
      Rest: { Type: "Wait", Seconds: 10, End: true },
    };
    sandbox.deploy(
      "m",
      machine({ Each: { Type: "Map", ItemProcessor: machine(states), MaxConcurrency: 1, End: true } }),
    );
    const arn = sandbox.start("m", [1, 2, 3]);
    await sandbox.run();
    expect(calls).toEqual([1, 2]);
    bad = false;
    sandbox.sfn.redriveExecution({ executionArn: arn });
    await sandbox.run();
    expect(calls).toEqual([1, 2, 2, 3]);
    expect(sandbox.describe(arn)).toMatchObject({
      status: "SUCCEEDED",
      output: '[{"answer":1},{"answer":2},{"answer":3}]',
    });
  });

  it("goes on within a branch that was cut off, from the state it stood in", async () => {
    const calls: string[] = [];
    const broken = new Set(["fragile"]);
    const sandbox = new Sandbox({
      first: () => void calls.push("first"),
      last: () => void calls.push("last"),
      fragile: () => {
        if (broken.has("fragile")) throw named("bad");
      },
    });
    const cut = {
      First: call("first", { Next: "Rest" }),
      Rest: { Type: "Wait", Seconds: 60, Next: "Last" },
      Last: call("last"),
    };
    const failing = { Soon: { Type: "Wait", Seconds: 5, Next: "Fragile" }, Fragile: call("fragile") };
    sandbox.deploy("m", machine({ Both: { Type: "Parallel", Branches: [machine(cut), machine(failing)], End: true } }));
    const arn = sandbox.start("m");
    await sandbox.run();
    expect(sandbox.describe(arn).status).toBe("FAILED");
    broken.clear();
    sandbox.sfn.redriveExecution({ executionArn: arn });
    await sandbox.run();
    expect(calls).toEqual(["first", "last"]);
    expect(sandbox.describe(arn).status).toBe("SUCCEEDED");
    expect(sandbox.seconds(arn)).toBe(65);
  });

  it("fails again in a Fail state", async () => {
    const sandbox = new Sandbox();
    sandbox.deploy("m", machine({ Bad: { Type: "Fail", Error: "bad" } }));
    const arn = sandbox.start("m");
    await sandbox.run();
    sandbox.sfn.redriveExecution({ executionArn: arn });
    await sandbox.run();
    expect(sandbox.describe(arn)).toMatchObject({ status: "FAILED", error: "bad", redriveCount: 1 });
  });

  it("with the same client token is the same redrive", async () => {
    const { sandbox, calls, arn } = stumbling(1);
    await sandbox.run();
    const request = { executionArn: arn, clientToken: "t" };
    const first = sandbox.sfn.redriveExecution(request);
    expect(sandbox.sfn.redriveExecution(request)).toEqual(first);
    await sandbox.run();
    expect(sandbox.sfn.redriveExecution(request)).toEqual(first);
    expect(calls).toHaveLength(4);
  });

  it("is refused while it runs, after success, and when two weeks have passed", async () => {
    const { sandbox, arn } = stumbling(1);
    const redrive = (): string => {
      try {
        sandbox.sfn.redriveExecution({ executionArn: arn });
        return "accepted";
      } catch (error) {
        return error instanceof Error ? `${error.name}: ${error.message}` : "?";
      }
    };
    expect(redrive()).toBe("ExecutionNotRedrivable: Execution is RUNNING and cannot be redriven");
    sandbox.at(14 * DAY_MS + 1, () =>
      expect(redrive()).toBe("ExecutionNotRedrivable: Execution redrivable period exceeded"),
    );
    await sandbox.run();
    const other = stumbling(0);
    await other.sandbox.run();
    expect(() => other.sandbox.sfn.redriveExecution({ executionArn: other.arn })).toThrow("is SUCCEEDED");
  });
});
