/** Looks at the alarms that the plan names: how they stand, and how they stood since the last look. */
import { placeOf } from "../ledger/plan-parts.ts";
import type { Dependencies } from "../ports.ts";
import {
  type AlarmLook,
  type AlarmStates,
  changedSince,
  endedByFlap,
  endedByRed,
  missing,
  silentSince,
  unreadHistory,
  unreadSince,
} from "./alarm-look.ts";
import { orTrouble } from "./or-trouble.ts";
import type { Tick } from "./tick.ts";

/**
 * One DescribeAlarms for up to a hundred alarms, and one DescribeAlarmHistory for each that changed since the last look:
 * none in a quiet bake.
 */
export async function lookAtAlarms(deps: Pick<Dependencies, "alarms" | "log">, tick: Tick): Promise<AlarmLook> {
  const { plan, bake } = tick;
  const unread = { ending: null, silent: [], readTo: bake.alarmsReadTo };
  if (plan.alarms.length === 0) return { ...unread, troubles: [] };
  const states = await orTrouble(deps.log, "alarms", () => deps.alarms(placeOf(plan)).states(plan.alarms));
  if (states === null) return { ...unread, troubles: ["the alarms could not be read"] };
  const troubles = missing(plan.alarms, states);
  const ending = endedByRed(plan.alarms, states);
  if (ending !== null) return { ...unread, ending, troubles };
  const past = await lookBack(deps, tick, states);
  const silent = silentSince(plan.alarms, states, tick.head, tick.now);
  return { ...past, silent, troubles: [...troubles, ...past.troubles] };
}

async function lookBack(
  deps: Pick<Dependencies, "alarms" | "log">,
  { plan, head, bake, now }: Tick,
  states: AlarmStates,
): Promise<Omit<AlarmLook, "silent">> {
  const since = unreadSince(head, bake);
  if (since === null) return { ending: null, troubles: [], readTo: null };
  const changed = changedSince(plan.alarms, states, since);
  const ask = () => deps.alarms(placeOf(plan)).redTurns(changed, since);
  const turns = changed.length === 0 ? [] : await orTrouble(deps.log, "the alarms' history", ask);
  if (turns === null) return { ending: null, troubles: [unreadHistory(changed, since)], readTo: bake.alarmsReadTo };
  return { ending: endedByFlap(turns), troubles: [], readTo: now };
}
