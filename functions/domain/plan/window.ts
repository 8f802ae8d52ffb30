import { Temporal } from "temporal-polyfill";
import { DAYS, type WindowInput } from "../documents/policy-window.ts";
import type { Path } from "../documents/problems.ts";
import { formatDuration } from "../durations.ts";
import type { ApprovalPlan, Freeze, OpenSpan, StepPlan, WindowPlan } from "../plan.ts";
import { earliestStart, HORIZON_DAYS, local, longestOpeningSeconds, plannedSeconds } from "../windows.ts";
import type { Scope } from "./scope.ts";

/** The window of an environment, and whether the rollout can ever happen in it. */

const ALWAYS: readonly OpenSpan[] = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1_440 }];

export function resolveWindow(scope: Scope, steps: readonly StepPlan[], notBefore: number | null): WindowPlan | null {
  const input = scope.environment.window;
  if (input === undefined || scope.release.emergency?.skipWindow === true) return null;
  const at = [...scope.at.environment, "window"];
  if (!isZone(input.zone)) {
    scope.report.refuse(
      [...at, "zone"],
      "is no time zone",
      "write an IANA name, such as Africa/Johannesburg or Europe/Berlin",
    );
    return null;
  }
  const window = planWindow(scope, input, at);
  if (window !== null) refuseImpossible(scope, window, steps, notBefore, at);
  return window;
}

/** An offset such as +02:00 has no daylight saving time, which is what a zone is asked for. */
function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function planWindow(scope: Scope, input: WindowInput, at: Path): WindowPlan | null {
  const open = input.open?.map((span, index) => planSpan(scope, span, [...at, "open", index])) ?? ALWAYS;
  const freezes = (input.freezes ?? []).map((freeze, index) => planFreeze(scope, freeze, [...at, "freezes", index]));
  if ([...open, ...freezes].some((item) => item === null)) return null;
  return {
    zone: input.zone,
    open: open.filter((span) => span !== null),
    freezes: freezes.filter((freeze) => freeze !== null),
    scope: input.scope ?? "shifts",
    whenItCloses: input.whenItCloses ?? "hold",
  };
}

function planSpan(scope: Scope, span: NonNullable<WindowInput["open"]>[number], at: Path): OpenSpan | null {
  const [from, to] = [minutes(span.from), minutes(span.to)];
  if (from === to || from === 1_440) {
    const message = from === to ? "is when the window opens too: it is never open" : "is the end of the day";
    scope.report.refuse([...at, from === to ? "to" : "from"], message, "write 00:00 to 24:00 for a whole day");
    return null;
  }
  const days = [...new Set(span.days)].map((day) => DAYS.indexOf(day) + 1).sort((a, b) => a - b);
  return { days, from, to };
}

function minutes(clock: string): number {
  const [hours, rest] = clock.split(":").map(Number);
  return (hours ?? 0) * 60 + (rest ?? 0);
}

function planFreeze(scope: Scope, freeze: Freeze, at: Path): Freeze | null {
  const [from, to] = [localTime(freeze.from), localTime(freeze.to)];
  if (from === null)
    scope.report.refuse([...at, "from"], "is no date", "write a day of the calendar, such as 2025-12-20");
  if (to === null) scope.report.refuse([...at, "to"], "is no date", "write a day of the calendar, such as 2026-01-05");
  if (from === null || to === null) return null;
  if (Temporal.PlainDateTime.compare(from, to) >= 0) {
    scope.report.refuse(
      [...at, "to"],
      `is not after the start, ${freeze.from}`,
      "the end is not included: write a later time",
    );
    return null;
  }
  return { name: freeze.name, from: from.toString(), to: to.toString() };
}

function localTime(text: string): Temporal.PlainDateTime | null {
  try {
    return Temporal.PlainDateTime.from(text, { overflow: "reject" });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function refuseImpossible(
  scope: Scope,
  window: WindowPlan,
  steps: readonly StepPlan[],
  notBefore: number | null,
  at: Path,
): void {
  const planned = plannedSeconds(steps);
  if (earliestStart(window, scope.now, planned, notBefore) !== null) return;
  const longest = longestOpeningSeconds(window, Math.max(scope.now, notBefore ?? 0));
  if (longest === 0) {
    const hint = "open it on more days, or shorten the freezes";
    scope.report.refuse(at, `does not open within ${HORIZON_DAYS} days`, hint);
    return;
  }
  const message = `is open for ${formatDuration(longest)} at a time; the rollout takes ${formatDuration(planned)}`;
  scope.report.refuse(at, message, 'open it for longer, shorten the bakes, or write scope "shifts"');
}

/** Epoch ms of the release's later start, or null. */
export function resolveNotBefore(scope: Scope): number | null {
  const text = scope.tighten.notBefore;
  if (text === undefined) return null;
  const instant = Temporal.Instant.from(text).epochMilliseconds;
  if (instant <= scope.now) {
    scope.report.warn([...scope.at.tighten, "notBefore"], "is past already", "write a later instant, or leave it out");
  }
  return instant;
}

/** A yes that is stale before the window opens would be asked for again and again. */
export function checkApprovalsReachStart(
  scope: Scope,
  approvals: readonly ApprovalPlan[],
  start: number | null,
  zone: string,
): void {
  const wait = start === null ? 0 : (start - scope.now) / 1_000;
  for (const approval of approvals) {
    if (approval.when !== "before" || start === null || wait <= approval.validSeconds) continue;
    const [valid, latest] = [formatDuration(approval.validSeconds), approval.validSeconds + approval.expiresSeconds];
    const message = `the approval ${approval.id} holds for ${valid}; the rollout starts ${local(start, zone)} at the earliest`;
    const at = [...scope.at.environment, "approvals"];
    if (wait > latest) scope.report.refuse(at, message, "start the promotion later, or raise validFor");
    else
      scope.report.warn(at, message, "a decision given at once will be stale by then; start later, or raise validFor");
  }
}
