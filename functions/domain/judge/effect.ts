/** How much the candidate differs from the baseline beside it: what the fold keeps of it, and the bounds that follow. */

import type { SavedMonitor } from "./duration-lane.ts";
import { PER } from "./exposure.ts";
import type { WatchReference } from "./reference-line.ts";
import { type ArmSample, isDistribution, quantileOf, type Sample, type Span, type Watch } from "./sampling.ts";
import { phiNow } from "./statistics/duration-monitor.ts";
import { BOUND_QUANTILES, durationLanes, MEDIAN, TAIL } from "./statistics/duration-reference.ts";
import { addBets, differenceBounds, type EffectBets, effectBets, stakesFor } from "./statistics/effect.ts";
import { quantileEffect, type Spread } from "./statistics/effect-quantiles.ts";
import { nth } from "./statistics/nth.ts";
import { SEQUENTIAL_DEFAULTS } from "./statistics/sequential-config.ts";
import { type ArmCounts, temper } from "./statistics/sequential-lanes.ts";
import { wanderDispersion } from "./statistics/wander.ts";

/** The candidate less the baseline, or over it; both bounds hold at any look, with 95 %. */
export interface Effect {
  /** `points` of the requests, an `amount` per 1,000 exposures, or `times` as long. */
  readonly in: "points" | "amount" | "times";
  /** The quantile that takes so many times as long; absent for the others. */
  readonly quantile?: string;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** In the metric's unit. */
  readonly candidate: number;
  readonly baseline: number;
}

/** Of this step, and of all steps so far with a baseline. */
export interface Effects {
  readonly step: readonly Effect[];
  readonly total: readonly Effect[];
}

/** Requests, and those beyond each bound: one for errors, several for durations. */
type Counts = readonly number[];

interface Scope {
  readonly candidate: Counts;
  /** Each minute's as if it had had the candidate's requests: what varies with the time of day varies alike in both. */
  readonly baseline: Counts;
  /** By bound. */
  readonly bets: readonly EffectBets[];
}

/** As small JSON. */
export interface EffectState {
  /** Start of the span that `here` is about. */
  readonly step: number;
  readonly minutes: number;
  readonly here: Scope;
  readonly all: Scope;
}

interface Judged {
  readonly watch: Watch;
  readonly reference: WatchReference | null;
}

/** The state after a period in which both arms ran; one in which either was not counted changes nothing. */
export function effectAfter(
  judged: Judged,
  before: EffectState | undefined,
  { span, sample }: { readonly span: Span; readonly sample: Sample },
  monitor: SavedMonitor | null,
): EffectState | undefined {
  const [candidate, baseline] = [countsOf(judged.watch, sample.candidate), countsOf(judged.watch, sample.baseline)];
  if (candidate === null || baseline === null) return before;
  const minutes = (before?.minutes ?? 0) + 1;
  const bets = betsOf(judged, { candidate, baseline }, minutes, monitor);
  const split = nth(candidate, 0) / (baseline[0] ?? 1);
  const further = (scope: Scope): Scope => ({
    candidate: added(scope.candidate, candidate),
    baseline: added(
      scope.baseline,
      baseline.map((count) => count * split),
    ),
    bets: bets.map((one, bound) => addBets(scope.bets[bound] ?? [], one)),
  });
  const here = before?.step === span.from ? before.here : NOTHING;
  return { step: span.from, minutes, here: further(here), all: further(before?.all ?? NOTHING) };
}

const NOTHING: Scope = { candidate: [], baseline: [], bets: [] };

/** By bound. */
function betsOf(
  judged: Judged,
  { candidate, baseline }: Readonly<Record<"candidate" | "baseline", Counts>>,
  minutes: number,
  monitor: SavedMonitor | null,
): EffectBets[] {
  const isSpread = isDistribution(judged.watch.metric);
  const stakes = stakesFor(isSpread ? "durations" : "errors");
  const bounds = isSpread ? BOUND_QUANTILES.length : 1;
  const phis = isSpread ? lanePhis(judged, monitor) : [];
  return Array.from({ length: bounds }, (_, bound) => {
    const arms = { candidate: atBound(candidate, bound), baseline: atBound(baseline, bound) };
    const phi = isSpread ? phis[nth(LANES, bound)] : countPhi(judged, arms, minutes);
    return effectBets(stakes, { ...arms, centre: centreOf(judged, bound), phi: phi ?? UNKNOWN_PHI });
  });
}

/** Null: not counted, or without a request. Of one quantile the arms are counted by two bounds, whose difference says little. */
function countsOf({ metric }: Watch, arm: ArmSample | null): Counts | null {
  if (arm === null || arm[1] === null || arm[0] <= 0) return null;
  const [requests, bad, , ...slower] = arm;
  if (isDistribution(metric)) return slower.length === 0 ? null : [requests, ...slower];
  return quantileOf(metric) === null ? [requests, bad] : null;
}

const atBound = (counts: Counts, bound: number): ArmCounts => {
  const requests = nth(counts, 0);
  return { requests, errors: nth(counts, bound + 1) };
};

const added = (sums: Counts, counts: Counts): Counts => counts.map((count, index) => count + nth(sums, index));

/** The old version's share before the release: any guess is valid, a good one narrows the bounds. */
function centreOf({ watch, reference }: Judged, bound: number): number {
  // Counts per exposure may exceed their exposures, and are bet upon as they are.
  if (reference === null || watch.metric.per !== undefined) return 0;
  return reference.durations?.shares[bound] ?? (reference.requests === 0 ? 0 : reference.bad / reference.requests);
}

/** The lane whose noise each bound of a distribution has. */
const LANES: readonly number[] = [0, 0, 1, 2];
const UNKNOWN_PHI = SEQUENTIAL_DEFAULTS.phiNoReference;

/**
 * What the arms' difference shows of the noise counts for the body alone: of a few slow requests that come in bursts it shows
 * too little, and the bounds of the p95 left out the truth.
 */
function lanePhis({ reference }: Judged, monitor: SavedMonitor | null): number[] {
  if (reference?.durations === undefined) return [];
  const lanes = durationLanes(reference.durations);
  const [body] = phiNow(lanes, monitor !== null && "kind" in monitor ? monitor.together : []);
  return lanes.map(({ phi }, lane) => (lane === 0 ? (body ?? phi) : phi));
}

function countPhi(
  { watch, reference }: Judged,
  { candidate, baseline }: Readonly<Record<"candidate" | "baseline", ArmCounts>>,
  minutes: number,
): number {
  if (reference === null) return UNKNOWN_PHI;
  const { phi, requestsPerPeriod, wander } = reference;
  const burst = watch.metric.sequential?.phiBurst ?? Number.POSITIVE_INFINITY;
  const noise = temper({ phi, requestsPerMinute: requestsPerPeriod }, burst, candidate, baseline);
  return noise + wanderDispersion(wander ?? null, minutes, candidate, baseline);
}

/** The bounds as they stand in a step that began at `step`; null before there is anything to bound. */
export function effectsOf(judged: Judged, state: EffectState | undefined, step: number | null): Effects | null {
  if (state === undefined) return null;
  const of = (scope: Scope) =>
    (isDistribution(judged.watch.metric) ? slowness(judged, scope) : points(judged.watch, scope)).map(rounded);
  const effects = { step: state.step === step ? of(state.here) : [], total: of(state.all) };
  return effects.step.length + effects.total.length === 0 ? null : effects;
}

/** What the trail keeps beside a verdict, by metric: of the first findings, as many as an entry should hold. */
export function effectsToKeep(findings: readonly { readonly watch: string; readonly effect?: Effects }[]): {
  readonly effects?: Readonly<Record<string, Effects>>;
} {
  const known = findings
    .slice(0, MOST_KEPT)
    .flatMap(({ watch, effect }) => (effect === undefined ? [] : [[watch, effect]]));
  return known.length === 0 ? {} : { effects: Object.fromEntries(known) };
}

const MOST_KEPT = 20;

const rounded = (effect: Effect): Effect => ({
  ...effect,
  estimate: told(effect.estimate),
  low: told(effect.low),
  high: told(effect.high),
  candidate: told(effect.candidate),
  baseline: told(effect.baseline),
});

/** As many digits as anybody is told. */
const told = (value: number): number => Number(value.toPrecision(4));

/** Bounds that leave all open say nothing. */
const WIDEST_POINTS = 100;
const WIDEST_TIMES = 10;
/** An exposure that brings more than so many counts is none that anybody compares. */
const MOST_PER_EXPOSURE = 100;

/** Of requests in percent; of what is counted per exposure in its own unit. */
function points({ metric: { per } }: Watch, { candidate, baseline, bets: [bets] }: Scope): Effect[] {
  if (bets === undefined) return [];
  const most = per === undefined ? 1 : MOST_PER_EXPOSURE;
  const { low, high } = differenceBounds(bets, most);
  if (per === undefined ? 100 * (high - low) >= WIDEST_POINTS : low <= -most || high >= most) return [];
  const scale = per === undefined ? 100 : PER * per.largest;
  const [own, other] = [rateOf(candidate), rateOf(baseline)];
  const estimate = scale * Math.min(high, Math.max(low, own - other));
  const bounds = { low: scale * low, high: scale * high, candidate: scale * own, baseline: scale * other };
  return [{ in: per === undefined ? "points" : "amount", estimate, ...bounds }];
}

const rateOf = ([requests = 0, bad = 0]: Counts): number => (requests === 0 ? 0 : bad / requests);

/** Told of half of the requests, and of the slowest twentieth. */
const TOLD = [
  [MEDIAN, 0.5],
  [TAIL, 0.05],
] as const;

function slowness({ watch: { bounds }, reference }: Judged, scope: Scope): Effect[] {
  if (bounds.each === undefined) return [];
  const differences = scope.bets.map((bets) => differenceBounds(bets, 1, TOLD.length));
  const spread = (counts: Counts, boundsMs: readonly number[]): Spread => ({
    boundsMs,
    shares: boundsMs.map((_, bound) => nth(counts, bound + 1) / (counts[0] ?? 1)),
  });
  const [candidate, baseline] = [
    spread(scope.candidate, bounds.each.candidate),
    spread(scope.baseline, bounds.each.baseline),
  ];
  return TOLD.flatMap(([bound, share]): Effect[] => {
    const { times, low, high, candidateMs, baselineMs } = quantileEffect(
      share,
      candidate,
      baseline,
      differences,
      reference?.durations?.shapeMs,
    );
    if (!(high / low < WIDEST_TIMES)) return [];
    const quantile = BOUND_QUANTILES[bound];
    const estimate = Math.min(high, Math.max(low, times));
    return [{ in: "times", quantile, estimate, low, high, candidate: candidateMs, baseline: baselineMs }];
  });
}
