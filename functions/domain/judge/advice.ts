/**
 * What a plan's bakes can see at the traffic that its targets have: said before the start, printed by `headgate check`,
 * shown to approvers, kept in the record.
 */
import { formatDuration } from "../durations.ts";
import type { EnvironmentPlan, MetricPlan, RulePlan, StepPlan } from "../plan.ts";
import { configOf } from "./fold.ts";
import { forecastInWords } from "./forecast.ts";
import { holdbackInWords } from "./holdback-advice.ts";
import { chanceToPass, type Judged, judgedOf, minutesToPass, stepsBeside } from "./pass-time.ts";
import type { RuleAdvice, TriedRules } from "./rule-advice.ts";
import { isErrorRate } from "./sampling.ts";
import { rateInWords } from "./stated-rate.ts";
import {
  adviceInWords,
  adviseDetectable,
  durationInWords,
  riseInWords,
  roundedUp,
  type StepAdvice,
  type Traffic,
} from "./statistics/detectable.ts";
import { ruleInWords } from "./thresholds.ts";
import { trafficIn, type WeekOfTraffic } from "./week-of-traffic.ts";

export interface PlanAdvice {
  /** One line for each step of each target; targets that read the same share their lines. */
  readonly lines: readonly string[];
  /** Bakes that cannot see what they are asked to see, or are too short to pass a good candidate. */
  readonly warnings: readonly string[];
  /** The plan asks to be refused when a bake is blind, and one is; or when what serves breaks a rule already. */
  readonly refused: boolean;
  /** What the rules would do to a candidate as good as what serves; absent in older records. */
  readonly rules?: RulesAdvice;
  /** What of the week is kept for later questions (`slowestOf`); absent in older records, and from a file. */
  readonly slowest?: WeekOfTraffic;
}

/** Of the week that advice rests on, the target with the least traffic: every bake waits for it. */
export function slowestOf(week: WeekOfTraffic): WeekOfTraffic {
  const [slowest] = Object.entries(week).toSorted(([, a], [, b]) => a.requestsPerMinute - b.requestsPerMinute);
  return slowest === undefined ? {} : { [slowest[0]]: slowest[1] };
}

/** As `rule-advice.ts` finds out. */
export interface RulesAdvice {
  readonly lines: readonly string[];
  /** How often a good candidate is rolled back, rules and judge together. */
  readonly rate: string;
  readonly tried: TriedRules;
}

/** The same advice with what came of trying the rules. */
export function withRules(advice: PlanAdvice, plan: EnvironmentPlan, found: RuleAdvice): PlanAdvice {
  const { lines, warnings, refused, tried } = found;
  return {
    ...advice,
    warnings: [...advice.warnings, ...warnings],
    refused: advice.refused || refused,
    rules: { lines, rate: rateInWords(plan, found), tried },
  };
}

interface Advised {
  readonly target: string;
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
  readonly blind: boolean;
}

/** A rise that nobody named is advised upon at one point. */
const USUAL_RISE = 0.01;

/**
 * Advice on every target whose error rate is judged. A target without known traffic is warned about. `now` (epoch ms) is
 * when the environment would be begun: from there it is reckoned when thin traffic lets a bake be decided.
 */
export function adviseSteps(plan: EnvironmentPlan, week: WeekOfTraffic, now: number | null = null): PlanAdvice {
  const advised = plan.analysis.metrics.flatMap((metric) => {
    if (metric.target === null || metric.dryRun || !isErrorRate(metric)) return [];
    const traffic = trafficIn(week, metric.target);
    return [traffic === null ? unknownTraffic(metric.target) : adviseMetric(plan, metric, metric.target, traffic)];
  });
  const judged = now === null ? [] : judgedOf(plan, week);
  const forecasts = judged.map((one) => ({ target: one.target, lines: forecastInWords(plan, one, now ?? 0) }));
  return {
    lines: [...(plan.analysis.chosen ?? []), ...together(advised), ...together(forecasts)],
    warnings: together(advised.map(({ target, warnings }) => ({ target, lines: warnings }))),
    refused: plan.analysis.ifBlind === "refuse" && advised.some(({ blind }) => blind),
  };
}

const unknownTraffic = (target: string): Advised => ({
  target,
  lines: [],
  warnings: ["had no traffic last week: no bake can see anything, and a pass cannot be reached"],
  blind: true,
});

function adviseMetric(plan: EnvironmentPlan, metric: MetricPlan, target: string, traffic: Traffic): Advised {
  const { alpha, mustSeePoints } = plan.analysis;
  const planned = stepsBeside(plan);
  const steps = planned.map((step) => ({
    weight: step.weight,
    bakeMinutes: judgedMinutes(plan, metric, traffic, step),
  }));

  const thin = steps.flatMap((step) => {
    const expected = (traffic.requestsPerMinute * step.weight * step.bakeMinutes) / 100;
    return metric.rules.flatMap((rule) => tooThin(rule, expected, step.weight));
  });
  const sequential = metric.sequential;
  if (sequential === undefined) return { target, lines: [], warnings: thin, blind: thin.length > 0 };
  const { alpha: _whole, ...config } = configOf(sequential, alpha, null);
  const slo = config.slo ?? sequential.rho * traffic.errorRate + sequential.delta;
  const wantedRise = mustSeePoints === null ? USUAL_RISE : mustSeePoints / 100;
  const advice = adviseDetectable({
    traffic,
    steps,
    config: { ...config, alpha, slo },
    share: sequential.weight,
    wantedRise,
  });
  const unseen = mustSeePoints === null ? [] : advice.steps.filter((step) => !step.seesWanted);
  const blind = [...unseen.map((step) => blindTo(step, wantedRise)), ...thin];
  const unpassed = planned.flatMap((step) => tooShortToPass(plan, { metric, target, sequential, traffic }, step));
  return {
    target,
    lines: [...adviceInWords(advice, unreadMinutes(metric)), ...holdbackInWords(plan, metric, traffic)],
    warnings: [...blind, ...unpassed],
    blind: blind.length > 0,
  };
}

/** Share of good candidates that a bake should pass, with its extension. */
const USUALLY = 0.9;

/**
 * A bake in which even a good candidate finds too little evidence for a pass: what the plan does then is the rule, not
 * the exception.
 */
function tooShortToPass({ analysis }: EnvironmentPlan, judged: Judged, { weight, bakeSeconds }: StepPlan): string[] {
  const chance = chanceToPass(judged, weight, Math.floor((bakeSeconds + analysis.extendSeconds) / 60));
  if (chance >= USUALLY) return [];
  const needed = minutesToPass(judged, weight, USUALLY);
  const extended =
    analysis.extendSeconds === 0 ? "" : `, its extension of ${formatDuration(analysis.extendSeconds)} included`;
  const longer =
    needed === null
      ? "no bake of up to 7 d would do"
      : `it takes ${durationInWords(roundedUp(needed))} at this traffic`;
  const then = analysis.onInconclusive === "proceed" ? "proceed if nothing speaks against it" : analysis.onInconclusive;
  return [
    `the bake at ${weight} % passes a good candidate in about ${Math.floor(chance * 100)} % of cases${extended}: ${longer}; without a pass the policy says ${then}`,
  ];
}

/** Whole minutes that have closed, settled and been read when a bake ends as planned. */
function seenMinutes(metric: MetricPlan, bakeSeconds: number): number {
  return Math.max(1, Math.floor(bakeSeconds / 60) - unreadMinutes(metric));
}

/** A bake that counts in events lasts until they have come, if that is longer. */
function judgedMinutes(
  { analysis: { events = 0 } }: EnvironmentPlan,
  metric: MetricPlan,
  { requestsPerMinute }: Traffic,
  { weight, bakeSeconds }: StepPlan,
): number {
  const counted = Math.ceil((events * 100) / weight / requestsPerMinute);
  return Math.max(seenMinutes(metric, bakeSeconds), counted);
}

/** Minutes at the end of a bake that have not settled when it is over. */
const unreadMinutes = ({ settleSeconds }: MetricPlan): number => Math.ceil(settleSeconds / 60);

function blindTo({ weight, smallestRise }: StepAdvice, wanted: number): string {
  const seen = smallestRise === null ? "sees none" : `sees ${riseInWords(smallestRise)} or more`;
  return `the bake at ${weight} % cannot see the rise of ${riseInWords(wanted)} that it must see: it ${seen}`;
}

/** A rule whose samples do not come together within the bake can never be judged. */
function tooThin(rule: RulePlan, expected: number, weight: number): string[] {
  if (rule.onBreach === "warn" || rule.minSamples <= expected) return [];
  const name = ruleInWords(rule, " %");
  return [
    `the bake at ${weight} % brings about ${Math.floor(expected)} candidate requests, fewer than the ${rule.minSamples} that "${name}" needs`,
  ];
}

/** Lines of targets that read the same are said once, with the targets' names before them. */
function together(all: readonly { readonly target: string; readonly lines: readonly string[] }[]): string[] {
  const groups = new Map<string, string[]>();
  for (const { target, lines } of all) {
    for (const line of lines) groups.set(line, [...(groups.get(line) ?? []), target]);
  }
  return [...groups].map(([line, targets]) => `${namesOf(targets)}: ${line}`);
}

const MOST_NAMES = 3;

function namesOf(targets: readonly string[]): string {
  if (targets.length <= MOST_NAMES) return targets.join(", ");
  return `${targets.slice(0, MOST_NAMES).join(", ")} and ${targets.length - MOST_NAMES} more`;
}
