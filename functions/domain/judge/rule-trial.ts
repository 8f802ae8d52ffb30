/**
 * Tries a rule on what serves now, as if that were released: what would it do to a candidate that is as good?
 *
 * Rollouts are slid over the past. In each the candidate is a share of what was counted, by chance (`served-rates.ts`,
 * `served-values.ts`), so that a period breaches with a chance of its own; how long a run of such periods lasts follows
 * exactly, by the chances of all lengths that a run may have. Nothing is drawn at random.
 */

import type { RulePlan } from "../plan.ts";
import { nth } from "./statistics/nth.ts";
import { ceilingOf, comparesBaseline, LONGEST_SILENCE_MS } from "./thresholds.ts";

/** A stretch of a rollout on which traffic stands still. */
export interface TrialStep {
  /** Percent on the candidate. */
  readonly weight: number;
  readonly periods: number;
  /** A baseline arm runs beside the candidate. */
  readonly compared: boolean;
  /** What comes of a rule that is broken here, and of one that had too small an arm beside it to compare with. */
  readonly consequence: Consequence;
  readonly alone: Consequence;
}

/** `none`: a rule that asks for a person where nobody is asked. */
export type Consequence = "rolls-back" | "holds" | "notes" | "none";

/** One point of the candidate, as chance may have it. */
export interface ServedPoint {
  /** Requests, or samples, that it rests on as a rule. */
  readonly samples: number;
  /** Chance that nothing is measured. */
  readonly silent: number;
  /** Chance that its value is above a ceiling, in the metric's unit. */
  readonly exceeds: (ceiling: number) => number;
  /** Values of what it is compared with, and their chances. */
  readonly beside: readonly { readonly value: number; readonly weight: number }[];
  /** An arm runs beside it that is too small to compare with: `beside` is of the time before (`thin-arm.ts`). */
  readonly thin?: boolean;
}

/** What serves now, period by period; what lies beyond the last one begins anew. */
export interface Serving {
  readonly periods: number;
  readonly periodSeconds: number;
  /** Samples that a share of traffic brings in a period. */
  readonly samples: (period: number, weight: number) => number;
  /** So many periods as one point; null: nothing was measured then. */
  readonly point: (period: number, count: number, step: TrialStep) => ServedPoint | null;
}

/** Chances over one rollout that a rule is broken, by what comes of it. */
export type RuleChances = Readonly<Record<Exclude<Consequence, "none">, number>>;

export interface RuleTrial {
  readonly chances: RuleChances;
  /** Chance of a rollback for each start that was tried, in their order. */
  readonly rollsBack: readonly number[];
}

/** Rollouts that begin at each of these periods. Without any, nothing was tried and all chances are 0. */
export function tryRule(
  rule: RulePlan,
  serving: Serving,
  steps: readonly TrialStep[],
  starts: readonly number[],
): RuleTrial {
  const breach = remembered(rule, serving);
  const tried = starts.map((start) =>
    rule.sustainedSeconds === 0
      ? brokenAtOnce(rule, serving, steps, start, breach)
      : brokenInTime(rule, serving, steps, start, breach),
  );
  const mean = (of: keyof RuleChances) => tried.reduce((sum, one) => sum + one[of], 0) / Math.max(1, tried.length);
  return {
    chances: { "rolls-back": mean("rolls-back"), holds: mean("holds"), notes: mean("notes") },
    rollsBack: tried.map((one) => one["rolls-back"]),
  };
}

interface Breach {
  readonly silent: number;
  /** Of what is measured at all. */
  readonly chance: number;
  readonly samples: number;
  readonly alone: boolean;
}

type BreachAt = (period: number, count: number, step: TrialStep) => Breach;

const SILENT: Breach = { silent: 1, chance: 0, samples: 0, alone: false };

/** Many rollouts pass over the same period. */
function remembered(rule: RulePlan, serving: Serving): BreachAt {
  const known = new Map<TrialStep, Map<number, Breach>>();
  return (period, count, step) => {
    const at = period % serving.periods;
    const ofStep = known.get(step) ?? new Map<number, Breach>();
    known.set(step, ofStep);
    const key = at * MOST_POOLED + Math.min(count, MOST_POOLED - 1);
    const before = ofStep.get(key);
    if (before !== undefined) return before;
    const found = breachOf(rule, serving.point(at, count, step));
    ofStep.set(key, found);
    return found;
  };
}

const MOST_POOLED = 100_000;

function breachOf(rule: RulePlan, point: ServedPoint | null): Breach {
  if (point === null) return SILENT;
  const { silent, samples } = point;
  const measured = 1 - silent;
  if (measured <= 0) return SILENT;
  const chance = Math.min(1, exceedance(rule, point) / measured);
  return { silent, chance, samples: samples / measured, alone: point.thin === true && comparesBaseline(rule) };
}

function exceedance(rule: RulePlan, { exceeds, beside }: ServedPoint): number {
  if (rule.max !== undefined) return exceeds(rule.max);
  return beside.reduce((sum, { value, weight }) => sum + weight * exceeds(ceilingOf(rule, value)), 0);
}

type Broken = Record<Consequence, number>;

const nothingBroken = (): Broken => ({ "rolls-back": 0, holds: 0, notes: 0, none: 0 });

/** A rule that acts on its first point: as many periods are pooled as hold its samples, anew in each step. */
function brokenAtOnce(
  rule: RulePlan,
  serving: Serving,
  steps: readonly TrialStep[],
  start: number,
  breach: BreachAt,
): Broken {
  const broken = nothingBroken();
  let [whole, from] = [1, start];
  for (const step of steps) {
    const end = from + step.periods;
    for (let at = from; at < end; ) {
      const count = pooledFrom(rule, serving, at, end, step);
      if (count === null) break;
      const { silent, chance, alone } = breach(at, count, step);
      const breaks = whole * (1 - silent) * chance;
      broken[alone ? step.alone : step.consequence] += breaks;
      whole -= breaks;
      at += count;
    }
    from = end;
  }
  return broken;
}

/** How many periods from one on hold the samples that the rule needs; null: those of this step do not. */
function pooledFrom(rule: RulePlan, serving: Serving, at: number, end: number, step: TrialStep): number | null {
  let samples = 0;
  for (let count = 1; at + count <= end; count++) {
    samples += serving.samples((at + count - 1) % serving.periods, step.weight);
    if (samples >= rule.minSamples) return count;
  }
  return null;
}

/** Below this a chance is none. */
const NEGLIGIBLE = 1e-14;

/**
 * A rule whose breach must last. `runs[l]` is the chance that the last l measured periods breached, and no more; a run
 * goes on into the next step, over silent periods, and ends with one that keeps the rule or with too long a silence.
 */
function brokenInTime(
  rule: RulePlan,
  serving: Serving,
  steps: readonly TrialStep[],
  start: number,
  breach: BreachAt,
): Broken {
  const broken = nothingBroken();
  const least = Math.ceil(rule.sustainedSeconds / serving.periodSeconds);
  const silences = Math.floor(LONGEST_SILENCE_MS / 1000 / serving.periodSeconds) + 1;
  const seen = [0];
  let [runs, at] = [[1], start];
  for (const step of steps) {
    for (let period = 0; period < step.periods; period++, at++) {
      const now = breach(at, 1, step);
      if (now.silent >= 1) continue;
      seen.push((seen.at(-1) ?? 0) + now.samples);
      runs = after(runs, now, now.silent ** silences);
      broken[now.alone ? step.alone : step.consequence] += takenFrom(runs, neededRun(seen, least, rule.minSamples));
    }
  }
  return broken;
}

/** `lost`: chance that a run was over before, by a silence. */
function after(runs: readonly number[], { silent, chance }: Breach, lost: number): number[] {
  const measured = 1 - silent;
  const next = runs.map((part) => part * silent);
  let none = 0;
  for (const [length, part] of runs.entries()) {
    const breaches = part * measured * chance;
    none += part * measured - breaches;
    const begins = length === 0 ? breaches : breaches * lost;
    next[1] = nth(next, 1) + begins;
    if (breaches - begins > NEGLIGIBLE) next[length + 1] = nth(next, length + 1) + breaches - begins;
  }
  next[0] = nth(next, 0) + none;
  return next;
}

/** Length of the run that breaks the rule now: long enough, and with samples enough. */
function neededRun(seen: readonly number[], least: number, samples: number): number {
  const now = seen.at(-1) ?? 0;
  let length = least;
  while (length < seen.length && now - nth(seen, seen.length - 1 - length) < samples) length += 1;
  return length;
}

function takenFrom(runs: number[], needed: number): number {
  const taken = runs.splice(needed);
  return taken.reduce((sum, part) => sum + part, 0);
}
