import {
  coincide,
  type KayentaConfig,
  type RankLabel,
  withoutData,
} from "../../functions/domain/judge/statistics/rank-kayenta.ts";
import { handleNaN, mean } from "../../functions/domain/judge/statistics/rank-series.ts";

/**
 * Kayenta's score of a canary (WeightedSumScorer and ThresholdScoreClassifier): the share of metrics that pass, by
 * weighted groups, from 0 to 100. Old reports of Kayenta are read against it, and nothing is decided by it: a metric
 * labelled `Error` counts nowhere in it.
 */
export type ScoredMetric = {
  readonly name: string;
  readonly label: RankLabel;
  readonly groups: readonly string[];
  readonly critical: boolean;
  /** Classified and shown, but not scored. */
  readonly muted?: boolean;
};

/** A group without data shows 0 and yet counts as 100 in the score, as in Kayenta. */
export type GroupScore = { readonly group: string; readonly score: number; readonly noData: boolean };

export type CanaryScore = {
  readonly score: number;
  readonly groups: readonly GroupScore[];
  readonly reason: string;
};

/** From this share of metrics without data on, the score is 0. */
const NO_DATA_SHARE = 0.5;

/** Scores labelled metrics; `weights` are percents by group, groups without one share what is left to 100 equally. */
export function scoreCanary(metrics: readonly ScoredMetric[], weights: Readonly<Record<string, number>>): CanaryScore {
  const scored = metrics.filter((metric) => metric.muted !== true);
  const groups = groupScores(scored);
  if (scored.some((metric) => metric.critical && metric.label !== "Pass")) {
    return { score: 0, groups, reason: "a critical metric did not pass" };
  }
  const silent = scored.filter((metric) => metric.label === "Nodata").length;
  if (silent >= NO_DATA_SHARE * scored.length) return { score: 0, groups, reason: "half of the metrics have no data" };
  return { score: weigh(groups, weights), groups, reason: "the weighted share of metrics that pass" };
}

/** `Pass` from `pass` on, `Marginal` from `marginal` on, else `Fail`. */
export function labelScore(score: number, marginal: number, pass: number): "Pass" | "Marginal" | "Fail" {
  if (score >= pass) return "Pass";
  return score >= marginal ? "Marginal" : "Fail";
}

function groupScores(metrics: readonly ScoredMetric[]): GroupScore[] {
  const names = new Set(metrics.flatMap((metric) => metric.groups));
  return [...names].map((group) =>
    scoreGroup(
      group,
      metrics.filter((metric) => metric.groups.includes(group)),
    ),
  );
}

const COUNTED: readonly RankLabel[] = ["Pass", "High", "Low", "NodataFailMetric"];

function scoreGroup(group: string, metrics: readonly ScoredMetric[]): GroupScore {
  const counted = metrics.filter((metric) => COUNTED.includes(metric.label)).length;
  const passing = metrics.filter((metric) => metric.label === "Pass").length;
  return { group, score: counted === 0 ? 0 : (passing / counted) * 100, noData: counted === 0 };
}

function weigh(groups: readonly GroupScore[], weights: Readonly<Record<string, number>>): number {
  const stated = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const unstated = groups.filter(({ group }) => weights[group] === undefined).length;
  const total = groups.reduce((sum, { group, score, noData }) => {
    return sum + ((noData ? 100 : score) * (weights[group] ?? (100 - stated) / unstated)) / 100;
  }, 0);
  return Math.round(total * 100) / 100;
}

/** Labels a metric by its means alone, Kayenta's plainest classifier. */
export function classifyByMean(
  baseline: readonly number[],
  candidate: readonly number[],
  config: Pick<KayentaConfig, "direction" | "nanStrategy" | "critical" | "mustHaveData">,
): RankLabel {
  const control = handleNaN(baseline, config.nanStrategy);
  const experiment = handleNaN(candidate, config.nanStrategy);
  if (control.length === 0 || experiment.length === 0) return withoutData(config).label;
  if (coincide(control, experiment)) return "Pass";
  const difference = mean(experiment) - mean(control);
  if (difference > 0 && config.direction !== "decrease") return "High";
  if (difference < 0 && config.direction !== "increase") return "Low";
  return "Pass";
}
