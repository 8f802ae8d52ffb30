/** One look at a bake, from the ledger to the ledger. */
import type { Dependencies } from "../ports.ts";
import { whyStopped } from "../traffic/journal.ts";
import { readPhase } from "./bake.ts";
import type { Ending } from "./ending.ts";
import { type Kept, keepLook } from "./keep-look.ts";
import { loadBeforeLook } from "./load.ts";
import { lookAtAlarms } from "./look-at-alarms.ts";
import { lookAtMetrics } from "./look-at-metrics.ts";
import { lookAtPeople } from "./look-at-people.ts";
import { lookAtTraffic } from "./look-at-traffic.ts";
import { saySilent } from "./say-silent.ts";
import { tellBeforeAfter } from "./tell-before-after.ts";
import { endedBy, type JudgeInput, type Looked, type Tick } from "./tick.ts";

/**
 * What stops the bake is asked first (the journal, people, alarms, the traffic's split), then the metrics; what must go
 * back is tripped before anything is written about it. An ended bake gives the same answer again and changes nothing.
 *
 * Throws `LedgerBusy` when another call of the same tick was faster, `BrokenRecord` when the bake was never begun.
 */
export async function look(deps: Dependencies, input: JudgeInput): Promise<Kept> {
  const before = await loadBeforeLook(deps, input.promotionId, input.environment, input.phase);
  if (before.bake.result !== null) return { bake: before.bake, seconds: 1 };
  const tick = { ...before, input, phase: readPhase(input.phase), now: deps.clock.now() };
  const stopped = endedByJournal(tick) ?? (await lookAtPeople(deps, tick));
  if (stopped !== null) return keepLook(deps, tick, endedBy(stopped, tick));
  const { ending, troubles, silent, readTo } = await lookAtAlarms(deps, tick);
  const looked = await lookOn(deps, withAlarms(tick, readTo), ending, troubles);
  const kept = await keepLook(deps, tick, looked);
  await saySilent(deps, tick, silent);
  await tellBeforeAfter(deps, tick, kept.bake);
  return kept;
}

const withAlarms = (tick: Tick, alarmsReadTo: number | null): Tick => ({
  ...tick,
  bake: { ...tick.bake, alarmsReadTo },
});

async function lookOn(
  deps: Dependencies,
  tick: Tick,
  byAlarms: Ending | null,
  troubles: readonly string[],
): Promise<Looked> {
  const ending = byAlarms ?? (await lookAtTraffic(deps, tick));
  return ending === null ? lookAtMetrics(deps, tick, troubles) : endedBy(ending, tick);
}

function endedByJournal({ head }: Tick): Ending | null {
  if (head.state === "open") return null;
  return { result: head.state, summary: head.trip?.reason ?? whyStopped(head), stop: null };
}
