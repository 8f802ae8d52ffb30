import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../functions/domain/canonical.ts";

describe("canonical JSON", () => {
  it("sorts keys at every depth and keeps the order of lists", () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }, "x"], a: true })).toBe('{"a":true,"b":[{"c":null,"d":1},"x"]}');
  });

  it("sorts by code unit, not by locale", () => {
    expect(canonicalJson({ a: 1, B: 2, é: 3, "10": 4, "9": 5 })).toBe('{"10":4,"9":5,"B":2,"a":1,"é":3}');
  });

  it("leaves out members that are undefined, and writes null for them in lists, as JSON does", () => {
    expect(canonicalJson({ a: undefined, b: [undefined] })).toBe('{"b":[null]}');
  });

  it.each([
    [Number.NaN, "JSON has no number NaN"],
    [Number.POSITIVE_INFINITY, "JSON has no number Infinity"],
    [1n, "JSON has no value of type bigint"],
    [undefined, "JSON has no value of type undefined"],
    [() => 1, "JSON has no value of type function"],
  ])("refuses %s", (value, message) => {
    expect(() => canonicalJson(value)).toThrow(new TypeError(message));
  });

  it("is JSON for the same value, and the same text whatever the order of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}
