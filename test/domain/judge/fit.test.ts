import { describe, expect, it } from "vitest";
import { fitToTraffic } from "../../../functions/domain/judge/fit.ts";
import { chanceToPass, judgedOf } from "../../../functions/domain/judge/pass-time.ts";
import { tooShortBakes } from "../../../functions/domain/lateness.ts";
import type { AnalysisPlan, EnvironmentPlan } from "../../../functions/domain/plan.ts";
import { environment, type Json } from "../plan/documents.ts";

const RELEASE = { service: "shop", emergency: null };
const HANGING = [{ target: { name: "order", kind: "lambda-alias" }, longestSeconds: null }];
const SHOP = "policy.services.shop";
const ONE = [{ name: "order", kind: "lambda-alias", functionName: "shop-order", alias: "live" }];

/** What a newcomer's policy resolves to, with what it says of its analysis. */
const newcomer = (analysis?: Json, more: Record<string, Json> = {}): EnvironmentPlan =>
  environment({
    [`${SHOP}.targets`]: ONE,
    "release.artifacts": { order: { version: "42" } },
    ...(analysis === undefined ? {} : { [`${SHOP}.analysis`]: analysis }),
    ...more,
  });

const at = (requestsPerMinute: number, errorRate = 0.001, phi = 1) => ({
  order: { requestsPerMinute, errorRate, phi },
});
const fitted = (plan: EnvironmentPlan, week: ReturnType<typeof at>) => fitToTraffic(plan, week, RELEASE);
const marginOf = ({ metrics }: AnalysisPlan): number | undefined => metrics[0]?.sequential?.passDelta;

describe("a plan that leaves its judging to the traffic", () => {
  it("keeps half a point and needs no extension where the bakes show that anyway, however late requests are counted", () => {
    const hours = { [`${SHOP}.rollout`]: { steps: [10, 100].map((weight) => ({ weight, bake: "1h" })) } };
    const { plan, problems } = fitted(newcomer(undefined, hours), at(60_000));
    expect(problems).toEqual([]);
    expect(marginOf(plan.analysis)).toBe(0.005);
    expect(plan.analysis).toMatchObject({
      extendSeconds: 0,
      onInconclusive: "hold",
      chosen: [
        "order: a pass shows that the candidate is less than 0.5 points worse, as fits 60,000 requests a minute, 0.1 % of them errors",
        "no bake needs an extension",
      ],
    });
    expect(plan.analysis.left).toBeUndefined();
  });

  it("takes the margin that its bakes can show, and goes on for a while where they were unlucky", () => {
    const { analysis } = fitted(newcomer(), at(600)).plan;
    expect(marginOf(analysis)).toBe(0.013);
    expect(analysis.extendSeconds).toBe(1_200);
    expect(analysis.chosen?.[0]).toContain("less than 1.3 points worse");
    expect(analysis.chosen?.[1]).toBe("a bake without a pass goes on for up to 20m, and the first pass ends it");
  });

  it("leaves time for requests that hang: Lambda counts them when they end, a quarter of an hour later at the most", () => {
    const { analysis } = fitted(newcomer(), at(60_000)).plan;
    expect(analysis.extendSeconds).toBe(600);
    expect(tooShortBakes(fitted(newcomer(), at(60_000)).plan, HANGING)).toEqual([]);
  });

  it("never lets a pass show less than two points, and extends instead", () => {
    const { analysis } = fitted(newcomer(), at(60, 0.005)).plan;
    expect(marginOf(analysis)).toBe(0.02);
    expect(analysis.extendSeconds).toBe(3.5 * 3_600);
  });

  it.each([
    [60, 0.0005],
    [60, 0.01],
    [600, 0.01],
    [6_000, 0.005],
  ])("passes a good candidate in every step at %d requests a minute and %d errors", (requests, rate) => {
    const { plan } = fitted(newcomer(), at(requests, rate));
    const [judged] = judgedOf(plan, at(requests, rate));
    if (judged === undefined) throw new Error("the error rate is judged");
    for (const { weight, bakeSeconds } of plan.steps) {
      const minutes = (bakeSeconds + plan.analysis.extendSeconds) / 60;
      expect(chanceToPass(judged, weight, minutes)).toBeGreaterThanOrEqual(0.995);
    }
  });

  it("takes bursts into account", () => {
    expect(fitted(newcomer(), at(600, 0.001, 3)).plan.analysis.extendSeconds).toBeGreaterThan(
      fitted(newcomer(), at(600, 0.001)).plan.analysis.extendSeconds,
    );
  });

  it("is refused where six hours more would not do, with what would", () => {
    const [problem, ...others] = fitted(newcomer(), at(6)).problems;
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      path: "policy.services.shop.analysis",
      value: undefined,
      message:
        "leaves it to the traffic of prod, and order has too little: at 6 requests a minute, 0.1 % of them errors, " +
        "10 % takes 17 h to show that a good candidate is less than 2 points worse",
    });
    const ways =
      /^write extendUpTo: "(\w+)", or a first step of (\d+) % in rollout.steps, or events: 50, which lets 50 candidate requests decide, or onInconclusive: "hold", where a person/;
    const [, extendUpTo = "", first = ""] = ways.exec(problem?.hint ?? "") ?? [];
    expect(fitted(newcomer({ extendUpTo }), at(6)).problems).toEqual([]);
    expect(fitted(newcomer({ onInconclusive: "hold" }), at(6)).problems).toEqual([]);
    const beginning = (weight: number) => ({
      [`${SHOP}.rollout`]: { steps: [weight, 100].map((one) => ({ weight: one, bake: "15m" })) },
    });
    expect(fitted(newcomer(undefined, beginning(Number(first))), at(6)).problems).toEqual([]);
    expect(fitted(newcomer(undefined, beginning(Number(first) - 8)), at(6)).problems).toHaveLength(1);
  });

  it("is not refused in an emergency, which people wait for", () => {
    const emergency = { reason: "checkout is down" };
    const { plan, problems } = fitToTraffic(newcomer(), at(6), { ...RELEASE, emergency });
    expect(problems).toEqual([]);
    expect(plan.analysis.extendSeconds).toBe(6 * 3_600);
  });

  it("says no bake that would not do either", () => {
    const [problem] = fitted(newcomer(), at(0.05)).problems;
    expect(problem?.message).toContain("10 % takes more than 7 d");
    expect(problem?.hint).toBe(
      'events: 50, which lets 50 candidate requests decide, or onInconclusive: "hold", where a person decides if no pass comes',
    );
  });
});

describe("what a policy says", () => {
  it("stands, whatever the traffic", () => {
    const metrics = [{ preset: "lambda-error-rate", sequential: { passDelta: 0.001 } }];
    const written = newcomer({ metrics, extendUpTo: "5m", onInconclusive: "hold" });
    expect(fitted(written, at(60))).toEqual({ plan: written, problems: [] });
    const margin = fitted(newcomer({ metrics }), at(600)).plan.analysis;
    expect(marginOf(margin)).toBe(0.001);
    expect(margin.chosen).toHaveLength(1);
    const extension = fitted(newcomer({ extendUpTo: "5m" }), at(60)).plan.analysis;
    expect(extension).toMatchObject({ extendSeconds: 300, chosen: [expect.stringContaining("less than 2 points")] });
  });

  it("waits for no pass under proceed, so nothing is fitted", () => {
    const { analysis } = fitted(newcomer({ onInconclusive: "proceed" }), at(60)).plan;
    expect(analysis).toMatchObject({ extendSeconds: 0 });
    expect(marginOf(analysis)).toBe(0.005);
    expect(analysis.chosen).toBeUndefined();
  });

  it("is left as it is where no traffic is known, or none came", () => {
    for (const week of [{}, at(0)]) {
      const { plan, problems } = fitToTraffic(newcomer(), week, RELEASE);
      expect(problems).toEqual([]);
      expect(plan.analysis).toMatchObject({ extendSeconds: 0, onInconclusive: "hold" });
    }
  });

  it("of yesterday's plans says nothing of what it left open, and stands too", () => {
    const { left: _left, ...analysis } = newcomer().analysis;
    const plan = { ...newcomer(), analysis };
    expect(fitted(plan, at(60))).toEqual({ plan, problems: [] });
  });
});
