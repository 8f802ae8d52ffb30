/** Reading a target until its reads agree, and what such a reading means. */
import { kindOf } from "../../targets/kinds.ts";
import { NotReady } from "../errors.ts";
import type { Dependencies, RouteState, Target } from "../ports.ts";

/** How often a read-back looks, at least, before it gives up for this invocation. */
const MOST_READS = 8;

/**
 * Reads until as many reads in a row agree as the kind asks for, its settle time apart; gives the last one. Throws
 * `NotReady` when they go on to differ.
 */
export async function agreedRead(deps: Pick<Dependencies, "clock">, target: Target): Promise<RouteState> {
  const { reads, everyMs } = target.traffic.readBack;
  const { same } = kindOf(target.plan.kind);
  let state = await target.traffic.read();
  let agreeing = 1;
  for (let read = 1; agreeing < reads && read < MOST_READS + reads - 2; read++) {
    await deps.clock.sleep(everyMs);
    const again = await target.traffic.read();
    const agrees = same(again.route, state.route) && again.revision === state.revision && again.marker === state.marker;
    agreeing = agrees ? agreeing + 1 : 1;
    state = again;
  }
  if (agreeing >= reads) return state;
  throw new NotReady(`${target.plan.name} went on to read differently`);
}
