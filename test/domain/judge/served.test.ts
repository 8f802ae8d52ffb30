import { describe, expect, it } from "vitest";
import { createRandom } from "../../../bench/random.ts";
import type { TrialStep } from "../../../functions/domain/judge/rule-trial.ts";
import type { ArmSample } from "../../../functions/domain/judge/sampling.ts";
import { servedInPast } from "../../../functions/domain/judge/served-past.ts";
import { servedInWeek } from "../../../functions/domain/judge/served-week.ts";
import type { MetricPlan } from "../../../functions/domain/plan.ts";
import { metric, rule } from "../../support/canary-world.ts";

const DAY = 1_440;
const analysis = { referenceSeconds: 86_400 };
const step = (weight: number): TrialStep => {
  return { weight, periods: 14, compared: weight < 100, consequence: "rolls-back", alone: "holds" };
};
const counted = (requests: number, bad: number): ArmSample => [requests, bad, (100 * bad) / requests];
const past = (minutes: number, of: (minute: number) => ArmSample | null) =>
  Array.from({ length: minutes }, (_, i) => of(i));

function served(of: MetricPlan, samples: readonly (ArmSample | null)[]) {
  const found = servedInPast(of, samples, analysis);
  if (found === null) throw new Error("something was measured");
  return found;
}

describe("what serves, as a rule may see it", () => {
  const random = createRandom("what serves");
  const errors = past(3 * DAY, () => counted(600, random.poisson(6)));

  it("is above a ceiling by chance at a small share, and for certain as a whole", () => {
    const { serving, value } = served(metric(), errors);
    expect(value).toBeCloseTo(1, 1);
    const tenth = serving.point(7, 1, step(10));
    // 60 requests with 0.6 errors: any error is more than 1 %.
    expect(tenth?.samples).toBe(60);
    const bad = errors[7]?.[1] ?? 0;
    expect(tenth?.exceeds(1)).toBeCloseTo(1 - 0.9 ** bad, 1);
    expect(serving.point(7, 1, step(100))?.exceeds(1)).toBe(bad > 6 ? 1 : 0);
  });

  it("is compared with the level of its quarter of an hour, and without an arm beside it with the day before", () => {
    const { serving } = served(metric(), errors);
    const beside = serving.point(7, 1, step(10))?.beside ?? [];
    const quarter = errors.slice(0, 15).reduce((sum, one) => sum + (one?.[1] ?? 0), 0) / 15;
    expect(beside.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
    expect(beside[1]?.value).toBeCloseTo(quarter / 6, 9);
    // A minute's own errors are no part of it: if a bad minute were its neighbours' baseline, none would breach beside it.
    expect(serving.point(8, 1, step(10))?.beside).toEqual(beside);
    const [whole, ...others] = serving.point(7, 1, step(100))?.beside ?? [];
    expect(whole?.value).toBeCloseTo(1, 1);
    expect(others).toEqual([]);
  });

  it("shares with the baseline what stands out of its quarter of an hour", () => {
    const incident = errors.map((one, minute) => (minute === 7 ? counted(600, 90) : one));
    const { serving } = served(metric(), incident);
    expect(serving.point(7, 1, step(10))?.beside[1]?.value).toBeCloseTo(15, 9);
    expect(serving.point(8, 1, step(10))?.beside[1]?.value).toBeLessThan(3);
  });

  it("is compared with the day before too where the arm beside it is a few requests", () => {
    const { serving } = served(metric(), errors);
    expect(serving.point(7, 1, step(99))).toMatchObject({ thin: true, beside: [{ weight: 1 }] });
    expect(serving.point(7, 1, step(90))).toMatchObject({ thin: false });
  });

  it("is silent where nothing was measured", () => {
    const { serving } = served(
      metric(),
      past(DAY, (minute) => (minute === 3 ? null : counted(60, 1))),
    );
    expect(serving.point(3, 1, step(10))).toBeNull();
    expect(serving.point(4, 1, step(10))?.silent).toBeCloseTo(0.9 ** 60, 12);
    expect(
      servedInPast(
        metric(),
        past(9, () => null),
        analysis,
      ),
    ).toBeNull();
  });

  it("is grainier at a small share, of durations: the p95 of six is nearly the slowest of them", () => {
    const p95 = metric({ source: { preset: "lambda-duration-p95" } });
    const durations = past(3 * DAY, () => [60, null, 200 * Math.exp(0.1 * random.normal())] as const);
    const { serving } = served(p95, durations);
    const above = (weight: number) => serving.point(9, 1, step(weight))?.exceeds(300) ?? 0;
    expect(above(100)).toBe(0);
    expect(above(10)).toBeGreaterThan(above(50));
    expect(above(10)).toBeGreaterThan(0.01);
  });

  it("is all of it at any share where no arms can be told apart", () => {
    const throttles = metric({ source: { preset: "lambda-throttles" } });
    const { serving } = served(
      throttles,
      past(DAY, (minute) => counted(600, minute === 5 ? 30 : 0)),
    );
    expect(serving.point(5, 1, step(10))).toMatchObject({ samples: 600, silent: 0 });
  });
});

describe("how often what serves broke a rule", () => {
  /** 6 % for 3 minutes each 12 hours, 1 % otherwise. */
  const samples = past(10 * DAY, (minute) => counted(600, minute % 720 < 3 ? 36 : 6));
  const times = (over: Parameters<typeof rule>[0]) => served(metric(), samples).timesBroken?.(rule(over));

  it("counts each breach once, however long it lasts, over the last week", () => {
    expect(times({ max: 5, sustainedSeconds: 120 })).toEqual({ times: 14, days: 7 });
    expect(times({ max: 5 })).toEqual({ times: 14, days: 7 });
    expect(times({ max: 5, sustainedSeconds: 240 })).toEqual({ times: 0, days: 7 });
  });

  it("compares with the mean of the day", () => {
    expect(times({ maxIncreasePoints: 4, sustainedSeconds: 60 })).toEqual({ times: 14, days: 7 });
  });
});

describe("what is known of a week", () => {
  const week = { requestsPerMinute: 600, errorRate: 0.01, phi: 2, p50: 100, p95: 400, throttlesPerMinute: 2 };
  const chance = (of: Partial<MetricPlan>, ceiling: number, weight = 10) => {
    const found = servedInWeek(metric(of), week);
    return typeof found === "string" ? found : found.serving.point(0, 1, step(weight))?.exceeds(ceiling);
  };

  it("tells chances of errors, durations and throttles, and says what it does not tell", () => {
    // 0.6 errors expected, in clumps of 1.5: none with exp(-0.4).
    expect(chance({}, 1)).toBeCloseTo(1 - Math.exp(-0.4), 3);
    expect(chance({ source: { preset: "lambda-duration-p95" } }, 400)).toBeGreaterThan(0.3);
    expect(chance({ source: { preset: "lambda-duration-p95" } }, 4_000)).toBeLessThan(1e-3);
    expect(chance({ source: { preset: "lambda-throttles" } }, 0)).toBeCloseTo(1 - Math.exp(-2 / 1.5), 6);
    expect(chance({ source: { preset: "lambda-duration-p99" } }, 400)).toBe(
      "the file gives no p99 of order, or no other quantile beside it",
    );
    expect(servedInWeek(metric(), undefined)).toBe("nothing is given of order");
    expect(servedInWeek(metric(), { ...week, requestsPerMinute: 0 })).toBe("order had no traffic");
  });

  it("takes a mean beside its samples for one of errors, as API Gateway's are, in fractions", () => {
    const query = { namespace: "AWS/ApiGateway", metricName: "5XXError", dimensions: {}, statistic: "Average" };
    const average = { target: null, source: { query, samples: { ...query, statistic: "Sum" } } };
    // Of all 600 requests 6 are errors: more than one in a thousand nearly always, more than 5 % never.
    expect(chance(average, 0.001)).toBeGreaterThan(0.97);
    expect(chance(average, 0.05)).toBeLessThan(1e-5);
    expect(chance({ target: null, source: { query } }, 1)).toBe("a file of traffic says nothing of such a value");
  });
});
