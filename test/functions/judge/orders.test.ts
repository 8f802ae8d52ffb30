import { describe, expect, it } from "vitest";
import type { Metrics } from "../../../functions/domain/ports.ts";
import { analysis, bake, headOf, healthy, record, worldAt } from "../../support/baking.ts";
import { judged, MINUTE, sequential } from "../../support/canary-world.ts";
import { isMetric } from "../../support/queries.ts";

const QUERY = { namespace: "Shop", metricName: "Orders", dimensions: { Version: "{version}" }, statistic: "Sum" };
const orders = judged({
  name: "orders",
  source: { query: QUERY },
  per: { of: "requests", direction: "decrease", largest: 1, absent: "zero" },
  sequential: sequential({ rho: 1 / 0.95, passRho: 1 / 0.7, delta: 0, passDelta: 0 }),
});

/** Orders a minute of version 8, of 60 requests, and of the baseline, of 540. */
async function shop(own: number, other: number) {
  const world = await worldAt(10, healthy, analysis({ metrics: [orders] }));
  const { metrics } = world.deps;
  const withOrders = (inner: Metrics): Metrics => ({
    async read(queries, from, to) {
      const plain = await inner.read(queries, from, to);
      return plain.map((series, index) => {
        const query = queries[index];
        if (query === undefined || !isMetric(query) || query.metricName !== "Orders") return series;
        const points = new Map<number, number>();
        const count = query.dimensions.Version === "8" ? own : other;
        for (let at = from; at < to && count > 0; at += MINUTE) points.set(at, count);
        return { ...series, points };
      });
    },
  });
  return {
    world,
    deps: { ...world.deps, metrics: (place: Parameters<typeof metrics>[0]) => withOrders(metrics(place)) },
  };
}

describe("orders per request", () => {
  it("bring a candidate back that takes none, though CloudWatch has no datapoint of it", async () => {
    const { world, deps } = await shop(0, 27);
    Object.assign(world, { deps });
    const { last, at } = await bake(world, "step-10", 30, 900);
    expect(last.result).toBe("failed");
    expect(at).toBeLessThan(600);
    expect((await headOf(world)).state).toBe("tripped");
    expect((await record(world, "step-10"))?.summary).toContain(
      "orders@order: 0 per 1,000 against 50 per 1,000 of the baseline over",
    );
  });

  it("pass a candidate that takes as many", async () => {
    const { world, deps } = await shop(30, 270);
    Object.assign(world, { deps });
    const { last } = await bake(world, "step-10", 30, 3_600);
    const found = await record(world, "step-10");
    expect(last.result).toBe("passed");
    expect(found?.findings[0]).toMatchObject({ candidate: 500, baseline: 500, unit: " per 1,000", verdict: "pass" });
  });
});
