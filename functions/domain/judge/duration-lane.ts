/** The distribution of durations as a metric's sequential test: what the fold keeps of it, and what it says. */
import type { WatchReference } from "./reference-line.ts";
import type { ColdState } from "./statistics/cold-start.ts";
import {
  afterMinute,
  type DurationJudge,
  type DurationState,
  durationJudgement,
  freshDurations,
} from "./statistics/duration-monitor.ts";
import { durationLanes } from "./statistics/duration-reference.ts";
import type { Judgement, Minute } from "./statistics/sequential.ts";
import { completeConfig, type SequentialConfig } from "./statistics/sequential-config.ts";

/** A metric's test between two ticks: of counts, or of a distribution. */
export type SavedMonitor = ColdState | DurationState;

/** What the fold asks of a sequential test. */
export interface MetricMonitor {
  /** Takes the next minute, in order, once. `cold`: it belongs to the step's warm-up. */
  push(minute: Minute, cold: boolean): void;
  /** As of the last minute. */
  judgement(): Pick<Judgement, "verdict" | "logE" | "logPass" | "minutes">;
  state(): SavedMonitor;
}

const NONE: Pick<DurationJudge, "lanes" | "reference"> = { lanes: [], reference: { shares: [], worst: [] } };

/** Without a reference there are no bounds to count by: then nothing is bet, and nothing passes. */
export function durationMonitor(
  settings: Partial<SequentialConfig>,
  reference: WatchReference | null,
  saved: SavedMonitor | null,
): MetricMonitor {
  const durations = reference?.durations;
  const known = durations === undefined ? NONE : { lanes: durationLanes(durations), reference: durations };
  const judge = { ...known, config: completeConfig(settings) };
  let state = saved !== null && "kind" in saved ? saved : freshDurations(judge);
  return {
    push: (minute, cold) => {
      state = afterMinute(judge, state, minute, cold);
    },
    judgement: () => durationJudgement(judge, state),
    state: () => state,
  };
}
