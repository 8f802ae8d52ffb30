import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalBelow, normalQuantile } from "../../../../functions/domain/judge/statistics/normal.ts";
import {
  findRoot,
  shiftBounds,
  shiftInterval,
  standardizedShift,
  UnrankableError,
} from "../../../../functions/domain/judge/statistics/rank-interval.ts";
import {
  cohenD,
  deviation,
  effectSize,
  iqrOutliers,
  percentile,
  sigmaOutliers,
  withoutOutliers,
} from "../../../../functions/domain/judge/statistics/rank-series.ts";

const repeat = (count: number, value: number): number[] => Array.from({ length: count }, () => value);

describe("the normal distribution", () => {
  it("is known to twelve digits where tables have it", () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
    expect(normalQuantile(0.5)).toBe(0);
    expect(normalBelow(1)).toBeCloseTo(0.8413447460685429, 14);
    expect(normalBelow(0)).toBe(0.5);
    expect([normalBelow(-9), normalBelow(9)]).toEqual([0, 1]);
  });

  it("has a quantile that undoes it", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), (p) => {
        expect(normalBelow(normalQuantile(p))).toBeCloseTo(p, 12);
      }),
    );
  });
});

describe("series", () => {
  it("have a sample deviation, 0 for a single point", () => {
    expect(deviation([1, 2, 3, 4])).toBeCloseTo(Math.sqrt(5 / 3), 14);
    expect(deviation([7])).toBe(0);
  });

  it("have percentiles at and between their points", () => {
    expect([0, 50, 75, 100].map((p) => percentile([4, 1, 3, 2], p))).toEqual([1, 2.5, 3.25, 4]);
    expect(percentile([], 50)).toBe(0);
  });

  it("lose outliers on both sides, gently only beyond the outermost percents", () => {
    const values = [1, 1, 1, 5, -1, -1, -1, -5];
    const both = [false, false, false, true, false, false, false, true];
    expect(iqrOutliers(values, 1.5, false)).toEqual([false, false, false, true, false, false, false, true]);
    expect(sigmaOutliers(values, 1)).toEqual(both);
    expect(sigmaOutliers([...repeat(9, 5), -20], 2)).toEqual([...repeat(9, 0).map(() => false), true]);
    expect(sigmaOutliers([-1, 0, 1], 1)).not.toContain(true);
    expect(iqrOutliers([0, 1, 1, 1, 2, 3, 3, 3, 6], 1.5, false)).not.toContain(true);
    const pair = [...Array.from({ length: 60 }, (_, i) => i), 9_000, 9_500];
    expect(withoutOutliers(pair, 3)).toEqual(pair.slice(0, -1));
    const one = [...repeat(5, 1), 20, ...repeat(5, 1)];
    expect(iqrOutliers(one, 3, false)).toContain(true);
    expect(iqrOutliers(one, 3, true)).toContain(true);
    expect(withoutOutliers(one, 3)).toEqual(repeat(10, 1));
    expect(withoutOutliers([1, 2, 3], 3)).toEqual([1, 2, 3]);
  });

  it("have no mean ratio where either mean is 0", () => {
    expect(effectSize("meanRatio", [0, 0], [1, 2])).toBeNaN();
    expect(effectSize("meanRatio", [1, 2], [0, 0])).toBeNaN();
    expect(effectSize("meanRatio", [1, 3], [3, 3])).toBe(1.5);
  });

  it("have a common-language effect that counts ties by half", () => {
    expect(effectSize("cles", [1, 2], [2, 3])).toBe((1 + 1 + 1 + 0.5) / 4);
  });

  it("have a pooled Cohen's d, weighted by their lengths", () => {
    const pooled = Math.sqrt((1 * 2 + 2 * 1) / 3);
    expect(cohenD([0, 2], [4, 5, 6])).toBeCloseTo(4 / pooled, 12);
  });
});

describe("the interval of a shift", () => {
  it("refuses what has no order", () => {
    expect(() => shiftInterval([Number.NaN, 1], [1, 2], 0.98)).toThrow(UnrankableError);
    expect(() => standardizedShift([1, 2], [Number.POSITIVE_INFINITY], 0, 0)).toThrow("not a finite number");
    expect(() => standardizedShift([2, 2], [1, 1], 1, 0)).toThrow("all points tie");
  });

  it("moves with the candidate, and mirrors when the sides change places", () => {
    const values = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 6, maxLength: 15 });
    fc.assert(
      fc.property(values, values, fc.integer({ min: -500, max: 500 }), (x, y, shift) => {
        fc.pre(new Set(x).size > 2 && new Set(y).size > 2);
        const plain = shiftInterval(x, y, 0.9);
        const moved = shiftInterval(
          x.map((value) => value + shift),
          y,
          0.9,
        );
        expect(Math.abs(moved.estimate - plain.estimate - shift)).toBeLessThanOrEqual(1);
        expect(plain.low).toBeLessThanOrEqual(plain.high + 1e-3);
      }),
    );
  });

  it("is bounded by the extremes for a handful of points", () => {
    expect(shiftInterval([10, 11], [1, 2], 0.98)).toMatchObject({ low: 8, high: 10 });
    expect(shiftBounds([10, 11], [1, 2])).toEqual({ least: 8, most: 10 });
  });
});

describe("the root finder", () => {
  const solve = (f: (x: number) => number, a: number, b: number): number =>
    findRoot(f, { x: a, y: f(a) }, { x: b, y: f(b) });

  it("comes within its tolerance of smooth roots, in few evaluations", () => {
    let calls = 0;
    const cubic = (x: number): number => {
      calls += 1;
      return x ** 3 - 2;
    };
    const root = solve(cubic, 0, 5);
    expect(Math.abs(root - Math.cbrt(2))).toBeLessThanOrEqual(1e-4);
    expect(calls).toBeLessThan(15);
  });

  it("finds jumps, downward too", () => {
    expect(Math.abs(solve((x) => (x < 1.2345 ? 3 : -2), -40, 70) - 1.2345)).toBeLessThanOrEqual(1e-4);
    expect(Math.abs(solve((x) => (x < -7 ? -0.5 : 9), -40, 70) + 7)).toBeLessThanOrEqual(1e-4);
  });

  it("stops on an exact root", () => {
    expect(solve((x) => x - 1, 0, 2)).toBe(1);
  });
});
