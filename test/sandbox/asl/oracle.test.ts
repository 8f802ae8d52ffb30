import { type RunOptions, StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../sandbox/asl/json.ts";
import { isArray, isObject, throughJson } from "../../../sandbox/asl/json.ts";
import { INVOKE, machine, named, runMachine } from "./sandbox.ts";

// A second opinion: another interpreter of the States Language, by other people, on what it is known to get right.
// Left out, as it differs from the specification there: ResultPath "$" and brackets, a Result of false, 0 or null, a
// ResultPath that does not fit, the name of a failed intrinsic, comparison across types, "?" in StringMatches, a
// document that is 0 or "", IsPresent: false of what is not there, quotes within quotes in JsonToString, and the
// wording of causes.

type LocalHandlers = NonNullable<NonNullable<RunOptions["overrides"]>["taskResourceLocalHandlers"]>;
type Handlers = Readonly<Record<string, (payload: Json) => Json>>;

/** What a run came to: the output, or the error's name; and how often each function was called. */
interface Outcome {
  readonly end: Json;
  readonly calls: Readonly<Record<string, number>>;
}

/** Makes fresh handlers for a run, so that a handler may count. */
type MakeHandlers = () => Handlers;

function counted(makeHandlers: MakeHandlers): { readonly handlers: Handlers; readonly calls: Record<string, number> } {
  const calls: Record<string, number> = {};
  const handlers = Object.entries(makeHandlers()).map(([name, handler]) => {
    const count = (payload: Json): Json => {
      calls[name] = (calls[name] ?? 0) + 1;
      return handler(payload);
    };
    return [name, count] as const;
  });
  return { handlers: Object.fromEntries(handlers), calls };
}

/** Without causes, which the two word differently. */
function withoutCauses(value: Json): Json {
  if (isArray(value)) return value.map(withoutCauses);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => key !== "Cause");
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutCauses(item)]));
}

async function ours(definition: JsonObject, input: Json, makeHandlers: MakeHandlers): Promise<Outcome> {
  const { handlers, calls } = counted(makeHandlers);
  const { output, error } = await runMachine(definition, input, handlers);
  return { end: output === undefined ? `failed: ${error}` : withoutCauses(output), calls };
}

/** All states of a definition, those in branches included. */
function statesOf(definition: JsonObject): readonly (readonly [string, JsonObject])[] {
  const states = Object.entries(definition.States as Record<string, JsonObject>);
  return states.flatMap(([name, state]) => {
    const inner = [state.ItemProcessor, ...(isArray(state.Branches) ? state.Branches : [])].filter(isObject);
    return [[name, state] as const, ...inner.flatMap(statesOf)];
  });
}

async function theirs(definition: JsonObject, input: Json, makeHandlers: MakeHandlers): Promise<Outcome> {
  const { handlers, calls } = counted(makeHandlers);
  const tasks = statesOf(definition).filter(([, state]) => state.Type === "Task");
  const local = tasks.map(([name]) => [name, (call: unknown) => answer(handlers, call as Json)] as const);
  const other = new StateMachine(definition as unknown as StateMachineDefinition, {
    validationOptions: { noValidate: true },
  });
  const overrides = {
    taskResourceLocalHandlers: Object.fromEntries(local) as unknown as LocalHandlers,
    retryIntervalOverrides: Object.fromEntries(statesOf(definition).map(([name]) => [name, 0])),
    waitTimeOverrides: Object.fromEntries(statesOf(definition).map(([name]) => [name, 0])),
  };
  try {
    const output = await other.run(input as never, { overrides }).result;
    return { end: withoutCauses(output as Json), calls };
  } catch (error) {
    const { cause } = error as Error;
    return { end: `failed: ${cause instanceof Error ? cause.name : String(error)}`, calls };
  }
}

/** A Lambda function's answer as the service wraps it. */
function answer(handlers: Handlers, call: Json): Json {
  const { FunctionName, Payload = {} } = call as { FunctionName: string; Payload?: Json };
  return { ExecutedVersion: "$LATEST", Payload: handlers[FunctionName]?.(Payload) ?? null, StatusCode: 200 };
}

async function agree(definition: JsonObject, input: Json, makeHandlers: MakeHandlers = () => ({})): Promise<Json> {
  const [mine, other] = [await ours(definition, input, makeHandlers), await theirs(definition, input, makeHandlers)];
  expect(mine).toEqual(other);
  return mine.end;
}

const pass = (rest: JsonObject): JsonObject => machine({ Only: { Type: "Pass", End: true, ...rest } });
describe("both interpreters agree on", () => {
  const input = { a: 1, b: "two", c: { d: [1, 2, { e: null }] }, t: "2026-01-05T08:00:00Z" };

  it.each<[string, JsonObject]>([
    ["input and output paths", { InputPath: "$.c", OutputPath: "$.d" }],
    ["null paths", { InputPath: null, ResultPath: "$.in" }],
    ["a discarded result", { Result: { x: 1 }, ResultPath: null }],
    ["a result put deep inside", { Result: { x: 1 }, ResultPath: "$.c.new.deep" }],
    ["nested templates", { Parameters: { x: { "y.$": "$.c.d[2].e", z: [1, { "w.$": "$.a" }] }, "s.$": "$.b" } }],
    ["a missing path", { Parameters: { "x.$": "$.nope" } }],
    ["a missing InputPath", { InputPath: "$.c.nope" }],
    ["States.Format", { Parameters: { "x.$": "States.Format('{} and {} \\'quoted\\'', $.a, $.b)" } }],
    ["States.MathAdd", { Parameters: { "x.$": "States.MathAdd($.a, -5)" } }],
    ["States.ArrayGetItem", { Parameters: { "x.$": "States.ArrayGetItem($.c.d, 1)" } }],
    ["States.ArrayLength", { Parameters: { "x.$": "States.ArrayLength($.c.d)" } }],
    ["States.JsonToString", { Parameters: { "x.$": "States.JsonToString($.c)" } }],
    ["States.StringToJson", { Parameters: { "x.$": "States.StringToJson('{\"q\": [1]}')" } }],
    ["States.Array, nested", { Parameters: { "x.$": "States.Array($.a, States.MathAdd($.a, 1), 'z', null, true)" } }],
  ])("%s", async (_, state) => {
    await agree(pass(state), input);
  });

  it("Parallel with a Catch, and Map with an ItemSelector", async () => {
    const inner = machine({ Keep: { Type: "Pass", End: true } });
    const states = {
      Each: {
        Type: "Map",
        ItemsPath: "$.c.d",
        ItemSelector: { "i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "a.$": "$.a" },
        ItemProcessor: inner,
        ResultPath: "$.each",
        Next: "Both",
      },
      Both: {
        Type: "Parallel",
        Branches: [
          machine({ Fine: { Type: "Pass", End: true } }),
          machine({ Bad: { Type: "Fail", Error: "E", Cause: "c" } }),
        ],
        Catch: [{ ErrorEquals: ["E"], ResultPath: "$.error", Next: "Done" }],
        Next: "Done",
      },
      Done: { Type: "Succeed" },
    };
    expect(await agree(machine(states), input)).toMatchObject({
      a: 1,
      error: { Error: "E" },
      each: [{ i: 0 }, {}, {}],
    });
  });
});

const NAMES = ["a", "b", "c"] as const;
const path = fc.constantFrom("$", "$.a", "$.b", "$.c", "$.c.d", "$.l", "$.l[0]", "$.l[1]", "$.r", "$.r.x");
const writePath = fc.constantFrom("$.r", "$.s", "$.c.n", "$.r2.x.y");
const result = fc.oneof(
  fc.constant({ x: 1, y: [true] }),
  fc.constant({ a: 3, b: "z", l: [4] }),
  fc.constant([7, "v"]),
  fc.constant("text"),
);
const expression = fc.oneof(
  path,
  fc.constantFrom(
    "States.MathAdd($.a, 1)",
    "States.Format('{}-{}', $.a, $.b)",
    "States.JsonToString($.l)",
    "States.Array($.a, States.Array())",
    "States.ArrayLength(States.Array($.b, 1))",
  ),
);
const template = fc.record({
  "x.$": expression,
  a: fc.integer({ min: 1 }),
  "b.$": fc.constant("$.b"),
  deep: fc.record({ "y.$": expression }),
});
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });

/** A field left out where the generator gave undefined. */
const compact = (fields: Readonly<Record<string, unknown>>): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject;

const passState = fc
  .record({
    Type: fc.constant("Pass"),
    InputPath: some(path),
    Parameters: some(template),
    Result: some(result),
    ResultPath: some(writePath),
  })
  .map(compact);

const taskState = fc
  .record({
    Type: fc.constant("Task"),
    Resource: fc.constant(INVOKE),
    Parameters: fc.constantFrom(...NAMES).map((name) => ({ FunctionName: name, "Payload.$": "$" })),
    ResultSelector: some(fc.constant({ "out.$": "$.Payload", "code.$": "$.StatusCode" })),
    ResultPath: writePath,
    Retry: some(
      fc.array(
        fc.record({
          ErrorEquals: fc.subarray(["A", "B", "C"], { minLength: 1 }),
          MaxAttempts: fc.integer({ min: 0, max: 3 }),
        }),
        { minLength: 1, maxLength: 2 },
      ),
    ),
    caught: some(fc.subarray(["A", "B", "C", "States.TaskFailed"], { minLength: 1 })),
  })
  .map(compact);

const choiceRule = fc.oneof(
  fc.record({ Variable: fc.constant("$.a"), NumericGreaterThan: fc.integer({ min: -2, max: 5 }) }),
  fc.record({ Variable: fc.constant("$.b"), StringMatches: fc.constantFrom("*", "t*", "*o", "x") }),
  fc.record({ Variable: path, IsPresent: fc.constant(true) }),
  fc.record({ Not: fc.record({ Variable: fc.constant("$.r"), IsPresent: fc.constant(true) }) }),
  fc.record({
    And: fc.constant([
      { Variable: "$.a", IsNumeric: true },
      { Variable: "$.a", NumericLessThanEqualsPath: "$.c.d" },
    ]),
  }),
);
const choiceState = fc.record({
  Type: fc.constant("Choice"),
  rules: fc.array(choiceRule, { minLength: 1, maxLength: 3 }),
});

const mapState = fc
  .record({
    Type: fc.constant("Map"),
    ItemsPath: fc.constantFrom("$.l", "$.l", "$.r"),
    ItemSelector: some(fc.constant({ "a.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "b.$": "$.b" })),
    inner: fc.array(passState, { minLength: 1, maxLength: 2 }),
    ResultPath: writePath,
    caught: some(fc.constant(["States.ALL"])),
  })
  .map(compact);

/** A chain of states, each leading to the next; its choices and catchers may jump ahead. */
function chain(states: readonly JsonObject[], prefix = "S"): JsonObject {
  const last = states.length;
  const name = (index: number): string => `${prefix}${Math.min(index, last)}`;
  const linked = states.map((state, index) => [name(index), link(state, index, name)] as const);
  const definition = machine({ ...Object.fromEntries(linked), [name(last)]: { Type: "Succeed" } });
  // Plain objects: those of the generator have no prototype, which the library does not take for objects.
  return throughJson(definition) as JsonObject;
}

function link(
  { rules, caught, inner, ...state }: JsonObject,
  index: number,
  name: (index: number) => string,
): JsonObject {
  if (isArray(rules)) {
    const ahead = rules.map((rule, offset) => ({ ...(rule as JsonObject), Next: name(index + 1 + offset) }));
    return { ...state, Choices: ahead, Default: name(index + 1) };
  }
  const processor = isArray(inner) && { ItemProcessor: chain(inner as JsonObject[], `${name(index)}.`) };
  const catchers = caught && { Catch: [{ ErrorEquals: caught, ResultPath: "$.error", Next: name(index + 1) }] };
  return { ...state, ...processor, ...catchers, Next: name(index + 1) };
}

describe("both interpreters agree on random machines", () => {
  const input = fc.record({
    a: fc.integer({ min: 1, max: 6 }),
    b: fc.constantFrom("two", "x", "y"),
    c: fc.record({ d: fc.integer({ min: 1, max: 6 }) }),
    // Items alike: of iterations that fail for different reasons, either interpreter may report another one.
    l: fc.array(fc.record({ a: fc.integer({ min: 1, max: 6 }), b: fc.constant("in") }), { maxLength: 3 }),
  });
  const states = fc.array(
    fc.oneof(passState, passState, taskState, taskState, choiceState as fc.Arbitrary<JsonObject>, mapState),
    { minLength: 1, maxLength: 6 },
  );
  const failures = fc.record({
    a: fc.array(fc.constantFrom("A", "B", "C"), { maxLength: 4 }),
    b: fc.array(fc.constantFrom("A", "B", "C"), { maxLength: 4 }),
    c: fc.constant([]),
  });
  /** Functions that first fail with these errors in turn, and then hand back what they got. */
  const failing =
    (plan: Readonly<Record<string, readonly string[]>>): MakeHandlers =>
    () => {
      const entries = Object.entries(plan).map(([name, errors]) => {
        let calls = 0;
        const handler = (payload: Json): Json => {
          const error = errors[calls];
          calls += 1;
          if (error !== undefined) throw named(error);
          return { got: payload };
        };
        return [name, handler] as const;
      });
      return Object.fromEntries(entries);
    };

  it("in output, error name and number of calls", { timeout: 60_000 }, async () => {
    const ends = { succeeded: 0, failed: 0 };
    await fc.assert(
      fc.asyncProperty(states, input, failures, async (list, start, plan) => {
        const definition = chain(list);
        const { error, output } = await runMachine(definition, start, failing(plan)());
        // The two known differences that a random machine can run into, and may catch.
        fc.pre(!/States\.(?:ResultPathMatch|Intrinsic)Failure/u.test(JSON.stringify([error, output])));
        await agree(definition, start, failing(plan));
        ends[error === undefined ? "succeeded" : "failed"] += 1;
      }),
      { numRuns: 400, seed: 20_260_105 },
    );
    // Both kinds of end must have been compared in earnest.
    expect(Math.min(ends.succeeded, ends.failed)).toBeGreaterThan(80);
  });
});
