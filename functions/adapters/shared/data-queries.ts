/** From series as they are wanted to the queries of GetMetricData, and back. */
import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import type { QueryPlan } from "../../domain/plan.ts";
import type { AnySeriesQuery, InsightsQuery, MathQuery, SeriesQuery } from "../../domain/ports.ts";

/** What CloudWatch can be asked for. */
export type CloudWatchQuery = SeriesQuery | MathQuery | InsightsQuery;

export const isCloudWatchs = (query: AnySeriesQuery): query is CloudWatchQuery => !("source" in query);

/** Most queries in one GetMetricData call; one of them may be of Metrics Insights [GetMetricData]. */
const MOST_QUERIES = 500;

/** The queries call by call. Those of one period share a window that is aligned to it: where buckets begin follows from the start time. */
export function callsOf(queries: readonly CloudWatchQuery[]): CloudWatchQuery[][] {
  const alike = Map.groupBy(queries, ({ periodSeconds }) => periodSeconds);
  return [...alike.values()].flatMap((group) => [
    ...filled(group.filter((query) => !("insights" in query))),
    ...group.filter((query) => "insights" in query).map((query) => [query]),
  ]);
}

function filled(queries: readonly CloudWatchQuery[]): CloudWatchQuery[][] {
  const calls: CloudWatchQuery[][] = [];
  let size = MOST_QUERIES;
  for (const query of queries) {
    const own = "inputs" in query ? 1 + Object.keys(query.inputs).length : 1;
    if (size + own > MOST_QUERIES) {
      calls.push([]);
      size = 0;
    }
    calls.at(-1)?.push(query);
    size += own;
  }
  return calls;
}

/** Ids of an expression's inputs, by name. CloudWatch takes lower-case names that begin with a letter. */
export const inputIds = (id: string, { inputs }: MathQuery): Record<string, string> =>
  Object.fromEntries(Object.keys(inputs).map((name) => [name, `${id}_${name}`]));

/** The queries of one series: its inputs are returned too, since CloudWatch takes their missing points for 0. */
export function dataQueriesOf(id: string, query: CloudWatchQuery): MetricDataQuery[] {
  if ("insights" in query)
    return [{ Id: id, Expression: query.insights, Period: query.periodSeconds, ReturnData: true }];
  if (!("expression" in query)) return [metricQuery(id, query, query.periodSeconds)];
  const ids = inputIds(id, query);
  const inputs = Object.entries(query.inputs).map(([name, input]) =>
    metricQuery(ids[name] ?? name, input, query.periodSeconds),
  );
  const Expression = query.expression.replaceAll(/\b[a-z][A-Za-z0-9]*\b/g, (word) => ids[word] ?? word);
  return [...inputs, { Id: id, Expression, Period: query.periodSeconds, ReturnData: true }];
}

/** No unit: one that differs from the published one matches nothing. */
function metricQuery(Id: string, query: QueryPlan, Period: number): MetricDataQuery {
  const Dimensions = Object.entries(query.dimensions).map(([Name, Value]) => ({ Name, Value }));
  const Metric = { Namespace: query.namespace, MetricName: query.metricName, Dimensions };
  return { Id, MetricStat: { Metric, Period, Stat: query.statistic }, ReturnData: true };
}

/** What a query is about, for people. */
export function aboutQuery(query: CloudWatchQuery): string {
  if ("insights" in query) return query.insights;
  return "expression" in query ? query.expression : `${query.namespace} ${query.metricName}`;
}
