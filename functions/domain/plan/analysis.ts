import type { Preset } from "../../targets/kind.ts";
import { kindOf, PLACEHOLDERS, presetOf } from "../../targets/kinds.ts";
import type { AnalysisInput, MetricInput, SequentialInput } from "../documents/policy-analysis.ts";
import type { Path } from "../documents/problems.ts";
import { formatDuration } from "../durations.ts";
import type { AnalysisPlan, LeftOpen, MetricPlan, RulePlan, SequentialPlan } from "../plan.ts";
import { type MetricClass, shareProblem, spreadAlpha } from "./alpha.ts";
import { checkExposure, countsExposures, exposureOf, exposureSettings } from "./exposures.ts";
import type { PlannedSteps } from "./rollout.ts";
import { resolveRules } from "./rules.ts";
import { defined, type Scope } from "./scope.ts";
import {
  checkSource,
  type ExplicitMetric,
  explicitName,
  namesTarget,
  refuseManyInsights,
  resolveSource,
  tellsArms,
  whyNoCounts,
} from "./sources.ts";
import { warnOfUnsent } from "./synthetic.ts";
import type { PlacedTarget } from "./targets.ts";
import { warnOfColdStarts } from "./warm-up.ts";

/** What is measured, for which targets, and which share of the environment's alpha each measurement holds. */

const DEFAULTS = {
  alpha: 0.05,
  onInconclusive: "hold",
  extendUpTo: 0,
  holdUpTo: 86_400,
  earlyPass: false,
  reference: 86_400,
  syntheticPerMinute: 0,
} as const satisfies Omit<AnalysisInput, "metrics">;

const PERIOD_SECONDS = 60;
/** CloudWatch gets Lambda's points when an invocation ends, stamped with its start: a minute needs time to fill. */
const SETTLE_SECONDS = 120;

/** The sequential judge's published defaults; a latency metric tolerates through its margin, not through delta. */
const SEQUENTIAL_DEFAULTS = {
  rho: 1,
  delta: 0.0005,
  slo: null,
  passDelta: 0.005,
  warmupDelta: 0.05,
  phiBurst: null,
} as const;
const LATENCY_MARGIN = 0.1;
/** A candidate that is up to 1.8 times as slow while its caches are empty (lognormal durations, sigma 0.5). */
const LATENCY_WARMUP_DELTA = 0.25;
/** A pass shows each of a distribution's bounds: half a point at all of them would take thrice the requests. */
const DISTRIBUTION_PASS_DELTA = 0.02;
/** A distribution tolerates through its margin alone, at bounds that the reference gives. */
const OF_COUNTS_ALONE = ["rho", "delta", "slo", "phiBurst"] as const;

const RANK_DEFAULTS = { direction: "increase", toleratedPercent: 10 } as const;

interface Measured {
  readonly metric: MetricInput;
  readonly name: string;
  readonly at: Path;
  /** Null: the environment's own metric. */
  readonly targets: readonly PlacedTarget[] | null;
  readonly metricClass: MetricClass;
  readonly sequential: SequentialInput | null;
}

export function resolveAnalysis(scope: Scope, placed: readonly PlacedTarget[], planned: PlannedSteps): AnalysisPlan {
  const own = scope.service.analysis ?? {};
  const override = scope.service.overrides?.[scope.name]?.analysis ?? {};
  const input = { ...DEFAULTS, metrics: usualMetrics(placed), ...defined(own), ...defined(override) };
  const at = analysisPath(scope, override.metrics !== undefined);
  const metrics = input.metrics.map((metric, index) => measure(scope, placed, metric, [...at, "metrics", index]));
  refuseSameNames(scope, metrics);
  refuseManyInsights(scope, metrics, [...at, "metrics"]);
  refuseShortBakes(scope, planned, metrics);
  refuseRankAlone(scope, planned, metrics);
  warnOfColdStarts(scope, metrics);
  warnOfUnsent(scope, placed, input.syntheticPerMinute, [...at, "syntheticPerMinute"]);
  return {
    alpha: input.alpha,
    metrics: planMetrics(scope, metrics, [...at, "metrics"]),
    onInconclusive: input.onInconclusive,
    extendSeconds: input.extendUpTo,
    holdSeconds: input.holdUpTo,
    earlyPass: input.earlyPass,
    referenceSeconds: input.reference,
    mustSeePoints: input.mustSee?.points ?? null,
    ifBlind: input.mustSee?.ifBlind ?? "warn",
    syntheticPerMinute: input.syntheticPerMinute,
    ...("events" in input && { events: input.events }),
    ...searchedLogs(scope, placed, input.newErrors ?? "off", analysisPath(scope, override.newErrors !== undefined)),
    ...leftOpen({ ...defined(own), ...defined(override) }, metrics),
  };
}

/** What the policy does not say, for the traffic to decide when the promotion opens; nothing where no pass is waited for. */
function leftOpen(said: Partial<AnalysisInput>, metrics: readonly Measured[]): { readonly left?: LeftOpen } {
  const judged = metrics.filter(({ sequential, metric }) => isJudged(sequential, metric));
  if (judged.length === 0 || said.onInconclusive === "proceed") return {};
  const settings = (["extendUpTo", "onInconclusive"] as const).filter((name) => said[name] === undefined);
  const open = judged.filter((one) => one.metricClass === "errors" && one.sequential?.passDelta === undefined);
  const passDelta = open.map(({ name }) => name);
  return passDelta.length === 0 && !settings.includes("extendUpTo") ? {} : { left: { settings, passDelta } };
}

const isJudged = (sequential: SequentialInput | null, { dryRun }: MetricInput): boolean =>
  sequential !== null && dryRun !== true;

/** Log groups that one look searches; each is two calls, and bills what it reads. */
const MOST_SEARCHED = 10;

function searchedLogs(
  scope: Scope,
  placed: readonly PlacedTarget[],
  mode: NonNullable<AnalysisInput["newErrors"]>,
  at: Path,
): Pick<AnalysisPlan, "newErrors"> {
  if (mode === "off") return {};
  const searched = placed.filter(({ plan }) => kindOf(plan.kind).versionOfStream !== undefined);
  if (searched.length === 0) {
    const hint = "leave it out: of these kinds of targets no log tells which version wrote it";
    scope.report.refuse([...at, "newErrors"], "has no logs to search", hint);
  }
  if (searched.length > MOST_SEARCHED) {
    const message = `would search the logs of ${searched.length} targets in each look, and ${MOST_SEARCHED} is the most`;
    scope.report.refuse([...at, "newErrors"], message, 'write "off", or a service of fewer targets');
  }
  return { newErrors: mode };
}

/**
 * What is judged where a policy names no metric: what tells requests from errors, for each kind of target there is, and
 * the requests that reach no version at all.
 */
function usualMetrics(placed: readonly PlacedTarget[]): MetricInput[] {
  const kinds = [...new Set(placed.map(({ plan }) => plan.kind))].map(kindOf);
  return kinds.flatMap(({ usual, unserved }): MetricInput[] => [
    { preset: usual.name },
    ...(unserved === null ? [] : [{ preset: unserved.name, rules: [UNSERVED_RULE] }]),
  ]);
}

/**
 * No arm can be told apart, and a burst of traffic throttles both: a person has to look, and nothing goes back by itself.
 * Ten a minute for two minutes is the ceiling that runbooks name.
 */
const UNSERVED_RULE = { max: 10, sustainedFor: 120, onBreach: "block" } as const;

function analysisPath(scope: Scope, overridden: boolean): Path {
  const place = overridden ? ["overrides", scope.name, "analysis"] : ["analysis"];
  return [...scope.at.service, ...place];
}

function measure(scope: Scope, placed: readonly PlacedTarget[], metric: MetricInput, at: Path): Measured {
  checkTimes(scope, metric, at);
  const sequential = sequentialOf(metric);
  const measured = {
    metric,
    name: metric.name ?? ("preset" in metric ? metric.preset : explicitName(metric)),
    at,
    targets: targetsOf(scope, placed, metric, at),
    metricClass: classOf(metric),
    sequential,
  };
  checkUse(scope, measured);
  return measured;
}

function checkTimes(scope: Scope, metric: MetricInput, at: Path): void {
  const period = metric.period ?? PERIOD_SECONDS;
  if (period < 60 || period % 60 !== 0) {
    scope.report.refuse([...at, "period"], "is no multiple of 1m", "CloudWatch keeps points of 1m, 2m, 5m and so on");
  }
}

function targetsOf(
  scope: Scope,
  placed: readonly PlacedTarget[],
  metric: MetricInput,
  at: Path,
): readonly PlacedTarget[] | null {
  const perTarget = "preset" in metric || namesTarget(metric);
  if (metric.targets === undefined) return perTarget ? measuredBy(scope, placed, metric, at) : null;
  if (!perTarget) {
    const hint = `put {target} or another name of one (${braced(PLACEHOLDERS)}) into a dimension, or leave targets out`;
    scope.report.refuse([...at, "targets"], "names targets, but the query is the same for all of them", hint);
    return null;
  }
  return metric.targets.flatMap((name, index) => {
    const found = placed.filter((target) => target.plan.name === name);
    const known = scope.service.targets.map((target) => target.name);
    if (!known.includes(name)) {
      scope.report.refuse([...at, "targets", index], "is no target of the service", `targets: ${known.join(", ")}`);
    }
    return measuredBy(scope, found, metric, [...at, "targets", index]);
  });
}

const braced = (names: readonly string[]): string => names.map((name) => `{${name}}`).join(", ");

/** Those of these targets whose kind a preset measures; an explicit query measures what it names. */
function measuredBy(scope: Scope, targets: readonly PlacedTarget[], metric: MetricInput, at: Path): PlacedTarget[] {
  if (!("preset" in metric) || targets.length === 0) return [...targets];
  const { name, kind } = presetOf(metric.preset);
  const measured = targets.filter(({ plan }) => plan.kind === kind);
  if (measured.length === 0) {
    const others = [...new Set(targets.flatMap(({ plan }) => kindOf(plan.kind).presets.map((preset) => preset.name)))];
    scope.report.refuse(at, `measures a ${kind}, and there is none: ${name}`, `presets here: ${others.join(", ")}`);
  }
  return measured;
}

/** On unless said otherwise for the error rate and for durations as a distribution, for which the stated rate was measured. */
function sequentialOf(metric: MetricInput): SequentialInput | null {
  const wanted = metric.sequential ?? ("preset" in metric && isJudgedUnasked(presetOf(metric.preset)));
  if (wanted === false) return null;
  return wanted === true ? {} : wanted;
}

const isJudgedUnasked = ({ measures, distribution }: Preset): boolean => measures === "errors" || distribution === true;

const isDistribution = (metric: MetricInput): boolean =>
  "preset" in metric && presetOf(metric.preset).distribution === true;

function classOf(metric: MetricInput): MetricClass {
  if (!("preset" in metric)) return "other";
  const { measures } = presetOf(metric.preset);
  return measures === "errors" || measures === "latency" ? measures : "other";
}

function checkUse(scope: Scope, { metric, at, sequential, targets }: Measured): void {
  const ranked = !("preset" in metric) && metric.rank !== undefined;
  if (metric.rules === undefined && sequential === null && !ranked && metric.dryRun !== true) {
    scope.report.refuse(at, "is measured, but nothing acts on it", "add rules, sequential: true, or dryRun: true");
  }
  if (isDistribution(metric)) checkDistribution(scope, sequential, at);
  const perExposure = checkExposure(scope, { metric, sequential, targets, at });
  if ("preset" in metric) return;
  checkSource(scope, metric, at);
  checkRank(scope, metric, sequential, targets, at);
  if (perExposure || sequential === null) return;
  for (const { field, message, hint } of whyNoCounts(metric)) scope.report.refuse([...at, ...field], message, hint);
  if (targets === null) {
    const hint = "put {version} into a dimension, beside what names the target, or write sequential: false";
    scope.report.refuse([...at, "sequential"], "needs a baseline arm, which a metric of the environment has not", hint);
  }
}

function checkDistribution(scope: Scope, sequential: SequentialInput | null, at: Path): void {
  for (const field of OF_COUNTS_ALONE) {
    if (sequential?.[field] === undefined || sequential[field] === null) continue;
    const message = `is ${sequential[field]}, and a distribution of durations has no ${field}`;
    scope.report.refuse([...at, "sequential", field], message, "write latencyMargin (0.1 is +10 %) and passDelta");
  }
}

function checkRank(
  scope: Scope,
  metric: ExplicitMetric,
  sequential: SequentialInput | null,
  targets: readonly PlacedTarget[] | null,
  at: Path,
): void {
  if (metric.rank === undefined) return;
  if (sequential !== null) {
    scope.report.refuse(
      [...at, "rank"],
      "stands beside sequential",
      "keep one: sequential for counts, rank for the rest",
    );
  }
  if (targets === null || !tellsArms(metric)) {
    const hint = "put {version} into a dimension, beside what names the target, or leave rank out";
    scope.report.refuse([...at, "rank"], "needs a baseline arm, which this query cannot tell apart", hint);
  }
}

/** At 100 % nothing runs beside the candidate, and the rank test has no say. */
function refuseRankAlone(scope: Scope, planned: PlannedSteps, metrics: readonly Measured[]): void {
  if (planned.written.some((step) => step.weight < 100)) return;
  for (const { metric, at } of metrics) {
    if ("preset" in metric || metric.rank === undefined) continue;
    const hint = "add a step below 100 %, or leave rank out";
    scope.report.refuse([...at, "rank"], "compares two arms, and no step has a baseline beside the candidate", hint);
  }
}

function refuseSameNames(scope: Scope, metrics: readonly Measured[]): void {
  for (const [index, { name, at }] of metrics.entries()) {
    const first = metrics.findIndex((other) => other.name === name);
    if (first === index) continue;
    scope.report.refuse([...at, "name"], `is "${name}", as metrics[${first}] is`, "give each metric a name of its own");
  }
}

/** A bake in which no period can close and settle could not end with anything but "inconclusive". */
function refuseShortBakes(scope: Scope, planned: PlannedSteps, metrics: readonly Measured[]): void {
  const needed = Math.max(...metrics.map(({ metric }) => readableAfter(metric)));
  for (const [index, step] of planned.written.entries()) {
    if (step.bakeSeconds >= needed) continue;
    const message = `bakes for ${formatDuration(step.bakeSeconds)}, too short for one whole period to close and settle`;
    scope.report.refuse([...planned.at, index, "bake"], message, `write ${formatDuration(needed)} or longer`);
  }
}

/** Traffic is set in the middle of a period: up to one goes by before the first whole one begins. */
function readableAfter(metric: MetricInput): number {
  return 2 * (metric.period ?? PERIOD_SECONDS) + (metric.settle ?? SETTLE_SECONDS);
}

function planMetrics(scope: Scope, metrics: readonly Measured[], at: Path): MetricPlan[] {
  const weights = alphaWeights(scope, metrics, at);
  return metrics.flatMap((measured, index) => {
    const rules = resolveRules(scope, measured.metric, measured.at);
    return (measured.targets ?? [null]).map((target) =>
      planMetric(scope, measured, target, rules, weights[index] ?? 0),
    );
  });
}

/** Dry runs spend nothing: they are weighed among themselves, as if they alone were judged. */
function alphaWeights(scope: Scope, metrics: readonly Measured[], at: Path): number[] {
  const weights = metrics.map(() => 0);
  for (const dryRun of [false, true]) {
    const judged = metrics.flatMap((one, index) =>
      one.sequential !== null && (one.metric.dryRun ?? false) === dryRun ? [{ one, index }] : [],
    );
    const claims = judged.map(({ one }) => ({
      metricClass: one.metricClass,
      share: one.sequential?.weight,
      targets: one.targets?.length ?? 1,
    }));
    const problem = shareProblem(claims);
    if (problem !== null)
      scope.report.refuse(at, problem, "write shares that sum to 1, or leave sequential.weight out");
    for (const [place, weight] of spreadAlpha(claims).entries()) weights[judged[place]?.index ?? 0] = weight;
  }
  return weights;
}

function planMetric(
  scope: Scope,
  measured: Measured,
  target: PlacedTarget | null,
  rules: readonly RulePlan[],
  weight: number,
): MetricPlan {
  const { metric, name, sequential } = measured;
  return defined({
    name,
    target: target?.plan.name ?? null,
    source: sourceOf(scope, measured, target),
    periodSeconds: metric.period ?? PERIOD_SECONDS,
    settleSeconds: metric.settle ?? SETTLE_SECONDS,
    rules,
    sequential: sequential === null ? undefined : settingsOf(measured, sequential, weight, target),
    per: exposureOf(scope, metric, sequential, measured.at, target),
    rank:
      !("preset" in metric) && metric.rank !== undefined ? { ...RANK_DEFAULTS, ...defined(metric.rank) } : undefined,
    dryRun: metric.dryRun ?? false,
  });
}

function sourceOf(scope: Scope, { metric, at }: Measured, target: PlacedTarget | null): MetricPlan["source"] {
  return "preset" in metric ? { preset: metric.preset } : resolveSource(scope, metric, at, target);
}

function settingsOf(
  measured: Measured,
  input: SequentialInput,
  weight: number,
  target: PlacedTarget | null,
): SequentialPlan {
  if (countsExposures(measured.metric)) return exposureSettings(input, weight);
  return judgeSettings(input, measured, weight, target);
}

function judgeSettings(
  input: SequentialInput,
  { metric, metricClass }: Pick<Measured, "metric" | "metricClass">,
  weight: number,
  target: PlacedTarget | null,
): SequentialPlan {
  const latency = metricClass === "latency";
  const { latencyMargin, direction, toleratedPercent, passPercent, ...settings } = input;
  return {
    ...SEQUENTIAL_DEFAULTS,
    warmupMinutes: target === null ? 0 : kindOf(target.plan.kind).coldStart.minutes,
    ...(latency ? { delta: 0, warmupDelta: LATENCY_WARMUP_DELTA } : {}),
    ...(isDistribution(metric) ? { passDelta: DISTRIBUTION_PASS_DELTA } : {}),
    ...defined(settings),
    latencyMargin: latency ? (latencyMargin ?? LATENCY_MARGIN) : null,
    weight,
  };
}
