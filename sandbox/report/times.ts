/** Instants and spans for people, the same on every machine: nothing here asks for a locale. */
import { formatDuration } from "../../functions/domain/durations.ts";
import type { EnvironmentPlan } from "../../functions/domain/plan.ts";

/** The zone that a promotion's times are told in: that of its first change window, else UTC. */
export function zoneOf(environments: readonly Pick<EnvironmentPlan, "window">[]): string {
  return environments.find(({ window }) => window !== null)?.window?.zone ?? "UTC";
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = FORMATS.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
    hourCycle: "h23",
  });
  FORMATS.set(zone, made);
  return made;
}

/** An instant (epoch ms) as what the clocks of a zone show, written as if they were UTC's. Throws RangeError for no zone. */
export function wallClock(at: number, zone: string): number {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (at % 1_000);
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** `Tue 30 Dec 20:15:02` in the zone. */
export function instant(at: number, zone: string): string {
  return `${day(at, zone)} ${timeOfDay(at, zone)}`;
}

/** `Tue 30 Dec` in the zone. */
export function day(at: number, zone: string): string {
  const date = new Date(wallClock(at, zone));
  return `${DAYS[date.getUTCDay()]} ${String(date.getUTCDate()).padStart(2, "0")} ${MONTHS[date.getUTCMonth()]}`;
}

/** `20:15:02` in the zone. */
export function timeOfDay(at: number, zone: string): string {
  return new Date(wallClock(at, zone)).toISOString().slice(11, 19);
}

/** A span of milliseconds by its two largest units: `1d13h`, `3h27m`, `5m12s`. */
export function span(ms: number): string {
  const units = formatDuration(Math.round(ms / 1_000)).match(/\d+[dhms]/g) ?? [];
  return units.slice(0, 2).join("");
}
