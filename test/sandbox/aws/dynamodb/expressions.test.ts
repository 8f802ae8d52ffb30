import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holds, parseCondition } from "../../../../sandbox/aws/dynamodb/condition.ts";
import { addDecimals, canonical, compareDecimals } from "../../../../sandbox/aws/dynamodb/decimal.ts";
import { Tokens } from "../../../../sandbox/aws/dynamodb/tokens.ts";
import type { AttributeValue, Item } from "../../../../sandbox/aws/dynamodb/values.ts";

const item: Item = {
  pk: { S: "release" },
  n: { N: "10" },
  text: { S: "headgate" },
  roles: { SS: ["lead", "owner"] },
  list: { L: [{ S: "x" }, { M: { deep: { BOOL: true } } }] },
};

const values: Record<string, AttributeValue> = {
  ":ten": { N: "10.0" },
  ":two": { N: "2" },
  ":text": { S: "headgate" },
  ":head": { S: "head" },
  ":lead": { S: "lead" },
  ":true": { BOOL: true },
  ":type": { S: "SS" },
};

const names = { "#n": "n", "#t": "text", "#r": "roles", "#l": "list", "#d": "deep", "#gone": "gone" };

const check = (expression: string, of: Item = item): boolean =>
  holds(parseCondition(new Tokens({ names, values }, ["pk", "sk"]), expression), of);

describe("a condition", () => {
  test.each([
    ["#n = :ten", true],
    ["#n <> :ten", false],
    ["#n > :two", true],
    ["#n <= :two", false],
    ["#n = :text", false],
    ["#n > :text", false],
    ["#gone <> :ten", true],
    ["#gone = :ten", false],
    ["#gone < :ten", false],
    ["#n BETWEEN :two AND :ten", true],
    ["#n IN (:two, :ten)", true],
    ["#n IN (:two)", false],
    ["attribute_exists(#l[1].#d)", true],
    ["attribute_not_exists(#l[7])", true],
    ["attribute_exists(#n.#d)", false],
    ["#l[1].#d = :true", true],
    ["begins_with(#t, :head)", true],
    ["begins_with(#n, :head)", false],
    ["contains(#r, :lead)", true],
    ["contains(#t, :head)", true],
    ["contains(#l, :text)", false],
    ["attribute_type(#r, :type)", true],
    ["size(#r) = :two", true],
    ["size(#t) > :two", true],
    ["NOT #n = :two AND #n = :ten", true],
    ["#n = :two OR #n = :ten AND #t = :text", true],
    ["(#n = :two OR #n = :ten) AND #t = :head", false],
    ["not (#n = :two or #n = :ten)", false],
  ])("%s is %s", (expression, expected) => {
    expect(check(expression)).toBe(expected);
  });

  test.each([
    "",
    "#n",
    "#n =",
    "#n = :ten AND",
    "(#n = :ten",
    "#n = :ten)",
    "#n = :nowhere",
    "#nowhere = :ten",
    "#n ~ :ten",
  ])("written as %j is refused", (expression) => {
    expect(() => check(expression)).toThrow(expect.objectContaining({ name: "ValidationException" }));
  });
});

/** A random condition as text, with what it means for the values of a, b and c. */
interface Meaning {
  readonly text: string;
  readonly of: (truth: Readonly<Record<string, number>>) => boolean;
}

const COMPARISONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  "=": (l, r) => l === r,
  "<>": (l, r) => l !== r,
  "<": (l, r) => l < r,
  "<=": (l, r) => l <= r,
  ">": (l, r) => l > r,
  ">=": (l, r) => l >= r,
};

const comparison: fc.Arbitrary<Meaning> = fc
  .tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom(...Object.keys(COMPARISONS)), fc.integer({ min: 0, max: 3 }))
  .map(([name, sign, bound]) => ({
    text: `#${name} ${sign} :v${bound}`,
    of: (truth) => COMPARISONS[sign]?.(truth[name] ?? Number.NaN, bound) ?? false,
  }));

const { meaning } = fc.letrec<{ meaning: Meaning; both: Meaning; either: Meaning; not: Meaning }>((tie) => ({
  meaning: fc.oneof({ maxDepth: 4 }, comparison, tie("both"), tie("either"), tie("not")),
  both: fc
    .tuple(tie("meaning"), tie("meaning"))
    .map(([l, r]) => ({ text: `(${l.text}) AND (${r.text})`, of: (truth) => l.of(truth) && r.of(truth) })),
  either: fc
    .tuple(tie("meaning"), tie("meaning"))
    .map(([l, r]) => ({ text: `(${l.text}) OR (${r.text})`, of: (truth) => l.of(truth) || r.of(truth) })),
  not: tie("meaning").map((inner) => ({ text: `NOT (${inner.text})`, of: (truth) => !inner.of(truth) })),
}));

test("any condition of comparisons, AND, OR, NOT and parentheses means what it says", () => {
  const small = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(meaning, fc.record({ a: small, b: small, c: small }), ({ text, of }, truth) => {
      const tokens = new Tokens(
        {
          names: { "#a": "a", "#b": "b", "#c": "c" },
          values: Object.fromEntries([0, 1, 2, 3].map((n) => [`:v${n}`, { N: String(n) }])),
        },
        [],
      );
      const stored = Object.fromEntries(Object.entries(truth).map(([name, n]) => [name, { N: String(n) }]));
      expect(holds(parseCondition(tokens, text), stored)).toBe(of(truth));
    }),
  );
});

describe("numbers", () => {
  const safe = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });

  test("add and compare exactly, with any number of decimals", () => {
    fc.assert(
      fc.property(safe, safe, fc.integer({ min: 0, max: 6 }), (left, right, scale) => {
        const text = (n: number) => `${n}e-${scale}`;
        expect(compareDecimals(text(left), text(right))).toBe(Math.sign(left - right));
        expect(compareDecimals(addDecimals(text(left), text(right)), text(left + right))).toBe(0);
        expect(compareDecimals(addDecimals(text(left), text(right), -1), text(left - right))).toBe(0);
      }),
    );
  });

  test.each([
    ["0.10", "0.1"],
    ["1e3", "1000"],
    ["-0.5", "-0.5"],
    ["007", "7"],
    [".5", "0.5"],
    ["9".repeat(38), "9".repeat(38)],
    ["9".repeat(39), undefined],
    ["twelve", undefined],
    ["", undefined],
  ])("%s is kept as %s", (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });
});
