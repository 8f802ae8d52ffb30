import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeByRank, type RankInput } from "../../../../functions/domain/judge/statistics/rank.ts";

const repeat = (count: number, value: number): number[] => Array.from({ length: count }, () => value);
const noisy = (level: number, count = 60): number[] =>
  Array.from({ length: count }, (_, i) => level * (1 + 0.1 * Math.sin(i * 12.9898)));

describe("judging a series without failing open", () => {
  const judge = (more: Partial<RankInput>): ReturnType<typeof judgeByRank> =>
    judgeByRank({ baseline: noisy(100), candidate: noisy(100.5), minimumPoints: 50, ...more });

  it("passes a series like the baseline's and fails one well above", () => {
    expect(judge({}).verdict).toBe("pass");
    expect(judge({ candidate: noisy(160) })).toMatchObject({ verdict: "fail", result: { label: "High" } });
    expect(judge({ candidate: noisy(60) })).toMatchObject({ verdict: "fail", result: { label: "Low" } });
  });

  it("is inconclusive below the stated number of points, on either side, and not at it", () => {
    expect(judge({ candidate: noisy(160, 49) })).toMatchObject({
      verdict: "inconclusive",
      reason: "49 of 50 points",
      result: null,
    });
    expect(judge({ baseline: noisy(100, 49) }).verdict).toBe("inconclusive");
    expect(judge({ candidate: noisy(160, 50) }).verdict).toBe("fail");
  });

  it("does not count minutes without a value as points, whatever stands in for them", () => {
    const holes = [...noisy(100, 40), ...repeat(20, Number.NaN)];
    expect(judge({ candidate: holes, config: { nanStrategy: "replace" } }).reason).toBe("40 of 50 points");
    const none = repeat(60, Number.NaN);
    expect(judge({ baseline: none, candidate: none, config: { nanStrategy: "replace" } })).toMatchObject({
      verdict: "inconclusive",
      reason: "no datapoints",
    });
  });

  it("takes missing data for an error where data must be", () => {
    expect(judge({ candidate: [], config: { mustHaveData: true } })).toMatchObject({
      verdict: "error",
      reason: "no datapoints",
    });
  });

  it("takes what cannot be computed for an error, where Kayenta would drop it", () => {
    expect(judge({ candidate: [...noisy(100), Number.NEGATIVE_INFINITY] })).toMatchObject({
      verdict: "error",
      reason: "a point is infinite",
    });
  });

  it("keeps outliers unless told to set them aside", () => {
    const spikes = [...noisy(100), 90_000];
    expect(judge({ candidate: spikes, outlierFactor: 3 }).result?.ratio).toBeLessThan(1.1);
    expect(judge({ candidate: spikes }).result?.ratio).toBeGreaterThan(3);
    const holes = spikes.flatMap((value) => [value, Number.NaN]);
    const trimmed = judge({ candidate: spikes, outlierFactor: 3 });
    expect(judge({ candidate: holes, outlierFactor: 3 }).result).toEqual(trimmed.result);
  });

  it("refuses to judge by fewer than two points", () => {
    expect(() => judge({ minimumPoints: 1 })).toThrow(RangeError);
    expect(() => judge({ minimumPoints: Number.NaN })).toThrow("at least two points");
    expect(judgeByRank({ baseline: [1, 2], candidate: [10, 11], minimumPoints: 2 }).verdict).toBe("fail");
  });

  it("gives the same answer every time", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(5), { minLength: 2 }),
        fc.array(fc.nat(5), { minLength: 2 }),
        (baseline, candidate) => {
          const input = { baseline, candidate, minimumPoints: 2 };
          expect(judgeByRank(input)).toEqual(judgeByRank(input));
          expect(["pass", "fail"]).toContain(judgeByRank(input).verdict);
        },
      ),
    );
  });
});
