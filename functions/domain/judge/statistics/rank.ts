import { classifyByRank, type KayentaConfig, kayentaConfig, type RankResult } from "./rank-kayenta.ts";
import { labelScore, scoreCanary } from "./rank-score.ts";
import { handleNaN, withoutOutliers } from "./rank-series.ts";

/**
 * The rank test for series that are not counts (a p95 a minute, a queue's age): Kayenta's classifier and score without
 * its fail-open. What cannot be judged is an `error` and is never dropped; too few points are `inconclusive`, never a
 * pass; the same series give the same answer every time. Errors and throttles are counts: judge those by `sequential.ts`,
 * since ranks see next to nothing at a few requests a minute, and this test keeps its error rate for one look only.
 */
export type RankVerdict = "pass" | "fail" | "inconclusive" | "error";

export type RankInput = {
  /** One value a minute; NaN marks a minute without one. */
  readonly baseline: readonly number[];
  readonly candidate: readonly number[];
  /** Settings that differ from Kayenta's defaults. */
  readonly config?: Partial<KayentaConfig>;
  /** Measured points that each side must have, at least 2; Kayenta's own advice is 50. */
  readonly minimumPoints: number;
  /** Interquartile ranges beyond which points are set aside; without it all are kept. */
  readonly outlierFactor?: number;
};

export type RankJudgement = {
  readonly verdict: RankVerdict;
  readonly reason: string;
  /** What Kayenta's classifier found; `null` where it was not asked. */
  readonly result: RankResult | null;
};

/**
 * Judges one metric by one look.
 *
 * @throws RangeError when `minimumPoints` is below 2, where an interval would collapse to a point
 */
export function judgeByRank(input: RankInput): RankJudgement {
  if (!(input.minimumPoints >= 2)) throw new RangeError("a rank test needs at least two points on each side");
  const config = kayentaConfig(input.config);
  const unusable = whyUnusable(input, config);
  if (unusable !== null) return { ...unusable, result: null };

  const result = classifyByRank(
    prepared(input.baseline, input, config),
    prepared(input.candidate, input, config),
    config,
  );
  return { verdict: VERDICT_OF[result.label], reason: result.reason, result };
}

/** Missing points first, since nothing can be told about the spread of a series that has holes; then outliers. */
function prepared(values: readonly number[], { outlierFactor }: RankInput, config: KayentaConfig): readonly number[] {
  const whole = handleNaN(values, config.nanStrategy);
  return outlierFactor === undefined ? whole : withoutOutliers(whole, outlierFactor);
}

const VERDICT_OF: Readonly<Record<RankResult["label"], RankVerdict>> = {
  Pass: "pass",
  High: "fail",
  Low: "fail",
  Nodata: "inconclusive",
  NodataFailMetric: "error",
  Error: "error",
};

/** Points replaced by zero are not measured ones: a series that was never there must not pass as a quiet one. */
function whyUnusable(input: RankInput, config: KayentaConfig): { verdict: RankVerdict; reason: string } | null {
  const sides = [input.baseline, input.candidate];
  if (sides.some((side) => side.some((value) => Math.abs(value) === Number.POSITIVE_INFINITY))) {
    return { verdict: "error", reason: "a point is infinite" };
  }
  const fewest = Math.min(...sides.map((side) => side.filter((value) => !Number.isNaN(value)).length));
  if (fewest === 0) return { verdict: config.mustHaveData ? "error" : "inconclusive", reason: "no datapoints" };
  if (fewest >= input.minimumPoints) return null;
  return { verdict: "inconclusive", reason: `${fewest} of ${input.minimumPoints} points` };
}

export type RankMetric = {
  readonly name: string;
  readonly groups: readonly string[];
  readonly judgement: RankJudgement;
  /** Judged and shown, but never acting. */
  readonly dryRun?: boolean;
};

export type RankScorePolicy = {
  /** Percent by group; groups without one share what is left to 100. */
  readonly weights: Readonly<Record<string, number>>;
  /** Scores below this fail, from `pass` on pass, between them are inconclusive. Kayenta advises 75 and 95. */
  readonly marginal: number;
  readonly pass: number;
};

export type RankScore = { readonly verdict: RankVerdict; readonly score: number; readonly reason: string };

/** Scores several metrics as Kayenta does, but lets none of them vanish: one that could not be judged bars a pass. */
export function scoreByRank(metrics: readonly RankMetric[], policy: RankScorePolicy): RankScore {
  const acting = metrics.filter((metric) => metric.dryRun !== true);
  const unjudged = unjudgedOf(acting);
  const { score, reason } = scoreCanary(
    acting.map(({ name, groups, judgement: { result } }) => {
      return { name, groups, label: result?.label ?? "Error", critical: result?.critical ?? false };
    }),
    policy.weights,
  );
  if (acting.some(({ judgement }) => judgement.result?.critical === true)) {
    return { verdict: "fail", score, reason };
  }
  if (unjudged !== null) return { verdict: unjudged.verdict, score, reason: unjudged.reason };
  const label = labelScore(score, policy.marginal, policy.pass);
  return { verdict: { Pass: "pass", Marginal: "inconclusive", Fail: "fail" }[label] as RankVerdict, score, reason };
}

/** The worst thing that kept a metric from being judged: an error before a lack of points, nothing at all an error. */
function unjudgedOf(metrics: readonly RankMetric[]): { verdict: RankVerdict; reason: string } | null {
  if (metrics.length === 0) return { verdict: "error", reason: "no metric acts" };
  const worst =
    metrics.find(({ judgement }) => judgement.verdict === "error") ??
    metrics.find(({ judgement }) => judgement.verdict === "inconclusive");
  if (worst === undefined) return null;
  return { verdict: worst.judgement.verdict, reason: `${worst.name}: ${worst.judgement.reason}` };
}
