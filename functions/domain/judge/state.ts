/**
 * What the judge remembers between two ticks, as small JSON: for each metric the periods that were read but are not yet
 * certain (the tail), and everything older folded into a few numbers (the progress).
 *
 * A period is certain once it is final, so that no request of it can still be under way (`lateness.ts`), and two readings,
 * taken at least `READ_AGAIN_MS` apart, agree. What fails a candidate looks at the tail too, by its newest reading; what
 * passes it looks at certain periods alone, and all of those are read again (`read-again.ts`). A period that is still
 * being revised when it gets old is folded by its worst reading.
 */
import { finalSeconds } from "../lateness.ts";
import type { StepCounts } from "./doubt.ts";
import type { SavedMonitor } from "./duration-lane.ts";
import type { EffectState } from "./effect.ts";
import type { LogProgress } from "./log-lines.ts";
import type { RankProgress } from "./rank-lane.ts";
import type { ArmSample, Readings, Sample, Span, Watch } from "./sampling.ts";
import { firstPeriod, NOTHING_MEASURED, readableUntil, spanOf } from "./sampling.ts";
import type { EmptyArm } from "./statistics/empty-arm.ts";
import type { ArmCounts } from "./statistics/sequential-lanes.ts";
import type { ShareBets } from "./statistics/share.ts";
import type { RuleProgress } from "./thresholds.ts";
import type { ColdCounts } from "./warm-up.ts";

/** Two readings closer than this (ms) are one: a repeated call must not confirm itself. */
export const READ_AGAIN_MS = 30_000;

/** A period this long (ms) after its end is folded as it is, revised or never read: nothing waits for it for ever. */
export const FOLD_AFTER_MS = 20 * 60_000;

/** Once a period is final it has at least so long (ms) to be read twice alike. */
const TRIES_MS = 5 * 60_000;

/** One period in the tail. */
export interface Reading {
  readonly at: number;
  readonly span: Span;
  /** Null: CloudWatch has not yet answered for it in full. */
  readonly newest: Sample | null;
  readonly worst: Sample | null;
  readonly certain: boolean;
  /** It is taken by its worst reading, since it never stood still. */
  readonly aged?: boolean;
}

/** Candidate and baseline over the certain periods of the step. */
export interface Totals {
  readonly samples: number;
  readonly sum: number;
  readonly baselineSamples: number;
  readonly baselineSum: number;
}
export const NO_TOTALS: Totals = { samples: 0, sum: 0, baselineSamples: 0, baselineSum: 0 };

/** Everything that is folded. */
export interface Progress {
  /** Start of the span that the step's own numbers are about. */
  readonly step: number | null;
  readonly rules: readonly RuleProgress[];
  readonly monitor: SavedMonitor | null;
  /** The same over periods in which no baseline ran beside the candidate; absent before the first of them. */
  readonly alone?: SavedMonitor;
  /** Null where the metric is not ranked. */
  readonly rank: RankProgress | null;
  readonly totals: Totals;
  /** What the step's requests came to; absent before its first counted period. */
  readonly counts?: StepCounts;
  /** What cold minutes came to, and the others; absent where no step begins cold. */
  readonly cold?: ColdCounts;
  /** What bounds the candidate's difference from the baseline; absent before the first period of both, outside the warm-up. */
  readonly effect?: EffectState;
  /** The bet that requests do not reach the candidate; absent before its first period. */
  readonly reach?: EmptyArm;
  /** The bets that its share is another one than was set; absent before the first period. */
  readonly share?: ShareBets;
}

/** What is folded for good, up to the period that starts at `next`; null: nothing. */
export interface Base {
  readonly next: number;
  readonly progress: Progress | null;
}

/** Requests of our own that were counted after all periods before `at`, in the step that began at `step`. */
export interface OwnRequests extends ArmCounts {
  readonly at: number;
  readonly sentAt: number;
  readonly step: number;
}

export interface WatchState {
  /** Start of the first period that is not folded. */
  readonly next: number;
  readonly tail: readonly Reading[];
  readonly progress: Progress;
  /** From here on what is folded is read again; absent in what 0.1.0 left: nothing is. */
  readonly base?: Base;
  /** Oldest first, since `base`; absent: none. */
  readonly own?: readonly OwnRequests[];
  /** The worst readings of periods since `base` that never stood still; absent: none. */
  readonly worst?: readonly Pick<Period, "at" | "sample">[];
}

export interface EvidenceState {
  readonly spans: readonly Span[];
  /** When metrics were read last. */
  readonly readAt: number | null;
  /** When what is folded was last read again; absent: never. */
  readonly againAt?: number;
  /** Largest ln E of the environment so far. */
  readonly maxLogE: number;
  readonly watches: Readonly<Record<string, WatchState>>;
  /** What the logs of each target say; absent where they are not searched. */
  readonly logs?: Readonly<Record<string, LogProgress>>;
}

export const NO_EVIDENCE: EvidenceState = { spans: [], readAt: null, maxLogE: 0, watches: {} };

/** A period as it goes into the fold. */
export interface Period {
  readonly at: number;
  readonly span: Span;
  readonly sample: Sample;
}

/** CloudWatch keeps minutes for 15 days: what is older (ms) would be read as nothing, so it stays as it was folded. */
const GONE_AFTER_MS = 14 * 24 * 3_600_000;

/** Where reading again begins. What 0.1.0 had folded stays as it was. */
export function baseOf({ base, next, progress }: WatchState, now: number): Base {
  return base === undefined || base.next < now - GONE_AFTER_MS ? { next, progress } : base;
}

/** The spans with the present one among them; a span that is known already changes nothing. */
export function withSpan(state: EvidenceState, span: Span | null): EvidenceState {
  if (span === null || state.spans.some((known) => known.from >= span.from)) return state;
  return { ...state, spans: [...state.spans, span] };
}

/** Start of the first period that this watch has not folded; null before there is any traffic to judge. */
export function startOf(watch: Watch, state: EvidenceState): number | null {
  const first = state.spans[0];
  if (first === undefined) return null;
  return Math.max(state.watches[watch.id]?.next ?? 0, firstPeriod(watch.metric, first.from));
}

/**
 * The stretch of time (epoch ms, end exclusive) that this tick reads; null when nothing is readable. `again`: with what is
 * folded and can be read again.
 */
export function stretchToRead(
  watches: readonly Watch[],
  state: EvidenceState,
  now: number,
  again = false,
): { readonly from: number; readonly to: number } | null {
  const stretches = watches.flatMap((watch) => {
    const memory = again ? state.watches[watch.id] : undefined;
    const from = memory === undefined ? startOf(watch, state) : baseOf(memory, now).next;
    const to = readableUntil(watch.metric, now);
    return from === null || from >= to ? [] : [{ from, to }];
  });
  if (stretches.length === 0) return null;
  return {
    from: Math.min(...stretches.map(({ from }) => from)),
    to: Math.max(...stretches.map(({ to }) => to)),
  };
}

/** The spans that a stretch of time touches. */
export function spansWithin(spans: readonly Span[], from: number, to: number): Span[] {
  return spans.filter((span, index) => span.from < to && (spans[index + 1]?.from ?? to) > from);
}

/** The tail after a tick's readings, oldest period first. Periods in which traffic was set belong to nobody. */
export function readTail(watch: Watch, state: EvidenceState, readings: Readings | null, now: number): Reading[] {
  const from = startOf(watch, state);
  if (from === null) return [];
  const periodMs = watch.metric.periodSeconds * 1000;
  const known = new Map((state.watches[watch.id]?.tail ?? []).map((reading) => [reading.at, reading]));
  const again = state.readAt !== null && now - state.readAt >= READ_AGAIN_MS;
  const finalMs = finalSeconds(watch.metric, watch.lateSeconds ?? 0) * 1000;
  const tail: Reading[] = [];
  for (let at = from; at < readableUntil(watch.metric, now); at += periodMs) {
    const span = spanOf(state.spans, at, periodMs);
    if (span === null) continue;
    const before = known.get(at) ?? { at, span, newest: null, worst: null, certain: false };
    const age = now - at - periodMs;
    tail.push(aged(revised(before, readings?.at(watch, span, at), again && age >= finalMs), age, finalMs));
  }
  return tail;
}

function revised(before: Reading, sample: Sample | undefined, again: boolean): Reading {
  if (sample === undefined) return before;
  if (before.newest === null || before.worst === null) return { ...before, newest: sample, worst: sample };
  const agrees = sameSample(before.newest, sample);
  return {
    ...before,
    newest: sample,
    worst: worseSample(before.worst, sample),
    certain: agrees && (before.certain || again),
  };
}

/** An old period is taken as it stands: by its worst reading, or as unmeasured if it was never read in full. */
function aged(reading: Reading, age: number, finalMs: number): Reading {
  if (reading.certain || age < Math.max(FOLD_AFTER_MS, finalMs + TRIES_MS)) return reading;
  return { ...reading, newest: reading.worst, certain: true, aged: true };
}

/** The certain periods at the front of the tail, and what remains; periods are folded in order only. */
export function splitTail(tail: readonly Reading[]): { readonly certain: Period[]; readonly open: Reading[] } {
  const firstOpen = tail.findIndex((reading) => !reading.certain);
  const cut = firstOpen === -1 ? tail.length : firstOpen;
  return { certain: tail.slice(0, cut).map(asPeriod), open: tail.slice(cut) };
}

export function asPeriod(reading: Reading): Period {
  return { at: reading.at, span: reading.span, sample: reading.newest ?? NOTHING_MEASURED };
}

export function sameSample(one: Sample, other: Sample): boolean {
  return sameArm(one.candidate, other.candidate) && sameArm(one.baseline, other.baseline);
}

const sameArm = (one: ArmSample | null, other: ArmSample | null): boolean =>
  one === other || (one !== null && other !== null && one.every((part, index) => part === other[index]));

/** Arm by arm the reading that is worse for the candidate: its own higher value, the baseline's lower one. */
export function worseSample(one: Sample, other: Sample): Sample {
  return {
    candidate: pick(one.candidate, other.candidate, (a, b) => a > b),
    baseline: pick(one.baseline, other.baseline, (a, b) => a < b),
  };
}

function pick(
  one: ArmSample | null,
  other: ArmSample | null,
  worse: (a: number, b: number) => boolean,
): ArmSample | null {
  if (one === null || other === null) return one ?? other;
  if (one[0] === 0 || other[0] === 0) return one[0] === 0 ? other : one;
  return worse(one[2], other[2]) ? one : other;
}
