/**
 * What a look at the alarms means. An alarm that is red now ends the bake; so does one that was red since the last look,
 * since ticks grow to minutes and the event of a short red may never come.
 */
import { isLost } from "../gates/kinds/alarm-data.ts";
import type { Head } from "../ledger/journal-records.ts";
import type { AlarmStatus, RedTurn } from "../ports.ts";
import type { BakeRecord } from "./bake.ts";
import type { Ending } from "./ending.ts";

export type AlarmStates = ReadonlyMap<string, AlarmStatus>;

export interface AlarmLook {
  readonly ending: Ending | null;
  /** Alarms that cannot be asked: an alarm that is not there guards nothing, and is never taken for a green one. */
  readonly troubles: readonly string[];
  /** Alarms that have been without data for some time, and had some when traffic first moved. */
  readonly silent: readonly string[];
  /** Up to when the alarms' past is known (epoch ms); null: nothing of it was read yet. */
  readonly readTo: number | null;
}

/** Read twice: CloudWatch promises neither how soon a change is in the history nor that its clock is ours. */
const READ_AGAIN_MS = 60_000;

/**
 * Since when the alarms' past is still to be read (epoch ms); null before the first shift, where nothing can be the
 * candidate's doing. What a look could not read is read by the next one.
 */
export function unreadSince(
  { firstShiftAt }: Pick<Head, "firstShiftAt">,
  { alarmsReadTo }: Pick<BakeRecord, "alarmsReadTo">,
): number | null {
  if (firstShiftAt === null || alarmsReadTo === null) return firstShiftAt;
  return Math.max(firstShiftAt, alarmsReadTo - READ_AGAIN_MS);
}

/** Alarms whose history can hold something new: they changed since, or do not say when they did, or are gone. */
export function changedSince(names: readonly string[], states: AlarmStates, since: number): string[] {
  return names.filter((name) => (states.get(name)?.since ?? since) >= since);
}

/** Those that have lost their data since the first shift; those that had none before were told at the start. */
export function silentSince(
  names: readonly string[],
  states: AlarmStates,
  { firstShiftAt }: Pick<Head, "firstShiftAt">,
  now: number,
): string[] {
  if (firstShiftAt === null) return [];
  return names.filter((name) => {
    const status = states.get(name);
    return status !== undefined && isLost(status, firstShiftAt, now);
  });
}

/** Null: no alarm is red. */
export function endedByRed(names: readonly string[], states: AlarmStates): Ending | null {
  const red = names.filter((name) => states.get(name)?.state === "ALARM");
  return red.length === 0 ? null : tripped(`alarm ${red.join(", ")} is red`);
}

/** `turns` oldest first, the first of which is told; null: there was none. */
export function endedByFlap([first]: readonly RedTurn[]): Ending | null {
  if (first === undefined) return null;
  const { name, at, reason } = first;
  const why = reason === "" ? "" : `: ${reason}`;
  return tripped(`alarm ${name} turned red at ${secondInWords(at)}, and is not red any more${why}`);
}

function tripped(summary: string): Ending {
  return { result: "tripped", summary, stop: { by: "alarm", outcome: "rolled-back" } };
}

export function missing(names: readonly string[], states: AlarmStates): string[] {
  return names.filter((name) => !states.has(name)).map((name) => `there is no alarm ${name}`);
}

/** The words for a span of history that the next look reads again. */
export function unreadHistory(names: readonly string[], since: number): string {
  return `the history of alarm ${names.join(", ")} since ${secondInWords(since)} could not be read`;
}

const secondInWords = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
