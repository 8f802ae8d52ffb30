import type { DescribeAlarmHistoryCommandInput } from "@aws-sdk/client-cloudwatch";
import { AwsError, validation } from "../errors.ts";
import type { Call, Wire } from "../service.ts";
import type { Alarm, AlarmStatus } from "./alarm.ts";

/** CloudWatch keeps an alarm's history for 30 days. */
const KEPT_MS = 30 * 86_400_000;

const MOST_ENTRIES = 100;

/** Longest `HistoryData`; what does not fit is cut off [CloudWatch API reference, AlarmHistoryItem]. */
const LONGEST_DATA = 4_095;

interface Entry {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly type: "MetricAlarm" | "CompositeAlarm";
  readonly at: number;
  readonly before: AlarmStatus;
  readonly after: AlarmStatus;
}

/** What every alarm's state was: an entry for each change, which no lost event and no later state takes away. */
export class AlarmHistory {
  /** Oldest first. */
  readonly #entries: Entry[] = [];

  /** Notes that the alarm has just left `before`. */
  note(alarm: Alarm, before: AlarmStatus): void {
    const { account, region, name, kind, status } = alarm;
    const type = kind === "metric" ? "MetricAlarm" : "CompositeAlarm";
    this.#entries.push({ account, region, name, type, at: status.at, before, after: status });
  }

  /** Metric alarms alone unless AlarmTypes names composites; newest first unless ScanBy says otherwise; in pages. */
  describe(input: Wire<DescribeAlarmHistoryCommandInput>, call: Call, now: number): Record<string, unknown> {
    const { MaxRecords: most = MOST_ENTRIES, NextToken: token = "0" } = input;
    if (most < 1 || most > MOST_ENTRIES) throw validation(`MaxRecords is between 1 and ${MOST_ENTRIES}`);
    if (!/^\d+$/.test(token)) throw new AwsError("InvalidNextToken", "the token is not one of this call's");
    const found = this.#entries.filter((entry) => isAsked(entry, input, call, now));
    if (input.ScanBy !== "TimestampAscending") found.reverse();
    const to = Number(token) + most;
    return {
      AlarmHistoryItems: found.slice(Number(token), to).map(itemOf),
      ...(to < found.length ? { NextToken: String(to) } : {}),
    };
  }
}

function isAsked(entry: Entry, input: Wire<DescribeAlarmHistoryCommandInput>, call: Call, now: number): boolean {
  const { AlarmName: name, AlarmTypes: types = ["MetricAlarm"], HistoryItemType: kind = "StateUpdate" } = input;
  const from = Math.max(now - KEPT_MS, (input.StartDate ?? 0) * 1_000);
  const to = (input.EndDate ?? Number.POSITIVE_INFINITY) * 1_000;
  return (
    kind === "StateUpdate" &&
    entry.account === call.account &&
    entry.region === call.region &&
    types.includes(entry.type) &&
    (name === undefined || entry.name === name) &&
    entry.at >= from &&
    entry.at <= to
  );
}

const stateShape = ({ value, reason }: AlarmStatus) => ({ stateValue: value, stateReason: reason });

const itemOf = ({ name, type, at, before, after }: Entry): Record<string, unknown> => ({
  AlarmName: name,
  AlarmType: type,
  Timestamp: at / 1_000,
  HistoryItemType: "StateUpdate",
  HistorySummary: `Alarm updated from ${before.value} to ${after.value}`,
  HistoryData: JSON.stringify({
    version: "1.0",
    oldState: stateShape(before),
    newState: stateShape(after),
  }).slice(0, LONGEST_DATA),
});
