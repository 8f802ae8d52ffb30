/**
 * What a rollout does next, pure. The plan is laid out as a list of milestones; the first one that is not done is next,
 * unless somebody or something says hold or go back. Everything is read afresh each time, so the same question asked
 * twice, or after a crash, has the same answer.
 */
import type { ApprovalRecord } from "../approval/approval.ts";
import { pointOf } from "../gates/point.ts";
import { heldBack, heldInWords, monitorsBeside, shareAt } from "../holdback.ts";
import type { Hold } from "../ledger/pauses.ts";
import type { Signal } from "../ledger/signals.ts";
import { isHeld, isStop } from "../ledger/signals.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Movement } from "../traffic/movement.ts";
import type { WindowState } from "../windows.ts";

export type Milestone =
  | { readonly kind: "check"; readonly point: string }
  | { readonly kind: "ask"; readonly approval: string }
  | { readonly kind: "drive" }
  | { readonly kind: "step"; readonly weight: number; readonly phase: string }
  /** Watched before the finish, while the baseline keeps what is held back. */
  | { readonly kind: "monitor" }
  | { readonly kind: "finish" };

export const phaseOf = (weight: number) => `step-${weight}`;
const MONITOR_PHASE = "monitor";
/** A leg of the way that targets take by themselves. */
export const drivePhase = (leg: number) => `drive-${leg}`;
/** The wait for an approval; each round of asking has one of its own: `approval-at-25`, then `approval-at-25.2`. */
export function approvalPhase(approval: string, baked: Progress["baked"]): string {
  const first = `approval-${approval}`;
  const rounds = Object.entries(baked).filter(
    ([phase, { result }]) => result === "approved" && (phase === first || phase.startsWith(`${first}.`)),
  );
  return rounds.length === 0 ? first : `${first}.${rounds.length + 1}`;
}

/**
 * The plan's milestones in order. Approvals and checks at a weight come after its bake; `after` has its own place. Targets
 * that move by themselves are followed to their end first: their one step bakes what they have done.
 */
export function milestones(
  plan: Pick<EnvironmentPlan, "drive" | "steps" | "checks" | "approvals" | "holdback" | "monitor">,
): Milestone[] {
  const gatesAt = (point: string): Milestone[] => [
    ...(plan.checks.some(({ when }) => pointOf(when) === point) ? [{ kind: "check" as const, point }] : []),
    ...plan.approvals
      .filter(({ when }) => pointOf(when) === point)
      .map(({ id }) => ({ kind: "ask" as const, approval: id })),
  ];
  const steps = plan.steps.flatMap(({ weight }): Milestone[] => [
    { kind: "step", weight, phase: phaseOf(weight) },
    ...gatesAt(pointOf(weight)),
  ]);
  const after = gatesAt("after").filter(({ kind }) => kind === "ask");
  const drive: Milestone[] = plan.drive === "self-driving" ? [{ kind: "drive" }] : [];
  const beside: Milestone[] = monitorsBeside(plan) ? [{ kind: "monitor" }] : [];
  return [...gatesAt("at-0"), ...drive, ...steps, ...after, ...beside, { kind: "finish" }];
}

/** What the ledger holds of the rollout so far. */
export interface Progress {
  /** Result of each bake that ended, by phase. */
  readonly baked: Readonly<
    Record<string, { readonly result: string; readonly endedAt: number; readonly chunk: number }>
  >;
  /** Points whose checks have passed. */
  readonly checked: readonly string[];
  /** How each approval that was asked for stands, by its id. */
  readonly approvals: Readonly<Record<string, Pick<ApprovalRecord, "state" | "summary">>>;
  /** Percent of traffic on the candidate, as last read back. */
  readonly weight: number;
  readonly finished: boolean;
  /** How far targets are that move by themselves; `none` of those that do not. */
  readonly movement: Movement;
  /** Holds so far, by phase, in order. */
  readonly holds: readonly (Pick<Hold, "why" | "until"> & { readonly phase: string; readonly over: boolean })[];
}

export type Move =
  | { readonly kind: "shift"; readonly weight: number; readonly phase: string; readonly summary: string }
  /** Starts what moves by itself, or looks how far it is; then a leg of it is watched. */
  | { readonly kind: "drive" | "follow"; readonly phase: string; readonly summary: string }
  | { readonly kind: "monitor"; readonly phase: string; readonly summary: string }
  | { readonly kind: "check"; readonly point: string; readonly summary: string }
  | { readonly kind: "ask"; readonly approval: string; readonly phase: string; readonly summary: string }
  | {
      readonly kind: "watch";
      readonly phase: string;
      readonly hold: Pick<Hold, "why" | "until">;
      readonly summary: string;
    }
  | { readonly kind: "pause"; readonly summary: string }
  | { readonly kind: "finish" | "done"; readonly summary: string }
  | {
      readonly kind: "stop";
      readonly outcome: "rolled-back" | "aborted" | "superseded" | "rejected" | "expired";
      readonly summary: string;
    };

export interface Situation {
  readonly plan: EnvironmentPlan;
  readonly progress: Progress;
  readonly signals: readonly Signal[];
  readonly window: WindowState;
  /** When the environment was entered (epoch ms). */
  readonly enteredAt: number;
}

/**
 * The next move. In order: a person's stop, a phase that is to be gone on with, a person's hold, then the next milestone,
 * held back by a closed window where it would move traffic.
 */
export function decideMove(situation: Situation): Move {
  const { progress, signals } = situation;
  const stop = signals.find(isStop);
  if (stop !== undefined) return stopBy(stop);
  const standing = progress.holds.find(({ over }) => !over);
  if (standing !== undefined) return watch(standing.phase, standing, "still held");
  if (isHeld(signals)) return held(situation);
  const verdictHold = heldByVerdict(situation);
  if (verdictHold !== null) return verdictHold;
  const next = milestones(situation.plan).find((milestone) => !isDone(milestone, situation));
  return next === undefined
    ? { kind: "done", summary: "all traffic on the candidate, read back" }
    : towards(next, situation);
}

function stopBy({ kind, by, reason }: Signal): Move {
  const outcome = kind === "abort" ? "aborted" : kind === "supersede" ? "superseded" : "rolled-back";
  return { kind: "stop", outcome, summary: `${by}: ${reason}` };
}

const nextHold = ({ holds }: Progress) => `hold-${holds.length + 1}`;

function watch(phase: string, { why, until }: Pick<Hold, "why" | "until">, summary: string): Move {
  return { kind: "watch", phase, hold: { why, until }, summary };
}

/**
 * With nothing on the candidate there is nothing to watch, so a hold costs a token and no ticks. What moves by itself cannot
 * be held: it is watched, and people are told that it goes on.
 */
function held({ progress, signals }: Situation): Move {
  const word = signals.findLast(({ kind }) => kind === "hold");
  const summary = `held by ${word?.by ?? "an operator"}: ${word?.reason ?? ""}`;
  if (progress.weight === 0 && progress.movement === "none") return { kind: "pause", summary };
  const goesOn = progress.movement === "moving" ? "; the targets go on moving by themselves" : "";
  return watch(nextHold(progress), { why: "operator", until: null }, `${summary}${goesOn}`);
}

const NEEDS_PERSON = new Set(["inconclusive-hold", "blocked"]);

/**
 * A bake ended without a verdict that may go on by itself: it is watched until a person says so, or, where nothing but
 * evidence was missing, until a pass does. Nobody is waited for for ever, since traffic would stay split: at the end of the
 * hold it goes back. A hold may itself end `blocked`, so the newest end counts.
 */
function heldByVerdict({ plan, progress, signals }: Situation): Move | null {
  const ends = Object.entries(progress.baked).filter(([, { result }]) => NEEDS_PERSON.has(result));
  const newest = ends.sort(([, one], [, other]) => other.endedAt - one.endedAt)[0];
  if (newest === undefined) return null;
  const [phase, { result, endedAt }] = newest;
  if (released(signals, endedAt) || passedInHold(progress, endedAt)) return null;
  const until = endedAt + plan.analysis.holdSeconds * 1000;
  return result === "blocked"
    ? watch(nextHold(progress), { why: "verdict", until }, `${phase} ended blocked: a person has to decide`)
    : watch(nextHold(progress), { why: "evidence", until }, `${phase} ended ${result}: waits for a pass, or a person`);
}

function passedInHold({ baked, holds }: Progress, since: number): boolean {
  return holds.some(({ why, phase }) => {
    const end = baked[phase];
    return why === "evidence" && end?.result === "passed" && end.endedAt >= since;
  });
}

function released(signals: readonly Signal[], since: number): boolean {
  return signals.some(
    ({ kind, at }) => at >= since && (kind === "resume" || kind === "skip-bake" || kind === "promote-now"),
  );
}

function isDone(milestone: Milestone, situation: Situation): boolean {
  const { progress } = situation;
  switch (milestone.kind) {
    case "check":
      return progress.checked.includes(milestone.point);
    case "ask":
      return progress.approvals[milestone.approval]?.state === "approved";
    case "drive":
      return progress.movement === "done";
    case "step":
      return isBaked(milestone, progress) || isSkipped(milestone, situation);
    case "monitor":
      return progress.baked[MONITOR_PHASE]?.result === "passed";
    case "finish":
      return progress.finished;
  }
}

function isBaked({ phase }: Extract<Milestone, { kind: "step" }>, { baked }: Progress): boolean {
  const result = baked[phase]?.result;
  return result === "passed" || (result !== undefined && NEEDS_PERSON.has(result));
}

/**
 * `promote-now` leaves out every step but the last, whose bake still watches all of the traffic. It holds for the
 * environment in which it was said: who hurried staging has not hurried production.
 */
function isSkipped({ weight }: Extract<Milestone, { kind: "step" }>, { plan, signals, enteredAt }: Situation): boolean {
  const hurried = signals.some(({ kind, at }) => kind === "promote-now" && at >= enteredAt);
  return hurried && weight !== plan.steps.at(-1)?.weight;
}

function towards(milestone: Milestone, situation: Situation): Move {
  switch (milestone.kind) {
    case "check":
      return { kind: "check", point: milestone.point, summary: `checks ${milestone.point}` };
    case "ask":
      return askOrStop(milestone.approval, situation.progress);
    case "monitor":
      return { kind: "monitor", phase: MONITOR_PHASE, summary: "watches the candidate beside the baseline" };
    case "finish":
      return finishOrWait(situation);
    case "drive":
      return driveOrWait(situation);
    case "step":
      return shiftOrWait(milestone, situation);
  }
}

function askOrStop(approval: string, { approvals, baked }: Progress): Move {
  const { state, summary } = approvals[approval] ?? { state: "waiting", summary: "" };
  if (state === "waiting") {
    return { kind: "ask", approval, phase: approvalPhase(approval, baked), summary: `asks for approval ${approval}` };
  }
  const ended = state === "expired" || state === "superseded" ? state : "rejected";
  return { kind: "stop", outcome: ended, summary: `approval ${approval}: ${summary}` };
}

/**
 * A finish that moves what was held back waits for the window where the plan says that traffic holds. Where it says to go
 * back, it goes on: what has passed its monitoring is not taken back for the hour.
 */
function finishOrWait({ plan, progress, window }: Situation): Move {
  const moves = heldBack(plan) > 0 && plan.window?.whenItCloses === "hold";
  if (moves && !window.open) return awaitWindow(progress, window);
  return { kind: "finish", summary: "makes the candidate the primary version" };
}

function shiftOrWait(step: Extract<Milestone, { kind: "step" }>, { plan, progress, window }: Situation): Move {
  const share = shareAt(plan, step.weight);
  const summary = [`${share} % to the candidate`, heldInWords(plan, share) ?? []].flat().join(", ");
  const shift: Move = { kind: "shift", weight: share, phase: step.phase, summary };
  // A weight that is set already moves nothing: its bake is gone on with.
  if (window.open || progress.weight === share) return shift;
  if (plan.window?.whenItCloses === "finish" && progress.weight > 0) return shift;
  if (plan.window?.whenItCloses === "roll-back" && progress.weight > 0) {
    return closedWindow(window);
  }
  return awaitWindow(progress, window);
}

/** Only the start needs an open window. What is on its way already cannot wait for one: it is followed, or taken back. */
function driveOrWait({ plan, progress, window }: Situation): Move {
  const phase = drivePhase(1 + Object.keys(progress.baked).filter((name) => DRIVE.test(name)).length);
  if (progress.movement === "none") {
    if (window.open)
      return { kind: "drive", phase, summary: "tells the targets to move to the candidate by themselves" };
    return awaitWindow(progress, window);
  }
  if (!window.open && plan.window?.whenItCloses === "roll-back") return closedWindow(window);
  return { kind: "follow", phase, summary: "looks how far the targets have moved by themselves" };
}

const DRIVE = /^drive-\d+$/;

const closedWindow = ({ reason }: WindowState): Move => ({
  kind: "stop",
  outcome: "rolled-back",
  summary: `the change window closed: ${reason}`,
});

function awaitWindow(progress: Progress, { opensAt, reason }: WindowState): Move {
  return watch(nextHold(progress), { why: "window", until: opensAt }, `the change window is closed: ${reason}`);
}

/** The execution of a move's phase: one that was cut before goes on under the next number. */
export function chunkOf({ baked }: Pick<Progress, "baked">, move: Move): number {
  const phase = "phase" in move ? move.phase : "";
  return (baked[phase]?.chunk ?? 0) + 1;
}
