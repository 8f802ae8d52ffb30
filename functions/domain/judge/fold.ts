/**
 * Folding periods into a metric's progress: its rules, its sequential monitor, and the step's totals.
 */

import type { SequentialPlan } from "../plan.ts";
import { isCompared, unlatched, withPassOf } from "./before-after.ts";
import { withColdTail } from "./cold-durations.ts";
import type { StepCounts } from "./doubt.ts";
import { durationMonitor, type MetricMonitor, type SavedMonitor } from "./duration-lane.ts";
import { effectAfter } from "./effect.ts";
import { EXPOSURE_PASS_GRID, exposureMinute } from "./exposure.ts";
import { ranked, unranked } from "./rank-lane.ts";
import { reachAfter } from "./reach.ts";
import type { WatchReference } from "./reference-line.ts";
import { type ArmSample, isDistribution, type Span, type Watch } from "./sampling.ts";
import { shareAfter } from "./share.ts";
import { NO_TOTALS, type Period, type Progress, type Totals } from "./state.ts";
import { resumeColdMonitor } from "./statistics/cold-start.ts";
import { createMonitor, type Minute, type MonitorState } from "./statistics/sequential.ts";
import type { SequentialConfig } from "./statistics/sequential-config.ts";
import { type ArmCounts, SILENT } from "./statistics/sequential-lanes.ts";
import { isRanked, isThin, leavesSmallArm } from "./thin-arm.ts";
import { type Measured, nextStep, type Observation, observe, UNJUDGED } from "./thresholds.ts";
import { coldConfigOf, hasWarmUp, isCold } from "./warm-up.ts";

export interface WatchContext {
  readonly watch: Watch;
  /** The environment's. */
  readonly alpha: number;
  readonly reference: WatchReference | null;
}

/** Progress after these periods, in order. `null`: nothing was folded before. */
export function advance(context: WatchContext, before: Progress | null, periods: readonly Period[]): Progress {
  const monitor = monitorOf(context, before?.monitor ?? null);
  let alone = monitorOf(context, before?.alone ?? null);
  let progress = before ?? untouched(context.watch);
  for (const period of periods) {
    progress = withPeriod(
      context,
      entered(context.watch, withReach(context.watch, progress, period), period.span),
      period,
    );
    const cold = isCold(context.watch, period.span, period.at);
    const minute = minuteOf(context.watch, period);
    (minute.baseline === null ? alone : monitor)?.push(minute, cold);
    if (minute.baseline !== null && leavesSmallArm(period.span.weight)) alone = passing(context, alone, minute, cold);
  }
  return { ...progress, monitor: monitor?.state() ?? null, ...aloneAfter(alone) };
}

/** The arm alone after a minute that it had company in: it may pass by it, and nothing in it speaks against it. */
function passing(
  context: WatchContext,
  alone: MetricMonitor | undefined,
  minute: Minute,
  cold: boolean,
): MetricMonitor | undefined {
  if (alone === undefined || context.watch.metric.per !== undefined) return alone;
  const before = alone.state();
  alone.push({ ...minute, baseline: null }, cold);
  return monitorOf(context, withPassOf(before, alone.state()));
}

/** Nothing is kept of an arm alone before it has had its first period. */
function aloneAfter(monitor: MetricMonitor | undefined): Pick<Progress, "alone"> {
  return monitor === undefined || monitor.judgement().minutes === 0 ? {} : { alone: unlatched(monitor.state()) };
}

/**
 * Progress after requests of our own, held one-armed against the old version: beside a baseline they may show that the
 * candidate answers, and what speaks against it is evidence of an arm alone. They count only once the step has a period
 * of its own: before, they would begin the step ahead of the last one's late periods.
 */
export function withSynthetic(
  context: WatchContext,
  progress: Progress,
  span: Span | null,
  counts: ArmCounts | undefined,
  now: number,
): Progress {
  const monitor = monitorOf(context, progress.monitor);
  const alone = monitorOf(context, progress.alone ?? null);
  if (counts === undefined || monitor === undefined || alone === undefined) return progress;
  if (span === null || progress.step !== span.from) return progress;
  const minute: Minute = { step: span.from, canary: counts, baseline: null };
  const cold = isCold(context.watch, span, now);
  alone.push(minute, cold);
  const before = monitor.state();
  if (isCompared(context.watch, span)) monitor.push(minute, cold);
  const known = progress.counts ?? NO_COUNTS;
  return {
    ...progress,
    monitor: withPassOf(before, monitor.state()),
    ...aloneAfter(alone),
    counts: { ...known, canary: sumOf(known.canary, counts) },
  };
}

const untouched = (watch: Watch): Progress => ({
  step: null,
  rules: watch.metric.rules.map(() => UNJUDGED),
  monitor: null,
  rank: startOfRank(watch),
  totals: NO_TOTALS,
});

const startOfRank = ({ metric }: Watch) => (metric.rank === undefined ? null : unranked(metric.rank));

/** Progress as a step sees it: what belongs to an earlier step is left behind. */
export function entered(watch: Watch, progress: Progress, span: Span | null): Progress {
  if (span === null || progress.step === span.from) return progress;
  const rules = watch.metric.rules.map((_, index) => nextStep(progress.rules[index] ?? UNJUDGED));
  const step = { step: span.from, rules, rank: startOfRank(watch), totals: NO_TOTALS, counts: NO_COUNTS };
  return { ...progress, ...step, ...(progress.cold && { cold: { ...progress.cold, step: NO_COUNTS } }) };
}

function withReach(watch: Watch, progress: Progress, period: Period): Progress {
  const reach = reachAfter(watch, progress.reach ?? null, period);
  const share = shareAfter(watch, progress.share ?? null, period);
  return { ...progress, ...(reach !== null && { reach }), ...(share !== null && { share }) };
}

function withPeriod(context: WatchContext, progress: Progress, period: Period): Progress {
  const observation = observationOf(context, period);
  if (observation === null) return progress;
  const rules = context.watch.metric.rules.map((rule, index) =>
    observe(rule, progress.rules[index] ?? UNJUDGED, observation),
  );
  const rank = withRank(context.watch, progress, period);
  const totals = withTotals(progress.totals, period);
  const effect = withEffect(context, progress, period);
  return { ...progress, rules, rank, totals, ...withCounts(context.watch, progress, period), ...effect };
}

/** Cold minutes are told of by themselves. */
function withEffect(context: WatchContext, progress: Progress, period: Period): Pick<Progress, "effect"> {
  const { watch } = context;
  if (!isCompared(watch, period.span) || isCold(watch, period.span, period.at)) return {};
  const effect = effectAfter(context, progress.effect, period, progress.monitor);
  return effect === undefined ? {} : { effect };
}

function withRank(watch: Watch, { rank }: Progress, { span, sample }: Period): Progress["rank"] {
  if (watch.metric.rank === undefined || rank === null || !isCompared(watch, span) || !isRanked(span)) return rank;
  return ranked(watch.metric.rank, rank, sample);
}

function observationOf({ watch, reference }: WatchContext, { at, span, sample }: Period): Observation | null {
  const candidate = measured(sample.candidate);
  if (candidate === null) return null;
  const ms = watch.metric.periodSeconds * 1000;
  const before = reference === null ? null : { samples: reference.requests, value: reference.value };
  if (!isCompared(watch, span)) return { at, ms, candidate, baseline: before, against: "before" };
  const beside = measured(sample.baseline);
  if (beside === null || before === null || !isThin(candidate, beside))
    return { at, ms, candidate, baseline: beside, against: "beside" };
  return { at, ms, candidate, baseline: before, against: "thin" };
}

/** An arm that nothing reached has no value. */
const measured = (arm: ArmSample | null): Measured | null =>
  arm === null || arm[0] === 0 ? null : { samples: arm[0], value: arm[2] };

export const NO_COUNTS: StepCounts = { canary: SILENT, baseline: SILENT };

/** The step's requests, those of its warm-up apart, in which more is tolerated; and both over all steps with a baseline. */
function withCounts(watch: Watch, progress: Progress, period: Period): Pick<Progress, "counts" | "cold"> {
  const add = (counts: StepCounts) => counted(watch, counts, period);
  const { counts = NO_COUNTS, cold = { step: NO_COUNTS, cold: NO_COUNTS, warm: NO_COUNTS } } = progress;
  if (!hasWarmUp(watch)) return { counts: add(counts) };
  const compared = isCompared(watch, period.span);
  if (!isCold(watch, period.span, period.at)) {
    return { counts: add(counts), cold: compared ? { ...cold, warm: add(cold.warm) } : cold };
  }
  return { counts, cold: { ...cold, step: add(cold.step), ...(compared && { cold: add(cold.cold) }) } };
}

function counted(watch: Watch, counts: StepCounts, { span, sample }: Period): StepCounts {
  const baseline = isCompared(watch, span) ? countsOf(sample.baseline) : SILENT;
  return { canary: sumOf(counts.canary, countsOf(sample.candidate)), baseline: sumOf(counts.baseline, baseline) };
}

const sumOf = (one: ArmCounts, other: ArmCounts): ArmCounts => ({
  requests: one.requests + other.requests,
  errors: one.errors + other.errors,
});

function withTotals(totals: Totals, { sample: { candidate, baseline } }: Period): Totals {
  return {
    samples: totals.samples + (candidate?.[0] ?? 0),
    sum: totals.sum + (candidate === null ? 0 : candidate[0] * candidate[2]),
    baselineSamples: totals.baselineSamples + (baseline?.[0] ?? 0),
    baselineSum: totals.baselineSum + (baseline === null ? 0 : baseline[0] * baseline[2]),
  };
}

/** An arm that runs but was not measured is silent; where no arm runs at all there is none. */
function minuteOf(watch: Watch, { span, sample }: Period): Minute {
  const canary = countsOf(sample.candidate);
  const baseline = isCompared(watch, span) ? countsOf(sample.baseline) : null;
  const { per } = watch.metric;
  return per === undefined ? { step: span.from, canary, baseline } : exposureMinute(per, span.from, canary, baseline);
}

function countsOf(arm: ArmSample | null): ArmCounts {
  if (arm === null || arm[1] === null) return SILENT;
  const [requests, errors, , ...slower] = arm;
  return slower.length === 0 ? { requests, errors } : { requests, errors, slower };
}

/** The metric's monitor, gone on from where it was; undefined where the sequential test does not look. */
export function monitorOf(context: WatchContext, state: SavedMonitor | null): MetricMonitor | undefined {
  const { sequential, dryRun } = context.watch.metric;
  if (sequential === undefined) return undefined;
  const alpha = dryRun ? context.alpha : context.alpha * sequential.weight;
  // Which minutes are cold is a matter of time, and said with each one.
  const config = { ...configOf(sequential, alpha, context.reference), warmupMinutes: 0 };
  const cold = hasWarmUp(context.watch) ? coldConfigOf(sequential, config.slo ?? null) : null;
  const first = firstState(config, context.reference);
  if (isDistribution(context.watch.metric)) {
    const durations = durationMonitor(config, context.reference, state);
    return cold === null ? durations : withColdTail(durations, config, cold, first);
  }
  const saved = state === null || "kind" in state ? first : state;
  return resumeColdMonitor(config, cold, saved);
}

function firstState(config: Partial<SequentialConfig>, reference: WatchReference | null): MonitorState {
  const state = createMonitor(config, []).state();
  if (reference === null) return state;
  const { phi, requestsPerPeriod, wander } = reference;
  return { ...state, phi, referenceRequestsPerMinute: requestsPerPeriod, wander: wander ?? null };
}

/**
 * The plan's settings as the test takes them. Alone (no baseline arm) the candidate is held against the plan's SLO, or
 * against what the old version did before the release: rho times its worst hour, plus delta.
 */
export function configOf(
  plan: SequentialPlan,
  alpha: number,
  reference: WatchReference | null,
): Partial<SequentialConfig> {
  const slo = plan.slo ?? (reference === null ? null : plan.rho * reference.worstRate + plan.delta);
  const passSlo = reference === null ? plan.slo : reference.worstRate;
  return {
    alpha: alpha > 0 ? alpha : SMALLEST_ALPHA,
    rho: plan.rho,
    delta: plan.delta,
    slo,
    ...(plan.passRho === undefined ? {} : { passRho: plan.passRho, passGrid: EXPOSURE_PASS_GRID }),
    passDelta: plan.passDelta,
    passSlo: passSlo === null ? null : passSlo + plan.passDelta,
    warmupMinutes: plan.warmupMinutes,
    warmupDelta: plan.warmupDelta,
    phiBurst: plan.phiBurst ?? Number.POSITIVE_INFINITY,
  };
}

/** Stands in for a share of nothing, which a dry run may have. */
const SMALLEST_ALPHA = 1e-12;
