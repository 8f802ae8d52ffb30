/** Writes down what a look found: trip, trail, record, in this order. */
import { LedgerBusy } from "../errors.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { lifeExpected } from "../ledger/pauses.ts";
import { type Change, Conflict, type Dependencies } from "../ports.ts";
import { stopRollout } from "../traffic/stop.ts";
import { type BakeRecord, shortestSettle, tickSeconds } from "./bake.ts";
import { effectsToKeep } from "./effect.ts";
import type { Ending } from "./ending.ts";
import { endedRecord, type Looked, type Tick } from "./tick.ts";

/** The record as it was written, and when the next look is due. */
export interface Kept {
  readonly bake: BakeRecord;
  readonly seconds: number;
}

/** Keeps what a look found. Throws `LedgerBusy` when another call of the same tick was faster. */
export async function keepLook(deps: Dependencies, tick: Tick, looked: Looked): Promise<Kept> {
  return looked.ending === null ? goOn(deps, tick, looked) : end(deps, tick, looked, looked.ending);
}

async function goOn(deps: Dependencies, tick: Tick, { after, urgent, changes }: Looked): Promise<Kept> {
  const { bake, plan, now } = tick;
  if (after.extended && !bake.extended)
    await note(deps, tick, "extended", `${after.phase} extended: ${after.summary}`, after);
  if (after.verdict !== bake.verdict) await note(deps, tick, "verdict", after.summary, after);
  const { startedAt, endsAt } = after;
  const seconds = tickSeconds({ startedAt, endsAt, now, settleSeconds: shortestSettle(plan), urgent });
  const { promotionId, environment } = tick.input;
  const life = lifeExpected(promotionId, now + seconds * 1000, `bake ${after.phase} of ${environment}`);
  await save(deps, tick, after, [...changes, life]);
  return { bake: after, seconds };
}

/** Traffic first: the journal is tripped before anything else is written. */
async function end(deps: Dependencies, tick: Tick, { after, changes }: Looked, ending: Ending): Promise<Kept> {
  const { input, now } = tick;
  if (ending.stop !== null) await stopRollout(deps, input, { ...ending.stop, summary: ending.summary });
  const ended = endedRecord(after, ending, now);
  await note(deps, tick, ending.result, `${ended.phase}: ${ended.summary}`, ended);
  const life = lifeExpected(input.promotionId, now, `after ${ended.phase} of ${input.environment}`);
  await save(deps, tick, ended, [...changes, life]);
  return { bake: ended, seconds: 1 };
}

/** Once per revision of the bake, however often the call is repeated before it is saved. */
async function note(
  deps: Dependencies,
  { input, bake }: Tick,
  what: string,
  summary: string,
  after: BakeRecord,
): Promise<void> {
  const { environment, phase, promotionId } = input;
  const { verdict, acted, reasons, warnings, logE, line } = after;
  await appendAudit(deps, promotionId, {
    id: `bake-${environment}-${phase}-${bake.revision}-${what}`,
    kind: "verdict",
    summary,
    environment,
    data: { phase, what, verdict, acted, reasons, warnings, logE, line, ...effectsToKeep(after.findings) },
  });
}

async function save(
  { ledger }: Dependencies,
  { input, bake }: Tick,
  after: BakeRecord,
  changes: readonly Change[],
): Promise<void> {
  const key = keys.bake(input.promotionId, input.environment, input.phase);
  const samples = changes.filter((change) => "put" in change && change.put.sk.startsWith("SAMPLE#")).length;
  const next: BakeRecord = { ...after, revision: bake.revision + 1, parts: bake.parts + samples };
  try {
    await ledger.write([{ put: item(key, next), if: { revision: bake.revision } }, ...changes]);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    throw new LedgerBusy(`${input.phase} of ${input.promotionId} is being judged by another call`);
  }
}
