/**
 * Whether a bake ends with this look, and how. Pure: the words of operators, the alarms and the verdict come in.
 */

import { formatDuration } from "../durations.ts";
import type { Hold } from "../ledger/pauses.ts";
import type { Signal } from "../ledger/signals.ts";
import { isHeld, isStop } from "../ledger/signals.ts";
import type { Outcome, TrippedBy } from "../outcomes.ts";
import type { AnalysisPlan, EnvironmentPlan } from "../plan.ts";
import type { Assessment } from "./assess.ts";
import type { BakeRecord, BakeResult, Phase } from "./bake.ts";
import { heldReasons } from "./before-after.ts";
import { oddsInWords } from "./evidence.ts";
import { NO_DATA } from "./verdicts.ts";

export interface Ending {
  readonly result: BakeResult;
  readonly summary: string;
  /** Traffic must go back: who says so, and what the promotion ends as. */
  readonly stop: { readonly by: TrippedBy; readonly outcome: Outcome; readonly first?: readonly string[] } | null;
}

const plain = (result: BakeResult, summary: string): Ending => ({ result, summary, stop: null });

/** An operator's word that ends this phase; null: none does. `signals` in order of time. */
export function endedByWord(signals: readonly Signal[], phase: Phase, since: number): Ending | null {
  const stop = signals.find(isStop);
  if (stop !== undefined) {
    const summary = `${stop.by}: ${stop.reason}`;
    return { result: "tripped", summary, stop: { by: "operator", outcome: outcomeOf(stop) } };
  }
  if (phase.kind !== "step" && phase.kind !== "monitor") return null;
  const skip = signals.findLast(({ kind, at }) => (kind === "skip-bake" || kind === "promote-now") && at >= since);
  return skip === undefined
    ? null
    : plain("passed", `not baked to its end: ${skip.kind} by ${skip.by}: ${skip.reason}`);
}

function outcomeOf({ kind }: Signal): Outcome {
  if (kind === "abort") return "aborted";
  return kind === "supersede" ? "superseded" : "rolled-back";
}

/**
 * Whether a hold is over: its operator resumed, its window opens, a person decided after the verdict, or nobody did for as
 * long as the plan waits. `since`: when the bake before it ended. A person who says "hold" has taken over: the hold is then theirs, and has no end.
 */
export function endedHold(hold: Hold, signals: readonly Signal[], since: number, now: number): Ending | null {
  const over = hold.until !== null && now >= hold.until;
  if (hold.why === "window") return over ? plain("resumed", "the change window opens") : null;
  if (hold.why === "operator") return isHeld(signals) ? null : plain("resumed", "the hold was lifted");
  const word = signals.findLast(({ kind, at }) => DECIDES.has(kind) && at >= since);
  if (word !== undefined) return plain("resumed", `${word.kind} by ${word.by}: ${word.reason}`);
  return over ? undecided(hold, since) : null;
}

function undecided({ until, summary }: Hold, since: number): Ending {
  const waited = formatDuration(((until ?? since) - since) / 1000);
  const why = `nobody decided within ${waited}: ${summary}`;
  return { result: "tripped", summary: why, stop: { by: "gate", outcome: "rolled-back" } };
}

const DECIDES: ReadonlySet<string> = new Set(["resume", "skip-bake", "promote-now", "hold"]);

/** Targets with a finding against them: they go back ahead of the others. */
const failing = ({ findings }: Assessment): string[] => [
  ...new Set(findings.flatMap(({ verdict, target, dryRun }) => (verdict === "fail" && !dryRun ? (target ?? []) : []))),
];

/** What the verdict ends, in any phase that watches traffic; null: it ends nothing, time may. */
function endedByVerdict(
  assessment: Assessment,
  phase: Phase,
  plan: Pick<EnvironmentPlan, "analysis" | "monitor">,
): Ending | null {
  const why = assessment.reasons.join("; ");
  if (assessment.verdict === "fail" && !warnsOnly(phase, plan)) {
    const by = phase.kind === "monitor" ? "monitor" : "judge";
    return { result: "failed", summary: why, stop: { by, outcome: "rolled-back", first: failing(assessment) } };
  }
  if (phase.kind !== "step") return null;
  if (assessment.blocked) return plain("blocked", `a person has to look: ${blockedBy(assessment)}`);
  const early = assessment.verdict === "pass" && plan.analysis.earlyPass;
  return early ? plain("passed", "passed early: the evidence suffices") : null;
}

/** What is found against a monitored candidate is told, and no more. */
export const warnsOnly = (phase: Phase, { monitor }: Pick<EnvironmentPlan, "monitor">): boolean =>
  phase.kind === "monitor" && monitor?.onFail === "warn";

/** The rules, in words, that ask for a person. */
export const blockedBy = ({ findings }: Assessment): string =>
  findings
    .filter(({ verdict, dryRun, rules }) => verdict !== "pass" && !dryRun && rules.length > 0)
    .map(({ watch, rules }) => `${watch}: ${rules.join(", ")}`)
    .join("; ");

export interface Look {
  /** Null: the bake goes on. */
  readonly ending: Ending | null;
  /** New end (epoch ms) where the bake is extended by this look. */
  readonly extendTo: number | null;
}

/**
 * What one look does to a bake: its verdict may end it at any time. Once the planned time is over a pass ends it; without
 * one it is extended up to the plan's cap, where the first pass ends it, and at the cap the plan decides.
 */
export function afterLook(
  assessment: Assessment,
  bake: Pick<BakeRecord, "startedAt" | "plannedSeconds" | "endsAt" | "extended">,
  phase: Phase,
  plan: Pick<EnvironmentPlan, "analysis" | "monitor">,
  now: number,
): Look {
  const early = endedByVerdict(assessment, phase, plan);
  if (early !== null) return { ending: early, extendTo: null };
  if (bake.plannedSeconds === null) return { ending: null, extendTo: null };
  const planned = bake.startedAt + bake.plannedSeconds * 1000;
  if (now < planned) return { ending: null, extendTo: null };
  const lasted = formatDuration((now - bake.startedAt) / 1000);
  if (phase.kind === "drive") return { ending: plain("followed", followed(assessment, lasted)), extendTo: null };
  if (assessment.verdict === "pass") return { ending: plain("passed", `passed after ${lasted}`), extendTo: null };
  if (warnsOnly(phase, plan))
    return { ending: plain("passed", `monitored for ${lasted}, to warn only: ${whyNot(assessment)}`), extendTo: null };
  const cap = planned + plan.analysis.extendSeconds * 1000;
  if (now < cap) return { ending: null, extendTo: bake.extended ? null : cap };
  if (isHeldInMonitor(assessment, phase, plan.analysis)) return heldInMonitor(assessment, cap, plan.analysis, now);
  return { ending: withoutVerdict(assessment, phase, plan.analysis, lasted), extendTo: null };
}

const isHeldInMonitor = ({ findings }: Assessment, { kind }: Phase, { onInconclusive }: AnalysisPlan): boolean =>
  kind === "monitor" && onInconclusive !== "roll-back" && heldReasons(findings).length > 0;

/**
 * What speaks against the candidate by before and after alone keeps its monitoring from ending: it stays watched until that
 * is over, or a person says so. Nobody did for as long as the plan waits: what is known to be good is the baseline.
 */
function heldInMonitor(assessment: Assessment, cap: number, { holdSeconds }: AnalysisPlan, now: number): Look {
  const until = cap + holdSeconds * 1000;
  if (now < until) return { ending: null, extendTo: until };
  const why = heldReasons(assessment.findings).join("; ");
  const summary = `nobody decided within ${formatDuration(holdSeconds)}: ${why}`;
  return { ending: { result: "tripped", summary, stop: { by: "gate", outcome: "rolled-back" } }, extendTo: null };
}

/** A leg waits for no verdict, since what is watched does not wait either; the bake after the last leg does. */
const followed = ({ verdict }: Assessment, lasted: string): string =>
  `watched for ${lasted}, ${verdict} so far; the targets move by themselves`;

const whyNot = ({ verdict, reasons }: Assessment): string => `${verdict}, ${reasons.join("; ")}`;

function withoutVerdict(assessment: Assessment, phase: Phase, analysis: AnalysisPlan, lasted: string): Ending {
  const why = `${assessment.verdict} after ${lasted}: ${assessment.reasons.join("; ")}`;
  if (analysis.onInconclusive === "roll-back") {
    const by = phase.kind === "monitor" ? "monitor" : "judge";
    return { result: "failed", summary: why, stop: { by, outcome: "rolled-back" } };
  }
  // The candidate serves everybody by now, and no person is asked while it is monitored: what is not bad stays.
  if (phase.kind === "monitor") return plain("passed", `nothing was found against the candidate, though ${why}`);
  if (analysis.onInconclusive === "proceed" && nothingSpeaksAgainst(assessment)) {
    return plain("passed", `goes on without proof, since nothing speaks against the candidate: ${why}`);
  }
  const doubts = analysis.onInconclusive === "proceed" ? doubtsOf(assessment) : [];
  return plain("inconclusive-hold", [why, ...doubts].join("; "));
}

const doubtsOf = ({ findings }: Pick<Assessment, "findings">): string[] =>
  findings.flatMap(({ watch, dryRun, doubt }) => (dryRun || doubt == null ? [] : [`${watch}: ${doubt}`]));

/**
 * Measured, nothing breached, requests enough to show a bad candidate (`doubt.ts`), and nothing to be said against it: E
 * below 2 bounds nothing (`oddsInWords`). A stricter "E at most 1" would hold good candidates by the dozen after short
 * bakes, since their E wanders about 1.
 */
export function nothingSpeaksAgainst({ verdict, evidence, breaching, findings }: Assessment): boolean {
  const measured = findings.every(({ dryRun, reason }) => dryRun || reason !== NO_DATA);
  const alone = heldReasons(findings).length > 0 || doubtsOf({ findings }).length > 0;
  const speaks = breaching || alone || oddsInWords(evidence.logE) !== null;
  return verdict === "inconclusive" && measured && !speaks;
}
