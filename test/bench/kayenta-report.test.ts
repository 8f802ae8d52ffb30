import { describe, expect, it } from "vitest";
import { classifyByMean, labelScore, type ScoredMetric, scoreCanary } from "../../bench/judge/kayenta-report.ts";
import {
  type KayentaConfig,
  kayentaConfig,
  type RankLabel,
} from "../../functions/domain/judge/statistics/rank-kayenta.ts";
import vectors from "../vectors/kayenta-vectors.json" with { type: "json" };

describe("Kayenta's published vectors", () => {
  it.each(vectors.meanInequalityClassify)("means: $test", ({ control, experiment, config, expected }) => {
    expect(classifyByMean(control, experiment, kayentaConfig(config as KayentaConfig))).toBe(expected.classification);
  });

  it.each(vectors.score)("score: $test", ({ groupWeights, metrics, expected }) => {
    const labelled = metrics.map((metric) => ({ ...metric, label: metric.classification as RankLabel }));
    const { score, groups } = scoreCanary(labelled, groupWeights as Record<string, number>);
    expect(score).toBe(expected.summaryScore);
    const sorted = "groupScoresSorted" in expected ? expected.groupScoresSorted : undefined;
    if (sorted !== undefined) expect(groups.map((group) => group.score).toSorted((a, b) => a - b)).toEqual(sorted);
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

describe("Kayenta's classifier by means", () => {
  const better = kayentaConfig({ direction: "increase" });

  it("compares means in the direction asked for", () => {
    const label = (direction: KayentaConfig["direction"], to: number): RankLabel =>
      classifyByMean([1, 2, 3], [to, to, to + 1], kayentaConfig({ direction }));
    expect([label("increase", 5), label("decrease", 5), label("either", 5)]).toEqual(["High", "Pass", "High"]);
    expect([label("increase", 0), label("decrease", 0), label("either", 0)]).toEqual(["Pass", "Low", "Low"]);
    expect(classifyByMean([1, 3], [2, 2], better)).toBe("Pass");
  });

  it("names the lack of data as the settings ask", () => {
    expect(classifyByMean([], [1], better)).toBe("Nodata");
    expect(classifyByMean([1], [Number.NaN], kayentaConfig({ mustHaveData: true }))).toBe("NodataFailMetric");
  });
});
