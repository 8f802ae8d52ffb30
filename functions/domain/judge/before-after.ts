/**
 * Evidence without a baseline beside the candidate: at 100 % without a holdback, after the finish, of a metric that tells
 * no arms apart, and of requests of our own. It compares with the time before the release, so that an incident shared by
 * all looks like the candidate's: it holds and tells people, and rolls nothing back.
 */
import type { SavedMonitor } from "./duration-lane.ts";
import { boundInWords, combineEvidence, type MetricEvidence } from "./evidence.ts";
import { hasBaseline, isWhole, type Span, type Watch } from "./sampling.ts";
import type { MonitorState } from "./statistics/sequential.ts";

/** True where a baseline arm runs beside the candidate for this metric, so that what both share is no evidence. */
export const isCompared = ({ metric }: Pick<Watch, "metric">, span: Span): boolean =>
  hasBaseline(span) && !isWhole(metric);

/** Why such evidence rolls nothing back, for people. */
export const NOTHING_BESIDE = "no baseline runs beside it: an incident shared by all looks the same";

/** A metric's reason to hold, said with why it does no more. */
export const heldBecause = (reason: string): string => `${reason}; ${NOTHING_BESIDE}`;

/** What of a finding this is about. */
interface Standing {
  readonly watch: string;
  readonly dryRun: boolean;
  readonly reason: string | null;
  readonly beforeAfter?: boolean;
}

/** What speaks against the candidate by before and after alone, in words; empty: nothing does. */
export const heldReasons = (findings: readonly Standing[]): string[] =>
  findings.flatMap(({ watch, dryRun, reason, beforeAfter }) =>
    beforeAfter === true && !dryRun && reason !== null ? [`${watch}: ${reason}`] : [],
  );

/** The metric that brings most of such evidence, and how much there is in all; null: there is none to speak of. */
export interface Alone {
  readonly leading: string;
  /** It has crossed the environment's line. */
  readonly crossed: boolean;
  readonly words: string;
}

/** Held to the environment's alpha like the comparison, which it shares nothing with: what it crosses is no rollback. */
export function aloneIn(evidence: readonly MetricEvidence[], alpha: number): Alone | null {
  const { verdict, logE, leading } = combineEvidence(evidence, alpha);
  const bound = boundInWords(logE);
  if (leading === null || bound === null) return null;
  const words = `worse than before the release: were it as good, evidence this strong would appear in ${bound} rollouts`;
  return { leading, crossed: verdict === "fail", words };
}

/** Goes on without a latch: what was shared, and is over, is no reason to hold. */
export function unlatched(state: SavedMonitor): SavedMonitor {
  const now = { ...state, failedAt: null };
  return "kind" in now || now.through === undefined ? now : { ...now, through: { ...now.through, failedAt: null } };
}

/** What counts of an arm alone say for a pass of the step, and nothing of what they say against the candidate. */
export function withPassOf(before: SavedMonitor, after: SavedMonitor): SavedMonitor {
  if ("kind" in before) return "kind" in after ? passTaken(before, after) : before;
  if ("kind" in after) return before;
  const through = before.through && after.through && { through: passTaken(before.through, after.through) };
  return { ...passTaken(before, after), ...through };
}

function passTaken<State extends Passing>(before: State, { step, minutes, minutesInStep, pass }: State): State {
  return { ...before, step, minutes, minutesInStep, pass };
}

/** What a test knows of the pass of a step. */
type Passing = Pick<MonitorState, "step" | "minutes" | "minutesInStep"> & { readonly pass: unknown };
