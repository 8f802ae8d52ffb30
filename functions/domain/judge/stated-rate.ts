/** How often an environment rolls a good candidate back, all that acts by itself together, and how that is made up. */
import { everyKind } from "../../targets/kinds.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { RuleAdvice } from "./rule-advice.ts";
import { isWhole, presetIn } from "./sampling.ts";
import { EMPTY_ALPHA } from "./statistics/empty-arm.ts";
import { chanceInWords } from "./tried-rule.ts";

/**
 * What the sequential test was measured to do, where its promise is alpha: the mean of the null cells of 15-minute bakes
 * at alpha 0.05 (`npm run bench:judge`). The promise is what holds; this tells what to expect.
 */
const MEASURED_SHARE = 0.001 / 0.05;

export interface StatedRate {
  /** Chances of a rollback in one rollout of a candidate as good as what serves: to be expected, and at most. */
  readonly expected: number;
  readonly bound: number;
  readonly rules: number;
  readonly judge: number;
  readonly reach: number;
}

/** The union of its parts bounds it; what was measured of each is its floor. Alarms are not in it. */
export function statedRate(plan: EnvironmentPlan, { together }: Pick<RuleAdvice, "together">): StatedRate {
  const { alpha, metrics } = plan.analysis;
  const judged = metrics.some(({ sequential, dryRun }) => sequential !== undefined && !dryRun);
  const judge = judged ? alpha : 0;
  const reach = watchesReach(plan) ? EMPTY_ALPHA : 0;
  const rules = together.rollsBack;
  return {
    expected: 1 - (1 - rules) * (1 - judge * MEASURED_SHARE),
    bound: Math.min(1, rules + judge + reach),
    rules,
    judge,
    reach,
  };
}

/** As `showsReach` has it, of a plan whose arms are not known yet. */
const watchesReach = ({ analysis, steps }: EnvironmentPlan): boolean =>
  steps.some(({ weight }) => weight < 100) &&
  analysis.metrics.some((metric) => {
    const preset = presetIn(metric);
    if (preset === null || metric.dryRun || isWhole(metric)) return false;
    return everyKind().some(({ byRequest, presets }) => byRequest && presets.some(({ name }) => name === preset.name));
  });

/** "a good candidate is rolled back in about 12 % of rollouts, at most 17 %: ...". */
export function rateInWords(plan: EnvironmentPlan, advice: Pick<RuleAdvice, "together" | "untried">): string {
  const { expected, bound, rules, judge, reach } = statedRate(plan, advice);
  const parts = [
    `${chanceInWords(rules)} by rules`,
    ...(judge > 0 ? [`at most ${chanceInWords(judge)} by the judge`] : []),
    ...(reach > 0 ? [`at most ${chanceInWords(reach)} where no request reaches it`] : []),
    ...(advice.untried > 0 ? [`${advice.untried} of the rules not tried`] : []),
    ...(plan.alarms.length > 0 ? ["alarms not counted"] : []),
  ];
  const held = advice.together.holds >= 1e-4 ? `; rules hold it in ${chanceInWords(advice.together.holds)}` : "";
  const about = expected < 1e-4 ? chanceInWords(expected) : `about ${chanceInWords(expected)}`;
  return `a good candidate is rolled back in ${about} of rollouts, at most ${chanceInWords(bound)}: ${parts.join(", ")}${held}`;
}
