/** One look of one metric that reads three hours again, as it is made each minute in the first hours of a step. */
import { assess } from "../../functions/domain/judge/assess.ts";
import { NO_BOUNDS, type Sample, type Watch } from "../../functions/domain/judge/sampling.ts";
import { NO_EVIDENCE, withSpan } from "../../functions/domain/judge/state.ts";
import type { AnalysisPlan } from "../../functions/domain/plan.ts";

const MINUTE_MS = 60_000;
const FOLDED = 180;

/** The look, over as many folded minutes as are ever read again. */
export function lookAgain(analysis: AnalysisPlan, sample: Sample): () => unknown {
  const watches = analysis.metrics.map((metric): Watch => ({ id: metric.name, metric, arms: null, bounds: NO_BOUNDS }));
  const given = {
    analysis,
    watches,
    references: {},
    readings: { at: () => sample },
    troubles: [],
    synthetic: {},
    again: true,
  };
  const first = withSpan(NO_EVIDENCE, { from: 0, weight: 10, finished: false });
  let state = first;
  for (const minute of [FOLDED + 2, FOLDED + 3]) state = assess({ ...given, state, now: minute * MINUTE_MS }).state;
  return () => assess({ ...given, state, now: (FOLDED + 3.5) * MINUTE_MS });
}
