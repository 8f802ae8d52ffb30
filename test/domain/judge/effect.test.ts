import { describe, expect, it } from "vitest";
import { type Effect, effectsOf, effectsToKeep } from "../../../functions/domain/judge/effect.ts";
import { effectInFull, effectInWords, effectsInWords } from "../../../functions/domain/judge/effect-words.ts";
import { advance } from "../../../functions/domain/judge/fold.ts";
import { type ArmSample, NO_BOUNDS, type Span, type Watch, watchId } from "../../../functions/domain/judge/sampling.ts";
import type { Period, Progress } from "../../../functions/domain/judge/state.ts";
import { durationBounds } from "../../../functions/domain/judge/statistics/duration-reference.ts";
import { normalBelow } from "../../../functions/domain/judge/statistics/normal.ts";
import type { MetricPlan } from "../../../functions/domain/plan.ts";
import { judged, MINUTE, metric, sequential } from "../../support/canary-world.ts";

const TENTH: Span = { from: 0, weight: 10, finished: false };
const HALF: Span = { from: 20 * MINUTE, weight: 50, finished: false };
const watchOf = (plan: MetricPlan, bounds: Watch["bounds"] = NO_BOUNDS): Watch => ({
  id: watchId(plan),
  metric: plan,
  arms: null,
  bounds,
});
const errors = (n: number, x: number): ArmSample => [n, x, (100 * x) / n];
const minutes = (span: Span, count: number, candidate: ArmSample | null, baseline: ArmSample | null): Period[] =>
  Array.from({ length: count }, (_, index) => ({
    at: span.from + index * MINUTE,
    span,
    sample: { candidate, baseline },
  }));
const folded = (watch: Watch, periods: readonly Period[]): Progress =>
  advance({ watch, alpha: 0.05, reference: null }, null, periods);
const effectsAt = (watch: Watch, periods: readonly Period[], span: Span = TENTH) =>
  effectsOf({ watch, reference: null }, folded(watch, periods).effect, span.from);

describe("what a candidate does otherwise", () => {
  const watch = watchOf(judged());
  const worse = minutes(TENTH, 15, errors(600, 18), errors(5400, 54));

  it("is bounded in points of the requests", () => {
    const [effect] = effectsAt(watch, worse)?.step ?? [];
    expect(effect).toMatchObject({ in: "points", estimate: 2, candidate: 3, baseline: 1 });
    expect(effect?.low).toBeGreaterThan(0.5);
    expect(effect?.high).toBeLessThan(4);
  });

  it("is told for the step and over all steps so far", () => {
    const better = minutes(HALF, 15, errors(3000, 30), errors(3000, 30));
    const both = effectsAt(watch, [...worse, ...better], HALF);
    expect(both?.step[0]?.estimate).toBe(0);
    expect(both?.total[0]?.candidate).toBeCloseTo(4 / 3, 3);
    expect(effectsAt(watch, worse, HALF)).toMatchObject({ step: [], total: [{ estimate: 2 }] });
  });

  it("leaves out cold minutes, which are told of by themselves", () => {
    const cold = watchOf(judged({ sequential: sequential({ warmupMinutes: 2 }) }));
    const broken = minutes(TENTH, 2, errors(600, 600), errors(5400, 54));
    const after = minutes(TENTH, 17, errors(600, 6), errors(5400, 54)).slice(2);
    expect(effectsAt(cold, [...broken, ...after])?.step[0]).toMatchObject({ candidate: 1, baseline: 1 });
    expect(effectsAt(cold, broken)).toBeNull();
  });

  it("is nothing without a baseline beside it, without counts, or of a target as a whole", () => {
    const whole = { ...TENTH, weight: 100 };
    expect(effectsAt(watch, minutes(whole, 15, errors(600, 18), null), whole)).toBeNull();
    expect(effectsAt(watch, minutes(TENTH, 15, errors(600, 18), null))).toBeNull();
    expect(effectsAt(watch, minutes(TENTH, 15, [0, 0, 0], errors(5400, 54)))).toBeNull();
    const throttles = watchOf(metric({ source: { preset: "lambda-throttles" } }));
    expect(effectsAt(throttles, worse)).toBeNull();
    const p95 = watchOf(metric({ source: { preset: "lambda-duration-p95" } }));
    expect(effectsAt(p95, worse)).toBeNull();
  });

  it("is bounded per 1,000 exposures where counts may exceed them", () => {
    const per = { of: "requests", direction: "decrease", largest: 1, absent: "zero" } as const;
    const query = { namespace: "Shop", metricName: "Orders", dimensions: { V: "{version}" }, statistic: "Sum" };
    const orders = watchOf(metric({ source: { query }, per }));
    const counts = (n: number, x: number): ArmSample => [n, x, (1_000 * x) / n];
    const fewer = effectsAt(orders, minutes(TENTH, 15, counts(600, 900), counts(5400, 9_000)));
    const [effect] = fewer?.step ?? [];
    expect(effect).toMatchObject({ in: "amount", candidate: 1_500, estimate: expect.closeTo(-166.7, 1) });
    expect(effect?.low).toBeLessThan(-167);
    expect(effect?.high).toBeGreaterThan(-167);
    expect(effect?.high).toBeLessThan(0);
    expect(effect === undefined ? "" : effectInWords(effect)).toMatch(/^-167 per 1,000, between -\d+ and -\d+$/);
  });

  it("says nothing where the bounds leave all open", () => {
    expect(effectsAt(watch, minutes(TENTH, 1, errors(2, 0), errors(18, 0)))).toBeNull();
  });

  it("goes on from JSON to the digit", () => {
    const whole = folded(watch, worse).effect;
    const context = { watch, alpha: 0.05, reference: null };
    const first = JSON.parse(JSON.stringify(advance(context, null, worse.slice(0, 7)))) as Progress;
    expect(advance(context, first, worse.slice(7)).effect).toEqual(whole);
    expect(JSON.stringify(whole).length).toBeLessThan(2_000);
  });
});

describe("how many times as long a candidate takes", () => {
  const bounds = durationBounds([85, 119, 193, 272]) ?? [];
  const each = { baseline: bounds, candidate: bounds.map((bound) => 1.1 * bound) };
  const watch = watchOf(
    judged({ source: { preset: "lambda-duration" }, sequential: sequential({ delta: 0, latencyMargin: 0.1 }) }),
    { candidate: each.candidate[2] ?? null, baseline: each.baseline[2] ?? null, each },
  );
  const durations = (requests: number, median: number, at: readonly number[]): ArmSample => {
    const slower = at.map((bound) => Math.round(requests * (1 - normalBelow(Math.log(bound / median) / 0.5))));
    return [requests, slower[2] ?? 0, 2.3 * median, ...slower];
  };

  it("is bounded for half of its requests and for the slowest", () => {
    const slower = minutes(TENTH, 15, durations(600, 178.5, each.candidate), durations(5400, 85, each.baseline));
    const [half, slowest] = effectsAt(watch, slower)?.step ?? [];
    expect(half).toMatchObject({ in: "times", quantile: "p50", estimate: expect.closeTo(2.1, 1) });
    expect(half?.candidate).toBeCloseTo(178, -1);
    expect(half?.baseline).toBeCloseTo(85, 0);
    for (const one of [half, slowest]) {
      expect(one?.low).toBeLessThan(2.1);
      expect(one?.high).toBeGreaterThan(2.1);
      expect((one?.high ?? 0) / (one?.low ?? 1)).toBeLessThan(1.6);
    }
  });

  it("holds 1 for a candidate that is as fast", () => {
    const alike = minutes(TENTH, 15, durations(600, 85, each.candidate), durations(5400, 85, each.baseline));
    for (const { low, high } of effectsAt(watch, alike)?.step ?? []) {
      expect(low).toBeLessThan(1);
      expect(high).toBeGreaterThan(1);
    }
  });
});

describe("an effect in words", () => {
  const points: Effect = { in: "points", estimate: 1.23, low: 0.58, high: 2.04, candidate: 1.4, baseline: 0.2 };
  const times: Effect = {
    in: "times",
    quantile: "p50",
    estimate: 2.12,
    low: 1.93,
    high: 2.31,
    candidate: 180.4,
    baseline: 85.3,
  };

  it("says how much, and between what", () => {
    expect(effectInWords(points)).toBe("+1.2 points, between +0.6 and +2.0");
    expect(effectInWords({ ...points, estimate: 0.004, low: -0.021, high: 0.034 })).toBe(
      "+0.004 points, between -0.021 and +0.034",
    );
    expect(effectInWords({ ...points, estimate: -3, low: -9, high: 4 })).toBe("-3 points, between -9 and +4");
    expect(effectInWords(times)).toBe("p50 x2.1, between x1.93 and x2.3");
    expect(effectInFull(times)).toBe(
      "half of its requests take 2.1 times as long, between 1.93 and 2.3 (p50 180 ms against 85 ms)",
    );
  });

  it("says it once where the step is all there was", () => {
    expect(effectsInWords({ step: [points], total: [points] })).toEqual(["+1.2 points, between +0.6 and +2.0"]);
    expect(effectsInWords({ step: [points], total: [{ ...points, high: 1.8 }] })).toEqual([
      "+1.2 points, between +0.6 and +2.0",
      "over all steps +1.2 points, between +0.6 and +1.8",
    ]);
    expect(effectsInWords(undefined)).toEqual([]);
  });

  it("stands in the trail beside the verdict, of so many findings as an entry should hold", () => {
    const effect = { step: [points], total: [points] };
    expect(effectsToKeep([{ watch: "errors@order", effect }, { watch: "p95@order" }])).toEqual({
      effects: { "errors@order": effect },
    });
    expect(effectsToKeep([{ watch: "p95@order" }])).toEqual({});
    const many = Array.from({ length: 60 }, (_, index) => ({ watch: `w${index}`, effect }));
    expect(Object.keys(effectsToKeep(many).effects ?? {})).toHaveLength(20);
  });
});
