import type { GetMetricDataCommandInput, MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { validation } from "../errors.ts";
import type { SimulatedAws } from "../router.ts";
import type { Call, Wire } from "../service.ts";
import { type Datapoints, gridOf, type SeriesRequest } from "./datapoints.ts";
import { isInsights, readQuery } from "./insights.ts";
import { evaluate, type Operand, type Points } from "./math.ts";
import { statisticOf } from "./statistics.ts";

type Input = Wire<GetMetricDataCommandInput>;
type Query = Wire<MetricDataQuery>;

interface Result {
  readonly Id: string;
  readonly Label: string;
  readonly Timestamps: readonly number[];
  readonly Values: readonly number[];
  readonly StatusCode: "Complete" | "PartialData";
}

export interface MetricDataAnswer {
  readonly MetricDataResults: readonly Result[];
  readonly NextToken?: string;
  readonly Messages: readonly [];
}

/** Per call: queries, and datapoints on one page [GetMetricData API]. */
const LIMITS = { queries: 500, datapoints: 100_800 };

const ID = /^[a-z][a-zA-Z0-9_]{0,254}$/;

interface Series {
  readonly query: Query;
  readonly label: string;
  /** In the order asked for: timestamp in epoch ms, and value. */
  readonly points: readonly (readonly [number, number])[];
}

const checkQueries = (queries: readonly Query[]): void => {
  if (queries.length > LIMITS.queries) {
    throw validation(`The collection MetricDataQueries must not have a size greater than ${LIMITS.queries}.`);
  }
  const ids = queries.map(({ Id = "" }) => Id);
  const bad = ids.find((id) => !ID.test(id));
  if (bad !== undefined) throw validation(`The value ${bad} for parameter MetricDataQueries.member.Id is not matching`);
  if (new Set(ids).size < ids.length)
    throw validation("The values for parameter id in MetricDataQueries are not unique.");
  if (queries.filter(({ Expression = "" }) => isInsights(Expression)).length > 1) {
    throw validation("A GetMetricData call has at most one Metrics Insights query");
  }
  if (queries.some((query) => (query.MetricStat === undefined) === (query.Expression === undefined))) {
    throw validation("A MetricDataQuery has either a MetricStat or an Expression");
  }
};

/** GetMetricData: metrics, metric math, order and pages. */
export class MetricData {
  readonly #aws: SimulatedAws;
  readonly #datapoints: Datapoints;

  constructor(aws: SimulatedAws, datapoints: Datapoints) {
    this.#aws = aws;
    this.#datapoints = datapoints;
  }

  get(input: Input, call: Call): MetricDataAnswer {
    const queries = input.MetricDataQueries ?? [];
    checkQueries(queries);
    const window = { from: (input.StartTime ?? 0) * 1_000, to: (input.EndTime ?? 0) * 1_000 };
    if (window.from >= window.to) throw validation("The parameter StartTime must be less than the parameter EndTime.");
    const values = this.#values(queries, window, call);
    const ascending = input.ScanBy === "TimestampAscending";
    const series = queries
      .filter(({ ReturnData }) => ReturnData !== false)
      .map((query) => seriesOf(query, values.get(query.Id ?? "") ?? new Map(), ascending));
    return page(series, Number(input.NextToken ?? 0), input.MaxDatapoints ?? LIMITS.datapoints);
  }

  /** Every query's value by id; expressions are worked out when first needed. */
  #values(queries: readonly Query[], window: Window, call: Call): Map<string, Operand> {
    const values = new Map<string, Operand>();
    const byId = new Map(queries.map((query) => [query.Id ?? "", query]));
    const periods = queries.map((query) => periodOf(query)).filter((ms) => ms !== undefined);
    const grid = gridOf({ ...window, periodMs: Math.min(60_000 * 60 * 24, ...periods) }, this.#aws.clock.now());
    const resolve = (id: string, trail: readonly string[]): Operand => {
      const known = values.get(id);
      if (known !== undefined) return known;
      const query = byId.get(id);
      if (query === undefined) throw validation(`Error in expression: unknown id "${id}"`);
      if (trail.includes(id)) throw validation(`Error in expression: "${id}" refers to itself`);
      const inner = (other: string) => resolve(other, [...trail, id]);
      const metric = metricIn(query);
      const value =
        metric === null
          ? evaluate(query.Expression ?? "", { valueOf: inner, grid })
          : this.#datapoints.read(requestOf(metric, window, call));
      values.set(id, value);
      return value;
    };
    for (const id of byId.keys()) resolve(id, []);
    return values;
  }
}

/** The query of one metric that this is, or that its Metrics Insights comes to; null: it is metric math. */
const metricIn = (query: Query): Query | null => {
  const { Expression: expression, Period } = query;
  if (expression === undefined) return query;
  if (!isInsights(expression)) return null;
  const { namespace, metricName, dimensions, statistic } = readQuery(expression);
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const Metric = { Namespace: namespace, MetricName: metricName, Dimensions };
  return { Id: query.Id, MetricStat: { Metric, Stat: statistic, Period: Period ?? 60 } };
};

interface Window {
  readonly from: number;
  readonly to: number;
}

const periodOf = ({ MetricStat }: Query): number | undefined =>
  MetricStat?.Period === undefined ? undefined : MetricStat.Period * 1_000;

const requestOf = (query: Query, window: Window, call: Call): SeriesRequest => {
  const { Metric: metric, Stat: stat = "", Period: period = 60 } = query.MetricStat ?? {};
  if (period < 60 || period % 60 !== 0) throw validation("the simulation's metrics have periods of whole minutes");
  const dimensions = Object.fromEntries((metric?.Dimensions ?? []).map(({ Name, Value }) => [Name ?? "", Value ?? ""]));
  return {
    metric: {
      account: query.AccountId ?? call.account,
      region: call.region,
      namespace: metric?.Namespace ?? "",
      name: metric?.MetricName ?? "",
      dimensions,
    },
    statistic: { name: stat, of: statisticOf(stat) },
    periodMs: period * 1_000,
    ...window,
  };
};

const labelOf = (query: Query): string => query.Label ?? query.MetricStat?.Metric?.MetricName ?? query.Id ?? "";

const seriesOf = (query: Query, value: Operand, ascending: boolean): Series => {
  if (typeof value === "number") throw validation(`Error in expression "${query.Expression}": it is no time series`);
  const points: Points = value;
  const inOrder = [...points].sort(([left], [right]) => (ascending ? left - right : right - left));
  return { query, label: labelOf(query), points: inOrder };
};

const resultOf = ({ query, label }: Series, points: Series["points"], complete: boolean): Result => ({
  Id: query.Id ?? "",
  Label: label,
  Timestamps: points.map(([at]) => at / 1_000),
  Values: points.map(([, value]) => value),
  StatusCode: complete ? "Complete" : "PartialData",
});

/**
 * The page that begins after `skip` datapoints, series by series. A series that goes on is PartialData. Expressions come
 * whole, on the first page.
 */
const page = (series: readonly Series[], skip: number, size: number): MetricDataAnswer => {
  const results: Result[] = [];
  let at = 0;
  for (const each of series) {
    if (each.query.Expression !== undefined) {
      if (skip === 0) results.push(resultOf(each, each.points, true));
      continue;
    }
    const [from, to] = [Math.max(0, skip - at), Math.min(each.points.length, skip + size - at)];
    const isHere = each.points.length === 0 ? at >= skip && at < skip + size : from < to;
    if (isHere) results.push(resultOf(each, each.points.slice(from, to), to === each.points.length));
    at += each.points.length;
  }
  return { MetricDataResults: results, Messages: [], ...(skip + size < at ? { NextToken: String(skip + size) } : {}) };
};
