import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { severityOf, VERDICTS, type Verdict, worstOf } from "../../../functions/domain/judge/verdicts.ts";

describe("the worst of many verdicts", () => {
  it("goes by one table: pass, inconclusive, error, fail", () => {
    expect([...VERDICTS].sort((a, b) => severityOf(a) - severityOf(b))).toEqual([
      "pass",
      "inconclusive",
      "error",
      "fail",
    ]);
  });

  it("of nothing is inconclusive, since no evidence is never a pass", () => {
    expect(worstOf([])).toBe("inconclusive");
  });

  it("is one of them, and none of them is worse, in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...VERDICTS), { minLength: 1 }), (verdicts) => {
        const worst = worstOf(verdicts);
        expect(verdicts).toContain(worst);
        expect(verdicts.every((one) => severityOf(one) <= severityOf(worst))).toBe(true);
        expect(worstOf([...verdicts].reverse())).toBe(worst);
      }),
    );
  });

  it.each(["Fail", "", "toString"])("throws at %j, which is no verdict", (word) => {
    expect(() => worstOf([word as Verdict])).toThrow(`"${word}" is not a verdict`);
    expect(() => worstOf(["pass", word as Verdict])).toThrow(RangeError);
    expect(() => severityOf(word as Verdict)).toThrow(RangeError);
  });
});
