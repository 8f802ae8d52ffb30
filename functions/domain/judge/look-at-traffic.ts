/** Looks whether traffic is still split as Headgate left it: an alias moved by hand measures something else. */
import type { Dependencies } from "../ports.ts";
import { findAstray, stopForAstray } from "../traffic/move-all.ts";
import type { Ending } from "./ending.ts";
import { orTrouble } from "./or-trouble.ts";
import { type Tick, ticksOf } from "./tick.ts";

/** Every so many looks it is asked: each costs a read of every target. */
const TICKS_PER_TRAFFIC_LOOK = 5;

/** Null: everything stands as it did, or it is not asked this time. The stop is done by then. */
export async function lookAtTraffic(deps: Dependencies, { input, plan }: Tick): Promise<Ending | null> {
  if (ticksOf(input) % TICKS_PER_TRAFFIC_LOOK !== 0) return null;
  const astray = await orTrouble(deps.log, "the aliases", () => findAstray(deps, input, plan));
  if (astray === null) return null;
  const { summary } = await stopForAstray(deps, input, plan, astray);
  return { result: "tripped", summary, stop: null };
}
