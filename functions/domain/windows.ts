import { Temporal } from "temporal-polyfill";
import type { Freeze, OpenSpan, StepPlan, WindowPlan } from "./plan.ts";

/**
 * When traffic may move. A span opens at the first instant at which the local clock has reached `from` and closes at the
 * first at which it has reached `to`: an hour that a clock change skips is not there, an hour that it repeats does not
 * open a window twice, and a span across the change is as much longer or shorter as the day is.
 */

/** From `opensAt`, included, to `closesAt`, excluded, in epoch milliseconds. */
export interface Opening {
  readonly opensAt: number;
  readonly closesAt: number;
}

export interface WindowState {
  readonly open: boolean;
  /** One line for people: why it is closed, or until when it is open. */
  readonly reason: string;
  /** Closed: when it opens next, in epoch ms; null where it is open, or does not open within `HORIZON_DAYS`. */
  readonly opensAt: number | null;
  /** Open: when it closes, in epoch ms; null where it is closed, or stays open for more than `LOOK_AHEAD_DAYS`. */
  readonly closesAt: number | null;
}

/** How far ahead an opening is looked for: a yearly event and its freeze lie within it. */
export const HORIZON_DAYS = 400;
/** How far ahead an open window is followed to its end, when nobody asks for more. */
export const LOOK_AHEAD_DAYS = 8;

const DAY_MS = 86_400_000;
const MINUTES_A_DAY = 1_440;

/** Sum of the bakes in seconds: the planned length of a rollout, without extensions. */
export function plannedSeconds(steps: readonly StepPlan[]): number {
  return steps.reduce((sum, step) => sum + step.bakeSeconds, 0);
}

/** Whether the window is open at an instant (epoch ms). A plan without a window is always open. */
export function windowAt(window: WindowPlan | null, nowMs: number): WindowState {
  if (window === null) return { open: true, reason: "no window is set", opensAt: null, closesAt: null };
  const next = first(openings(window, nowMs, nowMs + HORIZON_DAYS * DAY_MS, nowMs + LOOK_AHEAD_DAYS * DAY_MS));
  if (next !== null && next.opensAt <= nowMs) return openUntil(window, nowMs, next.closesAt);
  const freeze = window.freezes.find((one) => covers(freezeSpan(one, window.zone), nowMs));
  const opening =
    next === null ? `it does not open within ${HORIZON_DAYS} days` : `opens ${local(next.opensAt, window.zone)}`;
  const why = freeze === undefined ? "outside the change window" : `frozen: ${freeze.name}`;
  return { open: false, reason: `${why}; ${opening}`, opensAt: next?.opensAt ?? null, closesAt: null };
}

function openUntil(window: WindowPlan, nowMs: number, closesAt: number): WindowState {
  const known = closesAt < nowMs + LOOK_AHEAD_DAYS * DAY_MS;
  const reason = known ? `open until ${local(closesAt, window.zone)}` : `open for more than ${LOOK_AHEAD_DAYS} days`;
  return { open: true, reason, opensAt: null, closesAt: known ? closesAt : null };
}

/** Whether a rollout of so many seconds that starts at `startMs` ends before the window closes. */
export function fits(window: WindowPlan | null, startMs: number, seconds: number): boolean {
  if (window === null) return true;
  const endMs = startMs + seconds * 1_000;
  const opening = first(openings(window, startMs, endMs + 1));
  return opening !== null && opening.opensAt <= startMs && endMs <= opening.closesAt;
}

/**
 * The first instant (epoch ms) from now on, and not before `notBefore`, at which traffic may start to move: the window is
 * open and, where its scope is the rollout, a rollout of so many seconds fits. Null: never within `HORIZON_DAYS`.
 */
export function earliestStart(
  window: WindowPlan | null,
  nowMs: number,
  seconds: number,
  notBefore: number | null = null,
): number | null {
  const fromMs = Math.max(nowMs, notBefore ?? nowMs);
  if (window === null) return fromMs;
  const neededMs = window.scope === "rollout" ? seconds * 1_000 : 1;
  for (const opening of openings(window, fromMs, fromMs + HORIZON_DAYS * DAY_MS, fromMs + neededMs)) {
    const start = Math.max(opening.opensAt, fromMs);
    if (opening.closesAt - start >= neededMs) return start;
  }
  return null;
}

/** The longest time, in seconds, for which the window stays open without a break in the `HORIZON_DAYS` from an instant. */
export function longestOpeningSeconds(window: WindowPlan, fromMs: number): number {
  let longest = 0;
  for (const opening of openings(window, fromMs, fromMs + HORIZON_DAYS * DAY_MS)) {
    longest = Math.max(longest, opening.closesAt - opening.opensAt);
  }
  return longest / 1_000;
}

/**
 * The openings that end after `fromMs` and start before `untilMs`, in order, joined where they touch, without the
 * freezes. An opening that reaches `enoughMs` is not followed further: its `closesAt` is then a lower bound.
 */
export function* openings(
  window: WindowPlan,
  fromMs: number,
  untilMs: number,
  enoughMs = Number.POSITIVE_INFINITY,
): Generator<Opening> {
  let current: Opening | undefined;
  for (const piece of pieces(window, fromMs, untilMs)) {
    if (current === undefined || piece.opensAt > current.closesAt) {
      if (current !== undefined) yield current;
      current = piece;
    } else if (piece.closesAt > current.closesAt) {
      current = { opensAt: current.opensAt, closesAt: piece.closesAt };
    }
    if (current.opensAt <= fromMs && current.closesAt >= enoughMs) break;
  }
  if (current !== undefined) yield current;
}

/** What each day contributes, freezes cut out, by opening time. */
function* pieces(window: WindowPlan, fromMs: number, untilMs: number): Generator<Opening> {
  const freezes = window.freezes.map((freeze) => freezeSpan(freeze, window.zone));
  let date = dateAt(fromMs, window.zone).subtract({ days: 1 });
  const last = dateAt(untilMs, window.zone);
  while (Temporal.PlainDate.compare(date, last) <= 0) {
    const free = freezes.reduce(
      (parts, freeze) => parts.flatMap((part) => cut(part, freeze)),
      openingsOf(window, date),
    );
    yield* free
      .filter((part) => part.closesAt > fromMs && part.opensAt < untilMs)
      .sort((a, b) => a.opensAt - b.opensAt);
    date = date.add({ days: 1 });
  }
}

function openingsOf(window: WindowPlan, date: Temporal.PlainDate): Opening[] {
  return window.open
    .filter((span) => span.days.includes(date.dayOfWeek))
    .map((span) => opening(span, date, window.zone))
    .filter((one) => one.closesAt > one.opensAt);
}

function opening(span: OpenSpan, date: Temporal.PlainDate, zone: string): Opening {
  const closing = span.to <= span.from ? span.to + MINUTES_A_DAY : span.to;
  return { opensAt: reaches(minuteOf(date, span.from), zone), closesAt: reaches(minuteOf(date, closing), zone) };
}

function minuteOf(date: Temporal.PlainDate, minutes: number): Temporal.PlainDateTime {
  return date
    .add({ days: Math.floor(minutes / MINUTES_A_DAY) })
    .toPlainDateTime({ hour: Math.floor((minutes % MINUTES_A_DAY) / 60), minute: minutes % 60 });
}

/** The first instant at which the clocks of a zone have reached a local time; the change itself, if they skip it. */
function reaches(wall: Temporal.PlainDateTime, zone: string): number {
  const earlier = wall.toZonedDateTime(zone, { disambiguation: "earlier" });
  if (earlier.toPlainDateTime().equals(wall)) return earlier.epochMilliseconds;
  return earlier.getTimeZoneTransition("next")?.epochMilliseconds ?? earlier.epochMilliseconds;
}

function freezeSpan(freeze: Freeze, zone: string): Opening {
  const at = (text: string): number => reaches(Temporal.PlainDateTime.from(text), zone);
  return { opensAt: at(freeze.from), closesAt: at(freeze.to) };
}

function cut(part: Opening, freeze: Opening): Opening[] {
  return [
    { opensAt: part.opensAt, closesAt: Math.min(part.closesAt, freeze.opensAt) },
    { opensAt: Math.max(part.opensAt, freeze.closesAt), closesAt: part.closesAt },
  ].filter((rest) => rest.closesAt > rest.opensAt);
}

function covers(span: Opening, nowMs: number): boolean {
  return span.opensAt <= nowMs && nowMs < span.closesAt;
}

function dateAt(ms: number, zone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDate();
}

/** `Tue 2026-01-06 20:00 Africa/Johannesburg` */
export function local(ms: number, zone: string): string {
  const at = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
  const day = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][at.dayOfWeek - 1];
  return `${day} ${at.toPlainDate()} ${at.toPlainTime().toString({ smallestUnit: "minute" })} ${zone}`;
}

function first<T>(items: Iterable<T>): T | null {
  for (const item of items) return item;
  return null;
}
