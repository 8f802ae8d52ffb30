import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../sandbox/asl/json.ts";
import { ask, call, machine, named, runMachine, runState, Sandbox, START, tokenOf } from "./sandbox.ts";

const each = (states: JsonObject, rest: JsonObject = {}): JsonObject => ({
  Type: "Map",
  ItemProcessor: machine(states),
  End: true,
  ...rest,
});
const branches = (list: readonly JsonObject[], rest: JsonObject = {}): JsonObject => ({
  Type: "Parallel",
  Branches: list.map((states) => machine(states)),
  End: true,
  ...rest,
});
const increment = { Inc: { Type: "Pass", Parameters: { "n.$": "States.MathAdd($, 1)" }, End: true } };
const fail = (error: string): JsonObject => ({ [error]: { Type: "Fail", Error: error, Cause: "as told" } });

describe("Map", () => {
  it("runs its states once for every item, and keeps the order", async () => {
    expect((await runState(each(increment), [1, 2, 3])).output).toEqual([{ n: 2 }, { n: 3 }, { n: 4 }]);
  });

  it("finds its items by path, and puts the result where told", async () => {
    const state = each(increment, { ItemsPath: "$.list", ResultPath: "$.done" });
    expect((await runState(state, { list: [1] })).output).toEqual({ list: [1], done: [{ n: 2 }] });
  });

  it.each(["ItemSelector", "Parameters"])("builds every iteration's input with %s", async (field) => {
    const selector = { "i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value.id", "all.$": "$.tag" };
    const state = each({ Keep: { Type: "Pass", End: true } }, { ItemsPath: "$.list", [field]: selector });
    expect((await runState(state, { tag: "t", list: [{ id: "a" }, { id: "b" }] })).output).toEqual([
      { i: 0, v: "a", all: "t" },
      { i: 1, v: "b", all: "t" },
    ]);
  });

  it("shows its item in the context throughout the iteration, the inner one in a Map within", async () => {
    const look = {
      Look: { Type: "Pass", Parameters: { "i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value" }, End: true },
    };
    const outer = each({ Inner: each(look, { ItemsPath: "$$.Map.Item.Value" }) });
    expect((await runState(outer, [["a"], ["b", "c"]])).output).toEqual([
      [{ i: 0, v: "a" }],
      [
        { i: 0, v: "b" },
        { i: 1, v: "c" },
      ],
    ]);
  });

  it("with nothing to do puts out an empty array", async () => {
    expect((await runState(each(increment), [])).output).toEqual([]);
  });

  it("refuses what is no array", async () => {
    expect(await runState(each(increment), { a: 1 })).toMatchObject({ error: "States.Runtime" });
  });

  it.each([
    [2, 20],
    [0, 10],
    [1, 40],
  ])("runs %i iterations at once (0: all), taking %i s for four of 10 s", async (limit, seconds) => {
    const rest = { Rest: { Type: "Wait", Seconds: 10, End: true } };
    expect(await runState(each(rest, { MaxConcurrency: limit }), [1, 2, 3, 4])).toMatchObject({ seconds });
  });

  it("takes its concurrency by path", async () => {
    const rest = { Rest: { Type: "Wait", Seconds: 10, End: true } };
    const state = each(rest, { ItemsPath: "$.list", MaxConcurrencyPath: "$.limit" });
    expect(await runState(state, { list: [1, 2, 3], limit: 1 })).toMatchObject({ seconds: 30 });
  });

  it("never runs more than forty at once", async () => {
    const rest = { Rest: { Type: "Wait", Seconds: 10, End: true } };
    const items = Array.from({ length: 41 }, (_, index) => index);
    expect(await runState(each(rest), items)).toMatchObject({ seconds: 20 });
  });

  it("fails with the iteration's error, and cuts the others off", async () => {
    const states = {
      "Bad?": { Type: "Choice", Choices: [{ Variable: "$", NumericEquals: 2, Next: "Bad" }], Default: "Rest" },
      Bad: { Type: "Fail", Error: "bad", Cause: "item 2" },
      Rest: { Type: "Wait", Seconds: 100, End: true },
    };
    const { status, error, cause, seconds, types } = await runState(each(states), [1, 2, 3]);
    expect({ status, error, cause, seconds }).toEqual({ status: "FAILED", error: "bad", cause: "item 2", seconds: 0 });
    expect(types.slice(-6)).toEqual([
      "FailStateEntered",
      "MapIterationFailed",
      "WaitStateAborted",
      "MapIterationAborted",
      "MapStateFailed",
      "ExecutionFailed",
    ]);
  });

  it("catches what an iteration did not", async () => {
    const states = {
      Only: each(fail("bad"), { Catch: [{ ErrorEquals: ["bad"], Next: "Caught" }] }),
      Caught: { Type: "Pass", End: true },
    };
    expect((await runMachine(machine(states), [1])).output).toEqual({ Error: "bad", Cause: "as told" });
  });

  it("lets an iteration catch for itself, so that the others go on", async () => {
    const states = {
      Call: call("f", { Catch: [{ ErrorEquals: ["States.ALL"], Next: "Note" }], End: true }),
      Note: { Type: "Pass", Result: "failed", End: true },
    };
    const f = (payload: Json) => {
      if (payload === 2) throw named("bad");
      return payload;
    };
    expect((await runState(each(states), [1, 2, 3], { f })).output).toEqual([{ answer: 1 }, "failed", { answer: 3 }]);
  });

  it("retries as a whole", async () => {
    let calls = 0;
    const f = () => {
      calls += 1;
      if (calls === 2) throw named("bad");
      return calls;
    };
    const state = each({ Call: call("f") }, { MaxConcurrency: 1, Retry: [{ ErrorEquals: ["bad"] }] });
    expect((await runState(state, [1, 2], { f })).output).toEqual([{ answer: 3 }, { answer: 4 }]);
  });

  it("works like map over an array, whatever the limit", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ max: 1_000, min: 0 }), { maxLength: 60 }),
        fc.nat(8),
        async (items, limit) => {
          const states = { Rest: { Type: "Wait", SecondsPath: "$", Next: "Inc" }, ...increment };
          const { output } = await runState(each(states, { MaxConcurrency: limit }), items);
          expect(output).toEqual(items.map((item) => ({ n: item + 1 })));
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe("Parallel", () => {
  it("gives every branch the same input, and puts out their outputs in order", async () => {
    const slow = { Rest: { Type: "Wait", Seconds: 5, End: true } };
    const quick = { Inc: { Type: "Pass", Parameters: { "b.$": "$.a" }, End: true } };
    expect(await runState(branches([slow, quick]), { a: 1 })).toMatchObject({
      output: [{ a: 1 }, { b: 1 }],
      seconds: 5,
    });
  });

  it("shapes the branches' input with Parameters and the result with ResultSelector", async () => {
    const keep = { Keep: { Type: "Pass", End: true } };
    const rest = { Parameters: { "x.$": "$.a" }, ResultSelector: { "first.$": "$[0].x" }, ResultPath: "$.r" };
    expect((await runState(branches([keep], rest), { a: 1 })).output).toEqual({ a: 1, r: { first: 1 } });
  });

  it("fails with the first branch that fails, and cuts the others off at that moment", async () => {
    const calls: string[] = [];
    const bad = { Soon: { Type: "Wait", Seconds: 10, Next: "bad" }, ...fail("bad") };
    const long = { Long: { Type: "Wait", Seconds: 60, Next: "After" }, After: call("after") };
    const after = () => void calls.push("after");
    const { status, error, seconds, types } = await runState(branches([bad, long]), {}, { after });
    expect({ status, error, seconds }).toEqual({ status: "FAILED", error: "bad", seconds: 10 });
    expect(calls).toEqual([]);
    expect(types.slice(-4)).toEqual(["FailStateEntered", "WaitStateAborted", "ParallelStateFailed", "ExecutionFailed"]);
  });

  it("leaves the functions of its other branches running, and their tokens dead", async () => {
    const tokens: string[] = [];
    let ended = 0;
    const sandbox: Sandbox = new Sandbox({
      slow: async () => {
        await sandbox.clock.sleep(60_000);
        ended = sandbox.clock.now() - START;
      },
      mail: (payload) => void tokens.push(tokenOf(payload)),
    });
    const bad = { Soon: { Type: "Wait", Seconds: 10, Next: "bad" }, ...fail("bad") };
    sandbox.deploy("m", machine({ Only: branches([bad, { Slow: call("slow") }, { Ask: ask("mail") }]) }));
    const arn = sandbox.start("m");
    await sandbox.run();
    expect(sandbox.seconds(arn)).toBe(10);
    expect(ended).toBe(60_000);
    expect(() => sandbox.sfn.sendTaskSuccess({ taskToken: tokens[0] ?? "", output: "1" })).toThrow("Task Timed Out");
  });

  it("catches and retries what a branch did not", async () => {
    let calls = 0;
    const f = () => {
      calls += 1;
      throw named("bad");
    };
    const states = {
      Only: branches([{ Call: call("f") }], {
        Retry: [{ ErrorEquals: ["bad"], MaxAttempts: 1 }],
        Catch: [{ ErrorEquals: ["States.ALL"], Next: "Caught", ResultPath: "$.error" }],
      }),
      Caught: { Type: "Pass", End: true },
    };
    expect((await runMachine(machine(states), { a: 1 }, { f })).output).toMatchObject({
      a: 1,
      error: { Error: "bad" },
    });
    expect(calls).toBe(2);
  });

  it("cannot catch a States.Runtime from within a branch", async () => {
    const states = {
      Only: branches([{ Look: { Type: "Pass", InputPath: "$.missing", End: true } }], {
        Catch: [{ ErrorEquals: ["States.ALL"], Next: "Caught" }],
      }),
      Caught: { Type: "Pass", End: true },
    };
    expect(await runMachine(machine(states))).toMatchObject({ status: "FAILED", error: "States.Runtime" });
  });

  it("chains every branch's events to its own beginning", async () => {
    const wait = (name: string) => ({ [name]: { Type: "Wait", Seconds: 1, End: true } });
    const sandbox = new Sandbox();
    sandbox.deploy("m", machine({ Only: branches([wait("A"), wait("B")]) }));
    const arn = sandbox.start("m");
    await sandbox.run();
    const chain = sandbox.events(arn).map(({ id, previousEventId, type }) => `${id}<${previousEventId} ${type}`);
    expect(chain).toEqual([
      "1<0 ExecutionStarted",
      "2<0 ParallelStateEntered",
      "3<2 ParallelStateStarted",
      "4<3 WaitStateEntered",
      "5<3 WaitStateEntered",
      "6<4 WaitStateExited",
      "7<5 WaitStateExited",
      "8<7 ParallelStateSucceeded",
      "9<8 ParallelStateExited",
      "10<9 ExecutionSucceeded",
    ]);
  });
});
