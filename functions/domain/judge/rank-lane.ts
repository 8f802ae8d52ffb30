/**
 * The lane of the rank test: metrics that are no counts, held against the baseline that runs beside them.
 *
 * A rank test keeps its rate of false alarms for one look, so it looks seldom: at `minimumPoints` periods of a step in
 * which both arms were measured, and again each time they have doubled. In between its last word stands. Where no baseline
 * runs there is nothing to rank against, and it has no say.
 */
import type { RankPlan } from "../plan.ts";
import type { Sample } from "./sampling.ts";
import { judgeByRank, type RankJudgement, type RankVerdict } from "./statistics/rank.ts";

/** Points kept for each arm, the newest: what a look costs, and what the ledger holds, has a bound. */
const MOST_POINTS = 480;

/** The step so far, as small JSON. */
export interface RankProgress {
  readonly candidate: readonly number[];
  readonly baseline: readonly number[];
  /** Periods of the step in which both arms were measured. */
  readonly periods: number;
  readonly verdict: RankVerdict;
  readonly reason: string;
}

export function unranked({ minimumPoints }: RankPlan): RankProgress {
  const reason = `0 of ${minimumPoints} points`;
  return { candidate: [], baseline: [], periods: 0, verdict: "inconclusive", reason };
}

/** Takes the next certain period; one in which an arm was not measured says nothing. */
export function ranked(plan: RankPlan, progress: RankProgress, { candidate, baseline }: Sample): RankProgress {
  if (candidate === null || baseline === null) return progress;
  const periods = progress.periods + 1;
  const points = {
    candidate: [...progress.candidate, candidate[2]].slice(-MOST_POINTS),
    baseline: [...progress.baseline, baseline[2]].slice(-MOST_POINTS),
  };
  if (periods < plan.minimumPoints) {
    return { ...progress, ...points, periods, reason: `${periods} of ${plan.minimumPoints} points` };
  }
  if (!isLook(periods / plan.minimumPoints)) return { ...progress, ...points, periods };
  const { verdict, reason } = judge(plan, points);
  return { ...points, periods, verdict, reason: `${reason} (${periods} points)` };
}

const isLook = (times: number): boolean => Number.isInteger(Math.log2(times));

/** Kayenta's classifier, with room for a shift that nobody minds; what it cannot judge is an error. */
function judge(plan: RankPlan, points: Pick<RankProgress, "candidate" | "baseline">): RankJudgement {
  const { direction, toleratedPercent, minimumPoints } = plan;
  const allowedIncrease = 1 + toleratedPercent / 100;
  const config = { direction, allowedIncrease, allowedDecrease: 1 / allowedIncrease, mustHaveData: true };
  return judgeByRank({ ...points, config, minimumPoints: Math.min(minimumPoints, MOST_POINTS) });
}

/** "rank test: pass, the series do not differ (50 points)". */
export function rankInWords({ verdict, reason }: Pick<RankProgress, "verdict" | "reason">): string {
  return `rank test: ${verdict}, ${reason}`;
}
