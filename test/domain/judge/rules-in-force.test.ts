import { describe, expect, it } from "vitest";
import { watchesOf } from "../../../functions/domain/judge/reference.ts";
import { ruleInForce } from "../../../functions/domain/judge/rules-in-force.ts";
import { observe, standingOf, UNJUDGED } from "../../../functions/domain/judge/thresholds.ts";
import { environmentPlan, metric, rule } from "../../support/canary-world.ts";

const half = rule({ max: 0.5, sustainedSeconds: 600, ifBaselineBreaks: "relative" });
const errors = metric({ rules: [half] });
const p95 = metric({ source: { preset: "lambda-duration-p95" } });

describe("a max that the old version is above as it stands", () => {
  it("becomes a distance from the baseline beside the candidate", () => {
    expect(ruleInForce(half, errors, 1)).toEqual({
      ...rule({ sustainedSeconds: 600, maxIncreasePoints: 0.5, ifBaselineBreaks: "relative" }),
      insteadOf: { max: 0.5, served: 1 },
    });
  });

  it("becomes +10 % of the baseline where the value is no rate", () => {
    expect(ruleInForce(rule({ max: 300, ifBaselineBreaks: "relative" }), p95, 400)).toMatchObject({
      maxIncreasePercent: 10,
      insteadOf: { max: 300, served: 400 },
    });
  });

  it.each([
    ["the old version keeps it", half, 0.5],
    ["nothing is known of the old version", half, null],
    ["the policy keeps it", { ...half, ifBaselineBreaks: "keep" as const }, 1],
    ["the policy refuses such a start, and it was let in before", { ...half, ifBaselineBreaks: "refuse" as const }, 1],
    ["the plan is older than the choice", rule({ max: 0.5 }), 1],
    ["it compares with the baseline anyway", rule({ maxIncreasePoints: 2, ifBaselineBreaks: "relative" }), 9],
  ])("stays as written where %s", (_, written, served) => {
    expect(ruleInForce(written, errors, served)).toBe(written);
  });

  it("binds a candidate that is as good as the baseline no more, and one that is worse still", () => {
    const bound = ruleInForce({ ...half, sustainedSeconds: 0 }, errors, 1);
    const seen = (candidate: number) =>
      observe(bound, UNJUDGED, {
        at: 0,
        ms: 60_000,
        candidate: { samples: 600, value: candidate },
        baseline: { samples: 5_400, value: 1 },
      });
    expect(standingOf(bound, seen(1.2), " %").state).toBe("kept");
    expect(standingOf(bound, seen(1.6), " %").state).toBe("broken");
  });

  it("is said with every verdict on the rule: what holds, instead of what, and why", () => {
    expect(standingOf(ruleInForce(half, errors, 1), UNJUDGED, " %").text).toBe(
      "at most baseline + 0.5 points (for 10m) instead of at most 0.5 %, since what served before was at 1 %: 0 of 1 samples needed",
    );
  });

  it("is found by the reference that was read before the first shift", () => {
    const plan = environmentPlan({ analysis: { ...environmentPlan().analysis, metrics: [errors] } });
    const line = { periods: 1_440, requests: 144_000, bad: 1_440, worstRate: 0.01, value: 1, quantileMs: null };
    const references = { "errors@order": { ...line, phi: 1, requestsPerPeriod: 100 } };
    expect(watchesOf(plan, [], references)[0]?.metric.rules[0]).toMatchObject({ maxIncreasePoints: 0.5 });
    expect(watchesOf(plan, [], {})[0]?.metric.rules[0]).toEqual(half);
  });
});
