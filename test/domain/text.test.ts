import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  allInPlainText,
  deceivingIn,
  inPlainText,
  oneLine,
  plainJson,
  spelledOut,
  unseenIn,
} from "../../functions/domain/text.ts";

const any = fc.string({ unit: "binary", maxLength: 60 });

describe("plain text", () => {
  test("spells out what would deceive, and keeps lines, tabs and everything that is seen", () => {
    expect(inPlainText("a\u202Eb\u001B[2J\u0085c\r\nd\n\te\uD800f \u{1F469}\u200D\u{1F4BB}")).toBe(
      "a[U+202E]b[U+001B][2J[U+0085]c\nd\n\te[U+D800]f \u{1F469}\u200D\u{1F4BB}",
    );
  });

  test("has nothing left that deceives, and twice is once", () => {
    fc.assert(
      fc.property(any, (text) => {
        expect(deceivingIn(inPlainText(text), "several lines")).toEqual([]);
        expect(inPlainText(inPlainText(text))).toBe(inPlainText(text));
      }),
    );
  });

  test("has no letter under more marks than people write", () => {
    const acute = "\u0301";
    expect(inPlainText(`e${acute.repeat(8)}f`)).toBe(`e${acute.repeat(8)}f`);
    expect(inPlainText(`e${acute.repeat(10)}f`)).toBe(`e${acute.repeat(8)}[U+0301][U+0301]f`);
    expect(deceivingIn(`e${acute.repeat(9)}`, "several lines")).toEqual(["U+0301"]);
  });

  test("is made of every text of a value and of its keys, and of nothing else", () => {
    const value = { "a\u202E": [1, null, true, { b: "c\u0000" }], d: undefined };
    expect(allInPlainText(value)).toEqual({ "a[U+202E]": [1, null, true, { b: "c[U+0000]" }], d: undefined });
  });
});

describe("one line", () => {
  test("has no break, whatever any program takes for one", () => {
    fc.assert(
      fc.property(any, (text) => {
        const line = oneLine(text, Number.POSITIVE_INFINITY);
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]| {2}|^ | $/u);
        expect(deceivingIn(line, "one line")).toEqual([]);
      }),
    );
  });

  test("folds blanks of any width, and says where it is cut, never within a character", () => {
    expect(oneLine("a\u00A0\u2003\u3164\u2800\u3000b")).toBe("a b");
    expect(oneLine("\u{1F600}".repeat(3), 4)).toBe("\u{1F600}\u2026");
  });
});

test("JSON says the same value without what deceives", () => {
  fc.assert(
    fc.property(fc.dictionary(any, any), (value) => {
      const json = plainJson(value);
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(deceivingIn(json, "one line")).toEqual([]);
    }),
  );
});

describe("what cannot be seen", () => {
  test("is named, each once, and spelled out where it stands", () => {
    const text = "a\u200Bb\uFE0F\u200B\u00A0\u3164 c";
    expect(unseenIn(text)).toEqual(["U+200B", "U+FE0F", "U+00A0", "U+3164"]);
    expect(spelledOut(text)).toBe("a[U+200B]b[U+FE0F][U+200B][U+00A0][U+3164] c");
  });

  test("of several lines leaves out their breaks and tabs", () => {
    expect(deceivingIn("a\n\tb\u0007", "several lines")).toEqual(["U+0007"]);
    expect(deceivingIn("a\n\tb\u0007", "one line")).toEqual(["U+000A", "U+0009", "U+0007"]);
  });
});
