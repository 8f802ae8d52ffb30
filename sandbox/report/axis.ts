/** The time axis that all charts of one rollout share: from just before its first shift to its end. */
import type { EnvironmentData } from "./data.ts";
import { wallClock } from "./times.ts";

const BEFORE_MS = 5 * 60_000;
/** Room after the end, as a share of the whole: what happened last has to be named too. */
const AFTER_SHARE = 0.09;

export interface Axis {
  /** Epoch ms. */
  readonly from: number;
  readonly firstShiftAt: number;
  readonly to: number;
  /** An instant as the charts, which label in UTC, have to be given it to show the zone's clocks. */
  readonly at: (instant: number) => number;
}

/** Null: no traffic was ever moved. */
export function axisOf({ head, bakes, looks, weights }: EnvironmentData, zone: string): Axis | null {
  const first = head?.firstShiftAt ?? null;
  if (first === null) return null;
  const moves = Object.values(weights).flatMap((history) => history.map(({ at }) => at));
  const ends = [...bakes.flatMap(({ endedAt }) => endedAt ?? []), ...looks.map(({ at }) => at), ...moves, first];
  const end = ends.reduce((latest, at) => Math.max(latest, at));
  const from = first - BEFORE_MS;
  const to = end + (end - from) * AFTER_SHARE;
  // One offset for the whole axis: a clock that is set back in the middle of a rollout must not turn time around.
  const offset = wallClock(from, zone) - from;
  return { from, firstShiftAt: first, to, at: (instant) => instant + offset };
}

/** Where the candidate's share of traffic changed: the highest of all targets, in percent. */
export interface ShareChange {
  readonly at: number;
  readonly weight: number;
}

/** The changes of an environment in order; what served before it began is no change. */
export function shareChanges({ targets, weights }: EnvironmentData, from: number): ShareChange[] {
  const instants = Object.values(weights).flatMap((history) => history.map(({ at }) => at));
  const due = [...new Set(instants)].filter((at) => at >= from).sort((a, b) => a - b);
  const changes = due.map((at) => ({ at, weight: highestShare({ targets, weights }, at) }));
  return changes.filter(({ weight }, index) => weight !== (changes[index - 1]?.weight ?? 0));
}

function highestShare({ targets, weights }: Pick<EnvironmentData, "targets" | "weights">, at: number): number {
  const shares = targets.map(({ target, candidate }) => {
    const now = (weights[target] ?? []).findLast((point) => point.at <= at);
    return candidate === null ? 0 : (now?.weights[candidate] ?? 0);
  });
  return Math.round(Math.max(0, ...shares) * 1_000) / 10;
}
