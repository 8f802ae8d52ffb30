/**
 * When a bake can be decided at the traffic of last week, hour by hour: a service of five requests an hour, and none at
 * night, is not judged by the minute.
 */
import type { EnvironmentPlan } from "../plan.ts";
import { earliestStart, local, plannedSeconds } from "../windows.ts";
import { chanceToPass, type Judged, requestsToPass, stepsBeside } from "./pass-time.ts";
import type { Traffic } from "./statistics/detectable.ts";
import { HOURS, hourOfWeek } from "./week-of-traffic.ts";

const HOUR_MS = 3_600_000;
/** Nobody waits longer for a verdict. */
const WEEKS_AHEAD = 8;

/** The instant (epoch ms) by which so many requests have come since another one; null: not within eight weeks. */
export function reachedAt({ hours, requestsPerMinute }: Traffic, from: number, requests: number): number | null {
  let missing = requests;
  let at = from;
  for (let hour = 0; hour <= WEEKS_AHEAD * HOURS; hour++) {
    const next = (Math.floor(at / HOUR_MS) + 1) * HOUR_MS;
    const perMs = (hours?.[hourOfWeek(at)] ?? requestsPerMinute * 60) / HOUR_MS;
    if (perMs > 0 && missing <= perMs * (next - at)) return Math.ceil(at + missing / perMs);
    missing -= perMs * (next - at);
    at = next;
  }
  return null;
}

/** A pass that comes before this share of good candidates' would be luck, and most have come by the other. */
const NOT_BEFORE = 0.05;
const LIKELY = 0.9;

interface Decidable {
  /** Epoch ms; null: not within eight weeks. */
  readonly notBefore: number | null;
  readonly likelyBy: number | null;
}

/** When a bake at this weight (percent) that begins at an instant is passed, if its candidate is good. */
export function decidable(judged: Judged, weight: number, from: number): Decidable {
  const at = (chance: number) => {
    const requests = requestsToPass(judged, weight, chance);
    return requests === null ? null : reachedAt(judged.traffic, from, (requests * 100) / weight);
  };
  return { notBefore: at(NOT_BEFORE), likelyBy: at(LIKELY) };
}

/** Waits shorter than this (ms) are a matter of minutes, and said as such. */
const LONG = HOUR_MS;

/** Long before any bake ends. */
const SOON: Decidable = { notBefore: 0, likelyBy: 0 };

/** Whether an hour beyond the bake does even in the quietest hour of the week: then no hour has to be looked at. */
function isSoon(judged: Judged, weight: number, bakeSeconds: number): boolean {
  const { hours, requestsPerMinute } = judged.traffic;
  const quietest = hours === undefined ? requestsPerMinute : Math.min(...hours) / 60;
  const quiet = { ...judged, traffic: { ...judged.traffic, requestsPerMinute: quietest } };
  return chanceToPass(quiet, weight, (bakeSeconds * 1000 + LONG) / 60_000) >= LIKELY;
}

/**
 * One line for each step that takes hours longer than its bake, each step beginning when the one before it is likely passed:
 * "10 % is not decidable before Thu 2026-12-03 14:00 UTC, and likely by Fri 2026-12-04 09:00 UTC, if it begins ...".
 */
export function forecastInWords(plan: EnvironmentPlan, judged: Judged, now: number): string[] {
  const zone = plan.window?.zone ?? "UTC";
  const lines: string[] = [];
  let begins: number | null = earliestStart(plan.window, now, plannedSeconds(plan.steps), plan.notBefore) ?? now;
  for (const { weight, bakeSeconds } of stepsBeside(plan)) {
    if (begins === null) break;
    const ends: number = begins + bakeSeconds * 1000;
    const found: Decidable = isSoon(judged, weight, bakeSeconds) ? SOON : decidable(judged, weight, begins);
    if (found.likelyBy === null || found.likelyBy > ends + LONG) lines.push(lineOf(weight, found, begins, zone));
    begins = found.likelyBy === null ? null : Math.max(ends, found.likelyBy);
  }
  return lines;
}

function lineOf(weight: number, { notBefore, likelyBy }: Decidable, begins: number, zone: string): string {
  const start = `if it begins ${local(begins, zone)}`;
  if (notBefore === null) return `${weight} % is not decidable within ${WEEKS_AHEAD} weeks at this traffic, ${start}`;
  const likely = likelyBy === null ? "" : `, and likely by ${local(likelyBy, zone)}`;
  return `${weight} % is not decidable before ${local(notBefore, zone)}${likely} at this traffic, ${start}`;
}
