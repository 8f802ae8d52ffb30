import { describe, expect, it } from "vitest";
import {
  armsOf,
  firstPeriod,
  hasBaseline,
  isWhole,
  type Mode,
  modeOf,
  NO_BOUNDS,
  partQueries,
  planReads,
  quantileOf,
  readableUntil,
  readingsOf,
  type Span,
  sampleOf,
  spanNow,
  spanOf,
  unitOf,
  type Watch,
  watchId,
} from "../../../functions/domain/judge/sampling.ts";
import type { MetricPlan } from "../../../functions/domain/plan.ts";
import { withinStatistic } from "../../../functions/targets/kind.ts";
import { environmentPlan, MINUTE, metric } from "../../support/canary-world.ts";
import { isMetric } from "../../support/queries.ts";

const [order] = environmentPlan().targets;
if (order === undefined) throw new Error("the plan has a target");
const arms = { target: order, baseline: "7", candidate: "8" };
const watch = (over: Partial<MetricPlan> = {}, bounds = NO_BOUNDS): Watch => {
  const plan = metric(over);
  return { id: watchId(plan), metric: plan, arms, bounds };
};
const plan = environmentPlan();
const one = { target: "order", kind: "lambda-alias", candidate: "8" };
const span = (over: Partial<Span> = {}): Span => ({ from: 0, weight: 10, finished: false, ...over });
const p95 = { source: { preset: "lambda-duration-p95" } } as const;
const throttles = { source: { preset: "lambda-throttles" } } as const;
const query = (statistic: string, metricName = "5XXError") => ({
  namespace: "Shop",
  metricName,
  dimensions: { Function: "shop-order", Version: "v{version}" },
  statistic,
});

describe("the readable periods", () => {
  it("end with the newest that closed at least the settle time ago", () => {
    const plan = { periodSeconds: 60, settleSeconds: 120 };
    expect(readableUntil(plan, 10 * MINUTE)).toBe(8 * MINUTE);
    expect(readableUntil(plan, 10 * MINUTE - 1)).toBe(7 * MINUTE);
    expect(readableUntil({ periodSeconds: 300, settleSeconds: 60 }, 11 * MINUTE)).toBe(10 * MINUTE);
    expect(readableUntil({ periodSeconds: 300, settleSeconds: 60 }, 11 * MINUTE - 1)).toBe(5 * MINUTE);
  });

  it("begin with the first whole one", () => {
    expect(firstPeriod({ periodSeconds: 60 }, 3 * MINUTE)).toBe(3 * MINUTE);
    expect(firstPeriod({ periodSeconds: 60 }, 3 * MINUTE + 1)).toBe(4 * MINUTE);
    expect(firstPeriod({ periodSeconds: 300 }, 6 * MINUTE)).toBe(10 * MINUTE);
  });
});

describe("a span of traffic", () => {
  const spans = [span({ from: 90_000, weight: 10 }), span({ from: 10 * MINUTE, weight: 25 })];

  it("holds the periods that lie wholly within it", () => {
    expect(spanOf(spans, MINUTE, MINUTE)).toBeNull();
    expect(spanOf(spans, 2 * MINUTE, MINUTE)?.weight).toBe(10);
    expect(spanOf(spans, 9 * MINUTE, MINUTE)?.weight).toBe(10);
    expect(spanOf(spans, 10 * MINUTE, MINUTE)?.weight).toBe(25);
    expect(spanOf([], 0, MINUTE)).toBeNull();
  });

  it("does not hold the period in which traffic is set again", () => {
    expect(spanOf(spans, 10 * MINUTE - 30_000, MINUTE)).toBeNull();
    expect(spanOf(spans, 9 * MINUTE + 1, MINUTE)).toBeNull();
  });

  it("is read from what was last read back", () => {
    const at = (
      primary: string,
      secondary: { version: string; percent: number } | null,
      candidate: string | null = "8",
    ) => ({
      target: "order",
      kind: "lambda-alias",
      candidate,
      last: { route: { primary, secondary }, revision: null, marker: "" },
    });
    expect(spanNow(plan, [at("7", null)], 5)).toBeNull();
    expect(spanNow(plan, [at("7", null, null)], 5)).toBeNull();
    expect(spanNow(plan, [], 5)).toBeNull();
    expect(spanNow(plan, [at("7", { version: "8", percent: 25 })], 5)).toEqual({
      from: 5,
      weight: 25,
      finished: false,
    });
    expect(spanNow(plan, [at("7", { version: "8", percent: 100 })], 5)).toEqual({
      from: 5,
      weight: 100,
      finished: false,
    });
    expect(spanNow(plan, [at("8", null)], 5)).toEqual({ from: 5, weight: 100, finished: true });
  });

  it("has the weight of the slowest target, and is finished when all are", () => {
    const last = (percent: number) => ({
      ...one,
      last: { route: { primary: "7", secondary: { version: "8", percent } }, revision: null, marker: "" },
    });
    const done = { ...one, last: { route: { primary: "8", secondary: null }, revision: null, marker: "" } };
    expect(spanNow(plan, [last(25), last(10)], 0)?.weight).toBe(10);
    expect(spanNow(plan, [last(100), done], 0)).toMatchObject({ weight: 100, finished: false });
  });

  it("has a baseline arm below 100 % only", () => {
    expect([10, 99, 100].map((weight) => hasBaseline(span({ weight })))).toEqual([true, true, false]);
    expect(hasBaseline(span({ finished: true }))).toBe(false);
    expect([span(), span({ weight: 100 }), span({ weight: 100, finished: true })].map(modeOf)).toEqual([
      "compared",
      "whole",
      "whole",
    ]);
  });
});

describe("the series of a metric", () => {
  const dimensionsOf = (one: Watch, mode: Mode) =>
    planReads([one], new Set([mode]))
      .queries.filter(isMetric)
      .map(({ metricName, statistic, dimensions }) => [`${metricName} ${statistic}`, dimensions]);
  const alias = { FunctionName: "shop-order", Resource: "shop-order:live" };

  it("are alias by version for both arms while weights stand", () => {
    expect(dimensionsOf(watch(), "compared")).toEqual([
      ["Invocations Sum", { ...alias, ExecutedVersion: "8" }],
      ["Errors Sum", { ...alias, ExecutedVersion: "8" }],
      ["Invocations Sum", { ...alias, ExecutedVersion: "7" }],
      ["Errors Sum", { ...alias, ExecutedVersion: "7" }],
    ]);
  });

  it("are the whole alias's once all of it is the candidate's", () => {
    expect(dimensionsOf(watch(), "whole").map(([, dimensions]) => dimensions)).toEqual([alias, alias]);
  });

  it("count slow requests with a bound of its own for each arm", () => {
    const queries = dimensionsOf(watch(p95, { candidate: 330, baseline: 300 }), "compared").map(([name]) => name);
    expect(queries).toEqual([
      "Duration SampleCount",
      "Duration p95",
      "Duration TC(:330)",
      "Duration SampleCount",
      "Duration p95",
      "Duration TC(:300)",
    ]);
    expect(dimensionsOf(watch(p95), "whole").map(([name]) => name)).toEqual(["Duration SampleCount", "Duration p95"]);
    expect(withinStatistic(123.456789)).toBe("TC(:123.457)");
  });

  it("of throttles are the alias's in every mode, since a throttled request runs no version", () => {
    for (const mode of ["compared", "whole"] as const) {
      expect(dimensionsOf(watch(throttles), mode)).toEqual([
        ["Invocations Sum", alias],
        ["Throttles Sum", alias],
      ]);
    }
  });

  it("of an explicit query carry each arm's version", () => {
    const source = { query: query("Sum"), samples: query("Sum", "Count") };
    const versions = dimensionsOf(watch({ source }), "compared").map(([, dimensions]) => dimensions);
    expect(versions).toEqual([
      { Function: "shop-order", Version: "v8" },
      { Function: "shop-order", Version: "v8" },
      { Function: "shop-order", Version: "v7" },
      { Function: "shop-order", Version: "v7" },
    ]);
    // Its own dimensions do not vanish with the weights, Lambda's do.
    expect(dimensionsOf(watch({ source }), "whole")[0]?.[1]).toEqual({ Function: "shop-order", Version: "v8" });
    const lambda = { ...query("p95", "Duration"), namespace: "AWS/Lambda" };
    expect(dimensionsOf(watch({ source: { query: lambda } }), "whole")).toEqual([
      ["Duration p95", { Function: "shop-order" }],
    ]);
  });

  it("of the environment are read as they are written", () => {
    const source = { query: { ...query("Maximum", "Depth"), dimensions: { Queue: "dead" } } };
    const whole: Watch = { ...watch({ source, target: null }), arms: null };
    expect(isWhole(whole.metric)).toBe(true);
    expect(dimensionsOf(whole, "compared")).toEqual([["Depth Maximum", { Queue: "dead" }]]);
    expect(isWhole(metric({ source }))).toBe(true);
    expect(isWhole(metric({ source: { query: query("Sum") } }))).toBe(false);
  });

  it("are none while there is no candidate, or no target", () => {
    expect(planReads([{ ...watch(), arms: { ...arms, candidate: null } }], new Set(["compared"])).queries).toEqual([]);
    expect(planReads([{ ...watch(), arms: null }], new Set(["compared"])).queries).toEqual([]);
    expect(partQueries(metric(), null, "8", null)).toEqual({});
  });

  it("have ids that CloudWatch takes, unique in one read, and the metric's own period", () => {
    const { queries } = planReads([watch(), watch({ ...p95, name: "p95", periodSeconds: 300 })], new Set(["compared"]));
    expect(new Set(queries.map(({ id }) => id)).size).toBe(8);
    expect(queries.every(({ id }) => /^[a-z][a-zA-Z0-9_]*$/.test(id))).toBe(true);
    expect(queries.map(({ periodSeconds }) => periodSeconds)).toEqual([60, 60, 60, 60, 300, 300, 300, 300]);
  });
});

describe("the points of a period", () => {
  it("make a rate in percent of requests", () => {
    expect(sampleOf(metric(), { samples: 200, bad: 3 })).toEqual([200, 3, 1.5]);
    expect(sampleOf(metric(), { samples: 200, bad: 0 })).toEqual([200, 0, 0]);
  });

  it("say nothing when count or traffic is missing: no datapoint is no zero", () => {
    expect(sampleOf(metric(), { samples: 200 })).toBeNull();
    expect(sampleOf(metric(), { bad: 3 })).toBeNull();
    expect(sampleOf(metric(), { samples: 0, bad: 0 })).toBeNull();
    expect(sampleOf(metric(p95), { samples: 5 })).toBeNull();
    expect(sampleOf(metric(p95), { value: 5 })).toBeNull();
    expect(sampleOf(metric(), {})).toBeNull();
  });

  it("count nothing beside traffic where a service puts no datapoint for nothing, and without traffic say nothing", () => {
    const failures = metric({ source: { preset: "sfn-failure-rate" } });
    const held = metric({ source: { preset: "sfn-throttles" } });
    expect(sampleOf(failures, { samples: 13 })).toEqual([13, 0, 0]);
    expect(sampleOf(failures, { samples: 13, bad: 13 })).toEqual([13, 13, 100]);
    expect(sampleOf(held, { samples: 13 })).toEqual([13, 0, 0]);
    expect(sampleOf(failures, {})).toBeNull();
    expect(sampleOf(held, {})).toBeNull();
    expect(sampleOf(metric({ source: { preset: "sfn-duration-p95" } }), { samples: 13 })).toBeNull();
  });

  it("make a duration with its slow requests, where a bound was asked for", () => {
    expect(sampleOf(metric(p95), { samples: 100, value: 250 })).toEqual([100, null, 250]);
    expect(sampleOf(metric(p95), { samples: 100, value: 250, within: 93 })).toEqual([100, 7, 250]);
    expect(sampleOf(metric(p95), { samples: 100, value: 250, within: 100.5 })).toEqual([100, 0, 250]);
  });

  it("count throttles beside invocations, a minute", () => {
    expect(sampleOf(metric(throttles), { samples: 90, bad: 10 })).toEqual([100, 10, 10]);
    expect(sampleOf(metric({ ...throttles, periodSeconds: 300 }), { samples: 90, bad: 10 })).toEqual([100, 10, 2]);
    expect(sampleOf(metric(throttles), { bad: 10 })).toEqual([10, 10, 10]);
    expect(sampleOf(metric(throttles), { bad: 0 })).toBeNull();
    expect(sampleOf(metric(throttles), { samples: 90 })).toEqual([90, 0, 0]);
    expect(sampleOf(metric(throttles), {})).toBeNull();
  });

  it("of an explicit query are a rate for sums over sums, else the value itself", () => {
    const sums = metric({ source: { query: query("Sum"), samples: query("Sum", "Count") } });
    const mean = metric({ source: { query: query("Average"), samples: query("Sum", "Count") } });
    const bare = metric({ source: { query: query("Maximum") } });
    expect(sampleOf(sums, { samples: 50, bad: 1 })).toEqual([50, 1, 2]);
    expect(sampleOf(mean, { samples: 50, value: 0.7 })).toEqual([50, null, 0.7]);
    expect(sampleOf(bare, { value: 0 })).toEqual([1, null, 0]);
    expect(sampleOf(bare, {})).toBeNull();
    expect([sums, mean, bare, metric(), metric(p95), metric(throttles)].map(unitOf)).toEqual([
      " %",
      "",
      "",
      " %",
      " ms",
      " a minute",
    ]);
  });

  it("are found by metric, mode and period", () => {
    const one = watch();
    const plan = planReads([one], new Set(["compared", "whole"]));
    const values = [60, 1, 540, 2, 600, 9];
    const series = plan.queries.map(({ id }, index) => ({
      id,
      points: new Map([[MINUTE, values[index] ?? 0]]),
      complete: true,
    }));
    const readings = readingsOf(plan, series);
    expect(readings.at(one, span(), MINUTE)).toEqual({ candidate: [60, 1, 100 / 60], baseline: [540, 2, 200 / 540] });
    expect(readings.at(one, span({ weight: 100, finished: true }), MINUTE)).toEqual({
      candidate: [600, 9, 1.5],
      baseline: null,
    });
    expect(readings.at(one, span(), 2 * MINUTE)).toEqual({ candidate: null, baseline: null });
    expect(readings.at({ ...one, id: "other" }, span(), MINUTE)).toEqual({ candidate: null, baseline: null });
  });

  it("tell an arm that nothing reached from one that was not measured", () => {
    const read = (kept: readonly string[], preset = "lambda-error-rate") => {
      const one = watch({ source: { preset } });
      const plan = planReads([one], new Set(["compared"]));
      const series = plan.queries.filter(isMetric).map(({ id, metricName, dimensions }) => {
        const seen = kept.includes(`${metricName} ${dimensions.ExecutedVersion}`);
        return { id, points: new Map(seen ? [[MINUTE, 5]] : []), complete: true };
      });
      return readingsOf(plan, series).at(one, span(), MINUTE)?.candidate;
    };
    const busy = ["Invocations 7", "Errors 7"];
    expect(read(busy)).toEqual([0, 0, 0]);
    // Traffic without its count, a count without its traffic, and nothing on either arm are gaps.
    expect(read([...busy, "Invocations 8"])).toBeNull();
    expect(read([...busy, "Errors 8"])).toBeNull();
    expect(read([])).toBeNull();
    expect(read(["Duration 7"], "lambda-duration-p95")).toEqual([0, 0, 0]);
  });

  it("are no reading at all when CloudWatch read a part only", () => {
    const one = watch();
    const plan = planReads([one], new Set(["compared"]));
    const points = new Map([[MINUTE, 5]]);
    const partial = plan.queries.map(({ id }, index) => ({ id, points, complete: index !== 3 }));
    expect(readingsOf(plan, partial).at(one, span(), MINUTE)).toBeUndefined();
    expect(readingsOf(plan, partial.slice(0, 2)).at(one, span(), MINUTE)).toMatchObject({ baseline: null });
  });
});

describe("names", () => {
  it("tell targets apart", () => {
    expect(watchId({ name: "errors", target: "order" })).toBe("errors@order");
    expect(watchId({ name: "depth", target: null })).toBe("depth");
    const route = { primary: "7", secondary: null };
    expect(
      armsOf(order, { kind: "lambda-alias", baseline: { route, revision: null, marker: "" }, candidate: "8" }),
    ).toEqual(arms);
  });

  it("know the quantile of each duration", () => {
    const presets = ["lambda-duration-p50", "lambda-duration-p95", "lambda-duration-p99", "lambda-error-rate"] as const;
    expect(presets.map((preset) => quantileOf(metric({ source: { preset } })))).toEqual(["p50", "p95", "p99", null]);
    expect(quantileOf(metric({ source: { query: query("p95") } }))).toBeNull();
  });
});
