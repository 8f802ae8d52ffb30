/**
 * A distribution of durations whose steps begin cold. It leaves cold minutes out, since each of its bounds would need a bound
 * of its own for them; beside it the requests beyond the bound of its tail are counted through all minutes, as `cold-start.ts`
 * does with one count: what is slow from the first request on is seen at once.
 */
import type { MetricMonitor } from "./duration-lane.ts";
import { begunAt, betThrough, mixedLogE } from "./statistics/cold-start.ts";
import type { MonitorState } from "./statistics/sequential.ts";
import type { SequentialConfig } from "./statistics/sequential-config.ts";

/** `first`: a monitor of the counts before the first minute. The pass stays the distribution's own. */
export function withColdTail(
  durations: MetricMonitor,
  settings: Partial<SequentialConfig>,
  cold: Partial<SequentialConfig>,
  first: MonitorState,
): MetricMonitor {
  const known = durations.state().through;
  const through = betThrough(settings, cold, known ?? begunAt(first, durations.judgement().logE));
  return {
    push: (minute, isCold) => {
      durations.push(minute, isCold);
      through.push(minute, isCold);
    },
    judgement: () => {
      const judgement = durations.judgement();
      return { ...judgement, logE: mixedLogE(judgement.logE, through.judgement().logE) };
    },
    state: () => ({ ...durations.state(), through: through.state() }),
  };
}
