import type { MetricInput, SequentialInput } from "../documents/policy-analysis.ts";
import type { Path } from "../documents/problems.ts";
import type { ExposurePlan, SequentialPlan } from "../plan.ts";
import { defined, type Scope } from "./scope.ts";
import { checkQuery, fillQuery, namesArms, notCounted } from "./sources.ts";
import type { PlacedTarget } from "./targets.ts";

/** Counts and sums per exposure: what a policy may say of them, and their part of the plan. */

/** Orders of a small shop stray by some percent from day to day whatever is released. */
const TOLERATED_PERCENT = 5;
/** What a bake of an hour or two can show of a few orders a minute. */
const PASS_PERCENT = 30;

type PerExposure = Extract<MetricInput, { query: unknown }> & {
  readonly per: NonNullable<Extract<MetricInput, { query: unknown }>["per"]>;
};

export const countsExposures = (metric: MetricInput): metric is PerExposure =>
  "query" in metric && metric.per !== undefined;

export interface ExposureUse {
  readonly metric: MetricInput;
  readonly sequential: SequentialInput | null;
  readonly targets: readonly PlacedTarget[] | null;
  readonly at: Path;
}

/** Reports what is wrong with a metric per exposure, or with one that is none and speaks of it. True: it is one. */
export function checkExposure(scope: Scope, { metric, sequential, targets, at }: ExposureUse): boolean {
  if (!countsExposures(metric)) {
    refuseStray(scope, metric, sequential, at);
    return false;
  }
  checkCounts(scope, metric, at);
  checkArms(scope, metric, targets, at);
  checkSettings(scope, sequential, at);
  return true;
}

const OF_EXPOSURES = ["direction", "toleratedPercent", "passPercent"] as const;

function refuseStray(scope: Scope, metric: MetricInput, sequential: SequentialInput | null, at: Path): void {
  const hint = 'add per, such as "requests": what the metric counts is then held against it';
  for (const key of OF_EXPOSURES.filter((one) => sequential?.[one] !== undefined)) {
    scope.report.refuse([...at, "sequential", key], "is of a metric per exposure, and there is no per", hint);
  }
  if (!("query" in metric)) return;
  for (const key of (["largest", "absent"] as const).filter((one) => metric[one] !== undefined)) {
    scope.report.refuse([...at, key], "is of a metric per exposure, and there is no per", hint);
  }
}

function checkCounts(scope: Scope, { query, samples, per, largest = 1, rank }: PerExposure, at: Path): void {
  const hint = "write Sum over what is counted: orders, or their value";
  for (const { field, found } of notCounted(query, ["Sum"])) {
    scope.report.refuse([...at, "query", ...field], `is ${found}, and per takes a count or a sum`, hint);
  }
  if (per !== "requests") {
    checkQuery(scope, per, [...at, "per"]);
    for (const { field, found } of notCounted(per, ["Sum", "SampleCount"])) {
      scope.report.refuse(
        [...at, "per", ...field],
        `is ${found}, and exposures are counted`,
        "write Sum or SampleCount",
      );
    }
  }
  if (samples !== undefined) {
    scope.report.refuse([...at, "samples"], "stands beside per", "keep one: samples of which some are bad, or per");
  }
  if (rank !== undefined) scope.report.refuse([...at, "rank"], "stands beside per", "keep one: rank is for no counts");
  if (largest !== 1 && !("statistic" in query)) {
    const plain = "let the query be one metric with Sum, each amount a value of its own";
    scope.report.refuse([...at, "largest"], "can cut the amounts of a plain metric alone", plain);
  }
}

function checkArms(scope: Scope, metric: PerExposure, targets: ExposureUse["targets"], at: Path): void {
  const hint = "put {version} into a dimension, beside what names the target";
  const unknown = targets === null || !namesArms(metric.query);
  if (unknown) scope.report.refuse([...at, "query"], "cannot tell the arms apart, and per compares them", hint);
  if (metric.per !== "requests" && !namesArms(metric.per)) {
    scope.report.refuse([...at, "per"], "cannot tell the arms apart", hint);
  }
}

const OF_RATES = ["rho", "delta", "slo", "passDelta", "warmupMinutes", "warmupDelta", "latencyMargin"] as const;

function checkSettings(scope: Scope, sequential: SequentialInput | null, at: Path): void {
  if (sequential === null) return;
  const place = [...at, "sequential"];
  if (sequential.direction === undefined) {
    const hint = 'write { "direction": "decrease" } where fewer is worse, or "increase"';
    scope.report.refuse(place, "does not say which way is bad", hint);
  }
  for (const key of OF_RATES.filter((one) => sequential[one] !== undefined)) {
    const hint = "write toleratedPercent and passPercent, in percent of the baseline";
    scope.report.refuse([...place, key], "is of shares of requests, and this is a count per exposure", hint);
  }
  const { tolerated, pass } = percentsOf(sequential);
  if (pass <= tolerated) {
    const hint = `write more than ${tolerated}, such as ${PASS_PERCENT}`;
    scope.report.refuse([...place, "passPercent"], "is not above what is tolerated", hint);
  }
  if (sequential.direction === "decrease" && pass >= 100) {
    scope.report.refuse([...place, "passPercent"], "of a loss is all there is", "write less than 100, such as 30");
  }
}

function percentsOf({ toleratedPercent = TOLERATED_PERCENT, passPercent = PASS_PERCENT }: SequentialInput) {
  return { tolerated: toleratedPercent, pass: passPercent };
}

/** What it counts per what, for the plan; undefined: it does not. */
export function exposureOf(
  scope: Scope,
  metric: MetricInput,
  sequential: SequentialInput | null,
  at: Path,
  target: PlacedTarget | null,
): ExposurePlan | undefined {
  if (!countsExposures(metric)) return undefined;
  const direction = sequential?.direction ?? "increase";
  return {
    of: metric.per === "requests" ? "requests" : fillQuery(scope, metric.per, [...at, "per"], target),
    direction,
    largest: metric.largest ?? 1,
    // A shop that sells nothing puts no datapoint.
    absent: metric.absent ?? (direction === "decrease" ? "zero" : "unknown"),
  };
}

/** The judge's settings: the tolerated ratio, and the one that a pass must show, of the worse arm's rate to the other's. */
export function exposureSettings(input: SequentialInput, weight: number): SequentialPlan {
  const { tolerated, pass } = percentsOf(input);
  const ratio = (percent: number) => (input.direction === "decrease" ? 1 / (1 - percent / 100) : 1 + percent / 100);
  return defined({
    weight,
    rho: ratio(tolerated),
    passRho: ratio(pass),
    delta: 0,
    slo: null,
    passDelta: 0,
    warmupMinutes: 0,
    warmupDelta: 0,
    phiBurst: input.phiBurst ?? null,
    latencyMargin: null,
  });
}
