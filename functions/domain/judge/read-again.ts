/**
 * What was folded is read again at each look, and folded anew from where the judge can no longer look back: a point that
 * came later than anybody expected counts all the same.
 *
 * No sample is kept for that. CloudWatch has them; the judge keeps where it began (`base`), which for a day is nothing at
 * all, and compares what comes of them with what it had. Equal, it has been read twice alike; else it has changed.
 */
import { advance, type WatchContext, withSynthetic } from "./fold.ts";
import { type Readings, type Span, spanOf } from "./sampling.ts";
import {
  type Base,
  baseOf,
  type EvidenceState,
  type OwnRequests,
  type Period,
  type Progress,
  type Reading,
  startOf,
  type WatchState,
  worseSample,
} from "./state.ts";
import type { ArmCounts } from "./statistics/sequential-lanes.ts";

/** So long (ms) what was folded is read again: twelve times the longest time-out of a function. */
export const READ_BACK_MS = 3 * 3_600_000;

/** How often (ms) where traffic has stood still for longer than that, whose looks are far apart. */
const AGAIN_EVERY_MS = 3_600_000;

/** Most points in one answer of GetMetricData [CloudWatch API reference]. */
const ONE_ANSWER = 100_800;

/**
 * Whether this look reads again what is folded, from `points` points: in the first hours of a span each does that needs no
 * second answer for it, and afterwards one an hour. Before a pass it is read again in any case.
 */
export function isDueAgain({ spans, againAt }: EvidenceState, points: number, now: number): boolean {
  if (againAt === undefined || now - againAt >= AGAIN_EVERY_MS) return true;
  return now - (spans.at(-1)?.from ?? 0) <= READ_BACK_MS && points <= ONE_ANSWER;
}

interface Past {
  /** What was folded for good, then everything that was folded. */
  readonly base: Base;
  readonly progress: Progress | null;
  /** It is not what it was when it was read last. */
  readonly changed: boolean;
  /** What was read again, oldest first. */
  readonly periods: readonly Period[];
}

interface Looking {
  readonly state: EvidenceState;
  readonly readings: Readings | null;
  readonly again?: boolean;
  readonly now: number;
}

interface PastLook extends Past {
  /** It was asked for, and CloudWatch did not answer for all of it. */
  readonly unread: boolean;
  readonly memory: WatchState | null;
}

/** The past of one watch, as far as this look has read it again; else as it was remembered. */
export function pastOf(context: WatchContext, { state, readings, again, now }: Looking): PastLook {
  const { watch } = context;
  const memory = state.watches[watch.id] ?? null;
  if (memory === null) {
    const base = { next: startOf(watch, state) ?? 0, progress: null };
    return { base, progress: null, changed: false, periods: [], unread: false, memory };
  }
  if (reachesBackShort(watch)) {
    const { next, progress } = memory;
    return { base: { next, progress }, progress, changed: false, periods: [], unread: false, memory };
  }
  const wanted = again === true && readings !== null;
  const found = wanted ? readAgain(context, memory, { spans: state.spans, readings, now }) : null;
  if (found !== null) return { ...found, unread: false, memory };
  return { base: baseOf(memory, now), progress: memory.progress, changed: false, periods: [], unread: wanted, memory };
}

/**
 * Metrics Insights may reach back 3 hours [GetMetricData] or two weeks [its quotas]: what it no longer has would be read as
 * nothing, so that what has counted of it stays.
 */
const reachesBackShort = ({ metric: { source } }: WatchContext["watch"]): boolean =>
  "query" in source && [source.query, source.samples].some((query) => query !== undefined && "insights" in query);

/** What is kept beside the base, of what this look has folded up to `next`. `own`: requests of our own that it counted. */
export function remembered(
  { base, memory }: Pick<PastLook, "base" | "memory">,
  tail: readonly Reading[],
  next: number,
  own: ArmCounts | null,
  { span, now }: { readonly span: Span | null; readonly now: number },
): Pick<WatchState, "own" | "worst"> {
  const ours = own === null || span === null ? [] : [{ ...own, at: next, sentAt: now, step: span.from }];
  const sent = [...(memory?.own ?? []), ...ours].filter(({ at }) => at > base.next);
  const aged = tail.flatMap(({ at, aged, worst }) => (aged === true && worst !== null ? [{ at, sample: worst }] : []));
  const worst = [...(memory?.worst ?? []), ...aged].filter(({ at }) => at >= base.next && at < next);
  return { ...(sent.length === 0 ? {} : { own: sent }), ...(worst.length === 0 ? {} : { worst }) };
}

/** The past of one watch as it is now; null: CloudWatch did not answer for all of it. */
function readAgain(
  context: WatchContext,
  memory: WatchState,
  { spans, readings, now }: { readonly spans: readonly Span[]; readonly readings: Readings; readonly now: number },
): Past | null {
  const base = baseOf(memory, now);
  const periods = periodsAgain(context, { ...memory, base }, spans, readings);
  if (periods === null) return null;
  const old = periods.filter(({ at }) => at < now - READ_BACK_MS);
  const moved = baseAfter(context, base, old, { own: memory.own ?? [], spans });
  const own = (memory.own ?? []).filter(({ at }) => at > moved.next);
  const progress =
    moved.next >= memory.next
      ? memory.progress
      : refolded(context, moved.progress, periods.slice(old.length), { own, spans });
  return { base: moved, progress, changed: !alike(progress, memory.progress), periods };
}

function periodsAgain(
  { watch }: WatchContext,
  { base, next, worst = [] }: WatchState & { readonly base: Base },
  spans: readonly Span[],
  readings: Readings,
): Period[] | null {
  const periodMs = watch.metric.periodSeconds * 1000;
  const pinned = new Map(worst.map(({ at, sample }) => [at, sample]));
  const periods: Period[] = [];
  for (let at = base.next; at < next; at += periodMs) {
    const span = spanOf(spans, at, periodMs);
    if (span === null) continue;
    const sample = readings.at(watch, span, at);
    if (sample === undefined) return null;
    const known = pinned.get(at);
    periods.push({ at, span, sample: known === undefined ? sample : worseSample(known, sample) });
  }
  return periods;
}

interface Beside {
  readonly own: readonly OwnRequests[];
  readonly spans: readonly Span[];
}

function baseAfter(context: WatchContext, base: Base, old: readonly Period[], { own, spans }: Beside): Base {
  const last = old.at(-1);
  if (last === undefined) return base;
  const next = last.at + context.watch.metric.periodSeconds * 1000;
  const mine = own.filter(({ at }) => at <= next);
  return { next, progress: refolded(context, base.progress, old, { own: mine, spans }) };
}

/** Periods folded in order, with the requests of our own where they were counted. */
function refolded(
  context: WatchContext,
  before: Progress | null,
  periods: readonly Period[],
  { own, spans }: Beside,
): Progress {
  let progress = before;
  let rest = periods;
  for (const { at, sentAt, step, ...counts } of own) {
    const early = rest.filter((period) => period.at < at);
    rest = rest.slice(early.length);
    const span = spans.find(({ from }) => from === step) ?? null;
    progress = withSynthetic(context, advance(context, progress, early), span, counts, sentAt);
  }
  return advance(context, progress, rest);
}

/** Numbers that differ by less than this part of themselves are one: a quantile may be worked out anew. */
const SAME = 1e-9;

/** Whether both hold the same, however they came by it; what is undefined is not there. */
export function alike(one: unknown, other: unknown): boolean {
  if (typeof one === "number" && typeof other === "number") {
    return one === other || Math.abs(one - other) <= SAME * Math.max(Math.abs(one), Math.abs(other));
  }
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one === other;
  const [mine, theirs] = [new Map(Object.entries(one)), new Map(Object.entries(other))];
  return [...new Set([...mine.keys(), ...theirs.keys()])].every((key) => alike(mine.get(key), theirs.get(key)));
}
