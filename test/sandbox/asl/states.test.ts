import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../sandbox/asl/json.ts";
import { machine, runMachine, runState } from "./sandbox.ts";

const pass = (rest: JsonObject): JsonObject => ({ Type: "Pass", End: true, ...rest });

describe("Pass", () => {
  it.each<[string, JsonObject, Json, Json]>([
    ["hands its input on", {}, { a: 1 }, { a: 1 }],
    ["puts its Result in place of the input", { Result: { b: 2 } }, { a: 1 }, { b: 2 }],
    ["takes false, 0 and null for results", { Result: false, ResultPath: "$.r" }, { a: 1 }, { a: 1, r: false }],
    [
      "puts its Result beside the raw input",
      { InputPath: "$.a", Result: 1, ResultPath: "$.r" },
      { a: 0 },
      { a: 0, r: 1 },
    ],
    ["builds its output from Parameters", { Parameters: { "x.$": "$.a" } }, { a: 1 }, { x: 1 }],
    [
      "selects with InputPath before Parameters",
      { InputPath: "$.a", Parameters: { "x.$": "$.b" } },
      { a: { b: 1 } },
      { x: 1 },
    ],
    ["takes {} for an InputPath of null", { InputPath: null }, { a: 1 }, {}],
    ["throws the result away for a ResultPath of null", { Result: 9, ResultPath: null }, { a: 1 }, { a: 1 }],
    ["puts out {} for an OutputPath of null", { OutputPath: null }, { a: 1 }, {}],
    ["selects with OutputPath last", { Result: 2, ResultPath: "$.b", OutputPath: "$.b" }, { a: 1 }, 2],
    ["reads the context in InputPath", { InputPath: "$$.Execution.Name" }, {}, "one"],
    ["takes a ResultPath of $ for the whole", { Result: 5, ResultPath: "$" }, { a: 1 }, 5],
    ["writes into an array", { Result: 5, ResultPath: "$.l[0]" }, { l: [1, 2] }, { l: [5, 2] }],
  ])("%s", async (_, state, input, output) => {
    expect(await runState(pass(state), input)).toMatchObject({ status: "SUCCEEDED", output });
  });

  it.each<[string, JsonObject, Json, string]>([
    ["an InputPath that selects nothing", { InputPath: "$.x" }, {}, "States.Runtime"],
    ["an OutputPath that selects nothing", { OutputPath: "$.x" }, {}, "States.Runtime"],
    ["a parameter that selects nothing", { Parameters: { "x.$": "$.x" } }, {}, "States.Runtime"],
    ["a ResultPath that does not fit", { Result: 1, ResultPath: "$.a.b" }, { a: 1 }, "States.ResultPathMatchFailure"],
    ["an intrinsic that fails", { Parameters: { "x.$": "States.MathAdd('a', 1)" } }, {}, "States.IntrinsicFailure"],
  ])("fails on %s", async (_, state, input, error) => {
    expect(await runState(pass(state), input)).toMatchObject({ status: "FAILED", error });
  });

  it("says where and on what it failed, as the service does", async () => {
    const { cause } = await runState(pass({ Parameters: { "x.$": "$.y" } }), { a: 1 });
    expect(cause).toBe(
      `An error occurred while executing the state 'Only' (entered at the event id #2). The JSONPath '$.y' specified for the field 'x.$' could not be found in the input '{"a":1}'`,
    );
  });

  it("fails when its output is over 256 KiB, and not a byte before", async () => {
    const fits = "x".repeat(262_144 - 2);
    expect(await runState(pass({ Result: fits }))).toMatchObject({ status: "SUCCEEDED" });
    expect(await runState(pass({ Result: `${fits}x` }))).toMatchObject({
      status: "FAILED",
      error: "States.DataLimitExceeded",
    });
  });

  it("counts the limit in bytes of UTF-8, not in characters", async () => {
    expect(await runState(pass({ Result: "é".repeat(140_000) }))).toMatchObject({ error: "States.DataLimitExceeded" });
  });
});

describe("the context object", () => {
  it("names the execution, the state and the machine", async () => {
    const { output } = await runState(pass({ InputPath: "$$" }), { a: 1 });
    expect(output).toEqual({
      Execution: {
        Id: "arn:aws:states:eu-west-1:123456789012:execution:m:one",
        Input: { a: 1 },
        Name: "one",
        RoleArn: "arn:aws:iam::123456789012:role/sfn",
        StartTime: "2026-01-05T08:00:00.000Z",
        RedriveCount: 0,
      },
      State: { EnteredTime: "2026-01-05T08:00:00.000Z", Name: "Only", RetryCount: 0 },
      StateMachine: { Id: "arn:aws:states:eu-west-1:123456789012:stateMachine:m", Name: "m" },
    });
  });

  it("has the present state's name and time in every state, and the execution's first input", async () => {
    const look = { "name.$": "$$.State.Name", "at.$": "$$.State.EnteredTime", "input.$": "$$.Execution.Input" };
    const states = {
      Rest: { Type: "Wait", Seconds: 90, Next: "Look" },
      Look: pass({ Parameters: look }),
    };
    const { output } = await runMachine(machine(states), { first: true });
    expect(output).toEqual({ name: "Look", at: "2026-01-05T08:01:30.000Z", input: { first: true } });
  });
});

describe("Choice", () => {
  const decide = async (rule: JsonObject, input: Json, rest: JsonObject = { Default: "No" }) => {
    const states = {
      Choose: { Type: "Choice", Choices: [{ ...rule, Next: "Yes" }], ...rest },
      Yes: pass({ Result: "yes" }),
      ...(rest.Default === "No" && { No: pass({ Result: "no" }) }),
    };
    const { output, error } = await runMachine(machine(states), input);
    return output ?? error;
  };
  const test = (operator: string, operand: Json, value: Json, other: Json = null) =>
    decide({ Variable: "$.v", [operator]: operand }, { v: value, other });

  it.each<[string, Json, Json, boolean]>([
    ["StringEquals", "a", "a", true],
    ["StringEquals", "a", "b", false],
    ["StringLessThan", "b", "a", true],
    ["StringLessThan", "a", "a", false],
    ["StringGreaterThan", "Z", "a", true],
    ["StringLessThanEquals", "a", "a", true],
    ["StringGreaterThanEquals", "b", "a", false],
    ["NumericEquals", 1, 1, true],
    ["NumericEquals", 1, 1.5, false],
    ["NumericLessThan", 10, 9, true],
    ["NumericGreaterThan", 9, 10, true],
    ["NumericLessThanEquals", 5, 5, true],
    ["NumericGreaterThanEquals", 5, 4, false],
    ["BooleanEquals", true, true, true],
    ["BooleanEquals", false, true, false],
    ["TimestampEquals", "2026-01-05T10:00:00+02:00", "2026-01-05T08:00:00Z", true],
    ["TimestampLessThan", "2026-01-05T08:00:00Z", "2026-01-05T07:59:59.999Z", true],
    ["TimestampGreaterThan", "2026-01-05T08:00:00Z", "2026-01-05T08:00:00Z", false],
    ["TimestampLessThanEquals", "2026-01-05T08:00:00Z", "2026-01-05T08:00:00Z", true],
    ["TimestampGreaterThanEquals", "2026-01-05T08:00:00Z", "2026-01-05T09:00:00Z", true],
    ["IsNull", true, null, true],
    ["IsNull", true, 0, false],
    ["IsNull", false, 0, true],
    ["IsPresent", true, null, true],
    ["IsPresent", false, 1, false],
    ["IsNumeric", true, 1, true],
    ["IsNumeric", true, "1", false],
    ["IsString", true, "", true],
    ["IsBoolean", true, false, true],
    ["IsBoolean", false, "false", true],
    ["IsTimestamp", true, "2026-01-05T08:00:00Z", true],
    ["IsTimestamp", true, "2026-01-05", false],
    ["IsTimestamp", true, "2026-01-05t08:00:00z", false],
    ["StringMatches", "log-*.txt", "log-1.txt", true],
    ["StringMatches", "log-*.txt", "log-1.txt.gz", false],
    ["StringMatches", "a?c", "abc", false],
    ["StringMatches", "a?c", "a?c", true],
    ["StringMatches", "a.c", "abc", false],
    ["StringMatches", String.raw`a\*c`, "a*c", true],
    ["StringMatches", String.raw`a\*c`, "abc", false],
    ["StringMatches", String.raw`a\\*`, String.raw`a\b`, true],
    ["StringMatches", "*", "any\nthing", true],
  ])("%s %j of %j is %s", async (operator, operand, value, expected) => {
    expect(await test(operator, operand, value)).toBe(expected ? "yes" : "no");
  });

  it.each<[string, Json, Json]>([
    ["NumericLessThan", 10, "5"],
    ["NumericEquals", 1, "1"],
    ["NumericEquals", 1, true],
    ["StringEquals", "1", 1],
    ["StringLessThan", "b", null],
    ["BooleanEquals", true, "true"],
    ["TimestampEquals", "2026-01-05T08:00:00Z", 1_767_600_000_000],
    ["StringMatches", "*", 1],
  ])("%s %j never matches %j, which is of another type", async (operator, operand, value) => {
    expect(await test(operator, operand, value)).toBe("no");
  });

  it.each<[string, Json, Json, boolean]>([
    ["StringEqualsPath", "a", "a", true],
    ["StringLessThanPath", "a", "b", true],
    ["StringGreaterThanPath", "a", "b", false],
    ["StringLessThanEqualsPath", "a", "a", true],
    ["StringGreaterThanEqualsPath", "a", "b", false],
    ["NumericEqualsPath", 1, "1", false],
    ["NumericLessThanPath", 1, 2, true],
    ["NumericGreaterThanPath", 3, 2, true],
    ["NumericLessThanEqualsPath", 3, 2, false],
    ["NumericGreaterThanEqualsPath", 2, 2, true],
    ["BooleanEqualsPath", true, true, true],
    ["TimestampEqualsPath", "2026-01-05T08:00:00Z", "2026-01-05T08:00:00.000Z", true],
    ["TimestampLessThanPath", "2026-01-05T08:00:00Z", "2026-01-05T08:00:01Z", true],
    ["TimestampGreaterThanPath", "2026-01-05T08:00:00Z", "2026-01-05T08:00:01Z", false],
    ["TimestampLessThanEqualsPath", "2026-01-05T08:00:00Z", "2026-01-05T08:00:00Z", true],
    ["TimestampGreaterThanEqualsPath", "2026-01-05T08:00:00Z", "2026-01-05T08:00:00Z", true],
  ])("%s compares %j with what the path selects, %j: %s", async (operator, value, other, expected) => {
    expect(await test(operator, "$.other", value, other)).toBe(expected ? "yes" : "no");
  });

  it("combines rules with And, Or and Not, and looks no further than needed", async () => {
    const isA = { Variable: "$.v", StringEquals: "a" };
    const missing = { Variable: "$.missing", StringEquals: "a" };
    expect(await decide({ And: [isA, isA] }, { v: "a" })).toBe("yes");
    expect(await decide({ And: [isA, { Not: isA }] }, { v: "a" })).toBe("no");
    expect(await decide({ Or: [isA, missing] }, { v: "a" })).toBe("yes");
    expect(await decide({ Not: { Or: [isA, isA] } }, { v: "b" })).toBe("yes");
    expect(
      await decide(
        {
          And: [
            { Variable: "$.w", IsPresent: true },
            { Variable: "$.w", IsNull: true },
          ],
        },
        {},
      ),
    ).toBe("no");
  });

  it("fails on a variable that is missing, except for IsPresent", async () => {
    expect(await decide({ Variable: "$.missing", IsNull: true }, {})).toBe("States.Runtime");
    expect(await decide({ Variable: "$.v", NumericEqualsPath: "$.missing" }, { v: 1 })).toBe("States.Runtime");
    expect(await decide({ Variable: "$.missing", IsPresent: true }, {})).toBe("no");
    expect(await decide({ Variable: "$.missing.deeper", IsPresent: false }, {})).toBe("yes");
  });

  it("fails with States.NoChoiceMatched when no rule matches and there is no Default", async () => {
    expect(await decide({ Variable: "$.v", NumericEquals: 1 }, { v: 2 }, {})).toBe("States.NoChoiceMatched");
  });

  it("takes the first rule that matches, and reads the context", async () => {
    const states = {
      Choose: {
        Type: "Choice",
        InputPath: "$.inner",
        OutputPath: "$.n",
        Choices: [
          { Variable: "$$.Execution.Name", StringEquals: "two", Next: "B" },
          { Variable: "$.n", NumericGreaterThan: 0, Next: "A" },
          { Variable: "$.n", NumericGreaterThan: 1, Next: "B" },
        ],
      },
      A: pass({ Parameters: { "a.$": "$" } }),
      B: pass({ Result: "b" }),
    };
    expect((await runMachine(machine(states), { inner: { n: 5 } })).output).toEqual({ a: 5 });
  });

  it("orders numbers as numbers are ordered", async () => {
    const pair = fc.tuple(fc.integer(), fc.integer());
    await fc.assert(
      fc.asyncProperty(pair, async ([a, b]) => {
        expect(await test("NumericLessThan", b, a)).toBe(a < b ? "yes" : "no");
        expect(await test("NumericGreaterThanEqualsPath", "$.other", a, b)).toBe(a >= b ? "yes" : "no");
      }),
      { numRuns: 30 },
    );
  });
});

describe("Wait", () => {
  const wait = (rest: JsonObject, input: Json = {}) => runState({ Type: "Wait", End: true, ...rest }, input);

  it.each<[string, JsonObject, Json, number]>([
    ["Seconds", { Seconds: 90 }, {}, 90],
    ["SecondsPath", { SecondsPath: "$.s" }, { s: 40 }, 40],
    ["Timestamp", { Timestamp: "2026-01-05T09:00:00Z" }, {}, 3_600],
    ["TimestampPath", { TimestampPath: "$.t" }, { t: "2026-01-05T10:00:10+02:00" }, 10],
    ["a Timestamp that has passed", { Timestamp: "2020-01-01T00:00:00Z" }, {}, 0],
    ["40 days", { Seconds: 40 * 86_400 }, {}, 40 * 86_400],
    ["0 seconds", { SecondsPath: "$.s" }, { s: 0 }, 0],
  ])("waits for %s", async (_, state, input, seconds) => {
    expect(await wait(state, input)).toMatchObject({ status: "SUCCEEDED", seconds, output: input });
  });

  it.each<[JsonObject, Json]>([
    [{ SecondsPath: "$.s" }, { s: "10" }],
    [{ SecondsPath: "$.s" }, { s: 1.5 }],
    [{ SecondsPath: "$.s" }, { s: -1 }],
    [{ SecondsPath: "$.s" }, {}],
    [{ TimestampPath: "$.t" }, { t: "tomorrow" }],
  ])("%j fails on %j", async (state, input) => {
    expect(await wait(state, input)).toMatchObject({ status: "FAILED", error: "States.Runtime" });
  });
});

describe("Succeed and Fail", () => {
  it("Succeed ends the execution with what its paths select", async () => {
    expect(await runState({ Type: "Succeed", InputPath: "$.a", OutputPath: "$.b" }, { a: { b: 7 } })).toMatchObject({
      status: "SUCCEEDED",
      output: 7,
    });
  });

  it("Fail ends it with error and cause, and leaves its state unexited", async () => {
    const { status, error, cause, types } = await runState({ Type: "Fail", Error: "rolled-back", Cause: "p95" });
    expect({ status, error, cause }).toEqual({ status: "FAILED", error: "rolled-back", cause: "p95" });
    expect(types).toEqual(["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]);
  });

  it("Fail may go without error and cause, which then stay absent", async () => {
    expect(await runState({ Type: "Fail" })).toMatchObject({ status: "FAILED", error: undefined, cause: undefined });
  });

  it("Fail reads error and cause from the input, or makes them", async () => {
    const state = { Type: "Fail", ErrorPath: "$.outcome", CausePath: "States.Format('{} at {} %', $.why, $.weight)" };
    expect(await runState(state, { outcome: "rolled-back", why: "p95", weight: 25 })).toMatchObject({
      error: "rolled-back",
      cause: "p95 at 25 %",
    });
    expect(await runState(state, { outcome: 7, why: "", weight: 0 })).toMatchObject({ error: "States.Runtime" });
  });
});

describe("a machine", () => {
  it("loops as long as its Choice says, handing each output to the next state", async () => {
    const states = {
      Add: { Type: "Pass", Parameters: { "n.$": "States.MathAdd($.n, 1)" }, Next: "Enough?" },
      "Enough?": {
        Type: "Choice",
        Choices: [{ Variable: "$.n", NumericGreaterThanEquals: 10, Next: "Done" }],
        Default: "Add",
      },
      Done: { Type: "Succeed" },
    };
    expect((await runMachine(machine(states), { n: 0 })).output).toEqual({ n: 10 });
  });

  it("times out as a whole, with neither error nor cause in its description", async () => {
    const run = await runMachine(machine({ Rest: { Type: "Wait", Seconds: 600, End: true } }, { TimeoutSeconds: 60 }));
    expect(run).toMatchObject({ status: "TIMED_OUT", error: undefined, cause: undefined, seconds: 60 });
    expect(run.types.at(-1)).toBe("ExecutionTimedOut");
  });

  it("is open for a year at most", async () => {
    const rest = { Type: "Wait", Seconds: 99_999_999, End: true };
    expect(await runMachine(machine({ Rest: rest }))).toMatchObject({ status: "TIMED_OUT", seconds: 365 * 86_400 });
  });
});
