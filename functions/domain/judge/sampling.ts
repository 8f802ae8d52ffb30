/**
 * Which CloudWatch series a metric needs, which of their periods may be read, and what their points mean.
 *
 * While an alias is weighted, AWS/Lambda counts each arm under FunctionName, Resource = function:alias and
 * ExecutedVersion. Once the alias points to one version alone those dimensions vanish: what Resource = function:alias
 * counts is then the baseline before the first shift, and the candidate after the finish.
 */

import type { TargetRecord } from "../ledger/journal-records.ts";
import type { LambdaPreset, MetricPlan, QueryPlan, TargetPlan } from "../plan.ts";
import type { Series, SeriesQuery } from "../ports.ts";
import { shareOf } from "../traffic/journal.ts";

/** Where one target's traffic stands. */
export interface Arms {
  readonly target: string;
  readonly functionName: string;
  readonly alias: string;
  readonly baseline: string;
  readonly candidate: string | null;
}

export function armsOf(plan: TargetPlan, record: Pick<TargetRecord, "baseline" | "candidate">): Arms {
  return {
    target: plan.name,
    functionName: plan.functionName,
    alias: plan.alias,
    baseline: record.baseline.route.primary,
    candidate: record.candidate,
  };
}

/** A stretch of time over which traffic stood still. It lasts until the next one begins. */
export interface Span {
  /** When traffic was set (epoch ms). */
  readonly from: number;
  /** Percent on the candidate. */
  readonly weight: number;
  /** The alias points to the candidate alone: no weights, no ExecutedVersion. */
  readonly finished: boolean;
}

/** The span that traffic stands in now, from what was last read back; null while the candidate has no traffic. */
export function spanNow(records: readonly Pick<TargetRecord, "candidate" | "last">[], since: number): Span | null {
  const shares = records.map(({ candidate, last }) => (candidate === null ? 0 : shareOf(last.route, candidate)));
  const weight = shares.length === 0 ? 0 : Math.min(...shares);
  if (weight === 0) return null;
  return { from: since, weight, finished: records.every(({ last }) => last.route.secondary === null) };
}

/** True while a baseline arm runs beside the candidate. */
export const hasBaseline = (span: Span): boolean => span.weight < 100 && !span.finished;

/** The span that holds a whole period; null when traffic was set in the middle of it, or before any span. */
export function spanOf(spans: readonly Span[], at: number, periodMs: number): Span | null {
  const index = spans.findLastIndex((span) => span.from <= at);
  const next = spans[index + 1];
  if (next !== undefined && next.from < at + periodMs) return null;
  return spans[index] ?? null;
}

/** End (exclusive, epoch ms) of the periods that closed at least `settleSeconds` ago. */
export function readableUntil(metric: Pick<MetricPlan, "periodSeconds" | "settleSeconds">, now: number): number {
  const period = metric.periodSeconds * 1000;
  return Math.floor((now - metric.settleSeconds * 1000) / period) * period;
}

/** Start of the first whole period at or after an instant. */
export function firstPeriod(metric: Pick<MetricPlan, "periodSeconds">, from: number): number {
  const period = metric.periodSeconds * 1000;
  return Math.ceil(from / period) * period;
}

/** Name of a metric of a target, unique within an environment. */
export function watchId(metric: Pick<MetricPlan, "name" | "target">): string {
  return metric.target === null ? metric.name : `${metric.name}@${metric.target}`;
}

export type Arm = "candidate" | "baseline";

/**
 * One arm in one period: samples behind it, how many of them were bad (for the statistical judge; null where the metric
 * does not count), and the value that rules look at, in the metric's unit.
 */
export type ArmSample = readonly [samples: number, bad: number | null, value: number];

/** One period of both arms. Null: nothing was measured, which is not zero. */
export interface Sample {
  readonly candidate: ArmSample | null;
  readonly baseline: ArmSample | null;
}

export const NOTHING_MEASURED: Sample = { candidate: null, baseline: null };

/** What of one arm is read: the traffic, the bad ones, those within the latency threshold, the value itself. */
type Part = "samples" | "bad" | "within" | "value";
export type PartQueries = Readonly<Partial<Record<Part, QueryPlan>>>;

const QUANTILES: Readonly<Partial<Record<LambdaPreset, string>>> = {
  "lambda-duration-p50": "p50",
  "lambda-duration-p95": "p95",
  "lambda-duration-p99": "p99",
};

/** The quantile that a metric is about, as CloudWatch spells it; null for metrics that are no Lambda duration. */
export function quantileOf(metric: Pick<MetricPlan, "source">): string | null {
  return "preset" in metric.source ? (QUANTILES[metric.source.preset] ?? null) : null;
}

/** Throttled requests run no version, so no arm can be told apart: the alias is looked at as a whole. */
export function isWhole(metric: Pick<MetricPlan, "source" | "target">): boolean {
  if ("preset" in metric.source) return metric.source.preset === "lambda-throttles";
  return metric.target === null || !Object.values(metric.source.query.dimensions).some(namesVersion);
}

const namesVersion = (value: string): boolean => value.includes("{version}");

/** What a value is counted in, for people. */
export function unitOf(metric: Pick<MetricPlan, "source">): string {
  if ("query" in metric.source) return counts(metric.source) ? " %" : "";
  if (metric.source.preset === "lambda-error-rate") return " %";
  return metric.source.preset === "lambda-throttles" ? " a minute" : " ms";
}

/** A sum with a sum of samples beside it is a count of bad ones: a rate in percent, which the judge can test. */
function counts(source: Extract<MetricPlan["source"], { query: QueryPlan }>): boolean {
  return source.query.statistic === "Sum" && source.samples !== undefined;
}

/** Dimensions of one arm of an AWS/Lambda metric; `version` null: the alias as a whole. */
function lambdaQuery(arms: Arms, version: string | null, metricName: string, statistic: string): QueryPlan {
  const alias = { FunctionName: arms.functionName, Resource: `${arms.functionName}:${arms.alias}` };
  const dimensions = version === null ? alias : { ...alias, ExecutedVersion: version };
  return { namespace: "AWS/Lambda", metricName, dimensions, statistic };
}

/** CloudWatch's count of samples up to and including a bound. */
export function withinStatistic(thresholdMs: number): string {
  return `TC(:${Number(thresholdMs.toFixed(3))})`;
}

/**
 * The series of one arm. `version` null reads the alias as a whole (before weight 0, and after the finish);
 * `thresholdMs` is the bound that slow requests of this arm exceed, for durations.
 */
export function partQueries(
  metric: MetricPlan,
  arms: Arms | null,
  version: string | null,
  thresholdMs: number | null,
): PartQueries {
  if ("query" in metric.source) return explicitParts(metric.source, version);
  if (arms === null) return {};
  const { preset } = metric.source;
  const read = (name: string, statistic: string) => lambdaQuery(arms, version, name, statistic);
  if (preset === "lambda-error-rate") return { samples: read("Invocations", "Sum"), bad: read("Errors", "Sum") };
  if (preset === "lambda-throttles") return { samples: read("Invocations", "Sum"), bad: read("Throttles", "Sum") };
  const within = thresholdMs === null ? {} : { within: read("Duration", withinStatistic(thresholdMs)) };
  return {
    samples: read("Duration", "SampleCount"),
    value: read("Duration", quantileOf(metric) ?? "p95"),
    ...within,
  };
}

function explicitParts(
  source: Extract<MetricPlan["source"], { query: QueryPlan }>,
  version: string | null,
): PartQueries {
  const filled = fillVersion(source.query, version);
  if (source.samples === undefined) return { value: filled };
  const samples = fillVersion(source.samples, version);
  return counts(source) ? { samples, bad: filled } : { samples, value: filled };
}

/** Without a version the dimensions that name one are left out: Lambda's own then count the alias as a whole. */
function fillVersion(query: QueryPlan, version: string | null): QueryPlan {
  const entries = Object.entries(query.dimensions)
    .filter(([, value]) => version !== null || !namesVersion(value))
    .map(([name, value]) => [name, value.replaceAll("{version}", version ?? "")]);
  return { ...query, dimensions: Object.fromEntries(entries) as Record<string, string> };
}

type PartPoints = Readonly<Partial<Record<Part, number>>>;

/**
 * What the points of one arm in one period mean; null when any of them is missing, since a count without its traffic, or
 * traffic without its count, says nothing.
 */
export function sampleOf(metric: MetricPlan, points: PartPoints): ArmSample | null {
  if ("preset" in metric.source && metric.source.preset === "lambda-throttles") return throttleSample(metric, points);
  const { samples, bad, value, within } = points;
  if ("query" in metric.source && metric.source.samples === undefined) {
    return value === undefined ? null : [1, null, value];
  }
  if (samples === undefined || samples <= 0) return null;
  if (value !== undefined) return [samples, within === undefined ? null : Math.max(0, samples - within), value];
  return bad === undefined ? null : [samples, bad, (100 * bad) / samples];
}

/** Throttles are in neither Invocations nor Errors, and a minute of nothing but throttles has no Invocations at all. */
function throttleSample(metric: MetricPlan, { samples, bad }: PartPoints): ArmSample | null {
  if (bad === undefined || (samples === undefined && bad === 0)) return null;
  return [(samples ?? 0) + bad, bad, (bad * 60) / metric.periodSeconds];
}

/** Latency bounds of the two arms, ms; null while no reference says where the baseline stood. */
export interface Bounds {
  readonly candidate: number | null;
  readonly baseline: number | null;
}

export const NO_BOUNDS: Bounds = { candidate: null, baseline: null };

/** One metric, with what it takes to read it. */
export interface Watch {
  readonly id: string;
  readonly metric: MetricPlan;
  readonly arms: Arms | null;
  readonly bounds: Bounds;
}

/**
 * How arms are read: both under their versions, or the whole alias. At 100 % every request of the alias is the
 * candidate's, and whether CloudWatch still tells versions apart then is not documented; the alias itself always counts.
 */
export type Mode = "compared" | "whole";

export const modeOf = (span: Span): Mode => (hasBaseline(span) ? "compared" : "whole");

interface Slot {
  readonly watch: Watch;
  readonly mode: Mode;
  readonly arm: Arm;
  readonly part: Part;
}

export interface ReadPlan {
  readonly queries: readonly SeriesQuery[];
  readonly slots: readonly Slot[];
}

/** All series that these metrics need over spans of these modes, for one GetMetricData. */
export function planReads(watches: readonly Watch[], modes: ReadonlySet<Mode>): ReadPlan {
  const wanted = watches.flatMap((watch) => [...modes].flatMap((mode) => slotsOf(watch, mode)));
  return {
    slots: wanted.map(({ slot }) => slot),
    queries: wanted.map(({ slot, query }, index) => ({
      ...query,
      id: `q${index}`,
      periodSeconds: slot.watch.metric.periodSeconds,
    })),
  };
}

function slotsOf(watch: Watch, mode: Mode): { slot: Slot; query: QueryPlan }[] {
  const versions = isWhole(watch.metric) ? { candidate: null } : versionsOf(watch, mode);
  return Object.entries(versions).flatMap(([name, version]) => {
    const arm = name as Arm;
    const parts = partQueries(watch.metric, watch.arms, version, watch.bounds[arm]);
    return Object.entries(parts).map(([part, query]) => ({ slot: { watch, mode, arm, part: part as Part }, query }));
  });
}

function versionsOf({ metric, arms }: Watch, mode: Mode): Partial<Record<Arm, string | null>> {
  if (arms === null || arms.candidate === null) return {};
  if (mode === "compared") return { candidate: arms.candidate, baseline: arms.baseline };
  const vanishes = "preset" in metric.source || metric.source.query.namespace === "AWS/Lambda";
  return { candidate: vanishes ? null : arms.candidate };
}

/** What was read, by metric, mode and period. */
export interface Readings {
  /** Undefined when CloudWatch did not read all of it: not a reading, to be asked again. */
  at(watch: Watch, span: Span, period: number): Sample | undefined;
}

export function readingsOf(plan: ReadPlan, series: readonly Series[]): Readings {
  const found = new Map<string, Partial<Record<Arm, Partial<Record<Part, Series>>>>>();
  plan.slots.forEach(({ watch, mode, arm, part }, index) => {
    const one = series[index];
    if (one === undefined) return;
    const key = `${watch.id} ${mode}`;
    const arms = found.get(key) ?? {};
    found.set(key, { ...arms, [arm]: { ...arms[arm], [part]: one } });
  });
  return {
    at: (watch, span, period) => {
      const parts = found.get(`${watch.id} ${modeOf(span)}`) ?? {};
      const all = [...Object.values(parts.candidate ?? {}), ...Object.values(parts.baseline ?? {})];
      if (all.some((one) => !one.complete)) return undefined;
      const sample = (arm: Arm) => sampleOf(watch.metric, pointsAt(parts[arm] ?? {}, period));
      return { candidate: sample("candidate"), baseline: hasBaseline(span) ? sample("baseline") : null };
    },
  };
}

function pointsAt(parts: Partial<Record<Part, Series>>, period: number): PartPoints {
  const entries = Object.entries(parts).flatMap(([part, series]) => {
    const point = series.points.get(period);
    return point === undefined ? [] : [[part, point] as const];
  });
  return Object.fromEntries(entries);
}
