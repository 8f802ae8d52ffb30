import type * as z from "zod";
import { formatDuration } from "./domain/durations.ts";
import {
  BakeInput,
  type BakeRecord,
  type Phase,
  plannedSecondsOf,
  readPhase,
  shortestSettle,
  tickSeconds,
} from "./domain/judge/bake.ts";
import { loadBake, loadBakes } from "./domain/judge/load.ts";
import { type Span, spanNow } from "./domain/judge/sampling.ts";
import { item } from "./domain/ledger/items.ts";
import { keys } from "./domain/ledger/keys.ts";
import { loadIntents, loadPlan, loadTargets } from "./domain/ledger/load.ts";
import { asHold } from "./domain/ledger/pauses.ts";
import { expectLife } from "./domain/ledger/wake-pauses.ts";
import type { EnvironmentPlan } from "./domain/plan.ts";
import { Conflict, type Dependencies } from "./domain/ports.ts";
import { step } from "./runtime/step.ts";

type BeginInput = z.output<typeof BakeInput>;

export interface Begun {
  readonly phase: string;
  readonly chunk: number;
  readonly tick: { readonly seconds: number };
  /** Whether the phase ends at a time, or when something happens. */
  readonly ends: "at" | "until";
  readonly summary: string;
}

/**
 * Begins a phase once: from when it is watched, and until when. The next execution of the same phase, and a retry, find
 * what is there.
 */
export const beginBake =
  (deps: Dependencies) =>
  async (input: BeginInput): Promise<Begun> => {
    const { promotionId, environment, phase } = input;
    const plan = await loadPlan(deps.ledger, promotionId, environment);
    const bake = await beginOnce(deps, input, plan);
    const now = deps.clock.now();
    const settleSeconds = shortestSettle(plan);
    const seconds = tickSeconds({ ...bake, now, settleSeconds, urgent: false });
    await expectLife(deps.ledger, promotionId, now + seconds * 1000, `bake ${phase} of ${environment}`);
    return {
      phase,
      chunk: input.chunk,
      tick: { seconds },
      ends: bake.plannedSeconds === null ? "until" : "at",
      summary: bake.summary,
    };
  };

async function beginOnce(deps: Dependencies, input: BeginInput, plan: EnvironmentPlan): Promise<BakeRecord> {
  const { promotionId, environment, phase } = input;
  const key = keys.bake(promotionId, environment, phase);
  if ((await deps.ledger.read(key)) === undefined) {
    const bake = await newBake(deps, input, plan);
    try {
      await deps.ledger.write([{ put: item(key, bake), if: "absent" }]);
      return bake;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
  return loadBake(deps.ledger, promotionId, environment, phase);
}

async function newBake(deps: Dependencies, input: BeginInput, plan: EnvironmentPlan): Promise<BakeRecord> {
  const phase = readPhase(input.phase);
  const now = deps.clock.now();
  const span = await presentSpan(deps, input);
  const startedAt = phase.kind === "step" && span !== null ? span.from : now;
  const plannedSeconds = plannedSecondsOf(plan, phase);
  return {
    phase: input.phase,
    span,
    startedAt,
    since: phase.kind === "hold" ? await endOfLastBake(deps, input, now) : startedAt,
    plannedSeconds,
    endsAt: plannedSeconds === null ? await endOfHold(deps, input, phase) : startedAt + plannedSeconds * 1000,
    extended: false,
    chunk: input.chunk,
    revision: 0,
    parts: 0,
    verdict: null,
    acted: null,
    reasons: [],
    warnings: [],
    findings: [],
    logE: null,
    line: null,
    evidence: "",
    result: null,
    endedAt: null,
    summary: beginning(phase, plannedSeconds, span),
  };
}

/** How traffic stands since the newest write that took effect; null while the candidate has none. */
async function presentSpan(deps: Dependencies, { promotionId, environment }: BeginInput): Promise<Span | null> {
  const records = await loadTargets(deps.ledger, promotionId, environment);
  const intents = await loadIntents(deps.ledger, promotionId, environment);
  const applied = intents.flatMap(({ result }) => (result?.outcome === "applied" ? [result.at] : []));
  return applied.length === 0 ? null : spanNow(records, Math.max(...applied));
}

/** A word given between the end of the last bake and this hold is meant for the hold. */
async function endOfLastBake(deps: Dependencies, input: BeginInput, now: number): Promise<number> {
  const bakes = await loadBakes(deps.ledger, input.promotionId, input.environment);
  const ends = bakes.flatMap(({ endedAt }) => endedAt ?? []);
  return ends.length === 0 ? now : Math.max(...ends);
}

/** Looked at in that very moment: a window is short, and nobody should wait for a long tick to end. */
async function endOfHold(deps: Dependencies, input: BeginInput, { kind }: Phase): Promise<number | null> {
  if (kind !== "hold") return null;
  const hold = await deps.ledger.read(keys.hold(input.promotionId, input.environment, input.phase));
  return hold === undefined ? null : asHold(hold).until;
}

function beginning(phase: Phase, plannedSeconds: number | null, span: Span | null): string {
  const share = span === null ? "without traffic on the candidate" : `at ${span.weight} %`;
  if (plannedSeconds !== null) {
    return `${phase.kind === "monitor" ? "monitoring" : "baking"} ${share} for ${formatDuration(plannedSeconds)}`;
  }
  const awaited = phase.kind === "approval" ? `approval ${phase.approval}` : "a person, or the window";
  return `watching ${share} while waiting for ${awaited}`;
}

export const handler = step("begin-bake", BakeInput, beginBake);
