import { describe, expect, it } from "vitest";
import { normalQuantile } from "../../../../functions/domain/judge/statistics/normal.ts";
import {
  shiftBounds,
  shiftInterval,
  standardizedShift,
} from "../../../../functions/domain/judge/statistics/rank-interval.ts";
import {
  classifyByRank,
  type KayentaConfig,
  kayentaConfig,
  type RankLabel,
} from "../../../../functions/domain/judge/statistics/rank-kayenta.ts";
import {
  cohenD,
  effectSize,
  handleNaN,
  iqrOutliers,
  percentile,
  sigmaOutliers,
  summarize,
} from "../../../../functions/domain/judge/statistics/rank-series.ts";
import vectors from "../../../vectors/kayenta-vectors.json" with { type: "json" };

const toSeries = (values: readonly (number | null)[]): number[] => values.map((value) => value ?? Number.NaN);
const repeat = (count: number, value: number): number[] => Array.from({ length: count }, () => value);
type Derived = { ciLow?: number; ciHigh?: number; estimate?: number; deviation?: number | string };
const noisy = (level: number, count = 60): number[] =>
  Array.from({ length: count }, (_, i) => level * (1 + 0.1 * Math.sin(i * 12.9898)));

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
