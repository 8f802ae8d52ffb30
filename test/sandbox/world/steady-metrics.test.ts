import { describe, expect, it } from "vitest";
import type { Metric } from "../../../sandbox/aws/cloudwatch/sources.ts";
import { readScenario } from "../../../sandbox/world/scenario.ts";
import { SteadyMetrics } from "../../../sandbox/world/steady-metrics.ts";

const { series } = readScenario({
  name: "an API and its queue",
  startsAt: "2026-01-01T00:00:00Z",
  series: [
    { namespace: "AWS/ApiGateway", metric: "5XXError", dimensions: { ApiName: "shop-*" }, value: 0.01, perMinute: 600 },
    { namespace: "AWS/SQS", metric: "Depth", dimensions: { Q: "dlq" }, account: "111122223333", value: 3 },
  ],
});
const source = new SteadyMetrics(series);
const metric = (over: Partial<Metric>): Metric => ({
  account: "111122223333",
  region: "eu-west-1",
  namespace: "AWS/ApiGateway",
  name: "5XXError",
  dimensions: { ApiName: "shop-prod" },
  ...over,
});
const first = (over: Partial<Metric>) => source.minutes(metric(over))?.(0)?.first;

describe("a steady series", () => {
  it("has so many points of one value in every minute", () => {
    expect(first({})).toMatchObject({ count: 600, sum: expect.closeTo(6, 9) });
    const depth = { namespace: "AWS/SQS", name: "Depth", dimensions: { Q: "dlq" } };
    expect(first(depth)).toMatchObject({ count: 1, sum: 3 });
    expect(source.minutes(metric(depth))?.(0)?.whole.count).toBe(1);
  });

  it("is found by its whole name only", () => {
    for (const other of [
      { namespace: "AWS/SQS" },
      { name: "4XXError" },
      { dimensions: { ApiName: "web" } },
      { dimensions: {} },
      { dimensions: { ApiName: "shop-prod", Stage: "prod" } },
      { dimensions: { Stage: "shop-prod" } },
      { namespace: "AWS/SQS", name: "Depth", dimensions: { Q: "dlq" }, account: "444455556666" },
    ]) {
      expect(source.minutes(metric(other))).toBeUndefined();
    }
  });
});
