import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalBelow, normalQuantile } from "../../../../functions/domain/judge/statistics/normal.ts";
import {
  judgeByRank,
  type RankInput,
  type RankMetric,
  scoreByRank,
} from "../../../../functions/domain/judge/statistics/rank.ts";
import {
  findRoot,
  shiftBounds,
  shiftInterval,
  standardizedShift,
  UnrankableError,
} from "../../../../functions/domain/judge/statistics/rank-interval.ts";
import {
  classifyByMean,
  classifyByRank,
  type KayentaConfig,
  kayentaConfig,
  type RankLabel,
} from "../../../../functions/domain/judge/statistics/rank-kayenta.ts";
import {
  labelScore,
  type ScoredMetric,
  scoreCanary,
} from "../../../../functions/domain/judge/statistics/rank-score.ts";
import {
  cohenD,
  deviation,
  effectSize,
  handleNaN,
  iqrOutliers,
  percentile,
  sigmaOutliers,
  summarize,
  withoutOutliers,
} from "../../../../functions/domain/judge/statistics/rank-series.ts";
import vectors from "../../../vectors/kayenta-vectors.json" with { type: "json" };

const toSeries = (values: readonly (number | null)[]): number[] => values.map((value) => value ?? Number.NaN);
const repeat = (count: number, value: number): number[] => Array.from({ length: count }, () => value);

type Derived = { ciLow?: number; ciHigh?: number; estimate?: number; deviation?: number | string };

describe("Kayenta's published vectors", () => {
  it.each(vectors.mannWhitneyClassify)("classifier: $test", ({ control, experiment, config, expected, derived }) => {
    const result = classifyByRank(toSeries(control), toSeries(experiment), kayentaConfig(config as KayentaConfig));
    const wanted = expected as { classification?: RankLabel; critical?: boolean; reasonNotEmpty?: boolean };
    if (wanted.classification !== undefined) expect(result.label).toBe(wanted.classification);
    if (wanted.critical !== undefined) expect(result.critical).toBe(wanted.critical);
    if (wanted.reasonNotEmpty === true) expect(result.reason).not.toBe("");
    const { ciLow, ciHigh, estimate, deviation: ratio } = derived as Derived;
    if (ciLow === undefined) return;
    expect(result.interval?.low).toBeCloseTo(ciLow, 12);
    expect(result.interval?.high).toBeCloseTo(ciHigh ?? Number.NaN, 12);
    expect(result.interval?.estimate).toBeCloseTo(estimate ?? Number.NaN, 12);
    expect(result.ratio).toBe(Number(ratio));
  });

  it.each(vectors.meanInequalityClassify)("means: $test", ({ control, experiment, config, expected }) => {
    expect(classifyByMean(control, experiment, kayentaConfig(config as KayentaConfig))).toBe(expected.classification);
  });

  it.each(vectors.mannWhitneyInterval.slice(0, 2))(
    "interval: $test",
    ({ control, experiment, confidenceLevel, expected, absTol }) => {
      const interval = shiftInterval(experiment, control, confidenceLevel ?? Number.NaN);
      const near = (actual: number, wanted: number | undefined, tolerance: number | undefined): void =>
        expect(Math.abs(actual - (wanted ?? Number.NaN))).toBeLessThanOrEqual(tolerance ?? 0);
      near(interval.low, expected.ciLow, absTol.ci);
      near(interval.high, expected.ciHigh, absTol.ci);
      near(interval.estimate, expected.estimate, absTol.estimate);
    },
  );

  it("interval: every intermediate value where most points tie", () => {
    const { control, experiment, confidenceLevel, expected } = vectors.mannWhitneyInterval[2] ?? {};
    if (control === undefined || experiment === undefined || expected === undefined) throw new Error("vector missing");
    const { least, most } = shiftBounds(experiment, control);
    const interval = shiftInterval(experiment, control, confidenceLevel ?? Number.NaN);
    const z = expected.zqLower ?? Number.NaN;
    const found = {
      muMin: least,
      muMax: most,
      zqLower: -normalQuantile(0.025),
      zqUpper: normalQuantile(0.025),
      fLowerAtZqLower: standardizedShift(experiment, control, least, z),
      fUpperAtZqLower: standardizedShift(experiment, control, most, z),
      fLowerAtZqUpper: standardizedShift(experiment, control, least, -z),
      fUpperAtZqUpper: standardizedShift(experiment, control, most, -z),
      rootAtZqLower: interval.low,
      rootAtZqUpper: interval.high,
      estimate: interval.estimate,
    };
    for (const [name, value] of Object.entries(found)) {
      const wanted = expected[name as keyof typeof found];
      expect(Math.abs(value - (wanted ?? Number.NaN)), name).toBeLessThanOrEqual(1e-6);
    }
  });

  it.each(vectors.wilcoxonDiff)("rank sums: $test", ({ x_experiment, y_control, cases, absTol }) => {
    for (const { mu, quantile, expected } of cases) {
      const found = standardizedShift(x_experiment, y_control, mu, quantile);
      expect(Math.abs(found - expected)).toBeLessThanOrEqual(absTol);
    }
  });

  it.each(vectors.score)("score: $test", ({ groupWeights, metrics, expected }) => {
    const labelled = metrics.map((metric) => ({ ...metric, label: metric.classification as RankLabel }));
    const { score, groups } = scoreCanary(labelled, groupWeights as Record<string, number>);
    expect(score).toBe(expected.summaryScore);
    const sorted = "groupScoresSorted" in expected ? expected.groupScoresSorted : undefined;
    if (sorted !== undefined) expect(groups.map((group) => group.score).toSorted((a, b) => a - b)).toEqual(sorted);
  });

  it.each(vectors.effectSize)("effect size: $test", ({ measure, control, experiment, expected, absTol }) => {
    const found =
      measure === "cohenD"
        ? cohenD(control, experiment)
        : effectSize(measure === "cles" ? "cles" : "meanRatio", control, experiment);
    expect(Math.abs(found - expected)).toBeLessThanOrEqual(absTol);
  });

  it.each(vectors.percentile)("percentile: $test, $p", ({ values, p, expected, absTol }) => {
    expect(Math.abs(percentile(values, p) - expected)).toBeLessThanOrEqual(absTol);
  });

  it.each(vectors.summary)("summary: $test", ({ values, expected }) => {
    expect(summarize(values)).toEqual(expected);
  });

  it.each(vectors.outliers)(
    "outliers: $test",
    ({ detector, k, factor, reduceSensitivity, values, expectedOutlierFlags }) => {
      const flags =
        detector === "ksigma"
          ? sigmaOutliers(values, k ?? Number.NaN)
          : iqrOutliers(values, factor ?? Number.NaN, reduceSensitivity ?? false);
      expect(flags).toEqual(expectedOutlierFlags);
    },
  );

  it.each(vectors.nan)("missing points: $test", ({ strategy, values, expected }) => {
    expect(handleNaN(toSeries(values), strategy === "remove" ? "remove" : "replace")).toEqual(expected);
  });

  it.each(vectors.zQuantile)("normal quantile of $p", ({ p, expected, absTol }) => {
    expect(Math.abs(normalQuantile(p) - expected)).toBeLessThanOrEqual(absTol);
  });

  it("start from the defaults of the judge", () => {
    const { tolerance, confLevel, direction, nanStrategy, critical, mustHaveData } = vectors.semantics.judgeDefaults;
    expect(kayentaConfig()).toMatchObject({ tolerance, confLevel, direction, nanStrategy, critical, mustHaveData });
    expect(kayentaConfig()).toMatchObject({ allowedIncrease: 1, allowedDecrease: 1, criticalIncrease: 1 });
    expect(kayentaConfig({ effectSizeMeasure: "cles" })).toMatchObject({ allowedIncrease: 0.5, criticalDecrease: 0.5 });
  });
});

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

const noisy = (level: number, count = 60): number[] =>
  Array.from({ length: count }, (_, i) => level * (1 + 0.1 * Math.sin(i * 12.9898)));

describe("Kayenta's classifier", () => {
  const better = kayentaConfig({ direction: "increase" });

  it("gives a reason for each of its labels", () => {
    const reason = (control: number[], experiment: number[]): string =>
      classifyByRank(control, experiment, kayentaConfig()).reason;
    expect(reason(noisy(100), noisy(150))).toBe("the candidate is higher");
    expect(reason(noisy(150), noisy(100))).toBe("the candidate is lower");
    expect(reason(noisy(100), noisy(100.1))).toBe("no difference beyond the tolerance");
    expect(reason([1, 2], [2, 1])).toBe("the series do not differ");
    expect(reason([0], [1])).toBe("both series are constant and cannot be told from a tie");
  });

  it("lets each direction see only its own side", () => {
    const label = (direction: KayentaConfig["direction"], from: number, to: number): RankLabel =>
      classifyByRank(noisy(from), noisy(to), kayentaConfig({ direction })).label;
    expect([label("increase", 100, 150), label("either", 100, 150), label("decrease", 100, 150)]).toEqual([
      "High",
      "High",
      "Pass",
    ]);
    expect([label("increase", 150, 100), label("either", 150, 100), label("decrease", 150, 100)]).toEqual([
      "Pass",
      "Low",
      "Low",
    ]);
  });

  it("allows effects up to the limits, which themselves count as exceeded", () => {
    const [ten, twenty] = [repeat(5, 10), repeat(5, 20)];
    const high = (allowedIncrease: number): RankLabel =>
      classifyByRank(ten, twenty, kayentaConfig({ allowedIncrease })).label;
    expect([high(2), high(2.001)]).toEqual(["High", "Pass"]);
    const low = (allowedDecrease: number): RankLabel =>
      classifyByRank(twenty, ten, kayentaConfig({ allowedDecrease })).label;
    expect([low(0.5), low(0.499)]).toEqual(["Low", "Pass"]);
  });

  it("calls a result critical from the critical effect on, and only where the metric is", () => {
    const [ten, twenty] = [repeat(5, 10), repeat(5, 20)];
    const up = (config: Partial<KayentaConfig>): boolean => classifyByRank(ten, twenty, kayentaConfig(config)).critical;
    const down = (config: Partial<KayentaConfig>): boolean =>
      classifyByRank(twenty, ten, kayentaConfig(config)).critical;
    expect([up({ critical: true, criticalIncrease: 2 }), up({ critical: true, criticalIncrease: 2.1 })]).toEqual([
      true,
      false,
    ]);
    expect([down({ critical: true, criticalDecrease: 0.5 }), down({ critical: true, criticalDecrease: 0.4 })]).toEqual([
      true,
      false,
    ]);
    expect([up({ criticalIncrease: 2 }), down({ criticalDecrease: 0.5 })]).toEqual([false, false]);
  });

  it("asks the interval to clear the tolerance, not to touch it", () => {
    const touching = classifyByRank(repeat(5, 10), repeat(5, 20), kayentaConfig({ tolerance: 1 }));
    expect(touching.label).toBe("Pass");
    expect(classifyByRank(repeat(5, 20), repeat(5, 10), kayentaConfig({ tolerance: 1 })).label).toBe("Pass");
    expect(classifyByRank(repeat(5, 10), repeat(5, 20), kayentaConfig({ tolerance: 0.999 })).label).toBe("High");
  });

  it("takes two constants by their difference, the same every time", () => {
    const result = classifyByRank(repeat(5, 10), repeat(4, 12), better);
    expect(result).toMatchObject({ label: "High", interval: { low: 2, high: 2, estimate: 2 } });
    expect(classifyByRank(repeat(5, 10), repeat(4, 12), better)).toEqual(result);
    expect(classifyByRank(repeat(5, 0), repeat(5, 2), better).label).toBe("High");
    expect(classifyByRank([3], repeat(5, 4), better).label).toBe("High");
  });

  it("labels Error what even its noise could not order", () => {
    expect(classifyByRank([0], [5], better)).toMatchObject({ label: "Error", critical: false });
    expect(classifyByRank(repeat(5, 0), [5], better).label).toBe("Error");
    expect(classifyByRank([1, 2, 3], [Number.POSITIVE_INFINITY, 1, 2], better).label).toBe("Error");
  });

  it("passes equal bags of points in any order, and single values", () => {
    expect(classifyByRank([1, 2, 3], [3, 1, 2], better)).toMatchObject({ label: "Pass", ratio: 1, interval: null });
    expect(classifyByRank([4, 4], [4, 4, 4], better)).toMatchObject({ label: "Pass", interval: null });
    expect(classifyByRank([1, 2], [1, 2, 2], better).interval).not.toBeNull();
  });

  it("names the lack of data as the settings ask", () => {
    const label = (config: Partial<KayentaConfig>): [RankLabel, boolean] => {
      const result = classifyByRank([1], [], kayentaConfig(config));
      return [result.label, result.critical];
    };
    expect(label({})).toEqual(["Nodata", false]);
    expect(label({ critical: true, mustHaveData: true })).toEqual(["Nodata", true]);
    expect(label({ mustHaveData: true })).toEqual(["NodataFailMetric", false]);
    expect(label({ nanStrategy: "replace", mustHaveData: true })).toEqual(["Pass", false]);
    expect(classifyByRank([], [1], better).label).toBe("Nodata");
    expect(classifyByMean([], [1], better)).toBe("Nodata");
    expect(classifyByMean([1], [Number.NaN], kayentaConfig({ mustHaveData: true }))).toBe("NodataFailMetric");
  });

  it("compares means in the direction asked for", () => {
    const label = (direction: KayentaConfig["direction"], to: number): RankLabel =>
      classifyByMean([1, 2, 3], [to, to, to + 1], kayentaConfig({ direction }));
    expect([label("increase", 5), label("decrease", 5), label("either", 5)]).toEqual(["High", "Pass", "High"]);
    expect([label("increase", 0), label("decrease", 0), label("either", 0)]).toEqual(["Pass", "Low", "Low"]);
    expect(classifyByMean([1, 3], [2, 2], better)).toBe("Pass");
  });

  it("does not let an unknown error pass for a label", () => {
    const broken: KayentaConfig = {
      ...better,
      get tolerance(): number {
        throw new TypeError("not a number at all");
      },
    };
    expect(() => classifyByRank([1, 2], [2, 3], broken)).toThrow(TypeError);
  });
});

describe("Kayenta's score", () => {
  const metric = (label: RankLabel, more: Partial<ScoredMetric> = {}): ScoredMetric => ({
    name: label,
    label,
    groups: ["all"],
    critical: false,
    ...more,
  });

  it("is the share that passes, rounded to two places", () => {
    expect(scoreCanary([metric("Pass"), metric("High"), metric("Low")], {}).score).toBe(33.33);
    expect(scoreCanary([metric("Pass"), metric("NodataFailMetric")], {}).score).toBe(50);
  });

  it("is 0 when a critical metric does not pass, and when half of the metrics have no data", () => {
    expect(scoreCanary([metric("Pass"), metric("Pass"), metric("Nodata", { critical: true })], {}).score).toBe(0);
    expect(scoreCanary([metric("High", { critical: true })], {}).reason).toBe("a critical metric did not pass");
    expect(scoreCanary([metric("Pass", { critical: true })], {})).toMatchObject({
      score: 100,
      reason: "the weighted share of metrics that pass",
    });
    expect(scoreCanary([metric("Pass"), metric("Nodata")], {})).toMatchObject({
      score: 0,
      reason: "half of the metrics have no data",
    });
    expect(scoreCanary([metric("Pass"), metric("Pass"), metric("Nodata")], {}).score).toBe(100);
  });

  it("counts a group without data as 100 and shows it as 0", () => {
    const metrics = [metric("Pass"), metric("High"), metric("Pass"), metric("Nodata", { groups: ["other"] })];
    const { score, groups } = scoreCanary(metrics, {});
    expect(groups).toContainEqual({ group: "other", score: 0, noData: true });
    expect(score).toBe(83.33);
  });

  it("shares what the stated weights leave among the other groups", () => {
    const metrics = [
      metric("Pass", { groups: ["a"] }),
      metric("High", { groups: ["b"] }),
      metric("Pass", { groups: ["c"] }),
    ];
    expect(scoreCanary(metrics, { a: 60 }).score).toBe(80);
  });

  it("leaves muted metrics out", () => {
    expect(scoreCanary([metric("Pass"), metric("High", { muted: true, critical: true })], {}).score).toBe(100);
  });

  it("is labelled by thresholds that include themselves", () => {
    expect([
      labelScore(95, 75, 95),
      labelScore(94.99, 75, 95),
      labelScore(75, 75, 95),
      labelScore(74.99, 75, 95),
    ]).toEqual(["Pass", "Marginal", "Marginal", "Fail"]);
  });
});

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

describe("scoring several series", () => {
  const policy = { weights: {}, marginal: 75, pass: 95 };
  const input = { baseline: noisy(100), minimumPoints: 50 };
  const metric = (name: string, candidate: number[], config: Partial<KayentaConfig> = {}): RankMetric => ({
    name,
    groups: ["latency"],
    judgement: judgeByRank({ ...input, candidate, config }),
  });
  const good = metric("good", noisy(100));
  const bad = metric("bad", noisy(200));
  const thin = metric("thin", noisy(200, 10));
  const broken = metric("broken", [Number.POSITIVE_INFINITY]);
  const vital = metric("vital", noisy(200), { critical: true });

  it("passes, waits or fails by the score", () => {
    expect(scoreByRank([good], policy)).toMatchObject({ verdict: "pass", score: 100 });
    expect(scoreByRank([good, good, good, bad], policy)).toMatchObject({ verdict: "inconclusive", score: 75 });
    expect(scoreByRank([good, bad], policy)).toMatchObject({ verdict: "fail", score: 50 });
  });

  it("lets no metric vanish: an error is an error, too few points are inconclusive", () => {
    expect(scoreByRank([good, broken], policy)).toMatchObject({
      verdict: "error",
      reason: "broken: a point is infinite",
    });
    expect(scoreByRank([good, thin], policy)).toMatchObject({
      verdict: "inconclusive",
      reason: "thin: 10 of 50 points",
    });
    expect(scoreByRank([thin, broken], policy).verdict).toBe("error");
    expect(scoreByRank([], policy)).toMatchObject({ verdict: "error", reason: "no metric acts" });
  });

  it("fails by a critical metric even when others cannot be judged", () => {
    expect(scoreByRank([good, vital, broken], policy)).toMatchObject({ verdict: "fail", score: 0 });
  });

  it("does not act on dry runs", () => {
    expect(scoreByRank([good, { ...vital, dryRun: true }, { ...broken, dryRun: true }], policy).verdict).toBe("pass");
    expect(scoreByRank([{ ...good, dryRun: true }], policy).verdict).toBe("error");
  });
});
