/** Rules that are tried on what serves before a rollout starts, and what is then said beside each verdict on them. */
import { describe, expect, it } from "vitest";
import { checkGates } from "../../functions/check-gates.ts";
import { ServiceTrouble } from "../../functions/domain/errors.ts";
import { captureReference } from "../../functions/domain/judge/capture-reference.ts";
import { loadAdvice } from "../../functions/domain/judge/load-advice.ts";
import { watchesOf } from "../../functions/domain/judge/reference.ts";
import { standingOf, UNJUDGED } from "../../functions/domain/judge/thresholds.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import type { MetricPlan } from "../../functions/domain/plan.ts";
import {
  canaryWorld,
  ENVIRONMENT,
  environmentPlan,
  judged,
  MINUTE,
  metric,
  PROMOTION,
  rule,
  START,
  type Traffic,
  type World,
} from "../support/canary-world.ts";

const DAY = 24 * 60 * MINUTE;
/** 6 % for three minutes each twelve hours, 1 % otherwise; by the hour sixty times as much. */
const RESTLESS: Traffic = (_version, at) => ({ requests: 600, errors: (at / MINUTE) % 720 < 3 ? 36 : 6, p95: 200 });
const burst = rule({ max: 5, sustainedSeconds: 120, hard: true });

function planWith(metrics: readonly MetricPlan[]) {
  const plan = environmentPlan();
  return { ...plan, analysis: { ...plan.analysis, metrics } };
}
const worldWith = (metrics: readonly MetricPlan[], traffic = RESTLESS): Promise<World> =>
  canaryWorld(planWith(metrics), traffic);
/** A day is enough to try a rule on; CloudWatch keeps fifteen of them. */
const check = ({ deps }: World, pastDays = 1) =>
  checkGates({ ...deps, settings: { ...deps.settings, pastDays } })({
    promotionId: PROMOTION,
    environment: ENVIRONMENT,
    when: "before",
  });
const given = async (world: World) => (await loadAdvice(world.ledger, PROMOTION, ENVIRONMENT))?.rules;

describe("the checks before a rollout", () => {
  it("try each rule on the days that CloudWatch keeps, and keep what came of it", async () => {
    const world = await worldWith([judged({ rules: [burst] })]);
    await check(world, 8);
    const rules = await given(world);
    expect(rules?.lines).toEqual([
      expect.stringMatching(
        /^order: errors, at most 5 % \(for 2m\): rolls back a good candidate with [\d.]+ %, and what serves broke it 14 times in the last 7 days$/,
      ),
    ]);
    expect(rules?.rate).toMatch(/^a good candidate is rolled back in about [\d.]+ % of rollouts, at most [\d.]+ %: /);
    const tried = rules?.tried["errors@order"]?.[0];
    // Three minutes of each 720, and a rollout of four bakes and a monitoring of two hours that may meet them.
    expect(tried?.rollsBack).toBeGreaterThan(0.15);
    expect(tried?.rollsBack).toBeLessThan(0.3);
    const [entry] = (await loadAudit(world.ledger, PROMOTION)).filter(({ kind }) => kind === "advice");
    expect(entry?.data?.rules).toEqual({ lines: rules?.lines, rate: rules?.rate });
  });

  it("read minutes no older than CloudWatch has them, some days at a time, once", async () => {
    const world = await worldWith([metric({ rules: [burst] })]);
    await check(world, 99);
    await check(world, 99);
    const minutes = world.metrics.reads.filter(({ queries }) => queries.every((one) => one.periodSeconds === 60));
    const oldest = Math.min(...minutes.map(({ from }) => from));
    expect(START - oldest).toBeLessThan(15 * DAY);
    expect(START - oldest).toBeGreaterThan(14 * DAY);
    for (const { queries, from, to } of minutes)
      expect((queries.length * (to - from)) / MINUTE).toBeLessThanOrEqual(30_000);
  });

  it("block where what serves breaks a rule already, and the policy refuses such a start", async () => {
    const half = (ifBaselineBreaks: "refuse" | "relative") =>
      worldWith([metric({ rules: [rule({ max: 0.5, sustainedSeconds: 600, ifBaselineBreaks })] })]);
    const refused = await check(await half("refuse"));
    expect(refused.decision).toBe("stop");
    expect(refused.summary).toContain('"at most 0.5 % (for 10m)" is broken by what serves now, at 1.02 %');
    const relative = await check(await half("relative"));
    expect(relative.decision).toBe("go");
    expect(relative.summary).toContain("the baseline is the measure instead");
  });

  it("go on where the past cannot be read, and say so", async () => {
    const world = await worldWith([metric({ rules: [burst] })]);
    world.metrics.fail = new ServiceTrouble("CloudWatch is down");
    expect(await check(world)).toMatchObject({
      decision: "go",
      summary: expect.stringContaining("CloudWatch is down"),
    });
  });

  it("say that nothing was measured, rather than that a rule costs nothing", async () => {
    const world = await worldWith([metric({ rules: [burst] })], () => undefined);
    await check(world);
    expect((await given(world))?.lines).toEqual([
      "order: errors, at most 5 % (for 2m): not tried, nothing was measured in the days that CloudWatch keeps",
    ]);
  });
});

describe("a verdict on a rule", () => {
  it("has beside it what came of trying the rule", async () => {
    const plan = planWith([judged({ rules: [burst] })]);
    const world = await canaryWorld(plan, RESTLESS);
    await check(world);
    const references = await captureReference(world.deps, plan, PROMOTION);
    const [watch] = watchesOf(plan, [], references);
    const bound = watch?.metric.rules[0];
    if (bound === undefined) throw new Error("the metric has a rule");
    expect(standingOf(bound, UNJUDGED, " %").text).toMatch(
      /^at most 5 % \(for 2m\): 0 of 1 samples needed \(tried before: rolls back a good candidate with [\d.]+ %, and what serves broke it 2 times in the last 22 hours\)$/,
    );
  });
});
