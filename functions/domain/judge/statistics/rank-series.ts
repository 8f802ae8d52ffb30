import { nth } from "./nth.ts";
/**
 * What Kayenta does to a series before and beside its rank test: missing points, outliers, summaries, effect sizes.
 * Conventions follow NetflixACAJudge (spinnaker/kayenta): percentiles are R's type 7, standard deviations are of a
 * sample, an effect that has no meaning is NaN.
 */

export type EffectMeasure = "meanRatio" | "cles";
export type NanStrategy = "remove" | "replace";

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation; 0 for fewer than two points. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** The p-th percentile (0 to 100) by linear interpolation between order statistics; 0 for no values. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = ascending(values);
  const position = (p / 100) * (sorted.length - 1);
  const below = nth(sorted, Math.floor(position));
  const above = nth(sorted, Math.ceil(position));
  return below + (above - below) * (position - Math.floor(position));
}

export const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

export type Summary = {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  readonly count: number;
};

/** A series in five numbers, all 0 when it is empty. */
export function summarize(values: readonly number[]): Summary {
  const sorted = ascending(values);
  return {
    min: nth(sorted, 0),
    max: sorted.at(-1) ?? 0,
    mean: mean(values),
    std: deviation(values),
    count: values.length,
  };
}

/** NaN points removed, or replaced by 0 (for counters that report nothing when nothing happened). */
export function handleNaN(values: readonly number[], strategy: NanStrategy): number[] {
  if (strategy === "replace") return values.map((value) => (Number.isNaN(value) ? 0 : value));
  return values.filter((value) => !Number.isNaN(value));
}

/**
 * Flags points beyond `factor` interquartile ranges of the quartiles (Tukey). The gentle form never flags more than the
 * outermost percent on each side.
 */
export function iqrOutliers(values: readonly number[], factor: number, gentle: boolean): boolean[] {
  const [low, high] = [percentile(values, 25), percentile(values, 75)];
  const reach = factor * (high - low);
  const lower = gentle ? Math.min(percentile(values, 1), low - reach) : low - reach;
  const upper = gentle ? Math.max(percentile(values, 99), high + reach) : high + reach;
  return values.map((value) => value < lower || value > upper);
}

/** Flags points more than `k` standard deviations from the mean. */
export function sigmaOutliers(values: readonly number[], k: number): boolean[] {
  const centre = mean(values);
  const reach = k * deviation(values);
  return values.map((value) => Math.abs(value - centre) > reach);
}

/** A series without the points that the gentle interquartile rule flags, as Kayenta's `outliers: remove`. */
export function withoutOutliers(values: readonly number[], factor: number): number[] {
  const flags = iqrOutliers(values, factor, true);
  return values.filter((_, i) => flags[i] !== true);
}

/** The candidate's mean over the baseline's; NaN, "no statement", when either is 0. */
export function meanRatio(baseline: readonly number[], candidate: readonly number[]): number {
  const [control, experiment] = [mean(baseline), mean(candidate)];
  return control === 0 || experiment === 0 ? Number.NaN : experiment / control;
}

/** Cohen's d with the pooled standard deviation, as a distance (never negative). */
export function cohenD(baseline: readonly number[], candidate: readonly number[]): number {
  const [n, m] = [baseline.length, candidate.length];
  const squares = (n - 1) * deviation(baseline) ** 2 + (m - 1) * deviation(candidate) ** 2;
  return Math.abs(mean(candidate) - mean(baseline)) / Math.sqrt(squares / (n + m - 2));
}

/** Chance that a point of the candidate exceeds one of the baseline, ties by half (common language effect size). */
export function commonLanguage(baseline: readonly number[], candidate: readonly number[]): number {
  let wins = 0;
  for (const ours of candidate) {
    for (const theirs of baseline) wins += ours > theirs ? 1 : ours === theirs ? 0.5 : 0;
  }
  return wins / (candidate.length * baseline.length);
}

export function effectSize(measure: EffectMeasure, baseline: readonly number[], candidate: readonly number[]): number {
  return measure === "cles" ? commonLanguage(baseline, candidate) : meanRatio(baseline, candidate);
}
