import * as z from "zod";
import { settleNow } from "./domain/approval/settle.ts";
import { LedgerBusy, Transient } from "./domain/errors.ts";
import { executionName } from "./domain/inputs.ts";
import { type Assessment, assess } from "./domain/judge/assess.ts";
import {
  BakeInput,
  type BakeRecord,
  type BakeResult,
  type Phase,
  readPhase,
  shortestSettle,
  tickSeconds,
} from "./domain/judge/bake.ts";
import { afterLook, type Ending, endedByWord, endedHold } from "./domain/judge/ending.ts";
import { loadBeforeLook } from "./domain/judge/load.ts";
import { watchesOf } from "./domain/judge/reference.ts";
import { armsOf, modeOf, planReads, type Readings, readingsOf, type Watch } from "./domain/judge/sampling.ts";
import { type EvidenceState, spansWithin, stretchToRead, withSpan } from "./domain/judge/state.ts";
import {
  type BeforeLook,
  evidenceChanges,
  type StoredEvidence,
  sampleChanges,
  worstFindings,
} from "./domain/judge/store.ts";
import { type Synthetic, sendSynthetic } from "./domain/judge/synthetic.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import { item } from "./domain/ledger/items.ts";
import { keys } from "./domain/ledger/keys.ts";
import { loadSignals, loadTargets, must } from "./domain/ledger/load.ts";
import { asHold, lifeExpected } from "./domain/ledger/pauses.ts";
import { placeOf } from "./domain/ledger/plan-parts.ts";
import { type Change, Conflict, type Dependencies } from "./domain/ports.ts";
import { whyStopped } from "./domain/traffic/journal.ts";
import { findAstray, stopForAstray } from "./domain/traffic/move-all.ts";
import { stopRollout } from "./domain/traffic/stop.ts";
import { step } from "./runtime/step.ts";

const JudgeInput = BakeInput.extend({ ticks: z.int().min(0).optional() });
type JudgeInput = z.output<typeof JudgeInput>;

/** Every so many looks it is asked whether traffic is still split as it was: an alias moved by hand measures something else. */
const TICKS_PER_TRAFFIC_LOOK = 5;

/** An execution's history holds 25,000 events, and a tick costs about eight. */
const MOST_TICKS = 1_000;

export interface Judged {
  readonly decision: "again" | "end";
  /** How the phase ended; `continue`: only this execution did. Null while it goes on. */
  readonly result: BakeResult | "continue" | null;
  readonly tick: { readonly seconds: number };
  readonly ticks: number;
  readonly summary: string;
  /** Percent of traffic on the candidate. */
  readonly weight: number;
  /** Name and number of the execution that would go on with this phase. */
  readonly nextName: string;
  readonly nextChunk: number;
}

interface Tick extends BeforeLook {
  readonly deps: Dependencies;
  readonly input: JudgeInput;
  readonly phase: Phase;
  readonly now: number;
}

/**
 * One look at a bake. What stops it is asked first (the journal, people, alarms, the aliases), then the metrics; what must go back is
 * tripped before anything is written about it. An ended bake gives the same answer again and changes nothing.
 *
 * Throws `LedgerBusy` when another call of the same tick was faster.
 */
export const judge =
  (deps: Dependencies) =>
  async (input: JudgeInput): Promise<Judged> => {
    const { promotionId, environment, phase } = input;
    const before = await loadBeforeLook(deps.ledger, promotionId, environment, phase);
    const { bake } = before;
    const tick = { ...before, deps, input, phase: readPhase(phase), now: deps.clock.now() };
    if (bake.result !== null) return answer(tick, bake, 1);
    const stopped = endedByJournal(tick) ?? (await endedByPeople(tick));
    if (stopped !== null) return end(tick, stopped, { ...bake, chunk: input.chunk }, []);
    const alarms = await lookAtAlarms(tick);
    if (alarms.ending !== null) return end(tick, alarms.ending, { ...bake, chunk: input.chunk }, []);
    const moved = await movedBySomebody(tick);
    if (moved !== null) return end(tick, moved, { ...bake, chunk: input.chunk }, []);
    return lookAtMetrics(tick, alarms.troubles);
  };

function endedByJournal({ head }: Tick): Ending | null {
  if (head.state === "open") return null;
  return { result: head.state, summary: head.trip?.reason ?? whyStopped(head), stop: null };
}

async function endedByPeople({ deps, input, phase, bake, now }: Tick): Promise<Ending | null> {
  const { promotionId, environment } = input;
  const signals = await loadSignals(deps.ledger, promotionId);
  const word = endedByWord(signals, phase, bake.since);
  if (word !== null) return word;
  if (phase.kind === "hold") {
    const hold = asHold(await must(deps.ledger, keys.hold(promotionId, environment, input.phase)));
    return endedHold(hold, signals, bake.since, now);
  }
  if (phase.kind !== "approval") return null;
  const { outcome, summary } = await settleNow(deps, promotionId, environment, phase.approval);
  if (outcome === null) return null;
  return { result: outcome === "approved" ? "approved" : "rejected", summary, stop: null };
}

interface AlarmLook {
  readonly ending: Ending | null;
  /** Alarms that cannot be asked: an alarm that is not there guards nothing, and is never taken for a green one. */
  readonly troubles: readonly string[];
}

async function lookAtAlarms({ deps, plan }: Tick): Promise<AlarmLook> {
  if (plan.alarms.length === 0) return { ending: null, troubles: [] };
  const states = await orTrouble(deps, "alarms", () => deps.alarms(placeOf(plan)).states(plan.alarms));
  if (states === null) return { ending: null, troubles: ["the alarms could not be read"] };
  const red = plan.alarms.filter((name) => states.get(name) === "ALARM");
  const gone = plan.alarms.filter((name) => !states.has(name)).map((name) => `there is no alarm ${name}`);
  if (red.length === 0) return { ending: null, troubles: gone };
  const summary = `alarm ${red.join(", ")} is red`;
  return { ending: { result: "tripped", summary, stop: { by: "alarm", outcome: "rolled-back" } }, troubles: gone };
}

async function movedBySomebody({ deps, input, plan }: Tick): Promise<Ending | null> {
  if (((input.ticks ?? 0) + 1) % TICKS_PER_TRAFFIC_LOOK !== 0) return null;
  const astray = await orTrouble(deps, "the aliases", () => findAstray(deps, input, plan));
  if (astray === null) return null;
  const { summary } = await stopForAstray(deps, input, plan, astray);
  return { result: "tripped", summary, stop: null };
}

/** Null where AWS does not answer: this look goes without, and says so; the next one asks again. */
async function orTrouble<T>(deps: Dependencies, what: string, ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Transient)) throw error;
    deps.log.warn(`could not read ${what}`, { reason: error.message });
    return null;
  }
}

async function lookAtMetrics(tick: Tick, troubles: readonly string[]): Promise<Judged> {
  const { plan, bake, phase, now, evidence } = tick;
  const assessment = await assessNow(tick, troubles);
  const { ending, extendTo } = afterLook(assessment, bake, phase, plan, now);
  const after = recorded(tick, assessment, extendTo);
  const changes = memoryChanges(tick, evidence, assessment, ending !== null);
  return ending === null ? goOn(tick, after, assessment, changes) : end(tick, ending, after, changes);
}

async function assessNow(tick: Tick, troubles: readonly string[]): Promise<Assessment> {
  const { plan, bake, now, references } = tick;
  const state = withSpan(tick.evidence.state, bake.span);
  const watches = await watchesFor(tick);
  const readings = await readMetrics(tick, watches, state);
  const synthetic = await ownRequests(tick, watches, state);
  const { analysis } = plan;
  return assess({ analysis, watches, references, state, readings, troubles, synthetic, now });
}

/** Only while a step is baked: nobody asked for requests during a hold, or for hours of monitoring. */
async function ownRequests(
  { deps, plan, phase, bake }: Tick,
  watches: Watch[],
  state: EvidenceState,
): Promise<Synthetic> {
  if (phase.kind !== "step" || bake.span === null || plan.analysis.syntheticPerMinute === 0) return {};
  const send = () => sendSynthetic(deps, plan, watches, state);
  return (await orTrouble(deps, "the candidate directly", send)) ?? {};
}

async function watchesFor({ deps, input, plan, references }: Tick): Promise<Watch[]> {
  const records = await loadTargets(deps.ledger, input.promotionId, input.environment);
  const arms = plan.targets.flatMap((target) => {
    const record = records.find((one) => one.target === target.name);
    return record === undefined ? [] : [armsOf(target, record)];
  });
  return watchesOf(plan, arms, references);
}

const NOTHING_TO_READ = readingsOf({ queries: [], slots: [] }, []);

/** One read for all targets and metrics. Null: CloudWatch did not answer. */
async function readMetrics(
  { deps, plan, now }: Tick,
  watches: readonly Watch[],
  state: EvidenceState,
): Promise<Readings | null> {
  const stretch = stretchToRead(watches, state, now);
  if (stretch === null) return NOTHING_TO_READ;
  const { from, to } = stretch;
  const reads = planReads(watches, new Set(spansWithin(state.spans, from, to).map(modeOf)));
  if (reads.queries.length === 0) return NOTHING_TO_READ;
  const series = await orTrouble(deps, "metrics", () => deps.metrics(placeOf(plan)).read(reads.queries, from, to));
  return series === null ? null : readingsOf(reads, series);
}

/** The bake's record as this look leaves it. */
function recorded({ bake, input }: Tick, assessment: Assessment, extendTo: number | null): BakeRecord {
  const { verdict, acted, reasons, warnings, findings, evidence } = assessment;
  return {
    ...bake,
    chunk: input.chunk,
    endsAt: extendTo ?? bake.endsAt,
    extended: bake.extended || extendTo !== null,
    verdict,
    acted,
    reasons,
    warnings,
    findings: worstFindings(findings),
    logE: evidence.logE,
    line: evidence.line,
    evidence: evidence.words,
    summary: summaryOf(bake, assessment),
  };
}

function summaryOf({ phase }: BakeRecord, { verdict, reasons, evidence }: Assessment): string {
  const why = reasons.length === 0 ? evidence.words : reasons.join("; ");
  return `${phase}: ${verdict}, ${why}`.slice(0, LONGEST_SUMMARY);
}

/** Summaries travel through the machines, whose state must stay small. */
const LONGEST_SUMMARY = 500;

function memoryChanges(tick: Tick, before: StoredEvidence, assessment: Assessment, last: boolean): Change[] {
  const { promotionId, environment } = tick.input;
  return [
    ...evidenceChanges(promotionId, environment, before, assessment.state),
    ...sampleChanges(promotionId, environment, tick.bake, assessment, tick.now, last),
  ];
}

async function goOn(
  tick: Tick,
  after: BakeRecord,
  assessment: Assessment,
  changes: readonly Change[],
): Promise<Judged> {
  const { bake, plan, now } = tick;
  if (after.extended && !bake.extended)
    await note(tick, "extended", `${after.phase} extended: ${after.summary}`, after);
  if (after.verdict !== bake.verdict) await note(tick, "verdict", after.summary, after);
  const { startedAt, endsAt } = after;
  const settleSeconds = shortestSettle(plan);
  const seconds = tickSeconds({ startedAt, endsAt, now, settleSeconds, urgent: assessment.breaching });
  const { promotionId, environment } = tick.input;
  const life = lifeExpected(promotionId, now + seconds * 1000, `bake ${after.phase} of ${environment}`);
  await save(tick, after, [...changes, life]);
  return answer(tick, after, seconds);
}

/** Traffic first: the journal is tripped before anything else is written. */
async function end(tick: Tick, ending: Ending, last: BakeRecord, changes: readonly Change[]): Promise<Judged> {
  const { deps, input, now } = tick;
  if (ending.stop !== null) await stopRollout(deps, input, { ...ending.stop, summary: ending.summary });
  const summary = ending.summary.slice(0, LONGEST_SUMMARY);
  const ended: BakeRecord = { ...last, result: ending.result, endedAt: now, summary };
  await note(tick, ending.result, `${last.phase}: ${summary}`, ended);
  const life = lifeExpected(input.promotionId, now, `after ${last.phase} of ${input.environment}`);
  await save(tick, ended, [...changes, life]);
  return answer(tick, ended, 1);
}

/** Once per revision of the bake, however often the call is repeated before it is saved. */
async function note({ deps, input, bake }: Tick, what: string, summary: string, after: BakeRecord): Promise<void> {
  const { environment, phase, promotionId } = input;
  const { verdict, acted, reasons, warnings, logE, line } = after;
  await appendAudit(deps, promotionId, {
    id: `bake-${environment}-${phase}-${bake.revision}-${what}`,
    kind: "verdict",
    summary,
    environment,
    data: { phase, what, verdict, acted, reasons, warnings, logE, line },
  });
}

async function save({ deps, input, bake }: Tick, after: BakeRecord, changes: readonly Change[]): Promise<void> {
  const key = keys.bake(input.promotionId, input.environment, input.phase);
  const samples = changes.filter((change) => "put" in change && change.put.sk.startsWith("SAMPLE#")).length;
  const next: BakeRecord = { ...after, revision: bake.revision + 1, parts: bake.parts + samples };
  try {
    await deps.ledger.write([{ put: item(key, next), if: { revision: bake.revision } }, ...changes]);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    throw new LedgerBusy(`${input.phase} of ${input.promotionId} is being judged by another call`);
  }
}

function answer({ deps, input }: Tick, bake: BakeRecord, seconds: number): Judged {
  const { promotionId, environment, phase, chunk } = input;
  const ticks = (input.ticks ?? 0) + 1;
  const result = bake.result ?? (ticks >= MOST_TICKS ? ("continue" as const) : null);
  return {
    decision: result === null ? "again" : "end",
    result,
    tick: { seconds },
    ticks,
    summary: bake.summary,
    weight: bake.span?.weight ?? 0,
    nextName: executionName(deps.hash, promotionId, environment, phase, chunk + 1),
    nextChunk: chunk + 1,
  };
}

export const handler = step("judge", JudgeInput, judge);
