import { describe, expect, it } from "vitest";
import { isRanked, isThin } from "../../../functions/domain/judge/thin-arm.ts";

const arm = (samples: number) => ({ samples, value: 1 });

describe("an arm beside the candidate", () => {
  it.each([
    ["six requests beside 594", 594, 6, true],
    ["60 beside 5,940: their p95 is one", 5_940, 60, false],
    ["30 beside 30: both err alike", 30, 30, false],
    ["6 beside 54, at a step of 90 %", 54, 6, true],
    ["49 beside 196, four times as many", 196, 49, false],
  ])("of %s is thin or not", (_what, candidate, beside, thin) => {
    expect(isThin(arm(candidate), arm(beside))).toBe(thin);
  });

  it("is ranked while it has more than a fifth", () => {
    const at = (weight: number, finished = false) => isRanked({ from: 0, weight, finished });
    expect([at(10), at(79), at(80), at(99), at(100), at(50, true)]).toEqual([true, true, false, false, false, false]);
  });
});
