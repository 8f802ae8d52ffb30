/**
 * Thresholds as runbooks write them, judged period by period with a state of a few numbers.
 *
 * A point is one closed period; for a rule that acts on the first point (`sustainedSeconds` 0) as many periods are pooled
 * as it takes to hold `minSamples` candidate samples, so that thin traffic is judged seldom rather than never or on
 * noise. Pooled values are means weighted by samples: exact for rates, an approximation for percentiles.
 *
 * A value breaches when it is above its ceiling; at the ceiling it is within. Points that breach in a row form a run, and
 * the rule is broken once the run's own periods last `sustainedSeconds` and hold `minSamples`. A period without data
 * neither adds to a run nor ends it (a candidate that is too broken to be called must not look healed by silence), but
 * after `LONGEST_SILENCE_MS` without a point the run is over: what comes then is a new breach.
 */

import type { RulePlan } from "../plan.ts";
import type { RuleInForce } from "./rules-in-force.ts";
import { triedInWords } from "./tried-rule.ts";

export const LONGEST_SILENCE_MS = 5 * 60_000;

/** What one arm did: how many samples, and the metric's value over them. */
export interface Measured {
  readonly samples: number;
  readonly value: number;
}

/** One period in which the candidate was measured. */
export interface Observation {
  /** Start, epoch ms. */
  readonly at: number;
  readonly ms: number;
  readonly candidate: Measured;
  /** The baseline arm, or where there is none the pre-release reference; null: nothing to compare with. */
  readonly baseline: Measured | null;
  /** `before`: the baseline is the reference, since no arm runs beside; `thin`: one does, too small to compare with. */
  readonly against?: "beside" | "thin" | "before";
}

interface Run {
  /** Start of the first period and end of the last, epoch ms. */
  readonly from: number;
  readonly to: number;
  /** Length of the breaching periods themselves. */
  readonly ms: number;
  readonly samples: number;
  readonly value: number;
  readonly ceiling: number;
  /** Some of it had no baseline beside it: what it shows may be an incident that all share. */
  readonly alone?: boolean;
}

/** Where a rule stands, as small JSON. */
export interface RuleProgress {
  /** Periods that do not yet hold `minSamples` together. */
  readonly pool: Observation | null;
  readonly run: Run | null;
  /** Candidate samples behind the points judged in this step. */
  readonly judged: number;
  /** The run that broke the rule in this step. */
  readonly broken: Run | null;
}

export const UNJUDGED: RuleProgress = { pool: null, run: null, judged: 0, broken: null };

/** A new step: it must earn its own samples, but a breach that is being sustained goes on. */
export const nextStep = (progress: RuleProgress): RuleProgress => ({ ...UNJUDGED, run: progress.run });

/** Takes the next period, in order. A rule that compares ignores periods in which there is nothing to compare with. */
export function observe(rule: RulePlan, progress: RuleProgress, seen: Observation): RuleProgress {
  if (comparesBaseline(rule) && seen.baseline === null) return progress;
  const point = progress.pool === null ? seen : pooled(progress.pool, seen);
  const needed = rule.sustainedSeconds === 0 ? rule.minSamples : 0;
  if (point.candidate.samples < needed) return { ...progress, pool: point };
  const run = runAfter(rule, progress.run, point);
  const broken = run !== null && isSustained(rule, run) ? run : null;
  return {
    pool: null,
    run,
    judged: progress.judged + point.candidate.samples,
    broken: broken ?? progress.broken,
  };
}

export const comparesBaseline = (rule: RulePlan): boolean => rule.max === undefined;

function pooled(pool: Observation, seen: Observation): Observation {
  return {
    at: pool.at,
    ms: seen.at + seen.ms - pool.at,
    candidate: together(pool.candidate, seen.candidate),
    baseline: pool.baseline === null || seen.baseline === null ? null : together(pool.baseline, seen.baseline),
    against: [pool, seen].find(({ against = "beside" }) => against !== "beside")?.against ?? "beside",
  };
}

function together(one: Measured, other: Measured): Measured {
  const samples = one.samples + other.samples;
  return { samples, value: (one.value * one.samples + other.value * other.samples) / samples };
}

function runAfter(rule: RulePlan, run: Run | null, point: Observation): Run | null {
  const ceiling = ceilingOf(rule, point.baseline?.value ?? 0);
  const { samples, value } = point.candidate;
  if (value <= ceiling) return null;
  const before = run !== null && point.at - run.to <= LONGEST_SILENCE_MS ? run : null;
  return {
    from: before?.from ?? point.at,
    to: point.at + point.ms,
    ms: (before?.ms ?? 0) + point.ms,
    samples: (before?.samples ?? 0) + samples,
    value,
    ceiling,
    alone: before?.alone === true || isAlone(rule, point),
  };
}

/** A rule with a ceiling of its own needs no arm to compare with, but one beside it. */
const isAlone = (rule: RulePlan, { against }: Observation): boolean =>
  against === "before" || (against === "thin" && comparesBaseline(rule));

/**
 * The highest value within the rule, in the metric's unit. A baseline of zero stays zero under a percentage: any bad
 * request is then above it, since zero errors before and some now is no "infinite increase" to be shrugged off.
 */
export function ceilingOf(rule: RulePlan, baseline: number): number {
  if (rule.max !== undefined) return rule.max;
  if (rule.maxIncreasePoints !== undefined) return baseline + rule.maxIncreasePoints;
  return baseline * (1 + (rule.maxIncreasePercent ?? 0) / 100);
}

const isSustained = (rule: RulePlan, run: Run): boolean =>
  run.ms >= rule.sustainedSeconds * 1000 && run.samples >= rule.minSamples;

/**
 * A run that has lasted for half of what breaks the rule is one to wait for. A shorter one is what "sustained" is there
 * to overlook: a p95 of few requests is above its ceiling in one minute of three, so that of five such rules one
 * would be above it in most minutes, and no bake would ever end; five minutes in a row happen to it once in 243.
 * Nothing is forgiven by that: the run goes on into the next step (`nextStep`), and breaks the rule there in the very
 * minute in which it would have done so here.
 */
const isHalfway = (rule: RulePlan, run: Run): boolean => run.ms * 2 >= rule.sustainedSeconds * 1000;

/** `kept`: judged, and within, or above for less than half the time. `breaching`: for half of it. `thin`: too few samples. */
export type RuleState = "kept" | "breaching" | "thin" | "broken";

export interface RuleStanding {
  readonly state: RuleState;
  /** For people: which rule, and what was found. */
  readonly text: string;
  /** What broke it had no baseline beside it. */
  readonly alone?: boolean;
}

/** Where a rule stands in words; `unit` is the metric's, with the space before it. */
export function standingOf(rule: RuleInForce, progress: RuleProgress, unit: string): RuleStanding {
  const standing = untriedStanding(rule, progress, unit);
  if (rule.tried === undefined) return standing;
  return { ...standing, text: `${standing.text} (tried before: ${triedInWords(rule.tried, rule)})` };
}

function untriedStanding(rule: RuleInForce, progress: RuleProgress, unit: string): RuleStanding {
  const name = ruleInWords(rule, unit);
  if (progress.broken !== null) {
    const text = `${name}: broken by ${runInWords(progress.broken, unit)}`;
    return { state: "broken", text, alone: progress.broken.alone === true };
  }
  if (progress.run !== null && isHalfway(rule, progress.run)) {
    return { state: "breaching", text: `${name}: ${runInWords(progress.run, unit)} so far` };
  }
  const needed = Math.max(1, rule.minSamples);
  if (progress.judged < needed) {
    const samples = progress.judged + (progress.pool?.candidate.samples ?? 0);
    return { state: "thin", text: `${name}: ${count(samples)} of ${count(needed)} samples needed` };
  }
  const now = progress.run === null ? "" : `, though now ${runInWords(progress.run, unit)}`;
  return { state: "kept", text: `${name}: kept${now}` };
}

function runInWords(run: Run, unit: string): string {
  return `${figure(run.value)}${unit}, above ${figure(run.ceiling)}${unit} for ${span(run.ms / 1000)}`;
}

/** "at most 5 % (for 2m)", "at most baseline + 2 points", "at most baseline + 10 %". */
export function ruleInWords(rule: RuleInForce, unit: string): string {
  const { insteadOf } = rule;
  if (insteadOf === undefined) return ceilingInWords(rule, unit);
  const served = `what served before was at ${figure(insteadOf.served)}${unit}`;
  return `${ceilingInWords(rule, unit)} instead of at most ${figure(insteadOf.max)}${unit}, since ${served}`;
}

function ceilingInWords(rule: RulePlan, unit: string): string {
  const sustained = rule.sustainedSeconds === 0 ? "" : ` (for ${span(rule.sustainedSeconds)})`;
  if (rule.max !== undefined) return `at most ${figure(rule.max)}${unit}${sustained}`;
  if (rule.maxIncreasePoints !== undefined) {
    return `at most baseline + ${figure(rule.maxIncreasePoints)}${unit === " %" ? " points" : unit}${sustained}`;
  }
  return `at most baseline + ${figure(rule.maxIncreasePercent ?? 0)} %${sustained}`;
}

/** A number as people read it: three significant digits, no trailing zeros. */
export function figure(value: number): string {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

const count = (value: number): string => String(Math.round(value));

function span(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${Math.round(seconds)}s`;
}
