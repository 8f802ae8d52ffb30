import { describe, expect, it } from "vitest";
import { normalBelow, normalQuantile } from "../../../functions/domain/judge/statistics/normal.ts";
import { loadAudit } from "../../../functions/domain/ledger/append-audit.ts";
import { analysis, bake, worldAt } from "../../support/baking.ts";
import { judged, PROMOTION, sequential, type Traffic } from "../../support/canary-world.ts";

/** Shares of requests slower than a bound: lognormal around so many ms. */
const around = (median: number, sigma = 0.5) => ({
  slower: (ms: number) => 1 - normalBelow(Math.log(ms / median) / sigma),
  quantile: (statistic: string) => median * Math.exp(sigma * normalQuantile(Number(statistic.slice(1)) / 100)),
});
const OLD = around(85);
/** The median doubles, and what is slower than the p95 stays as it was. */
const DOUBLED = {
  slower: (ms: number) => (ms < OLD.quantile("p95") ? OLD.slower(ms / 2) : OLD.slower(ms)),
  quantile: (statistic: string) => Math.min(2 * OLD.quantile(statistic), OLD.quantile("p95")),
};
const beside =
  (candidate: typeof OLD): Traffic =>
  (version) =>
    version === "8" ? { requests: 60, ...candidate } : { requests: 540, ...OLD };
const watching = (preset: string) =>
  analysis({
    metrics: [
      judged({ name: "durations", source: { preset }, sequential: sequential({ delta: 0, latencyMargin: 0.1 }) }),
    ],
  });

describe("durations in a bake", () => {
  it("of twice the median under the same p95 bring traffic back, which the p95 alone does not", async () => {
    const world = await worldAt(10, beside(DOUBLED), watching("lambda-duration"));
    const { last, at } = await bake(world, "step-10", 35, 2_000);
    expect(last.result).toBe("failed");
    expect(last.summary).toMatch(
      /half of its requests take [\d.]+ times as long, between [\d.]+ and [\d.]+ \(p50 \d+ ms/,
    );
    const [verdict] = (await loadAudit(world.ledger, PROMOTION)).filter(({ kind }) => kind === "verdict").slice(-1);
    expect(verdict?.data).toMatchObject({
      effects: { "durations@order": { step: [{ in: "times", quantile: "p50" }, {}] } },
    });
    expect(at).toBeLessThan(8 * 60);
    const p95 = await bake(await worldAt(10, beside(DOUBLED), watching("lambda-duration-p95")), "step-10", 35, 2_000);
    expect(p95.last.result).not.toBe("failed");
  });

  it("as before pass", async () => {
    const { last } = await bake(await worldAt(10, beside(OLD), watching("lambda-duration")), "step-10", 35, 2_000);
    expect(last.result).toBe("passed");
  });

  it("10 % slower are tolerated", async () => {
    const slower = around(85 * 1.1);
    const { last } = await bake(await worldAt(10, beside(slower), watching("lambda-duration")), "step-10", 35, 2_000);
    expect(last.result).not.toBe("failed");
  });

  it("at 100 %, with nothing beside them, hold and roll nothing back", async () => {
    const whole: Traffic = () => ({ requests: 600, ...around(170) });
    const world = await worldAt(10, () => ({ requests: 600, ...OLD }), watching("lambda-duration"));
    await world.finish();
    world.metrics.traffic = whole;
    const { last } = await bake(world, "step-100", 35, 2_000);
    expect(last.result).toBe("inconclusive-hold");
    expect(last.summary).toContain("worse than before the release");
  });
});
