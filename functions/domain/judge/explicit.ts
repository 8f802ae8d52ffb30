/**
 * What a metric asks for that is no preset: CloudWatch's metrics, metric math over them, Metrics Insights, or a function of
 * the team's. All of it is read, missed and revised by the same rules as a preset.
 */

import type { ByPart } from "../../targets/kind.ts";
import { isTrimmedCount } from "../counting.ts";
import type { AnyQueryPlan, InsightsPlan, MathPlan, MetricPlan, QueryPlan, SourcePlan } from "../plan.ts";
import type { AnySeriesQuery, InsightsQuery, MathQuery, SourceQuery } from "../ports.ts";

/** Where a metric comes from that is no preset. */
export type ExplicitSource = Exclude<MetricPlan["source"], { readonly preset: string }>;

type Unnamed<Q extends AnySeriesQuery> = Omit<Q, "id" | "periodSeconds">;

/** One series as it is asked for, not yet named. */
export type AskedSeries = QueryPlan | Unnamed<MathQuery> | Unnamed<InsightsQuery> | Unnamed<SourceQuery>;

/** What of one arm is asked for; several series of a part are added up. */
export type AskedParts = ByPart<readonly AskedSeries[]>;

/** Whose figures are asked for. */
export interface AskedArm {
  readonly arm: "candidate" | "baseline";
  /** `whole`: no baseline runs beside the candidate. */
  readonly mode: "compared" | "whole";
  /** Null: as a whole, whatever versions serve. */
  readonly version: string | null;
}

/** A count with samples beside it is one of bad ones: a rate in percent, which the judge can test. */
export function countsBad(source: ExplicitSource): boolean {
  if ("source" in source) return source.source.gives === "counts";
  return isCount(source.query) && source.samples !== undefined;
}

/** Whether a query gives a count: of requests, of bad ones, of whatever a metric counts. */
export const isCount = (query: AnyQueryPlan): boolean =>
  "statistic" in query ? query.statistic === "Sum" || isTrimmedCount(query.statistic) : query.counts;

/** Whether samples are read beside the value. */
export const hasSamples = (source: ExplicitSource): boolean =>
  "source" in source ? true : source.samples !== undefined;

/** Whether the arms can be told apart. A function of the team's is asked for each by its version. */
export const tellsVersions = (source: ExplicitSource): boolean =>
  "source" in source ? true : namesVersion(source.query);

/** Whether `{version}` stands in the query. */
export function namesVersion(query: AnyQueryPlan): boolean {
  if ("insights" in query) return isVersion(query.insights);
  const metrics = "expression" in query ? Object.values(query.inputs) : [query];
  return metrics.some(({ dimensions }) => Object.values(dimensions).some(isVersion));
}

const isVersion = (text: string): boolean => text.includes("{version}");

/** The series of one arm. */
export function explicitParts(metric: MetricPlan, source: ExplicitSource, asked: AskedArm): AskedParts {
  if ("source" in source) return sourceParts(metric, source.source, asked);
  const { query, samples } = source;
  const own = filledFor(query, asked);
  if (samples === undefined) return own === null ? {} : { value: [own] };
  const all = filledFor(samples, asked);
  if (own === null || all === null) return {};
  return countsBad(source) ? { samples: [all], bad: [own] } : { samples: [all], value: [own] };
}

function sourceParts({ name, target }: MetricPlan, source: SourcePlan, { arm, version }: AskedArm): AskedParts {
  const asked = (part: SourceQuery["part"]) => [{ source, metric: name, target, arm, version, part }];
  return source.gives === "counts"
    ? { samples: asked("samples"), bad: asked("bad") }
    : { samples: asked("samples"), value: asked("value") };
}

/** One query of one arm. Null: it names a version, and there is none to fill in. */
export function filledFor(query: AnyQueryPlan, asked: AskedArm): AskedSeries | null {
  if ("insights" in query) return insightsFor(query, asked);
  return "expression" in query ? mathFor(query, asked) : metricFor(query, asked);
}

function mathFor({ expression, inputs, required }: MathPlan, asked: AskedArm): Unnamed<MathQuery> {
  const filled = Object.entries(inputs).map(([name, input]) => [name, metricFor(input, asked)]);
  return { expression, required, inputs: Object.fromEntries(filled) };
}

function insightsFor({ insights }: InsightsPlan, { version }: AskedArm): Unnamed<InsightsQuery> | null {
  if (version === null && isVersion(insights)) return null;
  return { insights: insights.replaceAll("{version}", version ?? "") };
}

/**
 * Without a version the dimensions that name one are left out. So they are of Lambda's own metrics where nothing runs beside
 * the candidate: those dimensions vanish then, and what is left counts the alias as a whole.
 */
function metricFor(query: QueryPlan, { version, mode }: AskedArm): QueryPlan {
  const vanished = version === null || (mode === "whole" && query.namespace === "AWS/Lambda");
  const entries = Object.entries(query.dimensions)
    .filter(([, value]) => !vanished || !isVersion(value))
    .map(([name, value]) => [name, value.replaceAll("{version}", version ?? "")]);
  return { ...query, dimensions: Object.fromEntries(entries) as Record<string, string> };
}
