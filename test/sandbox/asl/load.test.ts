import { describe, expect, it } from "vitest";
import { DefinitionError, type Problem } from "../../../sandbox/asl/errors.ts";
import type { Json, JsonObject } from "../../../sandbox/asl/json.ts";
import { loadMachine } from "../../../sandbox/asl/load.ts";
import { ask, call, INVOKE, machine, START_AND_WAIT } from "./sandbox.ts";

function problems(definition: Json | string, substitutions?: Record<string, string>): readonly Problem[] {
  try {
    loadMachine(definition, substitutions);
    return [];
  } catch (error) {
    if (error instanceof DefinitionError) return error.problems;
    throw error;
  }
}
const reasons = (definition: Json | string) => problems(definition).map(({ path, reason }) => `${path}: ${reason}`);
const only = (state: JsonObject) => reasons(machine({ Only: state })).join("\n");

describe("loading a definition", () => {
  it("accepts every kind of state, comments anywhere, and both spellings of a Map", () => {
    const end = { End: true, Comment: "why" };
    const definition = {
      Comment: "all of it",
      Version: "1.0",
      QueryLanguage: "JSONPath",
      TimeoutSeconds: 3_600,
      StartAt: "Call",
      States: {
        Call: call("f", {
          Next: "Each",
          TimeoutSeconds: 10,
          HeartbeatSeconds: 5,
          Retry: [{ ErrorEquals: ["A", "B"], MaxAttempts: 0, Comment: "once" }, { ErrorEquals: ["States.ALL"] }],
          Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "Stop", Comment: "why" }],
        }),
        Each: {
          Type: "Map",
          ItemProcessor: { ProcessorConfig: { Mode: "INLINE" }, ...machine({ One: { Type: "Pass", ...end } }) },
          ItemSelector: { "v.$": "$$.Map.Item.Value" },
          MaxConcurrency: 2,
          Next: "Old",
        },
        Old: { Type: "Map", Iterator: machine({ Two: { Type: "Pass", ...end } }), ItemsPath: "$.l", Next: "Both" },
        Both: { Type: "Parallel", Branches: [machine({ Three: { Type: "Succeed" } })], Next: "Choose" },
        Choose: {
          Type: "Choice",
          Choices: [{ Variable: "$.a", IsNull: true, Next: "Rest", Comment: "why" }],
          Default: "Ask",
        },
        Rest: { Type: "Wait", TimestampPath: "$$.Execution.StartTime", Next: "Ask" },
        Ask: ask("f", { TimeoutSecondsPath: "$.t", HeartbeatSecondsPath: "$.h", End: true }),
        Stop: { Type: "Fail", ErrorPath: "$.e", CausePath: "States.JsonToString($)" },
      },
    };
    expect(problems(definition)).toEqual([]);
    expect(problems(JSON.stringify(definition))).toEqual([]);
  });

  it("lists all problems at once, each with its path", () => {
    const definition = {
      StartAt: "Nowhere",
      Extra: 1,
      States: { A: { Type: "Pass", InputPath: "$..x", Surprise: true }, B: { Type: "Dance" } },
    };
    expect(reasons(definition)).toEqual([
      "$.States['A'].InputPath: recursive descent (..) are not implemented: '$..x'",
      "$.States['A']: needs either Next or End: true",
      "$.States['A'].Surprise: is not implemented here",
      "$.States['B'].Type: 'Dance' is not implemented here",
      "$.Extra: is not implemented here",
    ]);
  });

  it.each<[string, JsonObject | string, string]>([
    ["text that is not JSON", "{", "$: is not JSON"],
    ["JSONata", { ...machine({ A: { Type: "Pass", End: true } }), QueryLanguage: "JSONata" }, "only JSONPath"],
    ["another version", { ...machine({ A: { Type: "Pass", End: true } }), Version: "2.0" }, "only 1.0"],
    ["a dangling Next", machine({ A: { Type: "Pass", Next: "B" } }), "leads to 'B', which does not exist here"],
    ["a dangling StartAt", { StartAt: "B", States: { A: { Type: "Succeed" } } }, "$.StartAt: leads to 'B'"],
    ["a state nobody reaches", machine({ A: { Type: "Succeed" }, B: { Type: "Succeed" } }), "$.States['B']: cannot be"],
    ["no states", { StartAt: "A" }, "$.States: must be an object"],
    ["a name of 81 characters", machine({ ["x".repeat(81)]: { Type: "Succeed" } }), "longer than 80"],
    [
      "a name used twice, even in a branch",
      machine({ A: { Type: "Parallel", End: true, Branches: [machine({ A: { Type: "Succeed" } })] } }),
      "has a name that another state of this machine has",
    ],
    [
      "a Catch out of a branch",
      machine({
        P: { Type: "Parallel", Next: "Q", Branches: [machine({ T: call("f", { Next: "Q" }) })] },
        Q: { Type: "Succeed" },
      }),
      "$.States['P'].Branches[0].States['T']: leads to 'Q', which does not exist here",
    ],
  ])("refuses %s", (_, definition, reason) => {
    expect(reasons(definition).join("\n")).toContain(reason);
  });

  it.each<[string, JsonObject, string]>([
    ["a JSONata state", { Type: "Pass", QueryLanguage: "JSONata", End: true }, "only JSONPath"],
    ["variables", { Type: "Pass", Assign: { a: 1 }, End: true }, "Assign: is not implemented"],
    ["credentials", call("f", { Credentials: {}, End: true }), "Credentials: is not implemented"],
    ["Arguments", call("f", { Arguments: {}, End: true }), "Arguments: is not implemented"],
    ["both Next and End", { Type: "Pass", Next: "Only", End: true }, "either Next or End"],
    ["End: false without Next", { Type: "Pass", End: false }, "either Next or End"],
    ["a Result on a Task", call("f", { Result: 1, End: true }), "Result: is not implemented"],
    [
      "Next on a Choice",
      { Type: "Choice", Choices: [{ Variable: "$", IsNull: true, Next: "Only" }], Next: "Only" },
      "Next:",
    ],
    ["a Choice without rules", { Type: "Choice", Choices: [], Default: "Only" }, "at least one rule"],
    ["a rule without an operator", { Type: "Choice", Choices: [{ Variable: "$", Next: "Only" }] }, "has 0"],
    [
      "a rule with two operators",
      { Type: "Choice", Choices: [{ Variable: "$", IsNull: true, IsString: true, Next: "Only" }] },
      "has 2",
    ],
    [
      "an unknown operator",
      { Type: "Choice", Choices: [{ Variable: "$", StringLike: "a", Next: "Only" }] },
      "no operator",
    ],
    [
      "BooleanLessThan",
      { Type: "Choice", Choices: [{ Variable: "$", BooleanLessThan: true, Next: "Only" }] },
      "no operator",
    ],
    [
      "an operand of the wrong type",
      { Type: "Choice", Choices: [{ Variable: "$", NumericEquals: "1", Next: "Only" }] },
      "of the type",
    ],
    [
      "a bad time stamp to compare",
      { Type: "Choice", Choices: [{ Variable: "$", TimestampEquals: "now", Next: "Only" }] },
      "of the type",
    ],
    [
      "a pattern with a stray backslash",
      { Type: "Choice", Choices: [{ Variable: "$", StringMatches: "a\\b", Next: "Only" }] },
      "no escape",
    ],
    [
      "Next inside And",
      { Type: "Choice", Choices: [{ And: [{ Variable: "$", IsNull: true, Next: "Only" }], Next: "Only" }] },
      "And[0].Next",
    ],
    ["a rule without Next", { Type: "Choice", Choices: [{ Variable: "$", IsNull: true }] }, "Next: is required"],
    ["a Wait for nothing", { Type: "Wait", End: true }, "exactly one of"],
    ["a Wait for two things", { Type: "Wait", Seconds: 1, SecondsPath: "$", End: true }, "exactly one of"],
    ["a negative Wait", { Type: "Wait", Seconds: -1, End: true }, "whole number from 0"],
    ["a bad Timestamp", { Type: "Wait", Timestamp: "2026-01-05", End: true }, "must be like"],
    [
      "an unknown resource",
      { Type: "Task", Resource: "arn:aws:states:::sns:publish", End: true },
      "'arn:aws:states:::sns:publish' is not",
    ],
    [
      "no FunctionName",
      { Type: "Task", Resource: INVOKE, Parameters: { Payload: {} }, End: true },
      "FunctionName: is required",
    ],
    [
      "an unknown parameter",
      { Type: "Task", Resource: INVOKE, Parameters: { FunctionName: "f", Qualifier: "1" }, End: true },
      "Qualifier: is not",
    ],
    [
      "no StateMachineArn",
      { Type: "Task", Resource: START_AND_WAIT, Parameters: { "Input.$": "$" }, End: true },
      "StateMachineArn: is required",
    ],
    ["a time-out of 0", call("f", { TimeoutSeconds: 0, End: true }), "whole number from 1"],
    [
      "a heartbeat as long as the time-out",
      call("f", { TimeoutSeconds: 5, HeartbeatSeconds: 5, End: true }),
      "smaller than",
    ],
    [
      "a time-out given twice",
      call("f", { TimeoutSeconds: 5, TimeoutSecondsPath: "$.t", End: true }),
      "exclude each other",
    ],
    [
      "States.ALL among others",
      call("f", { Retry: [{ ErrorEquals: ["States.ALL", "A"] }], End: true }),
      "must stand alone",
    ],
    [
      "States.ALL before others",
      call("f", { Retry: [{ ErrorEquals: ["States.ALL"] }, { ErrorEquals: ["A"] }], End: true }),
      "and last",
    ],
    ["an empty ErrorEquals", call("f", { Retry: [{ ErrorEquals: [] }], End: true }), "at least one error name"],
    [
      "a back-off rate below 1",
      call("f", { Retry: [{ ErrorEquals: ["A"], BackoffRate: 0.5 }], End: true }),
      "from 1 up",
    ],
    [
      "a delay limit below the interval",
      call("f", { Retry: [{ ErrorEquals: ["A"], IntervalSeconds: 9, MaxDelaySeconds: 5 }], End: true }),
      "greater than",
    ],
    [
      "an unknown jitter",
      call("f", { Retry: [{ ErrorEquals: ["A"], JitterStrategy: "SOME" }], End: true }),
      "FULL or NONE",
    ],
    [
      "an unknown retrier field",
      call("f", { Retry: [{ ErrorEquals: ["A"], Forever: true }], End: true }),
      "Forever: is not",
    ],
    ["a ResultPath into the context", { Type: "Pass", ResultPath: "$$.a", End: true }, "cannot write to the context"],
    ["Error and ErrorPath", { Type: "Fail", Error: "a", ErrorPath: "$.a" }, "exclude each other"],
    ["an intrinsic in InputPath", { Type: "Pass", InputPath: "States.Array(1)", End: true }, "not a path"],
    [
      "a distributed Map",
      {
        Type: "Map",
        ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED" }, ...machine({ S: { Type: "Succeed" } }) },
        End: true,
      },
      "only INLINE",
    ],
    [
      "an ItemReader",
      { Type: "Map", ItemReader: {}, ItemProcessor: machine({ S: { Type: "Succeed" } }), End: true },
      "ItemReader: is not",
    ],
    [
      "tolerated failures",
      { Type: "Map", ToleratedFailureCount: 1, ItemProcessor: machine({ S: { Type: "Succeed" } }), End: true },
      "ToleratedFailureCount: is not",
    ],
    ["a Map without a processor", { Type: "Map", End: true }, "ItemProcessor: must be an object"],
    ["a Parallel without branches", { Type: "Parallel", Branches: [], End: true }, "at least one branch"],
    [
      "a time-out on a Parallel",
      { Type: "Parallel", TimeoutSeconds: 5, Branches: [machine({ S: { Type: "Succeed" } })], End: true },
      "TimeoutSeconds: is not",
    ],
    [
      "a time-out on a branch",
      { Type: "Parallel", Branches: [machine({ S: { Type: "Succeed" } }, { TimeoutSeconds: 5 })], End: true },
      "TimeoutSeconds: is not",
    ],
    ["a Comment that is no text", { Type: "Succeed", Comment: 1 }, "Comment: must be a string"],
  ])("refuses %s", (_, state, reason) => {
    expect(only(state)).toContain(reason);
  });
});

describe("placeholders", () => {
  const slot = (name: string) => `\${${name}}`;
  const definition = machine({
    Only: {
      Type: "Pass",
      Result: { arn: slot("Arn"), text: `a ${slot("Arn")} and ${slot("Name")}`, list: [slot("Name")] },
      End: true,
    },
  });

  it("are replaced inside strings, as CloudFormation replaces them", () => {
    const state = loadMachine(definition, { Arn: "arn:x", Name: 'it"s' }).states.get("Only");
    expect(state?.type === "Pass" && state.result).toEqual({ arn: "arn:x", text: 'a arn:x and it"s', list: ['it"s'] });
  });

  it("without a value are problems", () => {
    expect(problems(definition, { Arn: "arn:x" })).toEqual([
      { path: "$.States['Only'].Result.text", reason: `nothing to put for ${slot("Name")}` },
      { path: "$.States['Only'].Result.list[0]", reason: `nothing to put for ${slot("Name")}` },
    ]);
  });
});
