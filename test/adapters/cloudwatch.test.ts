import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { describe, expect, test } from "vitest";
import { cloudWatchAlarms, cloudWatchMetrics } from "../../functions/adapters/cloudwatch.ts";
import { CallRefused, ServiceTrouble } from "../../functions/domain/errors.ts";
import type { SeriesQuery } from "../../functions/domain/ports.ts";
import { type Answer, fault, ok, wire } from "./wire.ts";

const MINUTE = 60_000;
const FROM = Date.parse("2026-11-24T18:00:00Z");
const seconds = (ms: number) => ms / 1_000;
const ERRORS: SeriesQuery = {
  id: "Errors of order/8",
  namespace: "AWS/Lambda",
  metricName: "Errors",
  dimensions: { FunctionName: "order", Resource: "order:live", ExecutedVersion: "8" },
  statistic: "Sum",
  periodSeconds: 60,
};
const result = (Id: string, points: Record<number, number>, StatusCode = "Complete") => ({
  Id,
  StatusCode,
  Timestamps: Object.keys(points).map((at) => seconds(Number(at))),
  Values: Object.values(points),
});

const onWire = (...answers: Answer[]) => {
  const line = wire(...answers);
  const client = new CloudWatchClient(line.config);
  const tools = { client: () => client };
  return { ...line, metrics: cloudWatchMetrics(tools), alarms: cloudWatchAlarms(tools) };
};

describe("reading metrics", () => {
  test("asks for each query's dimensions, statistic and period, in the order of time, without a unit", async () => {
    const { metrics, sent } = onWire(ok({ MetricDataResults: [result("q0", {})] }));

    await metrics.read([ERRORS], FROM, FROM + 5 * MINUTE);

    expect(sent[0]?.headers["x-amz-target"]).toBe("GraniteServiceVersion20100801.GetMetricData");
    expect(sent[0]?.json).toEqual({
      StartTime: seconds(FROM),
      EndTime: seconds(FROM + 5 * MINUTE),
      ScanBy: "TimestampAscending",
      MetricDataQueries: [
        {
          Id: "q0",
          ReturnData: true,
          MetricStat: {
            Metric: {
              Namespace: "AWS/Lambda",
              MetricName: "Errors",
              Dimensions: [
                { Name: "FunctionName", Value: "order" },
                { Name: "Resource", Value: "order:live" },
                { Name: "ExecutedVersion", Value: "8" },
              ],
            },
            Period: 60,
            Stat: "Sum",
          },
        },
      ],
    });
  });

  test("gives points by the start of their period; a minute without a datapoint is absent, not zero", async () => {
    const points = { [FROM]: 3, [FROM + 2 * MINUTE]: 0 };
    const { metrics } = onWire(ok({ MetricDataResults: [result("q0", points)] }));

    const [series] = await metrics.read([ERRORS], FROM, FROM + 3 * MINUTE);

    expect(series?.id).toBe(ERRORS.id);
    expect(series?.complete).toBe(true);
    expect([...(series?.points ?? [])]).toEqual([
      [FROM, 3],
      [FROM + 2 * MINUTE, 0],
    ]);
  });

  test("counts only periods that lie wholly within the span", async () => {
    const points = { [FROM - MINUTE]: 1, [FROM]: 2, [FROM + 2 * MINUTE]: 3 };
    const { metrics, sent } = onWire(ok({ MetricDataResults: [result("q0", points)] }));

    const [series] = await metrics.read([ERRORS], FROM - 30_000, FROM + 2 * MINUTE + 59_999);

    expect(sent[0]?.json).toMatchObject({ StartTime: seconds(FROM), EndTime: seconds(FROM + 2 * MINUTE) });
    expect([...(series?.points ?? [])]).toEqual([[FROM, 2]]);
  });

  test("aligns each period on its own", async () => {
    const { metrics, sent } = onWire(ok());
    const slow = { ...ERRORS, id: "slow", periodSeconds: 300 };

    await metrics.read([ERRORS, slow], FROM + MINUTE, FROM + 11 * MINUTE);

    expect(sent.map(({ json }) => [json.StartTime, json.EndTime])).toEqual([
      [seconds(FROM + MINUTE), seconds(FROM + 11 * MINUTE)],
      [seconds(FROM + 5 * MINUTE), seconds(FROM + 10 * MINUTE)],
    ]);
  });

  test("makes no call for a span without a whole period, and calls the nothing complete", async () => {
    const { metrics, sent } = onWire();

    const [series] = await metrics.read([ERRORS], FROM, FROM + 59_999);

    expect(sent).toHaveLength(0);
    expect(series).toEqual({ id: ERRORS.id, points: new Map(), complete: true });
  });

  test("follows the pages to their end and adds them up", async () => {
    const { metrics, sent } = onWire(
      ok({ MetricDataResults: [result("q0", { [FROM]: 1 }, "PartialData")], NextToken: "page 2" }),
      ok({ MetricDataResults: [result("q0", { [FROM + MINUTE]: 2 })] }),
    );

    const [series] = await metrics.read([ERRORS], FROM, FROM + 2 * MINUTE);

    expect(sent[1]?.json.NextToken).toBe("page 2");
    expect([...(series?.points.values() ?? [])]).toEqual([1, 2]);
    expect(series?.complete).toBe(true);
  });

  test("asks for at most 500 queries at a time and answers in the order of the questions", async () => {
    const echo = (from: number, count: number) =>
      ok({ MetricDataResults: Array.from({ length: count }, (_, at) => result(`q${at}`, { [FROM]: from + at })) });
    const { metrics, sent } = onWire(echo(0, 500), echo(500, 3));
    const queries = Array.from({ length: 503 }, (_, at) => ({ ...ERRORS, id: `query ${at}` }));

    const all = await metrics.read(queries, FROM, FROM + MINUTE);

    expect(sent.map(({ json }) => (json.MetricDataQueries as unknown[]).length)).toEqual([500, 3]);
    expect(all.map(({ id }) => id)).toEqual(queries.map(({ id }) => id));
    expect(all.map(({ points }) => points.get(FROM))).toEqual(queries.map((_, at) => at));
  });

  test.each([
    ["was read in part only", { MetricDataResults: [result("q0", { [FROM]: 1 }, "PartialData")] }],
    ["met an internal error", { MetricDataResults: [result("q0", {}, "InternalError")] }],
    ["was not mentioned", { MetricDataResults: [] }],
    [
      "came with a warning about the whole answer",
      { MetricDataResults: [result("q0", {})], Messages: [{ Code: "MaxMetricsExceeded", Value: "too many" }] },
    ],
  ])("a series that %s is not complete", async (_, answer) => {
    const { metrics } = onWire(ok(answer));

    const [series] = await metrics.read([ERRORS], FROM, FROM + MINUTE);

    expect(series?.complete).toBe(false);
  });

  test("a metric that the role may not read is refused, since it would look like silence", async () => {
    const { metrics } = onWire(ok({ MetricDataResults: [result("q0", {}, "Forbidden")] }));

    await expect(metrics.read([ERRORS], FROM, FROM + MINUTE)).rejects.toBeInstanceOf(CallRefused);
  });

  test("throttling that outlasts the SDK's retries is the service's trouble", async () => {
    const { metrics } = onWire(fault("ThrottlingException", 400));

    await expect(metrics.read([ERRORS], FROM, FROM + MINUTE)).rejects.toBeInstanceOf(ServiceTrouble);
  });
});

describe("reading alarms", () => {
  test("asks for metric and composite alarms, and leaves out the names that do not exist", async () => {
    const { alarms, sent } = onWire(
      ok({
        MetricAlarms: [
          {
            AlarmName: "errors",
            StateValue: "OK",
            StateTransitionedTimestamp: seconds(FROM),
            StateUpdatedTimestamp: seconds(FROM + MINUTE),
          },
          { AlarmName: "p95", StateValue: "INSUFFICIENT_DATA", StateUpdatedTimestamp: seconds(FROM + MINUTE) },
        ],
        CompositeAlarms: [{ AlarmName: "all", StateValue: "ALARM" }],
      }),
    );

    const states = await alarms.states(["errors", "all", "missing"]);

    expect([...states]).toEqual([
      ["errors", { state: "OK", since: FROM }],
      ["p95", { state: "INSUFFICIENT_DATA", since: FROM + MINUTE }],
      ["all", { state: "ALARM", since: null }],
    ]);
    expect(sent[0]?.json).toMatchObject({
      AlarmNames: ["errors", "all", "missing"],
      AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
    });
  });

  test("say what they watch, an expression the metrics that it is made of, and a composite nothing", async () => {
    const Dimensions = [{ Name: "FunctionName", Value: "order" }];
    const errors = { Namespace: "AWS/Lambda", MetricName: "Errors", Dimensions };
    const stat = { Metric: errors, Period: 300, Stat: "p99" };
    const { alarms } = onWire(
      ok({
        MetricAlarms: [
          {
            ...{ AlarmName: "plain", StateValue: "OK", ...errors, Statistic: "Maximum" },
            ...{ Period: 60, EvaluationPeriods: 3, TreatMissingData: "notBreaching" },
          },
          {
            ...{ AlarmName: "sum", StateValue: "OK", EvaluationPeriods: 2 },
            Metrics: [
              { Id: "e", Expression: "m * 2" },
              { Id: "m", MetricStat: stat },
              { Id: "x", MetricStat: stat, AccountId: "444455556666" },
            ],
          },
        ],
        CompositeAlarms: [{ AlarmName: "all", StateValue: "OK", AlarmRule: "ALARM(plain)" }],
      }),
    );

    const states = await alarms.states(["plain", "sum", "all"]);

    const metric = { namespace: "AWS/Lambda", metricName: "Errors", dimensions: { FunctionName: "order" } };
    expect([...states.values()].map(({ watch }) => watch)).toEqual([
      {
        ...{ periodSeconds: 60, evaluationPeriods: 3, missing: "notBreaching" },
        metrics: [{ ...metric, statistic: "Maximum" }],
      },
      {
        ...{ periodSeconds: 300, evaluationPeriods: 2, missing: "missing" },
        metrics: [{ ...metric, statistic: "p99" }],
      },
      undefined,
    ]);
  });

  test("asks for a hundred names at a time, each once", async () => {
    const { alarms, sent } = onWire(ok());
    const names = Array.from({ length: 150 }, (_, at) => `alarm ${at}`);

    await alarms.states([...names, ...names]);

    expect(sent.map(({ json }) => (json.AlarmNames as string[]).length)).toEqual([100, 50]);
  });

  test("follows the pages of a prefix", async () => {
    const { alarms, sent } = onWire(
      ok({ MetricAlarms: [{ AlarmName: "bbws-prod-1", StateValue: "OK" }], NextToken: "page 2" }),
      ok({ MetricAlarms: [{ AlarmName: "bbws-prod-2", StateValue: "INSUFFICIENT_DATA" }] }),
    );

    const states = await alarms.states([], "bbws-prod");

    expect(states.get("bbws-prod-2")?.state).toBe("INSUFFICIENT_DATA");
    expect(sent.map(({ json }) => [json.AlarmNamePrefix, json.NextToken])).toEqual([
      ["bbws-prod", undefined],
      ["bbws-prod", "page 2"],
    ]);
  });

  test("asks nothing about no alarms", async () => {
    const { alarms, sent } = onWire();

    expect((await alarms.states([])).size).toBe(0);
    expect(sent).toHaveLength(0);
  });
});

describe("reading the alarms' history", () => {
  const entry = (at: number, to: string, more: object = {}) => ({
    AlarmName: "errors",
    Timestamp: seconds(at),
    HistoryItemType: "StateUpdate",
    HistorySummary: `Alarm updated from OK to ${to}`,
    HistoryData: JSON.stringify({ newState: { stateValue: to, stateReason: `it is ${to}` } }),
    ...more,
  });

  test("asks for the changes of state since then, of both kinds, and keeps the turns to red", async () => {
    const { alarms, sent } = onWire(ok({ AlarmHistoryItems: [entry(FROM, "ALARM"), entry(FROM + MINUTE, "OK")] }));

    const turns = await alarms.redTurns(["errors"], FROM);

    expect(turns).toEqual([{ name: "errors", at: FROM, reason: "it is ALARM" }]);
    expect(sent[0]?.headers["x-amz-target"]).toBe("GraniteServiceVersion20100801.DescribeAlarmHistory");
    expect(sent[0]?.json).toEqual({
      AlarmName: "errors",
      AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
      HistoryItemType: "StateUpdate",
      StartDate: seconds(FROM),
      ScanBy: "TimestampAscending",
      MaxRecords: 100,
    });
  });

  test("asks once for each alarm, follows its pages, and answers in the order of time", async () => {
    const { alarms, sent } = onWire(
      ok({ AlarmHistoryItems: [entry(FROM, "OK")], NextToken: "page 2" }),
      ok({ AlarmHistoryItems: [entry(FROM + 2 * MINUTE, "ALARM")] }),
      ok({ AlarmHistoryItems: [entry(FROM + MINUTE, "ALARM")] }),
    );

    const turns = await alarms.redTurns(["errors", "p95", "errors"], FROM);

    expect(sent.map(({ json }) => [json.AlarmName, json.NextToken])).toEqual([
      ["errors", undefined],
      ["errors", "page 2"],
      ["p95", undefined],
    ]);
    expect(turns.map(({ name, at }) => [name, at])).toEqual([
      ["p95", FROM + MINUTE],
      ["errors", FROM + 2 * MINUTE],
    ]);
  });

  test.each([
    ["cut off in the middle", { HistoryData: '{"newState":{"stateValue":"ALARM","stateReason":"5 err' }],
    ["not there", { HistoryData: undefined }],
    ["of another shape", { HistoryData: "null" }],
  ])("goes by the summary where the data are %s", async (_how, data) => {
    const { alarms } = onWire(ok({ AlarmHistoryItems: [entry(FROM, "ALARM", data)] }));

    expect(await alarms.redTurns(["errors"], FROM)).toEqual([{ name: "errors", at: FROM, reason: "" }]);
  });

  test("never takes an entry that says no state, or no time, for a green one", async () => {
    const mute = entry(FROM, "ALARM", { HistoryData: "{}", HistorySummary: "Alarm updated" });
    const timeless = entry(FROM, "ALARM", { Timestamp: undefined });

    for (const unreadable of [mute, timeless]) {
      const { alarms } = onWire(ok({ AlarmHistoryItems: [unreadable] }));
      await expect(alarms.redTurns(["errors"], FROM)).rejects.toBeInstanceOf(ServiceTrouble);
    }
  });

  test("is trouble when it is throttled, and refused without the permission", async () => {
    const throttled = onWire(fault("ThrottlingException", 400));
    await expect(throttled.alarms.redTurns(["errors"], FROM)).rejects.toBeInstanceOf(ServiceTrouble);
    const denied = onWire(fault("AccessDeniedException", 403));
    await expect(denied.alarms.redTurns(["errors"], FROM)).rejects.toBeInstanceOf(CallRefused);
  });
});
