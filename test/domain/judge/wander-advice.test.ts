/** What is said before the start of a service whose error rate wanders for minutes at a time. */
import { describe, expect, it } from "vitest";
import { rolloutsOf } from "../../../bench/judge/measure.ts";
import type { Cell } from "../../../bench/judge/traffic.ts";
import { chanceToPass, judgedOf } from "../../../functions/domain/judge/pass-time.ts";
import { readWeekOfTraffic } from "../../../functions/domain/judge/read-week.ts";
import { adviseDetectable, type Traffic } from "../../../functions/domain/judge/statistics/detectable.ts";
import { createMonitor } from "../../../functions/domain/judge/statistics/sequential.ts";
import { SEQUENTIAL_DEFAULTS } from "../../../functions/domain/judge/statistics/sequential-config.ts";
import { estimateDispersion } from "../../../functions/domain/judge/statistics/sequential-lanes.ts";
import { estimateWander } from "../../../functions/domain/judge/statistics/wander.ts";
import { trafficIn, weekOfTrafficSchema } from "../../../functions/domain/judge/week-of-traffic.ts";
import { environmentPlan, MINUTE, SimulatedMetrics, START } from "../../support/canary-world.ts";

const cell: Cell = {
  requestsPerMinute: 6_000,
  baselineRate: 0.01,
  candidateRate: 0.01,
  noise: "wandering",
  bakeMinutes: 15,
  incident: null,
  wander: { deviation: 0.5, minutes: 10 },
};

const [before] = rolloutsOf(cell, 1, "advice");
const { phi } = estimateDispersion(before?.reference ?? [], SEQUENTIAL_DEFAULTS);
const wander = estimateWander(before?.reference ?? [], phi);
if (wander === null) throw new Error("its rate does not wander");
const steady: Traffic = { requestsPerMinute: cell.requestsPerMinute, errorRate: cell.baselineRate, phi };
const wandering: Traffic = { ...steady, wander };

const smallestRise = (traffic: Traffic): number =>
  adviseDetectable({ traffic, steps: [{ weight: 10, bakeMinutes: 15 }], config: { alpha: 0.05 } }).steps[0]
    ?.smallestRise ?? 1;

/** Share of first bakes in which the judge catches this rise. */
function caught(rise: number): number {
  const rollouts = 100;
  let failed = 0;
  for (const { minutes } of rolloutsOf({ ...cell, candidateRate: 0.01 + rise }, rollouts, "caught")) {
    const monitor = createMonitor({ alpha: 0.05 }, before?.reference ?? []);
    for (const minute of minutes.slice(0, 15)) monitor.push(minute);
    if (monitor.judgement().verdict === "fail") failed += 1;
  }
  return failed / rollouts;
}

describe("advice on a service whose rate wanders", () => {
  it("promises to see in 80 % of cases what the judge does see in at least 70 %", () => {
    expect(caught(smallestRise(wandering))).toBeGreaterThanOrEqual(0.7);
  });

  it("sees no less than four points in 15 minutes at 10 %, instead of under two", () => {
    expect(smallestRise(wandering)).toBeGreaterThan(0.04);
    expect(smallestRise(steady)).toBeLessThan(0.02);
  });

  it("would promise what is seldom seen, took it the rate for steady", () => {
    expect(caught(smallestRise(steady))).toBeLessThan(0.3);
  });

  it("says that a good candidate passes less often", () => {
    const plan = environmentPlan();
    const [calm, restless] = [steady, wandering].map((traffic) => {
      const [judged] = judgedOf(plan, { order: { ...traffic, hours: undefined } });
      return judged === undefined ? 1 : chanceToPass(judged, 10, 30);
    });
    expect(calm).toBeGreaterThan(0.9);
    expect(restless).toBeLessThan(0.5);
  });
});

describe("last week's traffic", () => {
  it("knows how the rate wandered in the last day, and a file may say it", async () => {
    const metrics = new SimulatedMetrics((_version, at) => ({
      requests: 1_000,
      errors: Math.round(10 + 6 * Math.sin((2 * Math.PI * at) / (41 * MINUTE))),
    }));
    const week = await readWeekOfTraffic(metrics, environmentPlan(), START);
    expect(week.order?.wander?.perRequest).toBeGreaterThan(0);
    expect(weekOfTrafficSchema.parse(week)).toEqual(week);
    expect(trafficIn(week, "order")?.wander).toEqual(week.order?.wander);
  });

  it("says nothing of it where it did not", async () => {
    const metrics = new SimulatedMetrics(() => ({ requests: 1_000, errors: 10 }));
    expect((await readWeekOfTraffic(metrics, environmentPlan(), START)).order).not.toHaveProperty("wander");
  });
});
