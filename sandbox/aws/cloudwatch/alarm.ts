import type { AlarmState, Threshold } from "./alarm-state.ts";

/** What an alarm watches and how it begins. */
export interface AlarmRule extends Threshold {
  readonly name: string;
  readonly account?: string | undefined;
  readonly namespace: string;
  /** Without a metric the alarm is moved by its `turns` alone. */
  readonly metric?: string | undefined;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
  /** Milliseconds. */
  readonly period: number;
  /** The state it has when the world begins. */
  readonly begins: AlarmState;
  /** States forced on it so many milliseconds after the world begins, as SetAlarmState would. */
  readonly turns: readonly { readonly at: number; readonly to: AlarmState }[];
}

/** What a state is, why, and since when (epoch ms). */
export interface AlarmStatus {
  readonly value: AlarmState;
  readonly reason: string;
  readonly at: number;
}

/** An alarm on a metric, or one that only its script moves. */
export interface MetricAlarm {
  readonly kind: "metric";
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly rule: AlarmRule;
  status: AlarmStatus;
}

/** An alarm that is in ALARM while any of others is. */
export interface CompositeAlarm {
  readonly kind: "composite";
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly anyOf: readonly string[];
  status: AlarmStatus;
}

export type Alarm = MetricAlarm | CompositeAlarm;

export const alarmArn = ({ region, account, name }: Alarm): string =>
  `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`;

/** The rule of a composite in the language of CloudWatch. */
export const compositeRule = ({ anyOf }: CompositeAlarm): string =>
  anyOf.map((name) => `ALARM("${name}")`).join(" OR ");
