/**
 * The first minutes of a step, in which cold starts are tolerated within a bound of their own, and what is told of them.
 */
import type { Preset } from "../../targets/kind.ts";
import { kindOf } from "../../targets/kinds.ts";
import type { EnvironmentPlan, MetricPlan, SequentialPlan } from "../plan.ts";
import { doubtIn, type StepCounts, untempered } from "./doubt.ts";
import { firstPeriod, presetIn, type Span, type Watch } from "./sampling.ts";
import { completeConfig, type SequentialConfig } from "./statistics/sequential-config.ts";
import type { ArmCounts } from "./statistics/sequential-lanes.ts";

/** Requests of cold minutes and of all others, over the steps so far that had a baseline beside them. */
export interface ColdCounts {
  /** Of this step's cold minutes alone, with a baseline or without. */
  readonly step: StepCounts;
  readonly cold: StepCounts;
  readonly warm: StepCounts;
}

type Started = Pick<Watch, "metric"> & Partial<Pick<Watch, "arms">>;

const warmUpOf = ({ metric, arms }: Started): number =>
  arms?.startsWarm === true ? 0 : (metric.sequential?.warmupMinutes ?? 0);

export const hasWarmUp = (watch: Started): boolean => warmUpOf(watch) > 0;

/** Whether a period that begins at `at` (epoch ms) belongs to the warm-up of its step. */
export function isCold(watch: Started, span: Span, at: number): boolean {
  return at - firstPeriod(watch.metric, span.from) < warmUpOf(watch) * 60_000;
}

/**
 * What is tolerated in cold minutes: `warmupDelta` in place of `delta`, over the baseline's rate or, without a baseline
 * arm, over the rate that is tolerated otherwise. Null: there is no warm-up.
 */
export function coldConfigOf(
  { warmupMinutes, warmupDelta, delta }: SequentialPlan,
  slo: number | null,
): Pick<SequentialConfig, "delta" | "slo"> | null {
  if (warmupMinutes === 0) return null;
  const more = Math.max(0, warmupDelta - delta);
  return { delta: delta + more, slo: slo === null ? null : slo + more };
}

/**
 * Why the absence of evidence means nothing (`doubtIn`): over the step's warm minutes, `counts`, or, where those are too few
 * to say, over its cold ones as well, as if their bound were tolerated evenly over all of them.
 */
export function doubtWithCold(
  plan: SequentialPlan,
  counts: StepCounts,
  { step }: Pick<ColdCounts, "step">,
  overrides: Partial<SequentialConfig>,
): string | null {
  const doubt = doubtIn(counts, overrides);
  const cold = coldConfigOf(plan, overrides.slo ?? null);
  const config = completeConfig(overrides);
  if (doubt === null || cold === null || evidenceIn(counts, config) >= SPEAKS) return doubt;
  const all = { canary: sumOf(counts.canary, step.canary), baseline: sumOf(counts.baseline, step.baseline) };
  const share = all.canary.requests === 0 ? 0 : step.canary.requests / all.canary.requests;
  const more = (cold.delta - config.delta) * share;
  return doubtIn(all, {
    ...overrides,
    delta: config.delta + more,
    slo: config.slo === null ? null : config.slo + more,
  });
}

const sumOf = (one: ArmCounts, other: ArmCounts): ArmCounts => ({
  requests: one.requests + other.requests,
  errors: one.errors + other.errors,
});

/** Evidence that speaks, untempered, and evidence that does not. */
const SPEAKS = Math.log(20);
const SILENT_BELOW = Math.LN2;

/**
 * "fails 4.8 % in the first 2 minutes of each step, 0.1 % after: cold starts, within the 5 points that they may add". Null
 * where cold minutes are not worse than others may be, or the others are bad as well.
 */
export function coldInWords(
  { metric }: Pick<Watch, "metric">,
  counts: ColdCounts | undefined,
  overrides: Partial<SequentialConfig>,
): string | null {
  const plan = metric.sequential;
  if (plan === undefined || counts === undefined) return null;
  const { cold, warm } = counts;
  const config = completeConfig(overrides);
  if (evidenceIn(cold, config) < SPEAKS || evidenceIn(warm, config) >= SILENT_BELOW) return null;
  const seen = warm.canary.requests === 0 ? "" : `, ${percent(rateOf(warm.canary))} after`;
  const bad = badInWords(presetIn(metric)?.measures, percent(rateOf(cold.canary)));
  return `${bad} in the first ${minutes(plan.warmupMinutes)} of each step${seen}: cold starts, ${boundInWords(plan, cold)}`;
}

function boundInWords({ rho, warmupDelta }: SequentialPlan, { canary, baseline }: StepCounts): string {
  const isWithin = rateOf(canary) <= rho * rateOf(baseline) + warmupDelta;
  return `${isWithin ? "within" : "more than"} the ${points(warmupDelta)} that they may add`;
}

const evidenceIn = ({ canary, baseline }: StepCounts, config: SequentialConfig): number =>
  untempered(canary, baseline.requests > 0 ? baseline : null, config);

const rateOf = ({ requests, errors }: ArmCounts): number => (requests === 0 ? 0 : errors / requests);

function badInWords(measures: Preset["measures"] | undefined, share: string): string {
  if (measures === "errors") return `fails ${share}`;
  return measures === "latency" ? `${share} of requests are slow` : `${share} are bad`;
}

/** Which warm-up holds for a metric, and why; null: the sequential test does not look, or the metric has no target. */
export function warmUpInWords(
  { target, sequential }: Pick<MetricPlan, "target" | "sequential">,
  { targets }: Pick<EnvironmentPlan, "targets">,
): string | null {
  const kind = targets.find(({ name }) => name === target)?.kind;
  if (sequential === undefined || kind === undefined) return null;
  const { warmupMinutes, warmupDelta } = sequential;
  if (warmupMinutes === 0) return "no warm-up, as the policy says: cold starts count as anything else does";
  const { coldStart } = kindOf(kind);
  const why = warmupMinutes === coldStart.minutes ? coldStart.why : "as the policy says";
  return `the first ${minutes(warmupMinutes)} of each step may add ${points(warmupDelta)}: ${why}`;
}

const minutes = (count: number): string => (count === 1 ? "minute" : `${count} minutes`);
const percent = (rate: number): string => `${figureOf(rate)} %`;
const points = (rate: number): string => `${figureOf(rate)} ${rate === 0.01 ? "point" : "points"}`;
const figureOf = (rate: number): string => String(Number((100 * rate).toPrecision(2)));
