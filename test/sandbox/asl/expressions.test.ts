import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileIntrinsic } from "../../../sandbox/asl/intrinsics.ts";
import type { Json } from "../../../sandbox/asl/json.ts";
import { compilePath, find, put, read } from "../../../sandbox/asl/path.ts";
import { compileTemplate } from "../../../sandbox/asl/template.ts";

const CONTEXT = { Execution: { Name: "one" } };
const scope = (input: Json) => ({ input, context: () => CONTEXT });
const select = (path: string, input: Json) => find(compilePath(path), scope(input));
const evaluate = (call: string, input: Json = {}) => compileIntrinsic(call, "field.$")(scope(input));
const fill = (template: Json, input: Json) => compileTemplate(template)(scope(input));

describe("a path", () => {
  const input = { a: { b: [10, { "c d": null }], "x-y": 1 }, ünï: true };

  it.each([
    ["$", input],
    ["$.a.b[0]", 10],
    ["$['a']['b'][1]['c d']", null],
    ['$["a"]["x-y"]', 1],
    ["$.a.x-y", 1],
    ["$.ünï", true],
    ["$$.Execution.Name", "one"],
  ])("%s selects the node it names", (path, expected) => {
    expect(select(path, input)).toEqual(expected);
  });

  it.each(["$.nope", "$.a.b[2]", "$.a.b.length", "$.a[0]", "$.toString", "$.a.constructor", "$$.Task.Token"])(
    "%s selects nothing",
    (path) => {
      expect(select(path, input)).toBeUndefined();
    },
  );

  it.each([
    ["$..a", "recursive descent"],
    ["$.a[*]", "wildcards"],
    ["$.*", "wildcards"],
    ["$.a[?(@.b > 1)]", "filters"],
    ["$.a[0:2]", "slices"],
    ["$.a[0,1]", "slices and unions"],
    ["$.a[-1]", "negative"],
    ["a.b", "starts with"],
    ["$.a.length()", "not a reference path"],
    ["$.", "not a reference path"],
    ["$.a b", "not a reference path"],
    ["$[a]", "not a reference path"],
  ])("%s is refused, with the reason", (path, reason) => {
    expect(() => compilePath(path)).toThrow(reason);
  });

  it("that selects nothing where something is needed is a run-time error in the service's words", () => {
    expect(() => read(compilePath("$.b.c"), scope({ a: 1 }), "b.$")).toThrow(
      `States.Runtime: The JSONPath '$.b.c' specified for the field 'b.$' could not be found in the input '{"a":1}'`,
    );
  });
});

describe("writing through a path", () => {
  const write = (path: string, document: Json, value: Json = "new") => put(compilePath(path), document, value);

  it.each<[string, Json, Json]>([
    ["$", { a: 1 }, "new"],
    ["$.b", { a: 1 }, { a: 1, b: "new" }],
    ["$.a", { a: 1 }, { a: "new" }],
    ["$.b.c.d", { a: 1 }, { a: 1, b: { c: { d: "new" } } }],
    ["$['b c']", {}, { "b c": "new" }],
    ["$.list[1]", { list: [1, 2] }, { list: [1, "new"] }],
    ["$.list[0].x", { list: [{ y: 1 }] }, { list: [{ y: 1, x: "new" }] }],
  ])("%s into %j", (path, document, expected) => {
    expect(write(path, document)).toEqual(expected);
  });

  it.each<[string, Json]>([
    ["$.a.b", { a: 1 }],
    ["$.a.b", { a: null }],
    ["$.a", [1]],
    ["$.a", "text"],
    ["$.a[0]", {}],
    ["$.a[2]", { a: [1] }],
    ["$.a[0]", { a: { 0: 1 } }],
  ])("%s into %j does not match", (path, document) => {
    expect(() => write(path, document)).toThrow("States.ResultPathMatchFailure");
  });

  it("changes nothing but the node it names, and never the document itself", () => {
    const keys = fc.constantFrom("a", "b", "c");
    fc.assert(
      fc.property(fc.array(keys, { minLength: 1, maxLength: 4 }), fc.dictionary(keys, fc.integer()), (steps, rest) => {
        const document = { ...rest, [steps[0] ?? ""]: {} };
        const before = structuredClone(document);
        const path = `$.${steps.join(".")}`;
        const after = write(path, document, 7);
        expect(document).toEqual(before);
        expect(select(path, after)).toBe(7);
        for (const key of Object.keys(rest)) if (key !== steps[0]) expect(after).toHaveProperty(key, rest[key]);
      }),
    );
  });
});

describe("a payload template", () => {
  it("fills in what ends in .$ at any depth, and leaves the rest as it is", () => {
    const template = {
      plain: { "not.$path": 1, text: "$.a", list: [1, { "deep.$": "$.a" }] },
      "whole.$": "$",
      "name.$": "$$.Execution.Name",
      "sum.$": "States.MathAdd($.a, 1)",
      nothing: null,
    };
    expect(fill(template, { a: 1 })).toEqual({
      plain: { "not.$path": 1, text: "$.a", list: [1, { deep: 1 }] },
      whole: { a: 1 },
      name: "one",
      sum: 2,
      nothing: null,
    });
  });

  it("keeps null where a path selects null", () => {
    expect(fill({ "a.$": "$.a", list: [{ "b.$": "$.a" }] }, { a: null })).toEqual({ a: null, list: [{ b: null }] });
  });

  it.each<[Json, string]>([
    [{ "a.$": 1 }, "must be a path or an intrinsic call"],
    [{ "a.$": "plain" }, "not a path"],
    [{ "a.$": "$.b", a: 1 }, "given twice"],
    [[1], "is a JSON object"],
  ])("%j is refused", (template, reason) => {
    expect(() => compileTemplate(template)).toThrow(reason);
  });
});

describe("an intrinsic function", () => {
  it.each<[string, Json, Json]>([
    ["States.Format('Hello {}, {}!', $.name, 'x')", { name: "you" }, "Hello you, x!"],
    ["States.Format('{} {} {}', 1, true, null)", {}, "1 true null"],
    ["States.Format('no holes')", {}, "no holes"],
    [String.raw`States.Format('\{\} it\'s {} \\', 1)`, {}, String.raw`{} it's 1 \ `.trim()],
    ["States.Format('(a, b) {}', 'c)')", {}, "(a, b) c)"],
    ["States.Format('{}', '{}')", {}, "{}"],
    ["States.Format($.template, 2)", { template: "<{}>" }, "<2>"],
    ["States.MathAdd(1, -3)", {}, -2],
    ["States.MathAdd($.n, 1.6)", { n: 1 }, 3],
    ["States.ArrayGetItem($.list, 1)", { list: [1, null] }, null],
    ["States.ArrayLength($.list)", { list: [] }, 0],
    ["States.Array(1, 'a', null, $.x, States.Array())", { x: { y: 1 } }, [1, "a", null, { y: 1 }, []]],
    ["States.JsonToString($)", { a: [1, "b"] }, '{"a":[1,"b"]}'],
    ["States.StringToJson('[1, {\"a\": 2}]')", {}, [1, { a: 2 }]],
    ["States.ArrayGetItem(States.Array('a', 'b'), States.MathAdd(0, 1))", {}, "b"],
    ["States.Format('{}', $['odd, name)'])", { "odd, name)": "ok" }, "ok"],
    ["States.Array( $.a , $.a )", { a: 1 }, [1, 1]],
  ])("%s", (expression, input, expected) => {
    expect(evaluate(expression, input)).toEqual(expected);
  });

  it.each<[string, Json]>([
    ["States.MathAdd($.a, 1)", { a: "1" }],
    ["States.MathAdd(2147483647, 1)", {}],
    ["States.ArrayGetItem($.a, 5)", { a: [1] }],
    ["States.ArrayGetItem($.a, 0)", { a: "text" }],
    ["States.ArrayLength($.a)", { a: {} }],
    ["States.StringToJson('{not json')", {}],
    ["States.StringToJson($.a)", { a: 1 }],
    ["States.Format('{}', $.a)", { a: { b: 1 } }],
    ["States.Format($.a, 1)", { a: "no holes" }],
    ["States.Format($.a)", { a: 7 }],
  ])("%s fails on %j", (expression, input) => {
    expect(() => evaluate(expression, input)).toThrow("States.IntrinsicFailure");
  });

  it("reports a missing path as a run-time error, not as its own failure", () => {
    expect(() => evaluate("States.MathAdd($.missing, 1)")).toThrow("States.Runtime");
  });

  it.each([
    ["States.UUID()", "not implemented"],
    ["States.Nope(1)", "not implemented"],
    ["States.Format()", "takes a template"],
    ["States.Format('{}')", "1 placeholder(s) and 0 value(s)"],
    ["States.MathAdd(1)", "takes 2 argument(s)"],
    ["States.Array(1", "comma or a closing parenthesis"],
    ["States.Array(1) x", "follows"],
    ["States.Array 1", "parenthesis is missing"],
    ["States.Array(nope)", "not an argument"],
    ["States.Array($.a[*])", "wildcards"],
    [String.raw`States.Format('\n')`, "is no escape"],
    [`${"States.Array(".repeat(11)}${")".repeat(11)}`, "at most 10 deep"],
  ])("%s is refused at load", (expression, reason) => {
    expect(() => compileIntrinsic(expression, "f")).toThrow(reason);
  });

  it("JsonToString and StringToJson undo each other", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const json = JSON.parse(JSON.stringify(value)) as Json;
        expect(evaluate("States.StringToJson(States.JsonToString($.v))", { v: json })).toEqual(json);
      }),
    );
  });

  it("Format puts any text in unchanged, whatever it contains", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(evaluate("States.Format('{}|{}', $.a, $.b)", { a, b })).toBe(`${a}|${b}`);
      }),
    );
  });
});
