/** Instants, spans and consequences as approvers read them. */

import type { When } from "../plan.ts";
import type { ApprovalState } from "./approval.ts";

const MINUTE = 60_000;
const UNITS = [
  ["day", 1_440],
  ["hour", 60],
  ["minute", 1],
] as const;

/**
 * A span in whole words, its two largest units, rounded down: `2 days`, `1 hour 5 minutes`, `less than a minute`.
 * Milliseconds.
 */
export function spanInWords(ms: number): string {
  let minutes = Math.floor(Math.max(0, ms) / MINUTE);
  const words: string[] = [];
  for (const [name, size] of UNITS) {
    const count = Math.floor(minutes / size);
    if (count > 0) words.push(`${count} ${name}${count === 1 ? "" : "s"}`);
    minutes -= count * size;
  }
  return words.length === 0 ? "less than a minute" : words.slice(0, 2).join(" ");
}

/** `Thursday 26 November 2026, 20:00` in an IANA zone, for an instant in epoch ms. Throws RangeError for no zone. */
export function instantInWords(at: number, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("weekday")} ${part("day")} ${part("month")} ${part("year")}, ${part("hour")}:${part("minute")}`;
}

/** `2026-11-26 18:00 UTC` for an instant in epoch ms. */
export function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** A deadline for people: in the zone of their change window where there is one, and always in UTC. */
export function deadlineInWords(at: number, zone: string | null): string {
  return zone === null ? `${instantInWords(at, "UTC")} UTC` : `${instantInWords(at, zone)} (${zone}), ${utc(at)}`;
}

const POINTS = { before: "before anything changes", "at-0": "before the candidate gets traffic", after: "at the end" };

/** When in the rollout people are asked, to follow "asked". */
export function askedWhen(when: When): string {
  return typeof when === "number" ? `while the candidate holds ${when} % of traffic` : POINTS[when];
}

/** What follows for traffic from how an approval stands; asked before the rollout, nothing has moved yet. */
export function consequenceInWords(state: ApprovalState, when: When): string {
  if (state === "approved") return "The release goes on by itself.";
  const moved = typeof when === "number" || when === "after";
  if (state === "waiting") {
    return moved
      ? "Traffic stays as it is and is watched: a bad verdict brings it back without waiting for you."
      : "Until everybody who is needed has answered, no traffic moves.";
  }
  return moved ? "Traffic goes back to the version that served before." : "No traffic has moved, and none will.";
}
