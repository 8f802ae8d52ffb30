import { describe, expect, it } from "vitest";
import { adviseSteps } from "../../../functions/domain/judge/advice.ts";
import { awaitedInWords } from "../../../functions/domain/judge/awaited-evidence.ts";
import type { Finding } from "../../../functions/domain/judge/finding.ts";
import { decidable, reachedAt } from "../../../functions/domain/judge/forecast.ts";
import { chanceToPass, judgedOf, requestsToPass } from "../../../functions/domain/judge/pass-time.ts";
import { HOURS, hourOfWeek, type WeekOfTraffic } from "../../../functions/domain/judge/week-of-traffic.ts";
import type { EnvironmentPlan } from "../../../functions/domain/plan.ts";
import { environmentPlan, judged, sequential } from "../../support/canary-world.ts";

const HOUR = 3_600_000;
const utc = (text: string) => Date.parse(`${text}Z`);
/** Monday. */
const MONDAY = utc("2026-11-30T00:00");

/** Five executions an hour from 08:00 to 18:00, Monday to Friday; none at night, none at the weekend. */
const OFFICE = Array.from({ length: HOURS }, (_, hour) => (hour < 5 * 24 && hour % 24 >= 8 && hour % 24 < 18 ? 5 : 0));
const office: WeekOfTraffic = { order: { requestsPerMinute: 5 / 60, errorRate: 0, hours: OFFICE } };
const traffic = { requestsPerMinute: 5 / 60, errorRate: 0, hours: OFFICE };

const plan = (over: Partial<EnvironmentPlan> = {}, passDelta = 0.1): EnvironmentPlan => ({
  ...environmentPlan({ steps: [50, 100].map((weight) => ({ weight, bakeSeconds: 900 })), ...over }),
  analysis: {
    ...environmentPlan().analysis,
    metrics: [judged({ sequential: sequential({ passDelta }) })],
  },
});
const only = (one: EnvironmentPlan, week = office) => {
  const [first] = judgedOf(one, week);
  if (first === undefined) throw new Error("the error rate is judged");
  return first;
};

describe("the traffic of last week", () => {
  it("begins on Monday at midnight UTC", () => {
    expect(hourOfWeek(MONDAY)).toBe(0);
    expect(hourOfWeek(MONDAY - 1)).toBe(HOURS - 1);
    expect(hourOfWeek(utc("2026-12-03T14:59"))).toBe(3 * 24 + 14);
  });

  it("says when so many requests will have come: nights and weekends bring none", () => {
    expect(reachedAt(traffic, utc("2026-11-30T09:00"), 5)).toBe(utc("2026-11-30T10:00"));
    expect(reachedAt(traffic, utc("2026-11-30T09:30"), 5)).toBe(utc("2026-11-30T10:30"));
    expect(reachedAt(traffic, utc("2026-11-30T17:00"), 10)).toBe(utc("2026-12-01T09:00"));
    expect(reachedAt(traffic, utc("2026-12-04T18:00"), 1)).toBe(utc("2026-12-07T08:12"));
  });

  it("is the same in all hours where only its rate is known, and never comes where there is none", () => {
    const even = { requestsPerMinute: 2, errorRate: 0 };
    expect(reachedAt(even, MONDAY, 600)).toBe(MONDAY + 5 * HOUR);
    expect(reachedAt({ ...even, hours: OFFICE.map(() => 0) }, MONDAY, 1)).toBeNull();
  });
});

describe("how many requests a pass takes", () => {
  it("is a matter of their number, not of the minutes in which they come", () => {
    const week = { order: { requestsPerMinute: 60, errorRate: 0.002 } };
    const one = only(plan({}, 0.02), week);
    const requests = requestsToPass(one, 50, 0.9) ?? Number.NaN;
    const minutes = requests / 30;
    expect(chanceToPass(one, 50, minutes + 4)).toBeGreaterThanOrEqual(0.9);
    expect(chanceToPass(one, 50, minutes + 2)).toBeLessThan(0.9);
  });

  it("is about five for each tenth that it shows, where nothing fails", () => {
    expect(requestsToPass(only(plan()), 50, 0.9)).toBeGreaterThan(35);
    expect(requestsToPass(only(plan()), 50, 0.9)).toBeLessThan(55);
  });
});

describe("a bake at thin traffic", () => {
  it("is decidable once its requests can have come, by the hours of last week", () => {
    const needed = requestsToPass(only(plan()), 50, 0.9) ?? Number.NaN;
    const { notBefore, likelyBy } = decidable(only(plan()), 50, utc("2026-11-30T08:00"));
    expect(likelyBy).toBe(reachedAt(traffic, utc("2026-11-30T08:00"), 2 * needed));
    expect(notBefore).toBeLessThanOrEqual(likelyBy ?? 0);
  });

  it("is told before the start, each step as of when the one before it is likely passed", () => {
    const { lines } = adviseSteps(plan(), office, utc("2026-11-30T07:00"));
    const told = lines.filter((line) => line.includes("decidable"));
    expect(told).toHaveLength(2);
    expect(told[0]).toMatch(
      /^order: 50 % is not decidable before (Mon|Tue|Wed) 2026-1\d-\d\d \d\d:\d\d UTC, and likely by (.*) at this traffic, if it begins Mon 2026-11-30 07:00 UTC$/,
    );
    const likely = / likely by (.*?) at this/.exec(told[0] ?? "")?.[1];
    expect(told[1]).toContain(`if it begins ${likely}`);
  });

  it("begins when its window opens, and is told in its zone", () => {
    const open = [{ days: [2], from: 20 * 60, to: 22 * 60 }];
    const window = { zone: "Africa/Johannesburg", open, freezes: [], scope: "shifts", whenItCloses: "hold" } as const;
    const { lines } = adviseSteps(plan({ window }), office, MONDAY);
    expect(lines.find((line) => line.includes("decidable"))).toContain(
      "if it begins Tue 2026-12-01 20:00 Africa/Johannesburg",
    );
  });

  it("is not told of where the bakes see enough, or nobody says when they begin", () => {
    const busy = { order: { requestsPerMinute: 6_000, errorRate: 0.001 } };
    expect(adviseSteps(plan({}, 0.02), busy, MONDAY).lines.filter((line) => line.includes("decidable"))).toEqual([]);
    expect(adviseSteps(plan(), office).lines.filter((line) => line.includes("decidable"))).toEqual([]);
  });

  it("says so when no two months would do", () => {
    const rare = { order: { requestsPerMinute: 0.001, errorRate: 0 } };
    const { lines } = adviseSteps(plan(), rare, MONDAY);
    expect(lines.at(-1)).toBe(
      "order: 50 % is not decidable within 8 weeks at this traffic, if it begins Mon 2026-11-30 00:00 UTC",
    );
  });
});

describe("a hold that waits for evidence", () => {
  const finding = (over: Partial<Finding> = {}) =>
    ({ watch: "errors@order", verdict: "inconclusive", logPass: 0, ...over }) as Finding;
  const span = { from: MONDAY, weight: 50, finished: false };
  const awaited = (over: Partial<Finding> = {}, now = utc("2026-11-30T08:00")) =>
    awaitedInWords(plan(), office, { findings: [finding(over)], span }, now);

  it("says how many requests it still takes, and by when they will have come", () => {
    const needed = requestsToPass(only(plan()), 50, 0.5) ?? Number.NaN;
    expect(awaited()).toMatch(
      new RegExp(`^some ${needed} more candidate requests without a new error, at last week's traffic by `),
    );
    expect(awaited()).toContain(" UTC");
    const half = awaited({ logPass: Math.log(20) / 2 });
    expect(half).toContain(`some ${Math.ceil(needed / 2)} more`);
  });

  it("says nothing where it waits for something else, or nothing is known of its traffic", () => {
    expect(awaited({ verdict: "fail" })).toBeNull();
    expect(awaited({ logPass: Math.log(20) })).toBeNull();
    expect(awaited({ watch: "another" })).toBeNull();
    expect(awaitedInWords(plan(), {}, { findings: [finding()], span }, MONDAY)).toBeNull();
    expect(awaitedInWords(plan(), office, { findings: [finding()], span: null }, MONDAY)).toBeNull();
  });
});
