/** What a series of rollouts comes to, and whether that is what Headgate promises. */
import type { Rollout } from "./rollout.ts";

/** Of regressions: closed minutes until the verdict, the two of a warm-up included that tolerates five points. Of good candidates: how many may be rolled back, of 200. */
export const BOUNDS = { medianMinutes: 6, percentile95Minutes: 8, falseRollbacksOf200: 2 } as const;

export interface Caught {
  readonly rollouts: number;
  /** Rolled back at the first step; the others count as never. */
  readonly caughtAtOnce: number;
  readonly median: number;
  readonly percentile95: number;
  /** How many were caught after so many closed minutes, in order. */
  readonly distribution: readonly (readonly [closedMinutes: number, rollouts: number])[];
  /** From the shift to the verdict, the wait for minutes to close and settle included. */
  readonly medianFromShift: number;
}

export function caught(rollouts: readonly Rollout[], firstWeight: number): Caught {
  const isCaught = ({ outcome, weight }: Rollout) => outcome === "rolled-back" && weight === firstWeight;
  const closed = ascending(rollouts.map((one) => (isCaught(one) ? one.closedMinutes : Number.POSITIVE_INFINITY)));
  const fromShift = ascending(rollouts.map((one) => (isCaught(one) ? one.minutes : Number.POSITIVE_INFINITY)));
  const counts = new Map<number, number>();
  for (const minutes of closed) counts.set(minutes, (counts.get(minutes) ?? 0) + 1);
  return {
    rollouts: rollouts.length,
    caughtAtOnce: rollouts.filter(isCaught).length,
    median: percentile(closed, 50),
    percentile95: percentile(closed, 95),
    distribution: [...counts],
    medianFromShift: percentile(fromShift, 50),
  };
}

export interface Spared {
  readonly rollouts: number;
  readonly promoted: number;
  readonly rolledBack: number;
}

export function spared(rollouts: readonly Rollout[]): Spared {
  const ended = (outcome: string) => rollouts.filter((one) => one.outcome === outcome).length;
  return { rollouts: rollouts.length, promoted: ended("promoted"), rolledBack: ended("rolled-back") };
}

const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

/** The smallest value that at least so many percent of them do not exceed (nearest rank). `sorted` must not be empty. */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? Number.NaN;
}
