/**
 * Judging kept samples again: the same judge, minute by minute, under another analysis.
 */

import type { AnalysisPlan, MetricPlan } from "../plan.ts";
import { type Assessment, assess } from "./assess.ts";
import type { AnalysisChanges, Recording } from "./recording.ts";
import type { WatchReference } from "./reference-line.ts";
import { withRulesInForce } from "./rules-in-force.ts";
import { NO_BOUNDS, type Readings, type Span, type Watch, watchId } from "./sampling.ts";
import { NO_EVIDENCE } from "./state.ts";
import type { ArmCounts } from "./statistics/sequential-lanes.ts";
import type { Synthetic } from "./synthetic.ts";

/** One minute of a replay: what would have been known, and said, when it could first be read. */
export interface ReplayedMinute {
  /** Start of the minute, epoch ms. */
  readonly at: number;
  readonly span: Span;
  readonly assessment: Assessment;
}

/**
 * The recorded analysis with these changes. The shares of alpha are scaled to sum to 1 again, over the metrics that still
 * act. Throws RangeError for a metric that was not recorded: there are no samples of it.
 */
export function changedAnalysis(recording: Recording, changes: AnalysisChanges): AnalysisPlan {
  const { metrics: changed = [], ...rest } = changes;
  const known = new Set(recording.analysis.metrics.map(({ name }) => name));
  const unknown = changed.find(({ name }) => !known.has(name));
  if (unknown !== undefined)
    throw new RangeError(`metric "${unknown.name}" was not recorded: ${[...known].join(", ")} were`);
  const metrics = recording.analysis.metrics.map((metric) => {
    const change = changed.find(({ name }) => name === metric.name);
    return change === undefined ? metric : changedMetric(metric, change);
  });
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return { ...recording.analysis, ...given, metrics: rescaled(metrics) };
}

type MetricChange = NonNullable<AnalysisChanges["metrics"]>[number];

function changedMetric(metric: MetricPlan, { rules, sequential, dryRun }: MetricChange): MetricPlan {
  const { sequential: before, ...rest } = metric;
  const changed = { ...rest, rules: rules ?? rest.rules, dryRun: dryRun ?? rest.dryRun };
  if (sequential === null || before === undefined) return changed;
  const given = Object.entries(sequential ?? {}).filter(([, value]) => value !== undefined);
  return { ...changed, sequential: { ...before, ...Object.fromEntries(given) } };
}

/** Dry runs are weighed among themselves, as in a plan. */
function rescaled(metrics: readonly MetricPlan[]): MetricPlan[] {
  const sums = { acting: 0, dry: 0 };
  for (const { sequential, dryRun } of metrics) sums[dryRun ? "dry" : "acting"] += sequential?.weight ?? 0;
  return metrics.map((metric) => {
    const sum = sums[metric.dryRun ? "dry" : "acting"];
    if (metric.sequential === undefined || sum === 0) return metric;
    return { ...metric, sequential: { ...metric.sequential, weight: metric.sequential.weight / sum } };
  });
}

const MINUTE_MS = 60_000;

/**
 * Judges the recording again, one look a minute, until the candidate fails or the samples end. Latency was counted
 * against the bounds of its time: another margin changes nothing in a replay.
 */
export function* replayMinutes(recording: Recording, analysis: AnalysisPlan): Generator<ReplayedMinute> {
  const first = recording.spans[0];
  if (first === undefined) return;
  const readings = readingsFrom(recording);
  const watches = analysis.metrics.map((metric) => watchFrom(metric, recording.references[watchId(metric)] ?? null));
  const last = lastSample(recording);
  let state = NO_EVIDENCE;
  for (let at = Math.ceil(first.from / MINUTE_MS) * MINUTE_MS; at <= last; at += MINUTE_MS) {
    const spans = recording.spans.filter(({ from }) => from < at + MINUTE_MS);
    const span = spans.at(-1) ?? first;
    const assessment = assess({
      analysis,
      watches,
      references: recording.references,
      state: { ...state, spans },
      readings,
      troubles: [],
      synthetic: sentWithin(recording, at),
      now: at + MINUTE_MS,
    });
    yield { at, span, assessment };
    if (assessment.verdict === "fail") return;
    state = assessment.state;
  }
}

/** A minute is known as soon as it has closed: the wait for it to settle is no part of the judgement. */
function watchFrom(metric: MetricPlan, reference: WatchReference | null): Watch {
  const inForce = withRulesInForce(metric, reference);
  return { id: watchId(metric), metric: { ...inForce, settleSeconds: 0 }, arms: null, bounds: NO_BOUNDS };
}

function readingsFrom({ samples }: Recording): Readings {
  const byWatch = new Map(
    Object.entries(samples).map(([watch, kept]) => [watch, new Map(kept.map((period) => [period[0], period]))]),
  );
  return {
    at: (watch, _span, period) => {
      const [, candidate = null, baseline = null] = byWatch.get(watch.id)?.get(period) ?? [];
      return { candidate, baseline };
    },
  };
}

/** Requests of our own in the minute that starts at `at`: each look counted its own once. */
function sentWithin({ synthetic }: Recording, at: number): Synthetic {
  const entries = Object.entries(synthetic).flatMap(([watch, sent]): [string, ArmCounts][] => {
    const within = sent.filter(([when]) => when >= at && when < at + MINUTE_MS);
    if (within.length === 0) return [];
    const sum = (part: 1 | 2) => within.reduce((total, one) => total + one[part], 0);
    return [[watch, { requests: sum(1), errors: sum(2) }]];
  });
  return Object.fromEntries(entries);
}

function lastSample({ samples, synthetic }: Recording): number {
  const kept = [...Object.values(samples), ...Object.values(synthetic)];
  return Math.max(Number.NEGATIVE_INFINITY, ...kept.map((all) => all.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY));
}
