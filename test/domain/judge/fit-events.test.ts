/** A policy that counts in events: a workflow of five executions an hour, and none at night. */
import { describe, expect, it } from "vitest";
import { assess } from "../../../functions/domain/judge/assess.ts";
import { fitToTraffic } from "../../../functions/domain/judge/fit.ts";
import { chanceOfRequests, everyJudged } from "../../../functions/domain/judge/pass-time.ts";
import { watchesOf } from "../../../functions/domain/judge/reference.ts";
import type { Readings } from "../../../functions/domain/judge/sampling.ts";
import { NO_EVIDENCE, withSpan } from "../../../functions/domain/judge/state.ts";
import { HOURS, type WeekOfTraffic } from "../../../functions/domain/judge/week-of-traffic.ts";
import type { EnvironmentPlan } from "../../../functions/domain/plan.ts";
import { environment, type Json } from "../plan/documents.ts";

const SHOP = "policy.services.shop";
const RELEASE = { service: "shop", emergency: null };
const MINUTE = 60_000;

const counted = (analysis: Record<string, Json> = {}): EnvironmentPlan =>
  environment({
    [`${SHOP}.targets`]: [{ name: "order", kind: "lambda-alias", functionName: "shop-order", alias: "live" }],
    "release.artifacts": { order: { version: "42" } },
    [`${SHOP}.rollout`]: { steps: [50, 100].map((weight) => ({ weight, bake: "1h" })) },
    [`${SHOP}.analysis`]: { events: 50, ...analysis },
  });

const OFFICE = Array.from({ length: HOURS }, (_, hour) => (hour < 5 * 24 && hour % 24 >= 8 && hour % 24 < 18 ? 5 : 0));
const office = (hours: number[] = OFFICE): WeekOfTraffic => ({
  order: { requestsPerMinute: 5 / 60, errorRate: 0.01, phi: 1, hours },
});
const marginOf = ({ analysis }: EnvironmentPlan) => analysis.metrics[0]?.sequential?.passDelta ?? Number.NaN;

describe("a plan that counts in events", () => {
  it("passes on that many, and says what they show", () => {
    const { plan, problems } = fitToTraffic(counted(), office(), RELEASE);
    expect(problems).toEqual([]);
    const [judged] = everyJudged(plan, office());
    if (judged === undefined) throw new Error("the error rate is judged");
    expect(chanceOfRequests(judged, 50, 50)).toBeGreaterThanOrEqual(0.9);
    expect(marginOf(plan)).toBeGreaterThan(0.05);
    expect(marginOf(plan)).toBeLessThan(0.2);
    expect(plan.analysis.chosen?.[0]).toMatch(
      /^order: 50 candidate events decide a bake, however long they take: a pass shows that the candidate is less than \d+(\.\d)? points worse$/,
    );
  });

  it("shows less on fewer of them", () => {
    const few = fitToTraffic(counted({ events: 20 }), office(), RELEASE).plan;
    expect(marginOf(few)).toBeGreaterThan(marginOf(fitToTraffic(counted(), office(), RELEASE).plan));
  });

  it("goes on until they can have come, from the worst hour of the week on", () => {
    const day = 86_400;
    const { extendSeconds } = fitToTraffic(counted(), office(), RELEASE).plan.analysis;
    expect(extendSeconds).toBeGreaterThan(3 * day);
    expect(extendSeconds).toBeLessThanOrEqual(6 * day);
    const even = fitToTraffic(counted(), office(OFFICE.map(() => 5)), RELEASE).plan.analysis;
    expect(even.extendSeconds).toBeLessThan(2 * day);
  });

  it("goes on for a week where nothing is known of its traffic, and counts all the same", () => {
    const { plan, problems } = fitToTraffic(counted(), {}, RELEASE);
    expect(problems).toEqual([]);
    expect(marginOf(plan)).toBeGreaterThan(0.05);
    expect(plan.analysis.extendSeconds).toBe(7 * 86_400);
  });

  it("is refused where two weeks would not bring them", () => {
    const [problem] = fitToTraffic(counted({ events: 5_000 }), office(), RELEASE).problems;
    expect(problem?.message).toContain("order has too little");
    expect(problem?.hint).not.toContain("events");
  });
});

describe("its bake", () => {
  it("passes with its events, neither sooner nor much later", () => {
    const { plan } = fitToTraffic(counted(), office(), RELEASE);
    const [target] = plan.targets;
    if (target === undefined) throw new Error("the plan has a target");
    const watches = watchesOf(plan, [{ target, baseline: "41", candidate: "42" }], {});
    // One request to each arm every 24 minutes, none of which fails.
    const readings: Readings = {
      at: ({ metric }, _span, period) => {
        if (metric.sequential === undefined) return { candidate: [1, 0, 0], baseline: null };
        const came = (period / MINUTE) % 24 === 0;
        return came ? { candidate: [1, 0, 0], baseline: [1, 0, 0] } : { candidate: null, baseline: null };
      },
    };
    let state = withSpan(NO_EVIDENCE, { from: 0, weight: 50, finished: false });
    const { analysis } = plan;
    let passedWith = 0;
    for (let now = 15 * MINUTE; passedWith === 0 && now < 48 * 60 * MINUTE; now += 15 * MINUTE) {
      const found = assess({ analysis, watches, references: {}, state, readings, troubles: [], synthetic: {}, now });
      state = found.state;
      const errors = found.findings.find(({ logPass }) => logPass !== null);
      if (errors?.verdict === "pass") passedWith = errors.samples;
      else expect(errors?.reason).toMatch(/^(no-data|not yet read twice|not enough evidence yet|\d+ of 50 events)$/);
    }
    expect(passedWith).toBeGreaterThanOrEqual(50);
    expect(passedWith).toBeLessThanOrEqual(53);
  });
});
