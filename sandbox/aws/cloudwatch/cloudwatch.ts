import type {
  DescribeAlarmHistoryCommandInput,
  DescribeAlarmsCommandInput,
  GetMetricDataCommandInput,
  MetricDatum,
  PutMetricDataCommandInput,
  SetAlarmStateCommandInput,
} from "@aws-sdk/client-cloudwatch";
import { listed, type Samples } from "../../chance/samples.ts";
import { AwsError, validation } from "../errors.ts";
import type { SimulatedAws } from "../router.ts";
import { TokenBucket } from "../s3/buckets.ts";
import type { Call, Operation, SimulatedService, Wire } from "../service.ts";
import { type Alarm, alarmArn, compositeRule, type MetricAlarm } from "./alarm.ts";
import type { AlarmState } from "./alarm-state.ts";
import { Alarms } from "./alarms.ts";
import { Datapoints } from "./datapoints.ts";
import { MetricData } from "./metric-data.ts";
import { CustomMetrics, type MetricSource } from "./sources.ts";
import { type CloudWatchWeather, USUAL_WEATHER } from "./weather.ts";

/** Calls a second, account and Region [CloudWatch quotas]. */
const CALLS_PER_SECOND: Readonly<Record<string, number>> = {
  GetMetricData: 500,
  DescribeAlarms: 9,
  DescribeAlarmHistory: 3,
  SetAlarmState: 3,
};

const DESCRIBED_AT_ONCE = 50;
const MOST_NAMES = 100;

const STATES: readonly string[] = ["OK", "ALARM", "INSUFFICIENT_DATA"];

const COMPARISONS = {
  ">": "GreaterThanThreshold",
  ">=": "GreaterThanOrEqualToThreshold",
  "<": "LessThanThreshold",
  "<=": "LessThanOrEqualToThreshold",
} as const;

const described = (alarm: Alarm): Record<string, unknown> => ({
  AlarmName: alarm.name,
  AlarmArn: alarmArn(alarm),
  ActionsEnabled: true,
  StateValue: alarm.status.value,
  StateReason: alarm.status.reason,
  StateUpdatedTimestamp: alarm.status.at / 1_000,
  StateTransitionedTimestamp: alarm.status.at / 1_000,
  ...(alarm.kind === "composite" ? { AlarmRule: compositeRule(alarm) } : metricMembers(alarm)),
});

const metricMembers = ({ rule }: MetricAlarm): Record<string, unknown> => ({
  Namespace: rule.namespace,
  MetricName: rule.metric,
  Dimensions: Object.entries(rule.dimensions).map(([Name, Value]) => ({ Name, Value })),
  ...(/^p\d/.test(rule.statistic) ? { ExtendedStatistic: rule.statistic } : { Statistic: rule.statistic }),
  Period: rule.period / 1_000,
  Threshold: rule.threshold,
  ComparisonOperator: COMPARISONS[rule.comparison],
  DatapointsToAlarm: rule.datapointsToAlarm,
  EvaluationPeriods: rule.evaluationPeriods,
  TreatMissingData: rule.missing,
});

const valuesOf = ({ Value, Values = [], Counts = [] }: Wire<MetricDatum>): Samples => {
  if (Value !== undefined) return listed([Value]);
  return listed(Values.flatMap((value, index) => new Array<number>(Counts[index] ?? 1).fill(value)));
};

/** CloudWatch: metrics that appear late and are revised, metric math, and alarms that are evaluated every minute. */
export class SimulatedCloudWatch {
  readonly service: SimulatedService;
  readonly alarms: Alarms;
  readonly #aws: SimulatedAws;
  readonly #datapoints: Datapoints;
  readonly #custom = new CustomMetrics();
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(aws: SimulatedAws, weather: CloudWatchWeather = USUAL_WEATHER) {
    this.#aws = aws;
    this.#datapoints = new Datapoints(aws, weather);
    this.#datapoints.sources.push(this.#custom);
    this.alarms = new Alarms(aws, this.#datapoints, weather);
    const metricData = new MetricData(aws, this.#datapoints);
    const operations: Record<string, Operation> = {
      GetMetricData: (input: Wire<GetMetricDataCommandInput>, call: Call) => metricData.get(input, call),
      PutMetricData: (input: Wire<PutMetricDataCommandInput>, call: Call) => this.#putMetricData(input, call),
      DescribeAlarms: (input: Wire<DescribeAlarmsCommandInput>, call: Call) => this.#describeAlarms(input, call),
      DescribeAlarmHistory: (input: Wire<DescribeAlarmHistoryCommandInput>, call: Call) =>
        this.alarms.history.describe(input, call, aws.clock.now()),
      SetAlarmState: (input: Wire<SetAlarmStateCommandInput>, call: Call) => this.#setAlarmState(input, call),
    };
    const limited = Object.entries(operations).map(([name, run]) => [name, this.#limited(name, run)] as const);
    this.service = {
      name: "monitoring",
      protocol: "json",
      medianMs: 60,
      operations: Object.fromEntries(limited),
    };
    aws.register(this.service);
  }

  /** Adds something that emits metrics; the first source that has a minute of a metric gives it. */
  addSource(source: MetricSource): void {
    this.#datapoints.sources.push(source);
  }

  #putMetricData(input: Wire<PutMetricDataCommandInput>, call: Call): Record<string, never> {
    const { account, region } = call;
    for (const datum of input.MetricData ?? []) {
      const dimensions = (datum.Dimensions ?? []).map(({ Name, Value }) => [Name ?? "", Value ?? ""] as const);
      const metric = {
        account,
        region,
        namespace: input.Namespace ?? "",
        name: datum.MetricName ?? "",
        dimensions: Object.fromEntries(dimensions),
      };
      const at = datum.Timestamp === undefined ? this.#aws.clock.now() : datum.Timestamp * 1_000;
      this.#custom.put(metric, at, valuesOf(datum));
    }
    this.#datapoints.forget();
    return {};
  }

  /** Metric alarms alone unless AlarmTypes names composites; a name that does not exist is simply absent. */
  #describeAlarms(input: Wire<DescribeAlarmsCommandInput>, { account, region }: Call): Record<string, unknown> {
    const {
      AlarmNames: names,
      AlarmNamePrefix: prefix,
      StateValue: state,
      AlarmTypes: types = ["MetricAlarm"],
    } = input;
    if (names !== undefined && prefix !== undefined) {
      throw validation("AlarmNamePrefix and AlarmNames cannot both be given");
    }
    if ((names ?? []).length > MOST_NAMES) throw validation(`AlarmNames has at most ${MOST_NAMES} members`);
    const found = this.alarms
      .list(account, region)
      .filter(({ kind }) => types.includes(kind === "metric" ? "MetricAlarm" : "CompositeAlarm"))
      .filter(({ name }) => names?.includes(name) ?? name.startsWith(prefix ?? ""))
      .filter(({ status }) => status.value === (state ?? status.value));
    const from = Number(input.NextToken ?? 0);
    const to = from + (input.MaxRecords ?? DESCRIBED_AT_ONCE);
    const page = found.slice(from, to);
    return {
      MetricAlarms: page.filter(({ kind }) => kind === "metric").map(described),
      CompositeAlarms: page.filter(({ kind }) => kind === "composite").map(described),
      ...(to < found.length ? { NextToken: String(to) } : {}),
    };
  }

  #setAlarmState(input: Wire<SetAlarmStateCommandInput>, { account, region }: Call): Record<string, never> {
    const alarm = this.alarms.find(account, region, input.AlarmName ?? "");
    if (alarm === undefined) throw new AwsError("ResourceNotFound", "unknown alarm", { status: 404 });
    const state = input.StateValue ?? "";
    if (!STATES.includes(state)) throw validation(`${state} is no alarm state`);
    this.alarms.set(alarm, state as AlarmState, input.StateReason ?? "");
    return {};
  }

  #limited(name: string, run: Operation): Operation {
    const perSecond = CALLS_PER_SECOND[name];
    if (perSecond === undefined) return run;
    return (input: never, call: Call) => {
      const key = `${call.account} ${call.region} ${name}`;
      const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#aws.clock, perSecond);
      this.#buckets.set(key, bucket);
      if (!bucket.take()) throw new AwsError("ThrottlingException", "Rate exceeded");
      return run(input, call);
    };
  }
}
