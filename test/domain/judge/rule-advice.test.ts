import { describe, expect, it } from "vitest";
import { adviseRules } from "../../../functions/domain/judge/rule-advice.ts";
import { servedInWeek } from "../../../functions/domain/judge/served-week.ts";
import { rateInWords, statedRate } from "../../../functions/domain/judge/stated-rate.ts";
import { chanceInWords } from "../../../functions/domain/judge/tried-rule.ts";
import type { EnvironmentPlan, MetricPlan, RulePlan } from "../../../functions/domain/plan.ts";
import { environmentPlan, judged, metric, rule } from "../../support/canary-world.ts";

const week = { requestsPerMinute: 600, errorRate: 0.01 };
const planWith = (metrics: readonly MetricPlan[], over: Partial<EnvironmentPlan> = {}): EnvironmentPlan => {
  const plan = environmentPlan({ monitor: null, ...over });
  return { ...plan, analysis: { ...plan.analysis, metrics } };
};
const advise = (plan: EnvironmentPlan, known = week) => adviseRules(plan, (one) => servedInWeek(one, known));
const of = (...rules: RulePlan[]) => [metric({ rules })];
const tried = (...rules: RulePlan[]) => advise(planWith(of(...rules))).tried["errors@order"];

describe("rules that are tried before the start", () => {
  it("are said with what they would do to a candidate as good as what serves", () => {
    const { lines, warnings, refused, together } = advise(planWith(of(rule({ max: 1.5, sustainedSeconds: 120 }))));
    expect(lines).toEqual([
      expect.stringMatching(/^order: errors, at most 1.5 % \(for 2m\): rolls back a good candidate with \d\d %, holds/),
    ]);
    expect(warnings).toEqual([
      expect.stringMatching(/^order: errors, "at most 1.5 % \(for 2m\)" alone rolls back .* above the judge's 5 %$/),
    ]);
    expect(refused).toBe(false);
    expect(together.rollsBack).toBeGreaterThan(0.5);
  });

  it("roll back beside a baseline or where they are hard; alone they hold", () => {
    const alone = { max: 1.3, sustainedSeconds: 120 };
    const plan = planWith(of(rule(alone), rule({ ...alone, hard: true })), {
      steps: [{ weight: 100, bakeSeconds: 900 }],
    });
    const [plain, hard] = advise(plan).tried["errors@order"] ?? [];
    expect(plain).toMatchObject({ rollsBack: 0, holds: hard?.rollsBack });
    expect(hard?.rollsBack).toBeGreaterThan(0.01);
  });

  it("act by what they say: a block holds, a warning is noted", () => {
    const [blocks, warns] = tried(rule({ max: 1.5, onBreach: "block" }), rule({ max: 1.5, onBreach: "warn" })) ?? [];
    expect(blocks).toMatchObject({ rollsBack: 0, notes: 0 });
    expect(warns).toMatchObject({ rollsBack: 0, holds: 0 });
    expect(blocks?.holds).toBe(warns?.notes);
  });

  it("look at the share that a step really sets, and compare in the monitoring where a share is held back", () => {
    const rules = of(rule({ maxIncreasePoints: 0.2, sustainedSeconds: 300 }));
    const steps = [{ weight: 100, bakeSeconds: 900 }];
    const monitor = { forSeconds: 3_600, onFail: "roll-back" as const };
    const busy = { ...week, requestsPerMinute: 6_000 };
    const chances = (holdback?: number) =>
      advise(planWith(rules, { steps, monitor, ...(holdback === undefined ? {} : { holdback }) }), busy).tried[
        "errors@order"
      ]?.[0];
    expect(chances()).toMatchObject({ rollsBack: 0 });
    expect(chances(10)?.rollsBack).toBeGreaterThan(0);
    expect(chances(10)).toMatchObject({ holds: 0 });
  });

  it("say why nothing can be said", () => {
    const { lines, untried, tried: none } = adviseRules(planWith(of(rule({ max: 5 }))), () => "nothing was measured");
    expect(lines).toEqual(["order: errors, at most 5 %: not tried, nothing was measured"]);
    expect(untried).toBe(1);
    expect(none).toEqual({ "errors@order": [null] });
  });

  it("share a line where they say the same of several targets, and are left out of dry runs", () => {
    const rules = [rule({ max: 50 })];
    const metrics = ["auth", "cart", "order", "pay"].map((target) => metric({ target, rules }));
    const plan = planWith([...metrics, metric({ name: "shown", rules, dryRun: true })]);
    expect(advise(plan).lines).toEqual([
      "auth, cart, order and 1 more: errors, at most 50 %: rolls back a good candidate with less than 0.01 %",
    ]);
  });
});

describe("a rule that what serves breaks as it stands", () => {
  const broken = (ifBaselineBreaks: "refuse" | "relative" | "keep") =>
    advise(planWith(of(rule({ max: 0.5, sustainedSeconds: 600, ifBaselineBreaks }))));

  it("is told, whatever becomes of it", () => {
    const told = '"at most 0.5 % (for 10m)" is broken by what serves now, at 1 %';
    expect(broken("refuse").warnings[0]).toBe(`order: errors, ${told}: the policy refuses such a start`);
    expect(broken("relative").warnings[0]).toBe(`order: errors, ${told}: the baseline is the measure instead`);
    expect(broken("keep").warnings[0]).toBe(`order: errors, ${told}: the policy keeps it`);
  });

  it("refuses the start only where the policy says so", () => {
    expect([broken("refuse"), broken("relative"), broken("keep")].map(({ refused }) => refused)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("is tried as it will bind: kept it costs far more than measured against the baseline", () => {
    expect(broken("keep").together.rollsBack).toBeGreaterThan(10 * broken("relative").together.rollsBack);
    expect(broken("relative").lines[0]).toContain("at most baseline + 0.5 points (for 10m) instead of at most 0.5 %");
  });

  it("may tolerate nothing at all: then there is no distance to the baseline, and it stays", () => {
    const { warnings, lines } = advise(planWith(of(rule({ max: 0, ifBaselineBreaks: "relative" }))));
    expect(warnings.filter((warning) => warning.includes("is broken by"))).toEqual([]);
    expect(lines[0]).toMatch(/^order: errors, at most 0 %: rolls back a good candidate with/);
  });
});

describe("the rate of an environment", () => {
  it("is rules and judge and reach together, bounded by their sum", () => {
    const plan = planWith([judged({ rules: [rule({ max: 1.5, sustainedSeconds: 120 })] })]);
    const advice = advise(plan);
    const { expected, bound, rules, judge, reach } = statedRate(plan, advice);
    expect(rules).toBe(advice.together.rollsBack);
    expect({ judge, reach }).toEqual({ judge: 0.05, reach: 1e-4 });
    expect(bound).toBe(Math.min(1, rules + judge + reach));
    expect(expected).toBeGreaterThan(rules);
    expect(expected).toBeLessThan(bound);
  });

  it("says its parts, and what is not in it", () => {
    const plan = { ...planWith([judged({ rules: [rule({ max: 50 })] })]), alarms: ["shop-5xx"] };
    expect(rateInWords(plan, advise(plan))).toBe(
      "a good candidate is rolled back in about 0.1 % of rollouts, at most 5 %: less than 0.01 % by rules, at most 5 % by the judge, at most 0.01 % where no request reaches it, alarms not counted",
    );
    const blind = adviseRules(plan, () => "nothing was measured");
    expect(rateInWords(plan, blind)).toContain("1 of the rules not tried");
  });

  it("takes rules of rollouts that begin together as one chance, never more than their sum", () => {
    const one = rule({ max: 1.5, sustainedSeconds: 120 });
    const [alone, twice] = [advise(planWith(of(one))), advise(planWith(of(one, one)))];
    expect(twice.together.rollsBack).toBeGreaterThan(alone.together.rollsBack);
    expect(twice.together.rollsBack).toBeLessThanOrEqual(2 * alone.together.rollsBack);
  });
});

it("says small chances as what they are", () => {
  expect([0, 9e-5, 1e-4, 0.0123, 1].map(chanceInWords)).toEqual([
    "less than 0.01 %",
    "less than 0.01 %",
    "0.01 %",
    "1.2 %",
    "100 %",
  ]);
});
