import { kindOf, PLACEHOLDERS } from "../../targets/kinds.ts";
import { isTrimmedCount } from "../counting.ts";
import type { MetricInput } from "../documents/policy-analysis.ts";
import type { AnyQueryInput, SourceInput } from "../documents/policy-sources.ts";
import type { Path } from "../documents/problems.ts";
import type { AnyQueryPlan, MetricPlan, QueryPlan, SourcePlan } from "../plan.ts";
import { readMath } from "./metric-math.ts";
import { MOST_INSIGHTS, readInsights } from "./metrics-insights.ts";
import { fill, type Scope } from "./scope.ts";
import type { PlacedTarget } from "./targets.ts";

/** Metrics that are no preset: what they may be used for, and their part of the plan. */

export type ExplicitMetric = Exclude<MetricInput, { preset: string }>;

type MathInput = Extract<AnyQueryInput, { expression: string }>;

/** What reports call it unless the policy names it. */
export function explicitName(metric: ExplicitMetric): string {
  if ("source" in metric) return nameable(metric.source.function.replace(/^.*:function:/, ""));
  const { query } = metric;
  if ("insights" in query) return nameable(/\(\s*"?([^")]+)/.exec(query.insights)?.[1] ?? "insights");
  return nameable("expression" in query ? Object.keys(query.inputs).join("-") : query.metricName);
}

/** In lower case with dashes: FailedCharges is failed-charges. */
const nameable = (text: string): string =>
  text
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replaceAll(/[{}]/g, "")
    .toLowerCase();

/** Whether it is another one for each target: it names the target, or something that its kind fills in. */
export function namesTarget(metric: ExplicitMetric): boolean {
  // A function of the team's is asked for each target, by its names.
  if ("source" in metric) return true;
  const text = textsOf(metric.query).join(" ");
  return ["target", ...PLACEHOLDERS].some((name) => text.includes(`{${name}}`));
}

/** Whether it tells the versions apart. */
export const tellsArms = (metric: ExplicitMetric): boolean => "source" in metric || namesArms(metric.query);

export const namesArms = (query: AnyQueryInput): boolean => textsOf(query).some((text) => text.includes("{version}"));

/** Whether samples are counted beside it. */
export const countsSamples = (metric: ExplicitMetric): boolean =>
  "source" in metric || metric.samples !== undefined || metric.per !== undefined;

/** Texts that placeholders may stand in. */
function textsOf(query: AnyQueryInput): string[] {
  if ("insights" in query) return [query.insights];
  return metricsIn(query).flatMap(({ dimensions }) => Object.values(dimensions));
}

const metricsIn = (query: Exclude<AnyQueryInput, { insights: string }>): QueryPlan[] =>
  "expression" in query ? Object.values(query.inputs) : [query];

/** What is wrong with a metric by itself, whatever it is used for. */
export function checkSource(scope: Scope, metric: ExplicitMetric, at: Path): void {
  if ("source" in metric) {
    checkFunction(scope, metric.source, [...at, "source"]);
    return;
  }
  checkQuery(scope, metric.query, [...at, "query"]);
  if (metric.samples !== undefined) checkQuery(scope, metric.samples, [...at, "samples"]);
}

const FUNCTION =
  /^(?:[A-Za-z0-9_-]{1,64}|arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_-]{1,128})?)$/;
const LONGEST_SECONDS = 15;

function checkFunction(scope: Scope, { function: name, timeout }: SourceInput, at: Path): void {
  if (!FUNCTION.test(name.replaceAll(/\{[^{}]*\}/g, "x"))) {
    const hint = "write a function's name, or its ARN; a version or alias may follow the ARN";
    scope.report.refuse([...at, "function"], "is neither the name nor the ARN of a function", hint);
  }
  const [, , , region = ""] = name.split(":");
  if (name.startsWith("arn:") && region !== scope.environment.region) {
    const hint = `a function is asked in the environment's Region: write one in ${scope.environment.region}`;
    scope.report.refuse([...at, "function"], `is in ${region}, and the environment is not`, hint);
  }
  if (timeout !== undefined && (timeout === 0 || timeout > LONGEST_SECONDS)) {
    scope.report.refuse([...at, "timeout"], "is not between 1s and 15s", "the judge's look waits for it: write 10s");
  }
}

export function checkQuery(scope: Scope, query: AnyQueryInput, at: Path): void {
  if ("insights" in query) checkInsights(scope, query.insights, [...at, "insights"]);
  else if ("expression" in query) checkMath(scope, query, at);
}

function checkInsights(scope: Scope, sql: string, at: Path): void {
  const reading = readInsights(sql);
  if (!reading.ok) scope.report.refuse(at, reading.message, reading.hint);
  else if (reading.namespace === "AWS/Lambda" && sql.includes("{version}")) {
    const hint = "use a preset, or an explicit metric with {version} in the dimension that has it";
    scope.report.refuse(at, "asks for Lambda's versions, which vanish from its metrics at 100 %", hint);
  }
}

function checkMath(scope: Scope, { expression, inputs }: MathInput, at: Path): void {
  const names = Object.keys(inputs);
  const reading = readMath(expression, names);
  if (!reading.ok) {
    const hint = "metric math here is + - * /, comparisons, IF(condition, yes, no) and FILL(input, number)";
    scope.report.refuse([...at, "expression"], reading.message, hint);
    return;
  }
  for (const name of names.filter((one) => !reading.used.includes(one))) {
    scope.report.refuse([...at, "inputs", name], "is not in the expression", "use it, or leave it out");
  }
  if (reading.required.length > 0) return;
  const hint = "let one input stand without FILL: where it has no point there is none of the expression";
  scope.report.refuse([...at, "expression"], "has a value where nothing was measured at all", hint);
}

interface Problem {
  readonly field: Path;
  readonly message: string;
  readonly hint: string;
}

/** Why the sequential judge cannot test it: it counts requests, all of them and the bad ones. Empty: it can. */
export function whyNoCounts(metric: ExplicitMetric): Problem[] {
  if ("source" in metric) {
    if (metric.source.gives !== "values") return [];
    const hint = 'have the function give counts ("gives": "counts"), or write sequential: false';
    return [{ field: ["source", "gives"], message: "is values, and the judge needs a count", hint }];
  }
  const { query, samples } = metric;
  const bad = notCounted(query, ["Sum"]).map(({ field, found }) => ({
    field: ["query", ...field],
    message: `is ${found}, and the judge needs a count`,
    hint: "write Sum over a metric of bad requests, or sequential: false",
  }));
  if (samples === undefined) {
    const hint = "add samples (such as Invocations with Sum), or write sequential: false";
    return [...bad, { field: ["sequential"], message: "needs counts: the query has no samples", hint }];
  }
  const all = notCounted(samples, ["Sum", "SampleCount"]).map(({ field, found }) => ({
    field: ["samples", ...field],
    message: `is ${found}, and the judge needs a count`,
    hint: "write Sum or SampleCount over a metric of all requests, or sequential: false",
  }));
  return [...bad, ...all];
}

/** Where a query gives no count, and what it gives instead. */
export function notCounted(query: AnyQueryInput, statistics: readonly string[]): { field: string[]; found: string }[] {
  const isCounting = (statistic: string) => statistics.includes(statistic) || isTrimmedCount(statistic);
  if ("statistic" in query) {
    return isCounting(query.statistic) ? [] : [{ field: ["statistic"], found: query.statistic }];
  }
  if ("insights" in query) {
    const reading = readInsights(query.insights);
    return reading.ok && !reading.counts ? [{ field: ["insights"], found: "neither SUM nor COUNT" }] : [];
  }
  const reading = readMath(query.expression, Object.keys(query.inputs));
  if (reading.ok && !reading.sums) return [{ field: ["expression"], found: "more than sums of its inputs" }];
  return Object.entries(query.inputs).flatMap(([name, { statistic }]) =>
    isCounting(statistic) || statistic === "SampleCount"
      ? []
      : [{ field: ["inputs", name, "statistic"], found: statistic }],
  );
}

/** Each series of Metrics Insights is a call of its own in each look. */
export function refuseManyInsights(
  scope: Scope,
  metrics: readonly { readonly metric: MetricInput; readonly targets: readonly PlacedTarget[] | null }[],
  at: Path,
): void {
  const series = metrics.map(({ metric, targets }) => {
    if (!("query" in metric)) return 0;
    const queries = [metric.query, metric.samples, metric.per === "requests" ? undefined : metric.per];
    const own = queries.filter((query) => query !== undefined && "insights" in query);
    return own.length * (targets?.length ?? 1) * (tellsArms(metric) ? 2 : 1);
  });
  const sum = series.reduce((total, count) => total + count, 0);
  if (sum <= MOST_INSIGHTS) return;
  const message = `ask for ${sum} series of Metrics Insights, and CloudWatch answers one a call`;
  scope.report.refuse(at, message, `at most ${MOST_INSIGHTS}: ask for fewer targets, or for explicit metrics`);
}

/** The metric's part of the plan; `{version}` stays for the looks where there is a target with versions. */
export function resolveSource(
  scope: Scope,
  metric: ExplicitMetric,
  at: Path,
  target: PlacedTarget | null,
): MetricPlan["source"] {
  if ("source" in metric) return { source: sourcePlan(scope, metric.source, [...at, "source", "function"], target) };
  const query = fillQuery(scope, metric.query, [...at, "query"], target);
  if (metric.samples === undefined) return { query };
  return { query, samples: fillQuery(scope, metric.samples, [...at, "samples"], target) };
}

function sourcePlan(scope: Scope, input: SourceInput, at: Path, target: PlacedTarget | null): SourcePlan {
  return {
    function: fill(scope, at, input.function),
    gives: input.gives ?? "counts",
    timeoutSeconds: input.timeout ?? 10,
    names: target === null ? {} : kindOf(target.plan.kind).filledIn(target.plan),
  };
}

export function fillQuery(scope: Scope, query: AnyQueryInput, at: Path, target: PlacedTarget | null): AnyQueryPlan {
  if ("insights" in query) {
    const reading = readInsights(query.insights);
    const insights = fillText(scope, [...at, "insights"], query.insights, target);
    return { insights, counts: reading.ok && reading.counts };
  }
  if (!("expression" in query)) return fillMetric(scope, query, at, target);
  const { expression, inputs } = query;
  const reading = readMath(expression, Object.keys(inputs));
  const filled = Object.entries(inputs).map(([name, input]) => [
    name,
    fillMetric(scope, input, [...at, "inputs", name], target),
  ]);
  return {
    expression,
    inputs: Object.fromEntries(filled),
    required: reading.ok ? reading.required : [],
    counts: notCounted(query, ["Sum", "SampleCount"]).length === 0,
  };
}

function fillMetric(scope: Scope, query: QueryPlan, at: Path, target: PlacedTarget | null): QueryPlan {
  const dimensions = Object.entries(query.dimensions).map(([name, text]) => [
    name,
    fillText(scope, [...at, "dimensions", name], text, target),
  ]);
  return { ...query, dimensions: Object.fromEntries(dimensions) };
}

function fillText(scope: Scope, at: Path, text: string, target: PlacedTarget | null): string {
  const values = target === null ? {} : { target: target.plan.name, ...kindOf(target.plan.kind).filledIn(target.plan) };
  return fill(scope, at, text, values, target === null ? [] : ["version"]);
}
