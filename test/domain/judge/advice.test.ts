import { describe, expect, it } from "vitest";
import { adviseSteps } from "../../../functions/domain/judge/advice.ts";
import { readWeekOfTraffic } from "../../../functions/domain/judge/read-week.ts";
import { adviceInWords, adviseDetectable } from "../../../functions/domain/judge/statistics/detectable.ts";
import { weekOfTrafficSchema } from "../../../functions/domain/judge/week-of-traffic.ts";
import type { EnvironmentPlan } from "../../../functions/domain/plan.ts";
import {
  environmentPlan,
  judged,
  MINUTE,
  metric,
  rule,
  SimulatedMetrics,
  START,
  sequential,
} from "../../support/canary-world.ts";

const planWith = (over: Partial<EnvironmentPlan["analysis"]>, targets = ["order"]): EnvironmentPlan => {
  const base = environmentPlan();
  const [target] = base.targets;
  if (target === undefined) throw new Error("the plan has a target");
  return {
    ...base,
    targets: targets.map((name) => ({ ...target, name, functionName: `shop-${name}` })),
    analysis: { ...base.analysis, ...over },
  };
};
const busy = { order: { requestsPerMinute: 600, errorRate: 0.001 } };
const quiet = { order: { requestsPerMinute: 40, errorRate: 0.001 } };

describe("advice before the start", () => {
  it("says for each step what it can see in the minutes that are read within it", () => {
    const { lines, warnings, refused } = adviseSteps(planWith({}), busy);
    const expected = adviseDetectable({
      traffic: busy.order,
      steps: [10, 25, 50, 100].map((weight) => ({ weight, bakeMinutes: 13 })),
      config: { delta: 0.0005, passDelta: 0.02, warmupDelta: 0.05, alpha: 0.05, slo: 0.0015 },
    });
    expect(lines.slice(0, -1)).toEqual(adviceInWords(expected, 2).map((line) => `order: ${line}`));
    expect(lines[0]).toMatch(
      /^order: 10 % for 15 minutes, the last 2 unread, at 600 requests a minute: sees an error rise of \+/,
    );
    expect({ warnings, refused }).toEqual({ warnings: [], refused: false });
  });

  it("counts only the metric's share of the evidence", () => {
    const whole = adviseSteps(planWith({}), quiet).lines[0];
    const share = adviseSteps(planWith({ metrics: [judged({ sequential: sequential({ weight: 0.01 }) })] }), quiet)
      .lines[0];
    expect(share).not.toBe(whole);
  });

  it("warns about a bake that cannot see what it must, or refuses the plan", () => {
    const warned = adviseSteps(planWith({ mustSeePoints: 1 }), quiet);
    expect(warned.refused).toBe(false);
    expect(warned.warnings[0]).toMatch(
      /^order: the bake at 10 % cannot see the rise of \+1 point that it must see: it sees \+\d/,
    );
    expect(adviseSteps(planWith({ mustSeePoints: 1, ifBlind: "refuse" }), quiet).refused).toBe(true);
    expect(adviseSteps(planWith({ mustSeePoints: 50, ifBlind: "refuse" }), busy)).toMatchObject({
      warnings: [],
      refused: false,
    });
  });

  it("says when a bake sees nothing at all", () => {
    const { warnings } = adviseSteps(planWith({ mustSeePoints: 1 }), {
      order: { requestsPerMinute: 0.5, errorRate: 0 },
    });
    expect(warnings[0]).toContain("that it must see: it sees none");
  });

  it("warns about a rule whose samples do not come together within the bake", () => {
    const rules = [
      rule({ max: 5, minSamples: 53 }),
      rule({ max: 9, minSamples: 52 }),
      rule({ max: 1, minSamples: 9_999, onBreach: "warn" }),
    ];
    const plan = planWith({ metrics: [judged({ rules })], ifBlind: "refuse" });
    const { warnings, refused } = adviseSteps(plan, quiet);
    const [thin, ...others] = warnings;
    expect(thin).toBe(
      'order: the bake at 10 % brings about 52 candidate requests, fewer than the 53 that "at most 5 %" needs',
    );
    expect(others.filter((warning) => warning.includes("fewer than"))).toEqual([]);
    expect(refused).toBe(true);
    const thresholdsOnly = adviseSteps(planWith({ metrics: [metric({ rules })] }), quiet);
    expect(thresholdsOnly).toMatchObject({ lines: [], warnings: [thin], refused: false });
  });

  it("warns about a bake that is too short to pass a good candidate, says what would do, and refuses nothing", () => {
    const { warnings, refused } = adviseSteps(planWith({ ifBlind: "refuse" }), quiet);
    expect(warnings).toEqual([
      "order: the bake at 10 % passes a good candidate in about 0 % of cases, its extension of 10m included: it takes 90 minutes at this traffic; without a pass the policy says hold",
      expect.stringMatching(/^order: the bake at 25 % passes a good candidate in about \d+ % of cases/),
    ]);
    expect(refused).toBe(false);
    const alone = adviseSteps(planWith({ extendSeconds: 0, onInconclusive: "proceed" }), quiet).warnings[0];
    expect(alone).toContain("in about 0 % of cases: it takes");
    expect(alone).toContain("without a pass the policy says proceed if nothing speaks against it");
    const hopeless = adviseSteps(planWith({}), { order: { requestsPerMinute: 0.3, errorRate: 0.001 } });
    expect(hopeless.warnings[0]).toContain("no bake of up to 7 d would do");
  });

  it("holds a pass at 100 % against the plan's SLO, or the old version's rate", () => {
    const at100 = (slo: number | null) =>
      adviseSteps(
        planWith({ metrics: [judged({ sequential: sequential({ slo, passDelta: 0.001 }) })], extendSeconds: 0 }),
        { order: { requestsPerMinute: 600, errorRate: 0.01 } },
      ).warnings.filter((warning) => warning.includes("100 %"));
    expect(at100(null)).toHaveLength(1);
    expect(at100(0.05)).toEqual([]);
  });

  it("warns about a target whose traffic nobody knows", () => {
    for (const week of [{}, { order: { requestsPerMinute: 0, errorRate: 0 } }]) {
      const { lines, warnings, refused } = adviseSteps(planWith({ ifBlind: "refuse" }), week);
      expect({ lines, refused }).toEqual({ lines: [], refused: true });
      expect(warnings).toEqual([
        "order: had no traffic last week: no bake can see anything, and a pass cannot be reached",
      ]);
    }
  });

  it("says once what is the same for many targets", () => {
    const targets = ["a", "b", "c", "d", "e"];
    const metrics = targets.map((target) => judged({ target, sequential: sequential({ weight: 0.2 }) }));
    const week = Object.fromEntries(targets.map((target) => [target, busy.order]));
    const { lines } = adviseSteps(planWith({ metrics }, targets), week);
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^a, b, c and 2 more: 10 %/);
    const three = adviseSteps(planWith({ metrics: metrics.slice(0, 3) }, targets), week);
    expect(three.lines[0]).toMatch(/^a, b, c: 10 %/);
  });

  it("leaves out dry runs, other metrics and metrics of the environment", () => {
    const query = { namespace: "Shop", metricName: "Depth", dimensions: {}, statistic: "Sum" };
    const metrics = [
      judged({ dryRun: true }),
      judged({ source: { preset: "lambda-duration-p95" } }),
      judged({ source: { query } }),
      judged({ target: null }),
    ];
    expect(adviseSteps(planWith({ metrics }), busy)).toEqual({ lines: [], warnings: [], refused: false });
  });

  it("takes burstiness into account, and an SLO of its own", () => {
    const bursty = { order: { ...busy.order, phi: 5 } };
    expect(adviseSteps(planWith({}), bursty).lines[0]).not.toBe(adviseSteps(planWith({}), busy).lines[0]);
    const slo = planWith({ metrics: [judged({ sequential: sequential({ slo: 0.05 }) })] });
    expect(adviseSteps(slo, busy).lines[3]).not.toBe(adviseSteps(planWith({}), busy).lines[3]);
  });
});

describe("last week's traffic", () => {
  it("is the median hour and the week's error rate, for each target's alias", async () => {
    const metrics = new SimulatedMetrics((_version, at) => {
      const hour = Math.floor(at / (60 * MINUTE)) % 24;
      return { requests: hour < 8 ? 600 : hour < 9 ? 6_000 : 60_000, errors: hour < 8 ? 0 : 6 };
    });
    const plan = planWith({}, ["order", "cart"]);
    const week = await readWeekOfTraffic(metrics, plan, START);
    expect(Object.keys(week)).toEqual(["order", "cart"]);
    expect(week.order?.requestsPerMinute).toBe(1_000);
    expect(week.order?.errorRate).toBeCloseTo((16 * 6) / (8 * 600 + 6_000 + 15 * 60_000), 10);
    expect(weekOfTrafficSchema.safeParse(week).success).toBe(true);
    const [read] = metrics.reads;
    expect((read?.to ?? 0) - (read?.from ?? 0)).toBe(7 * 86_400_000);
    expect(read?.queries.map(({ dimensions, periodSeconds }) => [dimensions, periodSeconds])[2]).toEqual([
      { FunctionName: "shop-cart", Resource: "shop-cart:live" },
      3_600,
    ]);
  });

  it("leaves a target without a datapoint out", async () => {
    expect(await readWeekOfTraffic(new SimulatedMetrics(() => undefined), planWith({}), START)).toEqual({});
  });
});
