/** How a bake begins: from when it is watched, until when, and in which words. */
import { formatDuration } from "../durations.ts";
import type { Intent, IntentResult } from "../ledger/journal-records.ts";
import type { Hold } from "../ledger/pauses.ts";
import type { EnvironmentPlan } from "../plan.ts";
import { type BakeRecord, type Phase, plannedSecondsOf, readPhase } from "./bake.ts";
import type { Span } from "./sampling.ts";

export interface Beginning {
  readonly plan: EnvironmentPlan;
  readonly phase: string;
  readonly chunk: number;
  /** How traffic stands; null while the candidate has none. */
  readonly span: Span | null;
  /** The environment's bakes so far. */
  readonly earlier: readonly BakeRecord[];
  /** Why a hold holds, and until when at the latest; null: this is no hold, or one that nobody wrote down. */
  readonly hold: Pick<Hold, "why" | "until"> | null;
  readonly now: number;
}

/** Throws `BadInput` when the plan has no such phase. */
export function newBake({ plan, phase: name, chunk, span, earlier, hold, now }: Beginning): BakeRecord {
  const phase = readPhase(name);
  const startedAt = phase.kind === "step" && span !== null ? span.from : now;
  const plannedSeconds = plannedSecondsOf(plan, phase);
  return {
    phase: name,
    span,
    startedAt,
    since: phase.kind === "hold" ? endOfLast(earlier, now) : startedAt,
    plannedSeconds,
    endsAt: plannedSeconds === null ? (hold?.until ?? null) : startedAt + plannedSeconds * 1000,
    extended: false,
    chunk,
    revision: 0,
    parts: 0,
    alarmsReadTo: newest(earlier.map(({ alarmsReadTo }) => alarmsReadTo)),
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
    summary: inWords(phase, plannedSeconds, span, hold),
  };
}

/** A word given between the end of the last bake and this hold is meant for the hold. */
function endOfLast(earlier: readonly BakeRecord[], now: number): number {
  return newest(earlier.map(({ endedAt }) => endedAt)) ?? now;
}

function newest(instants: readonly (number | null)[]): number | null {
  const known = instants.filter((at) => at !== null);
  return known.length === 0 ? null : Math.max(...known);
}

const MOVED: ReadonlySet<IntentResult> = new Set(["applied", "moving"]);

/** When traffic was last seen to move by a write that took effect (epoch ms); null: none has. */
export function newestMove(intents: readonly Pick<Intent, "result">[]): number | null {
  return newest(intents.map(({ result }) => (result !== null && MOVED.has(result.outcome) ? result.at : null)));
}

const DOING: Partial<Record<Phase["kind"], string>> = { monitor: "monitoring", drive: "following" };

const AWAITED: Readonly<Record<Hold["why"], string>> = {
  operator: "whoever holds it",
  window: "the change window",
  verdict: "a person",
  evidence: "a pass, or a person",
};

function inWords(phase: Phase, plannedSeconds: number | null, span: Span | null, hold: Beginning["hold"]): string {
  const share = span === null ? "without traffic on the candidate" : `at ${span.weight} %`;
  if (plannedSeconds !== null) {
    return `${DOING[phase.kind] ?? "baking"} ${share} for ${formatDuration(plannedSeconds)}`;
  }
  const awaited = phase.kind === "approval" ? `approval ${phase.approval}` : AWAITED[hold?.why ?? "verdict"];
  return `watching ${share} while waiting for ${awaited}`;
}
