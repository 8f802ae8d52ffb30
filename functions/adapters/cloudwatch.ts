import {
  type CloudWatchClient,
  DescribeAlarmsCommand,
  type DescribeAlarmsCommandInput,
  GetMetricDataCommand,
  type GetMetricDataCommandOutput,
  type MetricDataQuery,
  type MetricDataResult,
} from "@aws-sdk/client-cloudwatch";
import { CallRefused } from "../domain/errors.ts";
import type { AlarmState, Alarms, Metrics, Series, SeriesQuery } from "../domain/ports.ts";
import { ask } from "./shared/aws-errors.ts";

export interface CloudWatchTools {
  readonly client: () => CloudWatchClient;
}

/** Most queries in one GetMetricData call, and most names in one DescribeAlarms call. */
const MOST_QUERIES = 500;
const MOST_NAMES = 100;

/**
 * Metrics by GetMetricData. A period counts when all of it lies in [from, to), so that no value is drawn from a part of
 * one. A series is incomplete when CloudWatch said so, or did not mention it at all. Metrics that the role may not read
 * are `CallRefused`: they would otherwise look like silence for ever.
 */
export function cloudWatchMetrics({ client }: CloudWatchTools): Metrics {
  return {
    async read(queries, from, to) {
      const found = new Map<SeriesQuery, Series>();
      for (const alike of byPeriod(queries)) {
        for (const chunk of chunks(alike, MOST_QUERIES)) {
          for (const [query, series] of await readChunk(client(), chunk, from, to)) found.set(query, series);
        }
      }
      return queries.map((query) => found.get(query) ?? { id: query.id, points: new Map(), complete: false });
    },
  };
}

/** Queries of one period share a window that is aligned to it: where buckets begin follows from the start time. */
function byPeriod(queries: readonly SeriesQuery[]): SeriesQuery[][] {
  return [...Map.groupBy(queries, (query) => query.periodSeconds).values()];
}

interface Draft {
  readonly query: SeriesQuery;
  readonly points: Map<number, number>;
  complete: boolean;
}

async function readChunk(
  client: CloudWatchClient,
  queries: readonly SeriesQuery[],
  from: number,
  to: number,
): Promise<[SeriesQuery, Series][]> {
  const periodMs = (queries[0]?.periodSeconds ?? 60) * 1_000;
  const window = { start: Math.ceil(from / periodMs) * periodMs, end: Math.floor(to / periodMs) * periodMs };
  const isEmpty = window.start >= window.end;
  // Ids are ours: CloudWatch takes only lower-case names that begin with a letter.
  const drafts = new Map(queries.map((query, index) => [`q${index}`, newDraft(query, isEmpty)]));
  if (!isEmpty) await readPages(client, drafts, window);
  return [...drafts.values()].map(({ query, points, complete }) => [query, { id: query.id, points, complete }]);
}

function newDraft(query: SeriesQuery, complete: boolean): Draft {
  return { query, points: new Map(), complete };
}

async function readPages(
  client: CloudWatchClient,
  drafts: ReadonlyMap<string, Draft>,
  window: { readonly start: number; readonly end: number },
): Promise<void> {
  const MetricDataQueries = [...drafts].map(([id, { query }]) => dataQuery(id, query));
  let NextToken: string | undefined;
  let cut = false;
  do {
    const command = new GetMetricDataCommand({
      MetricDataQueries,
      StartTime: new Date(window.start),
      EndTime: new Date(window.end),
      ScanBy: "TimestampAscending",
      NextToken,
    });
    const page = await ask("cloudwatch:GetMetricData", () => client.send(command));
    for (const result of page.MetricDataResults ?? []) takeResult(drafts, result, window);
    cut ||= isCut(page);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  if (cut) for (const draft of drafts.values()) draft.complete = false;
}

/** No unit: one that differs from the published one matches nothing. */
function dataQuery(Id: string, query: SeriesQuery): MetricDataQuery {
  const Dimensions = Object.entries(query.dimensions).map(([Name, Value]) => ({ Name, Value }));
  const Metric = { Namespace: query.namespace, MetricName: query.metricName, Dimensions };
  return { Id, MetricStat: { Metric, Period: query.periodSeconds, Stat: query.statistic }, ReturnData: true };
}

/** The status of the last page counts: `PartialData` only says that another page follows. */
function takeResult(
  drafts: ReadonlyMap<string, Draft>,
  result: MetricDataResult,
  window: { readonly start: number; readonly end: number },
): void {
  const draft = drafts.get(result.Id ?? "");
  if (draft === undefined) return;
  if (result.StatusCode === "Forbidden") {
    throw new CallRefused(`CloudWatch forbids reading ${draft.query.namespace} ${draft.query.metricName}`);
  }
  draft.complete = result.StatusCode === "Complete";
  for (const [index, time] of (result.Timestamps ?? []).entries()) {
    const value = result.Values?.[index];
    const at = time.getTime();
    if (value !== undefined && at >= window.start && at < window.end) draft.points.set(at, value);
  }
}

/** A message for the whole answer says that part of it was left out, without saying which. */
function isCut(page: GetMetricDataCommandOutput): boolean {
  return (page.Messages ?? []).length > 0;
}

/** Alarm states by DescribeAlarms, asked for both kinds: without saying so, composites are left out. */
export function cloudWatchAlarms({ client }: CloudWatchTools): Alarms {
  return {
    async states(names, prefix) {
      const states = new Map<string, AlarmState>();
      for (const AlarmNames of chunks([...new Set(names)], MOST_NAMES)) {
        await describe(client(), { AlarmNames }, states);
      }
      if (prefix !== undefined) await describe(client(), { AlarmNamePrefix: prefix }, states);
      return states;
    },
  };
}

async function describe(
  client: CloudWatchClient,
  which: DescribeAlarmsCommandInput,
  states: Map<string, AlarmState>,
): Promise<void> {
  let NextToken: string | undefined;
  do {
    const command = new DescribeAlarmsCommand({
      ...which,
      AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
      MaxRecords: MOST_NAMES,
      NextToken,
    });
    const page = await ask("cloudwatch:DescribeAlarms", () => client.send(command));
    for (const alarm of [...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? [])]) {
      if (alarm.AlarmName !== undefined && alarm.StateValue !== undefined) {
        states.set(alarm.AlarmName, alarm.StateValue);
      }
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}
