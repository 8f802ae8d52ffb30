/**
 * A promotion and the year that its execution has. Step Functions ends a Standard execution a year after its start,
 * whatever it waits for (quota "Maximum execution time"). What a plan lets last is added up when it is made; what nobody
 * can know then (a queue, a window) is asked for again before traffic moves.
 */
import { formatDuration, LONGEST_SECONDS } from "./durations.ts";
import type { EnvironmentPlan } from "./plan.ts";
import { plannedSeconds } from "./windows.ts";

/** Kept free at the end for the way back: the rollback machine has a day. */
const RESERVE_SECONDS = 2 * 86_400;

/** What a promotion may take, in seconds. */
export const LIFE_SECONDS = LONGEST_SECONDS - RESERVE_SECONDS;

type Lasting = Pick<EnvironmentPlan, "steps" | "analysis" | "approvals" | "monitor">;

/** Longest that an environment lasts by its plan, in seconds: every approval at its expiry, every bake extended and held. */
export function longestSeconds(plan: Lasting): number {
  const approvals = plan.approvals.reduce((sum, { expiresSeconds }) => sum + expiresSeconds, 0);
  return approvals + rolloutSeconds(plan);
}

/** The same without the approval that is given before the rollout. */
function rolloutSeconds({ steps, analysis, monitor }: Lasting): number {
  const bakes = steps.length + (monitor === null ? 0 : 1);
  const doubtful = analysis.extendSeconds + (analysis.onInconclusive === "hold" ? analysis.holdSeconds : 0);
  return plannedSeconds(steps) + (monitor?.forSeconds ?? 0) + bakes * doubtful;
}

/** Why the environment must not be entered any more: it may last longer than its execution lives. Null: it has the time. */
export function outlives(openedAt: number, plan: EnvironmentPlan, now: number): string | null {
  const left = LIFE_SECONDS - (now - openedAt) / 1_000;
  const needed = longestSeconds(plan);
  const lasts = `${plan.environment} may last ${formatDuration(needed)}`;
  const words = `${lasts}, and of the year that an execution has only ${formatDuration(Math.max(0, left))} are left`;
  return needed > left ? words : null;
}
