import { type ShiftInterval, shiftInterval, UnrankableError } from "./rank-interval.ts";
import { ascending, type EffectMeasure, effectSize, handleNaN, type NanStrategy } from "./rank-series.ts";

/**
 * Kayenta's NetflixACAJudge as it is, label for label, so that a configuration can be carried over and compared. It fails
 * open (an `Error` is scored as if the metric were not there) and judges two points against two; nothing here decides
 * about traffic. `rank.ts` is the form that does.
 *
 * One thing differs, on purpose: where both series are constant Kayenta adds random noise of 1e-5 of the value before
 * ranking. The interval it then finds is the difference of the constants within that noise, so this takes the difference
 * itself: the same labels, always the same numbers.
 */
export type RankLabel = "Pass" | "High" | "Low" | "Nodata" | "NodataFailMetric" | "Error";
export type Direction = "increase" | "decrease" | "either";

export type KayentaConfig = {
  /** Fraction of the estimated shift that the interval must clear. */
  readonly tolerance: number;
  /** Two-sided confidence of the interval. */
  readonly confLevel: number;
  readonly direction: Direction;
  readonly nanStrategy: NanStrategy;
  readonly critical: boolean;
  readonly mustHaveData: boolean;
  readonly effectSizeMeasure: EffectMeasure;
  /** Effects (candidate over baseline, or the common-language size) that are still allowed, and that are critical. */
  readonly allowedIncrease: number;
  readonly allowedDecrease: number;
  readonly criticalIncrease: number;
  readonly criticalDecrease: number;
};

export type RankResult = {
  readonly label: RankLabel;
  /** True when this result alone sets the score to 0. */
  readonly critical: boolean;
  /** Mean ratio of the series, NaN when either mean is 0 and 1 when nothing was compared. */
  readonly ratio: number;
  readonly effect: number;
  readonly interval: ShiftInterval | null;
  readonly reason: string;
};

const NEUTRAL: Readonly<Record<EffectMeasure, number>> = { meanRatio: 1, cles: 0.5 };

/** Kayenta's settings with its defaults filled in; `increase` is what error rates and latencies want. */
export function kayentaConfig(overrides: Partial<KayentaConfig> = {}): KayentaConfig {
  const neutral = NEUTRAL[overrides.effectSizeMeasure ?? "meanRatio"];
  return {
    tolerance: 0.25,
    confLevel: 0.98,
    direction: "either",
    nanStrategy: "remove",
    critical: false,
    mustHaveData: false,
    effectSizeMeasure: "meanRatio",
    allowedIncrease: neutral,
    allowedDecrease: neutral,
    criticalIncrease: neutral,
    criticalDecrease: neutral,
    ...overrides,
  };
}

/** Labels a metric by Kayenta's Mann-Whitney classifier. Series are raw: NaN marks a missing point. */
export function classifyByRank(
  baseline: readonly number[],
  candidate: readonly number[],
  config: KayentaConfig,
): RankResult {
  const control = handleNaN(baseline, config.nanStrategy);
  const experiment = handleNaN(candidate, config.nanStrategy);
  if (control.length === 0 || experiment.length === 0) return withoutData(config);
  if (coincide(control, experiment)) return passed(1, 1, null, "the series do not differ");
  try {
    return compare(control, experiment, config);
  } catch (error) {
    if (!(error instanceof UnrankableError)) throw error;
    return { ...passed(Number.NaN, Number.NaN, null, error.message), label: "Error" };
  }
}

/** What a series without points is labelled, as the settings ask. */
export function withoutData(config: Pick<KayentaConfig, "nanStrategy" | "critical" | "mustHaveData">): RankResult {
  if (config.nanStrategy === "replace") return passed(1, 1, null, "no points, and missing ones count as nothing");
  const failing = config.mustHaveData && !config.critical;
  const label = failing ? "NodataFailMetric" : "Nodata";
  return { ...passed(1, 1, null, "a series has no points"), label, critical: config.critical };
}

const passed = (ratio: number, effect: number, interval: ShiftInterval | null, reason: string): RankResult => ({
  label: "Pass",
  critical: false,
  ratio,
  effect,
  interval,
  reason,
});

/** Equal as bags of points, or a single value all over. */
export function coincide(control: readonly number[], experiment: readonly number[]): boolean {
  if (new Set([...control, ...experiment]).size === 1) return true;
  const [a, b] = [ascending(control), ascending(experiment)];
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function compare(control: readonly number[], experiment: readonly number[], config: KayentaConfig): RankResult {
  const ratio = effectSize("meanRatio", control, experiment);
  const effect = effectSize(config.effectSizeMeasure, control, experiment);
  const interval = intervalOf(control, experiment, config);
  const bound = config.tolerance * Math.abs(interval.estimate);

  if (config.direction !== "decrease" && interval.low > bound && !(effect < config.allowedIncrease)) {
    const critical = config.critical && !(effect < config.criticalIncrease);
    return { label: "High", critical, ratio, effect, interval, reason: "the candidate is higher" };
  }
  if (config.direction !== "increase" && interval.high < -bound && !(effect > config.allowedDecrease)) {
    const critical = config.critical && !(effect > config.criticalDecrease);
    return { label: "Low", critical, ratio, effect, interval, reason: "the candidate is lower" };
  }
  return passed(ratio, effect, interval, "no difference beyond the tolerance");
}

function intervalOf(control: readonly number[], experiment: readonly number[], config: KayentaConfig): ShiftInterval {
  const [from, to] = [constantOf(control), constantOf(experiment)];
  if (from === null || to === null) return shiftInterval(experiment, control, config.confLevel);
  if (isRigid(control, from) && isRigid(experiment, to)) {
    throw new UnrankableError("both series are constant and cannot be told from a tie");
  }
  return { low: to - from, high: to - from, estimate: to - from };
}

function constantOf(values: readonly number[]): number | null {
  const first = values[0] ?? null;
  return values.every((value) => value === first) ? first : null;
}

/** Whether Kayenta's noise, in proportion to the value, would leave the points of a constant series tied. */
const isRigid = (values: readonly number[], constant: number): boolean => values.length === 1 || constant === 0;
