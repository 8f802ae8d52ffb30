/**
 * Which CloudWatch series a metric needs, which of their periods may be read, and what their points mean. What a series of
 * a kind of target is called, that kind says: `series.ts` in its folder.
 */

import type { ByPart, Part, Preset } from "../../targets/kind.ts";
import { kindOf, presetOf } from "../../targets/kinds.ts";
import type { TargetRecord } from "../ledger/journal-records.ts";
import type { EnvironmentPlan, MetricPlan, TargetPlan } from "../plan.ts";
import type { AnySeriesQuery, Series } from "../ports.ts";
import { thousands } from "../text.ts";
import { shareOfAll } from "../traffic/journal.ts";
import {
  type AskedArm,
  type AskedParts,
  countsBad,
  type ExplicitSource,
  explicitParts,
  filledFor,
  hasSamples,
  tellsVersions,
} from "./explicit.ts";
import { exposureParts, exposureSample, PER } from "./exposure.ts";
import { TAIL } from "./statistics/duration-reference.ts";

/** Where one target's traffic stands. */
export interface Arms {
  readonly target: TargetPlan;
  readonly baseline: string;
  readonly candidate: string | null;
  /** Longest that a request may be under way on either, in seconds; see `TargetRecord`. */
  readonly longestSeconds?: number | null;
  /** What runs the candidate is up before its first request: no minute is cold. */
  readonly startsWarm?: boolean;
}

type ArmsRecord = Pick<TargetRecord, "kind" | "baseline" | "candidate" | "longestSeconds" | "startsWarm">;

export function armsOf(
  target: TargetPlan,
  { kind, baseline, candidate, longestSeconds, startsWarm }: ArmsRecord,
): Arms {
  const arms = { target, baseline: kindOf(kind).serving(baseline.route), candidate };
  const known = longestSeconds === undefined ? arms : { ...arms, longestSeconds };
  return startsWarm === true ? { ...known, startsWarm } : known;
}

/**
 * A stretch of time over which traffic stood still, or moved by itself with both arms running. It lasts until the next one
 * begins.
 */
export interface Span {
  /** When traffic was set (epoch ms). */
  readonly from: number;
  /** Percent on the candidate, as first seen. */
  readonly weight: number;
  /** Every target serves the candidate alone, with no split left. */
  readonly finished: boolean;
}

/** The span that traffic stands in now, from what was last read back; null while the candidate has no traffic. */
export function spanNow(
  plan: Pick<EnvironmentPlan, "targets">,
  records: readonly Pick<TargetRecord, "target" | "kind" | "candidate" | "last">[],
  since: number,
): Span | null {
  const weight = shareOfAll(plan, records);
  if (weight === 0) return null;
  return { from: since, weight, finished: records.every(({ kind, last }) => kindOf(kind).settled(last.route)) };
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
 * does not count), the value that rules look at, in the metric's unit, and for a distribution those slower than each bound.
 */
export type ArmSample = readonly [samples: number, bad: number | null, value: number, ...slower: number[]];

/** One period of both arms. Null: nothing was measured, which is not zero. */
export interface Sample {
  readonly candidate: ArmSample | null;
  readonly baseline: ArmSample | null;
}

export const NOTHING_MEASURED: Sample = { candidate: null, baseline: null };

/** Counted, and there was nothing: no request, none bad. Nobody measured a value, and no rule looks at it. */
export const NO_REQUESTS: ArmSample = [0, 0, 0];

/** The kind's own metric that this one is; null for an explicit query. */
export function presetIn({ source }: Pick<MetricPlan, "source">): Preset | null {
  return "preset" in source ? presetOf(source.preset) : null;
}

/** Whether it is the error rate of a kind, for which the judge's stated rate was measured most widely. */
export const isErrorRate = (metric: Pick<MetricPlan, "source">): boolean => presetIn(metric)?.measures === "errors";

/** The quantile that a metric is about, as CloudWatch spells it; null for metrics that are no preset of a duration. */
export const quantileOf = (metric: Pick<MetricPlan, "source">): string | null => presetIn(metric)?.quantile ?? null;

/** Whether durations are judged as a distribution. */
export const isDistribution = (metric: Pick<MetricPlan, "source">): boolean => presetIn(metric)?.distribution === true;

/** Whether no arm can be told apart, so that the target is looked at as a whole. */
export function isWhole(metric: Pick<MetricPlan, "source" | "target">): boolean {
  if ("preset" in metric.source) return presetOf(metric.source.preset).whole;
  return metric.target === null || !tellsVersions(metric.source);
}

const UNITS: Readonly<Record<Preset["measures"], string>> = {
  errors: " %",
  latency: " ms",
  memory: " %",
  throttles: " a minute",
  losses: " a minute",
};

/** What a value is counted in, for people. */
export function unitOf(metric: Pick<MetricPlan, "source" | "per">): string {
  if (metric.per !== undefined) return ` per ${thousands(PER)}`;
  if (!("preset" in metric.source)) return countsBad(metric.source) ? " %" : "";
  return UNITS[presetOf(metric.source.preset).measures];
}

interface AskedBounds {
  readonly arm: Arm;
  readonly mode: Mode;
  /** For a distribution: every bound of this arm, ms. */
  readonly boundsMs?: readonly number[];
}

/**
 * The series of one arm. `version` null reads the target as a whole (before weight 0, and after the finish);
 * `thresholdMs` is the bound that slow requests of this arm exceed, for durations.
 */
export function partQueries(
  metric: MetricPlan,
  arms: Arms | null,
  version: string | null,
  thresholdMs: number | null,
  asked: AskedBounds = { arm: "candidate", mode: "compared" },
): AskedParts {
  if (!("preset" in metric.source)) {
    return explicitOf(metric, metric.source, arms, { arm: asked.arm, mode: asked.mode, version });
  }
  if (arms === null) return {};
  const preset = presetOf(metric.source.preset);
  return kindOf(arms.target.kind).series(arms.target, { preset, version, thresholdMs, boundsMs: asked.boundsMs ?? [] });
}

function explicitOf(metric: MetricPlan, source: ExplicitSource, arms: Arms | null, asked: AskedArm): AskedParts {
  if (metric.per === undefined || !("query" in source)) return explicitParts(metric, source, asked);
  const query = filledFor(source.query, asked);
  return query === null ? {} : exposureParts(metric.per, query, arms?.target ?? null, asked);
}

type PartPoints = ByPart<number>;
type Counts = Readonly<Record<"samples" | "bad", number | undefined>>;

/**
 * What the points of one arm in one period mean; null when any of them is missing, since a count without its traffic, or
 * traffic without its count, says nothing; but a count of nothing is missing beside traffic where a kind's zeros vanish.
 */
export function sampleOf(metric: MetricPlan, points: PartPoints): ArmSample | null {
  const { samples, value, within } = points;
  const bad = points.bad ?? (zerosVanish(metric) && samples !== undefined ? 0 : undefined);
  if (metric.per !== undefined) return exposureSample(metric.per, points);
  if (presetIn(metric)?.whole === true) return throttleSample(metric, { samples, bad });
  if (!("preset" in metric.source) && !hasSamples(metric.source)) {
    return value === undefined ? null : [1, null, value];
  }
  if (samples === undefined || samples <= 0) return null;
  if (value !== undefined) return durationSample(samples, value, points);
  const beyond = within === undefined ? bad : Math.max(0, samples - within);
  return beyond === undefined ? null : [samples, beyond, (100 * beyond) / samples];
}

const zerosVanish = ({ source }: MetricPlan): boolean =>
  "preset" in source && presetOf(source.preset).quantile === null && kindOf(presetOf(source.preset).kind).zerosVanish;

/** Of a distribution the bad ones are those beyond the bound of its tail. */
function durationSample(samples: number, value: number, points: PartPoints): ArmSample {
  const beyond = (within: number | undefined) => (within === undefined ? null : Math.max(0, samples - within));
  const slower: number[] = [];
  for (let bound = 0; points[`within-${bound}`] !== undefined; bound++) {
    slower.push(beyond(points[`within-${bound}`]) ?? 0);
  }
  return [samples, slower[TAIL] ?? beyond(points.within), value, ...slower];
}

/**
 * Throttles are in neither Invocations nor Errors, and a minute of nothing but throttles has no Invocations at all. A
 * request that is throttled makes a point; that a minute of invocations without any has a zero, AWS promises nowhere, so
 * that none beside invocations is none throttled.
 */
function throttleSample(metric: MetricPlan, { samples, bad = 0 }: Counts): ArmSample | null {
  if (samples === undefined && bad === 0) return null;
  return [(samples ?? 0) + bad, bad, (bad * 60) / metric.periodSeconds];
}

/** Latency bounds of the two arms, ms; null while no reference says where the baseline stood. */
export interface Bounds {
  readonly candidate: number | null;
  readonly baseline: number | null;
  /** For a distribution: every bound of each arm, rising. */
  readonly each?: Readonly<Record<Arm, readonly number[]>>;
}

export const NO_BOUNDS: Bounds = { candidate: null, baseline: null };

/** One metric, with what it takes to read it. */
export interface Watch {
  readonly id: string;
  readonly metric: MetricPlan;
  readonly arms: Arms | null;
  readonly bounds: Bounds;
  /** Seconds by which a request may be counted after its point's time; absent: none. */
  readonly lateSeconds?: number;
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
  readonly queries: readonly AnySeriesQuery[];
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

type Asked = NonNullable<AskedParts[Part]>[number];

function slotsOf(watch: Watch, mode: Mode): { slot: Slot; query: Asked }[] {
  const versions = isWhole(watch.metric) ? { candidate: null } : versionsOf(watch, mode);
  return Object.entries(versions).flatMap(([name, version]) => {
    const arm = name as Arm;
    const parts = partQueries(watch.metric, watch.arms, version, watch.bounds[arm], {
      arm,
      mode,
      boundsMs: watch.bounds.each?.[arm] ?? [],
    });
    return Object.entries(parts).flatMap(([part, queries]) =>
      queries.map((query) => ({ slot: { watch, mode, arm, part: part as Part }, query })),
    );
  });
}

function versionsOf({ metric, arms }: Watch, mode: Mode): Partial<Record<Arm, string | null>> {
  if (arms === null) return {};
  // Before there is a candidate, whatever serves is looked at as a whole.
  if (arms.candidate === null) return mode === "whole" ? { candidate: null } : {};
  if (mode === "compared") return { candidate: arms.candidate, baseline: arms.baseline };
  return { candidate: vanishes(metric, arms) ? null : arms.candidate };
}

/** What an explicit query asks for says itself which of its series vanish: see `explicit.ts`. */
function vanishes({ source }: MetricPlan, arms: Arms): boolean {
  return "preset" in source && kindOf(arms.target.kind).armsVanish;
}

/** True where a missing request says something: the split is by request, and this target has one of its own. */
export function showsReach({ metric, arms }: Pick<Watch, "metric" | "arms">): boolean {
  if (!("preset" in metric.source) || isWhole(metric)) return false;
  return kindOf(presetOf(metric.source.preset).kind).byRequest && arms?.target.follows === undefined;
}

/** What was read, by metric, mode and period. */
export interface Readings {
  /** Undefined when CloudWatch did not read all of it: not a reading, to be asked again. */
  at(watch: Watch, span: Span, period: number): Sample | undefined;
  /** Why not all of a metric was read; null, or absent: nobody says. */
  troubleOf?(watch: Watch): string | null;
}

export function readingsOf(plan: ReadPlan, series: readonly Series[]): Readings {
  const found = new Map<string, Partial<Record<Arm, ByPart<readonly Series[]>>>>();
  const troubles = new Map<string, string>();
  plan.slots.forEach(({ watch, mode, arm, part }, index) => {
    const one = series[index];
    if (one === undefined) return;
    const key = `${watch.id} ${mode}`;
    const arms = found.get(key) ?? {};
    const known = arms[arm]?.[part] ?? [];
    found.set(key, { ...arms, [arm]: { ...arms[arm], [part]: [...known, one] } });
    if (one.trouble !== undefined) troubles.set(watch.id, one.trouble);
  });
  return {
    at: (watch, span, period) => {
      const parts = found.get(`${watch.id} ${modeOf(span)}`) ?? {};
      const all = [...Object.values(parts.candidate ?? {}), ...Object.values(parts.baseline ?? {})].flat();
      if (all.some((one) => !one.complete)) return undefined;
      const sample = (arm: Arm) => sampleOf(watch.metric, pointsAt(parts[arm] ?? {}, period));
      const baseline = hasBaseline(span) ? sample("baseline") : null;
      const silent = baseline !== null && showsReach(watch) && isSilent(parts.candidate ?? {}, period);
      return { candidate: silent ? NO_REQUESTS : sample("candidate"), baseline };
    },
    troubleOf: ({ id }) => troubles.get(id) ?? null,
  };
}

/** Nothing was counted of an arm, in any of its series. Beside a baseline that was, it is no gap in what CloudWatch has. */
const isSilent = (parts: ByPart<readonly Series[]>, period: number): boolean =>
  Object.values(pointsAt(parts, period)).every((point) => point === 0);

/** Series of one part are added up; one without a point adds nothing, and without any there is no point. */
function pointsAt(parts: ByPart<readonly Series[]>, period: number): PartPoints {
  const entries = Object.entries(parts).flatMap(([part, series]) => {
    const found = series.flatMap(({ points }) => points.get(period) ?? []);
    return found.length === 0 ? [] : [[part, found.reduce((sum, point) => sum + point, 0)] as const];
  });
  return Object.fromEntries(entries);
}
