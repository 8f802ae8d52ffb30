import {
  type AlarmHistoryItem,
  type AlarmType,
  type CloudWatchClient,
  type CompositeAlarm,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  type DescribeAlarmsCommandInput,
  GetMetricDataCommand,
  type GetMetricDataCommandOutput,
  type Metric,
  type MetricAlarm,
  type MetricDataResult,
} from "@aws-sdk/client-cloudwatch";
import { CallRefused, ServiceTrouble } from "../domain/errors.ts";
import { INSIGHTS_REACH_MS } from "../domain/plan/metrics-insights.ts";
import type { AlarmStatus, Alarms, AlarmWatch, AnySeriesQuery, Metrics, RedTurn, Series } from "../domain/ports.ts";
import { ask } from "./shared/aws-errors.ts";
import {
  aboutQuery,
  type CloudWatchQuery,
  callsOf,
  dataQueriesOf,
  inputIds,
  isCloudWatchs,
} from "./shared/data-queries.ts";

export interface CloudWatchTools {
  readonly client: () => CloudWatchClient;
}

/** Most names in one DescribeAlarms call, and entries in one DescribeAlarmHistory page. */
const MOST_NAMES = 100;
const MOST_ENTRIES = 100;

/** Named in every call: without it CloudWatch speaks of metric alarms alone. */
const BOTH_KINDS: AlarmType[] = ["MetricAlarm", "CompositeAlarm"];

/**
 * Metrics by GetMetricData. A period counts when all of it lies in [from, to), so that no value is drawn from a part of
 * one. A series is incomplete when CloudWatch said so, or did not mention it at all. Metrics that the role may not read
 * are `CallRefused`: they would otherwise look like silence for ever.
 */
export function cloudWatchMetrics({ client }: CloudWatchTools): Metrics {
  return {
    async read(queries, from, to) {
      const found = new Map<AnySeriesQuery, Series>();
      for (const call of callsOf(queries.filter(isCloudWatchs))) {
        for (const [query, series] of await readCall(client(), call, from, to)) found.set(query, series);
      }
      return queries.map((query) => found.get(query) ?? { id: query.id, points: new Map(), complete: false });
    },
  };
}

interface Draft {
  readonly query: CloudWatchQuery;
  readonly points: Map<number, number>;
  complete: boolean;
}

async function readCall(
  client: CloudWatchClient,
  queries: readonly CloudWatchQuery[],
  from: number,
  to: number,
): Promise<[CloudWatchQuery, Series][]> {
  const window = windowOf(queries[0], from, to);
  const isEmpty = window.start >= window.end;
  // Ids are ours: CloudWatch takes only lower-case names that begin with a letter.
  const named = queries.map((query, index) => ({ id: `q${index}`, query }));
  const drafts = new Map(named.flatMap(({ id, query }) => draftsOf(id, query, isEmpty)));
  if (!isEmpty) await readPages(client, named, drafts, window);
  return named.map(({ id, query }) => [query, { id: query.id, ...measured(drafts, id, query) }]);
}

/** Whole periods of [from, to) in epoch ms, as far back as it can be asked. */
function windowOf(query: CloudWatchQuery | undefined, from: number, to: number): { start: number; end: number } {
  const periodMs = (query?.periodSeconds ?? 60) * 1_000;
  const reach = query !== undefined && "insights" in query ? INSIGHTS_REACH_MS : Number.POSITIVE_INFINITY;
  const begin = Math.max(from, to - reach);
  return { start: Math.ceil(begin / periodMs) * periodMs, end: Math.floor(to / periodMs) * periodMs };
}

/** A draft for each series that comes back: an expression's inputs come beside it. */
function draftsOf(id: string, query: CloudWatchQuery, complete: boolean): [string, Draft][] {
  const inputs = "inputs" in query ? Object.values(inputIds(id, query)) : [];
  return [id, ...inputs].map((each) => [each, { query, points: new Map<number, number>(), complete }]);
}

/** The points of a series; those of an expression where each required input has one, and if all of them were read. */
function measured(
  drafts: ReadonlyMap<string, Draft>,
  id: string,
  query: CloudWatchQuery,
): Pick<Series, "points" | "complete"> {
  const own = drafts.get(id) ?? { points: new Map<number, number>(), complete: false };
  if (!("inputs" in query)) return { points: own.points, complete: own.complete };
  const ids = inputIds(id, query);
  const inputs = Object.values(ids).map((each) => drafts.get(each));
  const required = query.required.map((name) => drafts.get(ids[name] ?? ""));
  const points = [...own.points].filter(([at]) => required.every((input) => input?.points.has(at) === true));
  return { points: new Map(points), complete: own.complete && inputs.every((input) => input?.complete === true) };
}

async function readPages(
  client: CloudWatchClient,
  named: readonly { readonly id: string; readonly query: CloudWatchQuery }[],
  drafts: ReadonlyMap<string, Draft>,
  window: { readonly start: number; readonly end: number },
): Promise<void> {
  const MetricDataQueries = named.flatMap(({ id, query }) => dataQueriesOf(id, query));
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

/** The status of the last page counts: `PartialData` only says that another page follows. */
function takeResult(
  drafts: ReadonlyMap<string, Draft>,
  result: MetricDataResult,
  window: { readonly start: number; readonly end: number },
): void {
  const draft = drafts.get(result.Id ?? "");
  if (draft === undefined) return;
  if (result.StatusCode === "Forbidden") {
    throw new CallRefused(`CloudWatch forbids reading ${aboutQuery(draft.query)}`);
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

/**
 * Alarms of both kinds: how they stand by DescribeAlarms, how they stood by DescribeAlarmHistory. The history is kept for
 * weeks, outlives its alarm, and is asked for one alarm at a time: without a name it is that of the whole account.
 */
export function cloudWatchAlarms({ client }: CloudWatchTools): Alarms {
  return {
    async states(names, prefix) {
      const states = new Map<string, AlarmStatus>();
      for (const AlarmNames of chunks([...new Set(names)], MOST_NAMES)) {
        await describe(client(), { AlarmNames }, states);
      }
      if (prefix !== undefined) await describe(client(), { AlarmNamePrefix: prefix }, states);
      return states;
    },
    async redTurns(names, from) {
      const turns: RedTurn[] = [];
      for (const name of new Set(names)) turns.push(...(await redTurnsOf(client(), name, from)));
      return turns.sort((one, other) => one.at - other.at);
    },
  };
}

async function describe(
  client: CloudWatchClient,
  which: DescribeAlarmsCommandInput,
  states: Map<string, AlarmStatus>,
): Promise<void> {
  let NextToken: string | undefined;
  do {
    const command = new DescribeAlarmsCommand({
      ...which,
      AlarmTypes: BOTH_KINDS,
      MaxRecords: MOST_NAMES,
      NextToken,
    });
    const page = await ask("cloudwatch:DescribeAlarms", () => client.send(command));
    for (const alarm of [...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? [])]) {
      if (alarm.AlarmName !== undefined && alarm.StateValue !== undefined) {
        states.set(alarm.AlarmName, { state: alarm.StateValue, since: sinceOf(alarm), ...watchOf(alarm) });
      }
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
}

/** StateUpdatedTimestamp moves with EvaluationState too: it is no earlier than the state, and the second choice. */
function sinceOf(alarm: MetricAlarm | CompositeAlarm): number | null {
  return (alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp)?.getTime() ?? null;
}

/** Nothing of a composite; of an expression the metrics that it is made of. */
function watchOf(alarm: MetricAlarm | CompositeAlarm): Pick<AlarmStatus, "watch"> {
  if ("AlarmRule" in alarm || !("EvaluationPeriods" in alarm)) return {};
  const { MetricName, Metrics = [], Period, EvaluationPeriods = 1, TreatMissingData } = alarm;
  const parts =
    MetricName === undefined ? Metrics : [{ MetricStat: { Metric: alarm, Period, Stat: statisticOf(alarm) } }];
  const stats = parts.flatMap((part) =>
    "AccountId" in part && part.AccountId !== undefined ? [] : (part.MetricStat ?? []),
  );
  const periods = [...stats, ...Metrics].map((each) => each.Period ?? 0);
  return {
    watch: {
      periodSeconds: Math.max(0, ...periods),
      evaluationPeriods: EvaluationPeriods,
      missing: MISSING.find((word) => word === TreatMissingData) ?? "missing",
      metrics: stats.flatMap(({ Metric, Stat }) => seriesOf(Metric, Stat)),
    },
  };
}

/** What TreatMissingData may be; `missing` unless it is said. */
const MISSING = ["missing", "breaching", "notBreaching", "ignore"] as const;

const statisticOf = ({ Statistic, ExtendedStatistic }: MetricAlarm): string => Statistic ?? ExtendedStatistic ?? "Sum";

function seriesOf(metric: Metric | undefined, statistic = "Sum"): AlarmWatch["metrics"] {
  const { Namespace: namespace, MetricName: metricName, Dimensions = [] } = metric ?? {};
  if (namespace === undefined || metricName === undefined) return [];
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name ?? "", Value ?? ""]));
  return [{ namespace, metricName, dimensions, statistic }];
}

async function redTurnsOf(client: CloudWatchClient, name: string, from: number): Promise<RedTurn[]> {
  const turns: RedTurn[] = [];
  let NextToken: string | undefined;
  do {
    const command = new DescribeAlarmHistoryCommand({
      AlarmName: name,
      AlarmTypes: BOTH_KINDS,
      HistoryItemType: "StateUpdate",
      StartDate: new Date(from),
      ScanBy: "TimestampAscending",
      MaxRecords: MOST_ENTRIES,
      NextToken,
    });
    const page = await ask("cloudwatch:DescribeAlarmHistory", () => client.send(command));
    turns.push(...(page.AlarmHistoryItems ?? []).flatMap((entry) => redTurn(name, entry)));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return turns;
}

/**
 * What an entry says, by its data (`newState.stateValue`) or, where those are cut off after 4,095 characters, by its summary
 * ("Alarm updated from OK to ALARM"). Throws `ServiceTrouble` when it says no state, or no time: what cannot be read must not
 * pass for green.
 */
function redTurn(name: string, { HistoryData, HistorySummary, Timestamp }: AlarmHistoryItem): RedTurn[] {
  const { stateValue, stateReason } = dataOf(HistoryData)?.newState ?? {};
  const state = stateValue ?? / to (OK|ALARM|INSUFFICIENT_DATA)\b/.exec(HistorySummary ?? "")?.[1];
  if (state === undefined || Timestamp === undefined) {
    throw new ServiceTrouble(`an entry in the history of alarm ${name} says no state or no time`);
  }
  return state === "ALARM" ? [{ name, at: Timestamp.getTime(), reason: stateReason ?? "" }] : [];
}

interface HistoryData {
  readonly newState?: { readonly stateValue?: string; readonly stateReason?: string };
}

function dataOf(json: string | undefined): HistoryData | null {
  try {
    return JSON.parse(json ?? "null") as HistoryData | null;
  } catch {
    return null;
  }
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}
