/**
 * What a plan's rules would do to a candidate that is as good as what serves: tried on the past, or on what is known of a
 * week, before the start. Said by `check`, shown to approvers, kept in the record and repeated beside each verdict.
 */

import { monitorsBeside, shareAt } from "../holdback.ts";
import type { EnvironmentPlan, MetricPlan, RulePlan } from "../plan.ts";
import { type Consequence, type RuleTrial, type Serving, type TrialStep, tryRule } from "./rule-trial.ts";
import { isBrokenAlready, ruleInForce } from "./rules-in-force.ts";
import { isWhole, unitOf, watchId } from "./sampling.ts";
import { nth } from "./statistics/nth.ts";
import { figure, ruleInWords } from "./thresholds.ts";
import { chanceInWords, type TriedRule, triedInWords } from "./tried-rule.ts";

/** What serves, as one metric saw it. */
export interface Served {
  readonly serving: Serving;
  /** Mean over the reference, in the metric's unit. */
  readonly value: number;
  /** How often a rule was broken by all of what served, and over how many days; null where only a summary is known. */
  readonly timesBroken: ((rule: RulePlan) => { readonly times: number; readonly days: number }) | null;
}

/** Null, or why not: nothing is known of what this metric saw. */
export type ServedOf = (metric: MetricPlan) => Served | string;

/** By metric of a target (`watchId`), in the order of its rules; null: that one was not tried. */
export type TriedRules = Readonly<Record<string, readonly (TriedRule | null)[]>>;

/** All rules of a plan together, as chances of one rollout. */
export interface RulesTogether {
  readonly rollsBack: number;
  readonly holds: number;
}

export interface RuleAdvice {
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
  /** A rule that what serves breaks already asks for the start to be refused. */
  readonly refused: boolean;
  readonly tried: TriedRules;
  readonly together: RulesTogether;
  /** Rules of which nothing could be said. */
  readonly untried: number;
}

interface Tried {
  readonly metric: MetricPlan;
  readonly rule: RulePlan;
  readonly name: string;
  /** As it was written; another than `rule` where what serves breaks it already. */
  readonly written: RulePlan;
  readonly served: Served | string;
  readonly trial: RuleTrial | null;
}

/** A dry run acts on nothing, and is not tried. `looks`: how many periods all rules together may look at. */
export function adviseRules(plan: EnvironmentPlan, servedOf: ServedOf, looks = MOST_LOOKS): RuleAdvice {
  const acting = plan.analysis.metrics.filter(({ dryRun, rules }) => !dryRun && rules.length > 0);
  const budget = startsFor(plan, acting, looks);
  const tried = acting.flatMap((metric) => tryMetric(plan, metric, servedOf(metric), budget));
  const alreadyBroken = tried.filter(isAlreadyBroken);
  const costly = tried.filter(({ trial }) => (trial?.chances["rolls-back"] ?? 0) > plan.analysis.alpha);
  return {
    lines: ofMetrics(
      [...tried].sort((one, other) => weightOf(other) - weightOf(one)),
      lineOf,
    ),
    warnings: [...ofMetrics(alreadyBroken, brokenInWords), ...ofMetrics(costly, (one) => costlyInWords(one, plan))],
    refused: alreadyBroken.some(({ written }) => written.ifBaselineBreaks === "refuse"),
    tried: kept(tried),
    together: togetherOf(tried),
    untried: tried.filter(({ trial }) => trial === null).length,
  };
}

const isAlreadyBroken = ({ served, written }: Tried): boolean =>
  typeof served !== "string" && isBrokenAlready(written, served.value);

/** What does most to a good candidate is said first. */
const weightOf = ({ trial }: Tried): number =>
  trial === null ? 0 : 2 * trial.chances["rolls-back"] + trial.chances.holds;

/** As many lines as anybody reads, and an item of the ledger holds. */
const MOST_LINES = 40;
const MOST_NAMES = 3;

/** Targets of which the same is said share a line. */
function ofMetrics(tried: readonly Tried[], say: (one: Tried) => string): string[] {
  const groups = [...Map.groupBy(tried, (one) => `${one.metric.name} ${say(one)}`).values()];
  const lines = groups.slice(0, MOST_LINES).flatMap((group) => {
    const [first] = group;
    const targets = group.flatMap(({ metric }) => metric.target ?? []);
    const more = targets.length - MOST_NAMES;
    const names = `${targets.slice(0, MOST_NAMES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
    return first === undefined ? [] : [`${names === "" ? "" : `${names}: `}${first.metric.name}, ${say(first)}`];
  });
  const left = groups.length - MOST_LINES;
  return left > 0 ? [...lines, `and ${left} more, each no more likely`] : lines;
}

function tryMetric(plan: EnvironmentPlan, metric: MetricPlan, served: Served | string, budget: number): Tried[] {
  const unit = unitOf(metric);
  return metric.rules.map((written) => {
    if (typeof served === "string") {
      return { metric, rule: written, written, name: ruleInWords(written, unit), served, trial: null };
    }
    const rule = ruleInForce(written, metric, served.value);
    const trial = tryRule(rule, served.serving, stepsFor(plan, metric, rule), startsIn(served.serving, budget));
    return { metric, rule, written, name: ruleInWords(rule, unit), served, trial };
  });
}

/** The rollout as a rule sees it. The period in which traffic is set is nobody's: one is lost in each step. */
export function stepsFor(plan: EnvironmentPlan, metric: MetricPlan, rule: RulePlan): TrialStep[] {
  const stepOf = (weight: number, periods: number, onFail: "roll-back" | "warn" | null): TrialStep => {
    const compared = weight < 100 && !isWhole(metric);
    const alone = consequenceOf(rule, false, onFail);
    return {
      weight,
      periods: Math.max(1, periods),
      compared,
      consequence: consequenceOf(rule, compared, onFail),
      alone,
    };
  };
  const periodsIn = (seconds: number) => Math.floor(seconds / metric.periodSeconds);
  const bakes = plan.steps.map(({ weight, bakeSeconds }) =>
    stepOf(shareAt(plan, weight), periodsIn(bakeSeconds) - 1, null),
  );
  if (plan.monitor === null) return bakes;
  const { forSeconds, onFail } = plan.monitor;
  const weight = monitorsBeside(plan) ? shareAt(plan, 100) : 100;
  return [...bakes, stepOf(weight, periodsIn(forSeconds), onFail)];
}

/** As the judge acts: without a baseline beside the candidate only a hard rule takes traffic back by itself. */
function consequenceOf(
  { onBreach, hard }: RulePlan,
  compared: boolean,
  monitoring: "roll-back" | "warn" | null,
): Consequence {
  if (onBreach === "warn") return "notes";
  if (onBreach === "block") return monitoring === null ? "holds" : "none";
  if (monitoring === "warn") return "notes";
  return compared || hard ? "rolls-back" : "holds";
}

/** Rollouts that are tried at most, and periods that all of a plan's rules may look at: some half a second of CPU. */
const MOST_STARTS = 240;
const FEWEST_STARTS = 6;
const MOST_LOOKS = 150_000;

function startsFor(plan: EnvironmentPlan, metrics: readonly MetricPlan[], looks: number): number {
  const ofRule = (metric: MetricPlan, rule: RulePlan) =>
    stepsFor(plan, metric, rule).reduce((sum, { periods }) => sum + periods, 0);
  const ofOne = metrics.reduce((sum, one) => one.rules.reduce((all, rule) => all + ofRule(one, rule), sum), 0);
  return Math.max(FEWEST_STARTS, Math.min(MOST_STARTS, Math.floor(looks / Math.max(1, ofOne))));
}

/** Rollouts that begin closer together than this many periods see the same. */
const APART = 5;

function startsIn({ periods }: Serving, count: number): number[] {
  const starts = Math.min(count, Math.ceil(periods / APART));
  return Array.from({ length: starts }, (_, index) => Math.floor((index * periods) / starts));
}

function kept(tried: readonly Tried[]): TriedRules {
  const byWatch = Map.groupBy(tried, ({ metric }) => watchId(metric));
  return Object.fromEntries([...byWatch].map(([id, rules]) => [id, rules.map(asKept)]));
}

function asKept({ trial, served, rule }: Tried): TriedRule | null {
  if (trial === null || typeof served === "string") return null;
  const { times, days } = served.timesBroken?.(rule) ?? { times: null, days: null };
  const { "rolls-back": rollsBack, holds, notes } = trial.chances;
  return { rollsBack: short(rollsBack), holds: short(holds), notes: short(notes), times, days };
}

/** No more digits than a chance is good for: hundreds of them share an item. */
const short = (chance: number): number => Number(chance.toPrecision(3));

/**
 * Whatever breaks one rule makes another more likely to break, not less, so that the product of what each leaves whole is
 * no more than what all leave: a bound as the sum is, and closer. Rollouts that begin together are taken together.
 */
function togetherOf(tried: readonly Tried[]): RulesTogether {
  const trials = tried.flatMap(({ trial }) => trial ?? []);
  const starts = Math.max(1, ...trials.map(({ rollsBack }) => rollsBack.length));
  let kept = 0;
  for (let start = 0; start < starts; start++) {
    kept += trials.reduce((whole, { rollsBack }) => {
      const index = Math.floor((start * rollsBack.length) / starts);
      return whole * (1 - nth(rollsBack, index));
    }, 1);
  }
  const held = trials.reduce((whole, { chances }) => whole * (1 - chances.holds), 1);
  return { rollsBack: Math.max(0, 1 - kept / starts), holds: 1 - held };
}

function lineOf(tried: Tried): string {
  const { name, served, trial } = tried;
  if (trial === null || typeof served === "string") return `${name}: not tried, ${String(served)}`;
  const found = asKept(tried);
  return found === null ? name : `${name}: ${triedInWords(found, tried.rule)}`;
}

/** One rule that costs more good candidates than the environment allows its judge. */
function costlyInWords({ name, trial }: Tried, { analysis }: EnvironmentPlan): string {
  const chance = chanceInWords(trial?.chances["rolls-back"] ?? 0);
  return `"${name}" alone rolls back a good candidate with ${chance}, above the judge's ${chanceInWords(analysis.alpha)}`;
}

const BROKEN_WORDS = {
  refuse: "the policy refuses such a start",
  relative: "the baseline is the measure instead",
  keep: "the policy keeps it",
} as const;

function brokenInWords({ metric, written, served }: Tried): string {
  const unit = unitOf(metric);
  const at = typeof served === "string" ? "" : `, at ${figure(served.value)}${unit}`;
  const { ifBaselineBreaks = "keep" } = written;
  return `"${ruleInWords(written, unit)}" is broken by what serves now${at}: ${BROKEN_WORDS[ifBaselineBreaks]}`;
}
