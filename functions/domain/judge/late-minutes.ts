/** What an earlier step's minutes say that were not final yet when traffic went on: told under that step, not the present. */
import { finalSeconds } from "../lateness.ts";
import type { Span, Watch } from "./sampling.ts";
import type { Period } from "./state.ts";

export interface LateMinutes {
  /** `step-25`. */
  readonly step: string;
  /** The candidate's samples in them, how many of those were bad (null where the metric does not count), their mean value. */
  readonly samples: number;
  readonly bad: number | null;
  readonly value: number;
}

/** Those of the step before the present one, by what was read now; null: there was none, or nothing was measured. */
export function lateMinutes(watch: Watch, spans: readonly Span[], periods: readonly Period[]): LateMinutes | null {
  const [before, present] = spans.slice(-2);
  if (before === undefined || present === undefined) return null;
  const { periodSeconds } = watch.metric;
  const openMs = (periodSeconds + finalSeconds(watch.metric, watch.lateSeconds ?? 0)) * 1000;
  const arms = periods.flatMap(({ at, span, sample: { candidate } }) =>
    span.from === before.from && at + openMs > present.from && candidate !== null ? [candidate] : [],
  );
  const samples = arms.reduce((sum, [count]) => sum + count, 0);
  if (samples === 0) return null;
  const counts = arms.every(([, bad]) => bad !== null);
  return {
    step: `step-${before.weight}`,
    samples,
    bad: counts ? arms.reduce((sum, [, bad]) => sum + (bad ?? 0), 0) : null,
    value: arms.reduce((sum, [count, , value]) => sum + count * value, 0) / samples,
  };
}

/** "step-25's late minutes: 18 of 60 failed"; null where nothing in them was bad. `unit` has the space before it. */
export function lateInWords({ step, samples, bad, value }: LateMinutes, unit: string): string | null {
  if (bad === 0) return null;
  const whose = `${step}'s late minutes`;
  if (bad === null) return `${whose}: ${Number(value.toPrecision(3))}${unit} over ${Math.round(samples)} samples`;
  return `${whose}: ${Math.round(bad)} of ${Math.round(samples)} ${unit === " ms" ? "slow" : "failed"}`;
}
