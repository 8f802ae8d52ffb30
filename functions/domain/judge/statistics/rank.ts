import { classifyByRank, type KayentaConfig, kayentaConfig, type RankResult } from "./rank-kayenta.ts";
import { handleNaN, withoutOutliers } from "./rank-series.ts";

/**
 * The rank test for series that are not counts (a p95 a minute, a queue's age): Kayenta's classifier without its
 * fail-open. What cannot be judged is an `error` and is never dropped; too few points are `inconclusive`, never a
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
