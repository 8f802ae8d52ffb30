import { describe, expect, it } from "vitest";
import { captureReference } from "../../../functions/domain/judge/capture-reference.ts";
import { watchesOf } from "../../../functions/domain/judge/reference.ts";
import { planReads, sampleOf } from "../../../functions/domain/judge/sampling.ts";
import { SHAPE_QUANTILES } from "../../../functions/domain/judge/statistics/duration-reference.ts";
import { normalBelow, normalQuantile } from "../../../functions/domain/judge/statistics/normal.ts";
import type { MetricPlan } from "../../../functions/domain/plan.ts";
import { canaryWorld, environmentPlan, judged, metric, PROMOTION, sequential } from "../../support/canary-world.ts";

const durations = (over: Partial<MetricPlan> = {}): MetricPlan =>
  judged({
    name: "durations",
    source: { preset: "lambda-duration" },
    sequential: sequential({ delta: 0, latencyMargin: 0.1 }),
    ...over,
  });
const planOf = (one: MetricPlan) => environmentPlan({ analysis: { ...environmentPlan().analysis, metrics: [one] } });
/** Lognormal around 100 ms. */
const slower = (ms: number) => 1 - normalBelow(Math.log(ms / 100) / 0.5);
const ms = (share: number) => 100 * Math.exp(0.5 * normalQuantile(share));
const quantile = (statistic: string) =>
  Number((100 * Math.exp(0.5 * normalQuantile(Number(statistic.slice(1)) / 100))).toFixed(3));

async function captured(one: MetricPlan) {
  const plan = planOf(one);
  const world = await canaryWorld(plan, () => ({ requests: 1_000, slower, quantile }));
  return { plan, world, references: await captureReference(world.deps, plan, PROMOTION) };
}

describe("the reference of a distribution", () => {
  it("finds the old version's quantiles first, then counts its requests between them", async () => {
    const { references, world } = await captured(durations());
    const [quantiles, counts] = world.metrics.reads.map(({ queries }) => queries.map(({ statistic }) => statistic));
    const read = quantiles?.filter((statistic) => statistic !== "SampleCount") ?? [];
    expect(read).toHaveLength(19);
    expect(read).toEqual(expect.arrayContaining(["p1", "p50", "p75", "p92.5", "p95", "p99", "p99.9"]));
    expect(counts?.map((statistic) => statistic.slice(0, 6))).toEqual([
      "Sample",
      "p95",
      "TC(:10",
      "TC(:14",
      "TC(:22",
      "TC(:32",
      "TC(:91",
    ]);
    const line = references["durations@order"];
    expect(line?.durations?.boundsMs[0]).toBe(100);
    const [half, quarter, tail, extreme] = line?.durations?.shares ?? [];
    expect([half, quarter, tail, extreme].map((share) => Number(share?.toFixed(3)))).toEqual([0.5, 0.25, 0.05, 0.01]);
    expect(line?.quantileMs).toBeCloseTo(227.6, 1);
    expect(line?.durations?.shapeMs).toEqual(SHAPE_QUANTILES.map((share) => expect.closeTo(ms(share), 2)));
  });

  it("is none where nothing judges the durations", async () => {
    const { references } = await captured(metric({ name: "durations", source: { preset: "lambda-duration" } }));
    expect(references["durations@order"]).toBeDefined();
    expect(references["durations@order"]).not.toHaveProperty("durations");
  });

  it("gives the candidate the margin at every bound", async () => {
    const { plan, references } = await captured(durations());
    const arms = plan.targets.map((target) => ({ target, baseline: "7", candidate: "8" }));
    const [watch] = watchesOf(plan, arms, references);
    const { candidate = [], baseline = [] } = watch?.bounds.each ?? {};
    expect(candidate.map((bound, index) => bound / (baseline[index] ?? 0))).toEqual(
      Array(5).fill(expect.closeTo(1.1, 12)),
    );
    const reads = planReads(watch === undefined ? [] : [watch], new Set(["compared"]));
    expect(reads.queries).toHaveLength(14);
    const statistics = reads.queries.map((query) => ("statistic" in query ? query.statistic : ""));
    expect(statistics.filter((statistic) => statistic.startsWith("TC(:110)"))).toHaveLength(1);
  });
});

describe("a sample of a distribution", () => {
  it("holds the requests slower than each bound; the bad ones are those beyond the tail's", () => {
    const within = { "within-0": 50, "within-1": 75, "within-2": 95, "within-3": 99, "within-4": 101 };
    expect(sampleOf(durations(), { samples: 100, value: 228, ...within })).toEqual([100, 5, 228, 50, 25, 5, 1, 0]);
  });

  it("without bounds is a value alone", () => {
    expect(sampleOf(durations(), { samples: 100, value: 228 })).toEqual([100, null, 228]);
  });
});
