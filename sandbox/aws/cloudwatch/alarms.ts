import type { SimulatedAws } from "../router.ts";
import {
  type Alarm,
  type AlarmRule,
  type AlarmStatus,
  alarmArn,
  type CompositeAlarm,
  compositeRule,
  type MetricAlarm,
} from "./alarm.ts";
import { AlarmHistory } from "./alarm-history.ts";
import { type AlarmState, EXTRA_PERIODS, stateOf } from "./alarm-state.ts";
import type { Datapoints } from "./datapoints.ts";
import { statisticOf } from "./statistics.ts";
import type { CloudWatchWeather } from "./weather.ts";

/** An alarm's event as EventBridge delivers it. */
export interface AlarmEvent {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": "CloudWatch Alarm State Change";
  readonly source: "aws.cloudwatch";
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

const stateShape = ({ value, reason, at }: AlarmStatus): Record<string, unknown> => ({
  value,
  reason,
  timestamp: new Date(at).toISOString().replace("Z", "+0000"),
});

const configurationOf = (alarm: Alarm): Record<string, unknown> => {
  if (alarm.kind === "composite") return { alarmRule: compositeRule(alarm) };
  const { metric: name, namespace, dimensions, period, statistic } = alarm.rule;
  const metricStat = { metric: { namespace, name, dimensions }, period: period / 1_000, stat: statistic };
  return { metrics: name === undefined ? [] : [{ id: "m1", metricStat, returnData: true }] };
};

const MINUTE_MS = 60_000;
/** How long an alarm has stood as it does when the world begins. */
const STOOD_MS = 24 * 60 * MINUTE_MS;

/** Alarms: evaluated every minute of virtual time while started, by hand in between. */
export class Alarms {
  readonly history = new AlarmHistory();
  readonly #aws: SimulatedAws;
  readonly #datapoints: Datapoints;
  readonly #weather: CloudWatchWeather;
  readonly #alarms = new Map<string, Alarm>();
  readonly #listeners: ((event: AlarmEvent) => void | Promise<void>)[] = [];
  #timer: { cancel(): void } | undefined;
  #changes = 0;

  constructor(aws: SimulatedAws, datapoints: Datapoints, weather: CloudWatchWeather) {
    this.#aws = aws;
    this.#datapoints = datapoints;
    this.#weather = weather;
  }

  /** Adds an alarm in the simulation's Region; its scripted turns are set on the clock. */
  add(rule: AlarmRule): void {
    const account = rule.account ?? this.#aws.account;
    const at = this.#aws.clock.now() - STOOD_MS;
    const status = { value: rule.begins, reason: "as the world begins", at };
    this.#put({ kind: "metric", name: rule.name, account, region: this.#aws.region, rule, status });
    for (const turn of rule.turns) {
      this.#aws.clock.after(turn.at, `alarm ${rule.name} turns ${turn.to}`, () => {
        const alarm = this.find(account, this.#aws.region, rule.name);
        if (alarm !== undefined) this.set(alarm, turn.to, "the scenario says so");
      });
    }
  }

  addComposite(composite: {
    readonly name: string;
    readonly account?: string | undefined;
    readonly anyOf: readonly string[];
  }): void {
    const account = composite.account ?? this.#aws.account;
    const status: AlarmStatus = { value: "OK", reason: "as the world begins", at: this.#aws.clock.now() };
    const { name, anyOf } = composite;
    this.#put({ kind: "composite", name, account, region: this.#aws.region, anyOf, status });
  }

  find(account: string, region: string, name: string): Alarm | undefined {
    return this.#alarms.get(`${account} ${region} ${name}`);
  }

  /** The alarms of an account and Region by name. */
  list(account: string, region: string): Alarm[] {
    return [...this.#alarms.values()]
      .filter((alarm) => alarm.account === account && alarm.region === region)
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** Calls `listener` with every event: at least once, delayed, not always in order. */
  onStateChange(listener: (event: AlarmEvent) => void | Promise<void>): void {
    this.#listeners.push(listener);
  }

  /** Evaluates every alarm once a minute until stopped; while started, the clock has always something due. */
  start(): void {
    this.#timer ??= this.#aws.clock.after(MINUTE_MS, "alarms are evaluated", () => {
      this.#timer = undefined;
      this.start();
      for (const alarm of this.#alarms.values()) if (alarm.kind === "metric") this.#evaluate(alarm);
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Puts an alarm into a state; a change makes an event, and moves the composites above it. */
  set(alarm: Alarm, value: AlarmState, reason: string): void {
    const previous = alarm.status;
    if (previous.value === value) return;
    alarm.status = { value, reason, at: this.#aws.clock.now() };
    this.history.note(alarm, previous);
    this.#announce(alarm, previous);
    for (const other of this.list(alarm.account, alarm.region)) {
      if (other.kind === "composite" && other.anyOf.includes(alarm.name)) this.#recompose(other);
    }
  }

  #put(alarm: Alarm): void {
    this.#alarms.set(`${alarm.account} ${alarm.region} ${alarm.name}`, alarm);
  }

  #recompose(composite: CompositeAlarm): void {
    const red = composite.anyOf.filter(
      (name) => this.find(composite.account, composite.region, name)?.status.value === "ALARM",
    );
    this.set(composite, red.length > 0 ? "ALARM" : "OK", `in ALARM: ${red.join(", ") || "none"}`);
  }

  #evaluate(alarm: MetricAlarm): void {
    const { rule, account, region } = alarm;
    if (rule.metric === undefined) return;
    const { namespace, metric: name, dimensions, period: periodMs, statistic } = rule;
    const now = this.#aws.clock.now();
    const to = now - (now % periodMs);
    const from = to - (rule.evaluationPeriods + EXTRA_PERIODS) * periodMs;
    const points = this.#datapoints.read({
      metric: { account, region, namespace, name, dimensions },
      statistic: { name: statistic, of: statisticOf(statistic) },
      periodMs,
      from,
      to,
    });
    const values: (number | undefined)[] = [];
    for (let at = from; at < to; at += periodMs) values.push(points.get(at));
    const state = stateOf(rule, values, alarm.status.value);
    const seen = values.filter((value) => value !== undefined).join(", ") || "none";
    this.set(alarm, state, `datapoints [${seen}] against ${rule.comparison} ${rule.threshold}`);
  }

  #announce(alarm: Alarm, previous: AlarmStatus): void {
    this.#changes += 1;
    const random = this.#aws.random("alarm-event", this.#changes);
    const event: AlarmEvent = {
      version: "0",
      id: random.uuid(),
      "detail-type": "CloudWatch Alarm State Change",
      source: "aws.cloudwatch",
      account: alarm.account,
      time: new Date(alarm.status.at).toISOString().replace(/\.\d+Z$/, "Z"),
      region: alarm.region,
      resources: [alarmArn(alarm)],
      detail: {
        alarmName: alarm.name,
        state: stateShape(alarm.status),
        previousState: stateShape(previous),
        configuration: configurationOf(alarm),
      },
    };
    const deliveries = random.chance(this.#weather.duplicates) ? 2 : 1;
    for (let delivery = 0; delivery < deliveries; delivery += 1) {
      const delay = this.#weather.eventDelay * (1 + random.uniform()) * (1 + delivery * 3);
      this.#aws.clock.after(delay, `event of alarm ${alarm.name}`, async () => {
        for (const listener of this.#listeners) await listener(event);
      });
    }
  }
}
