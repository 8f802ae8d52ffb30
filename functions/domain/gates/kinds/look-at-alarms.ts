import type { AlarmStatus, Place } from "../../ports.ts";
import type { Finding, GateTools } from "./gate.ts";

/** What a look at alarms found, and how those that it found stand. */
export interface AlarmsSeen {
  readonly finding: Finding;
  readonly states: ReadonlyMap<string, AlarmStatus>;
}

/**
 * Named alarms must exist and be OK. `INSUFFICIENT_DATA` passes here, since an alarm on errors has no data while there are
 * none; `findSilentAlarms` says which have had none for too long. A prefix that finds nothing fails, since it guards
 * nothing.
 */
export async function lookAtAlarms(
  { alarms }: Pick<GateTools, "alarms">,
  place: Place,
  names: readonly string[],
  prefix?: string,
): Promise<AlarmsSeen> {
  const states = await alarms(place).states(names, prefix);
  return { finding: findingOf(states, names, prefix), states };
}

function findingOf(states: AlarmsSeen["states"], names: readonly string[], prefix?: string): Finding {
  const missing = names.filter((name) => !states.has(name));
  const red = [...states].filter(([, { state }]) => state === "ALARM").map(([name]) => name);
  if (missing.length > 0) return { passed: false, found: `no such alarm: ${missing.join(", ")}` };
  if (prefix !== undefined && ![...states.keys()].some((name) => name.startsWith(prefix)))
    return { passed: false, found: `no alarm begins with "${prefix}"` };
  if (states.size === 0) return { passed: false, found: "no alarm is named" };
  if (red.length > 0) return { passed: false, found: `in alarm: ${red.join(", ")}` };
  return { passed: true, found: `${states.size} ${states.size === 1 ? "alarm" : "alarms"}, none red` };
}
