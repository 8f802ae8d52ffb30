/** Kept samples as lines: all targets of a metric as one, and each by itself. */

import type { Recording } from "../../functions/domain/judge/recording.ts";
import { type ArmSample, isErrorRate, isWhole, unitOf, watchId } from "../../functions/domain/judge/sampling.ts";
import type { MetricPlan } from "../../functions/domain/plan.ts";
import type { Point } from "../../functions/pages/charts/line-chart.ts";
import { thinned } from "../../functions/pages/promotion/verdict-view.ts";

/** One metric over time, both arms. */
export interface ArmSeries {
  /** The metric's name in the plan. */
  readonly metric: string;
  readonly unit: string;
  readonly targets: readonly string[];
  readonly candidate: readonly Point[];
  readonly baseline: readonly Point[];
  readonly rules: MetricPlan["rules"];
}

type Kept = Recording["samples"][string];

/** One series for each metric that tells the arms apart, over all its targets. */
export function pooledSeries(recording: Recording): ArmSeries[] {
  const { metrics } = recording.analysis;
  const names = [...new Set(metrics.filter((metric) => !isWhole(metric)).map(({ name }) => name))];
  return names.flatMap((name) =>
    seriesOf(
      recording,
      metrics.filter((metric) => metric.name === name),
    ),
  );
}

/** One series for each metric of each target. */
export function seriesByTarget(recording: Recording): ArmSeries[] {
  return recording.analysis.metrics.flatMap((metric) => seriesOf(recording, [metric]));
}

function seriesOf({ samples }: Recording, metrics: readonly MetricPlan[]): ArmSeries[] {
  const [first] = metrics;
  const kept = metrics.flatMap((metric) => samples[watchId(metric)] ?? []);
  if (first === undefined || kept.length === 0) return [];
  const periodMs = first.periodSeconds * 1_000;
  const points = (arm: 1 | 2) => thinned(withGaps(pooledPoints(kept, arm, periodMs), periodMs));
  return [
    {
      metric: first.name,
      unit: unitOf(first).trim(),
      targets: metrics.flatMap(({ target }) => target ?? []),
      candidate: points(1),
      baseline: points(2),
      rules: first.rules,
    },
  ];
}

/** A point stands in the middle of its period. */
function pooledPoints(kept: Kept, arm: 1 | 2, periodMs: number): Point[] {
  const byPeriod = new Map<number, ArmSample[]>();
  for (const period of kept) {
    const sample = period[arm];
    const known = byPeriod.get(period[0]) ?? [];
    byPeriod.set(period[0], sample === null || sample[0] === 0 ? known : [...known, sample]);
  }
  return [...byPeriod]
    .sort(([a], [b]) => a - b)
    .map(([at, samples]) => ({ x: at + periodMs / 2, y: pooledValue(samples) }));
}

/** Mean weighted by samples: exact for rates; of percentiles it is an approximation, and shown as one. */
export function pooledValue(samples: readonly ArmSample[]): number | null {
  const weight = samples.reduce((sum, [count]) => sum + count, 0);
  if (weight === 0) return samples.length === 0 ? null : 0;
  return samples.reduce((sum, [count, , value]) => sum + count * value, 0) / weight;
}

/** A period that nobody measured is a gap in the line, not a bridge over it. */
function withGaps(points: readonly Point[], periodMs: number): Point[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    const isGap = before !== undefined && point.x - before.x > periodMs * 1.5;
    return isGap ? [{ x: before.x + periodMs, y: null }, point] : [point];
  });
}

/** Requests that each arm served while they were judged, and how many of them failed. */
export interface Exposure {
  readonly requests: number;
  readonly failed: number;
}

/** Counted by the error rate, over all targets; null where no error rate was watched. */
export function exposureOf(recording: Recording, arm: "candidate" | "baseline"): Exposure | null {
  const watches = recording.analysis.metrics.filter(isErrorRate);
  if (watches.length === 0) return null;
  const index = arm === "candidate" ? 1 : 2;
  const counted = watches
    .flatMap((metric) => recording.samples[watchId(metric)] ?? [])
    .map((period) => period[index])
    .filter((sample) => sample !== null);
  return {
    requests: counted.reduce((sum, [count]) => sum + count, 0),
    failed: counted.reduce((sum, [, bad]) => sum + (bad ?? 0), 0),
  };
}
