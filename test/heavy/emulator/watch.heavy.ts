import {
  CloudWatchClient,
  type MetricDatum,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
  type StateValue,
} from "@aws-sdk/client-cloudwatch";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Place, SeriesQuery } from "../../../functions/domain/ports.ts";
import { type Emulator, PLACE, startEmulator } from "./emulator.ts";

const MINUTE = 60_000;
/** Ten whole minutes that are over. */
const BEGIN = Math.floor(Date.now() / MINUTE) * MINUTE - 11 * MINUTE;

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(async () => emulator?.stop());

const dimensionsOf = (version: string) => ({
  FunctionName: "order",
  Resource: "order:live",
  ExecutedVersion: version,
});

async function put(version: string, MetricName: string, minutes: number, value: Partial<MetricDatum>): Promise<void> {
  const Dimensions = Object.entries(dimensionsOf(version)).map(([Name, Value]) => ({ Name, Value }));
  const MetricData = [{ MetricName, Dimensions, Timestamp: new Date(BEGIN + minutes * MINUTE), ...value }];
  await new CloudWatchClient({}).send(new PutMetricDataCommand({ Namespace: "Shop", MetricData }));
}

const query = (
  id: string,
  metricName: string,
  statistic: string,
  version: string,
  periodSeconds = 60,
): SeriesQuery => ({
  id,
  namespace: "Shop",
  metricName,
  statistic,
  periodSeconds,
  dimensions: dimensionsOf(version),
});

describe("metrics", () => {
  test("are read by version and minute; a minute without a datapoint is absent, not zero", async () => {
    await put("2", "Invocations", 0, { Value: 3 });
    await put("2", "Invocations", 0.5, { Value: 4 });
    await put("2", "Invocations", 2, { Value: 0 });
    await put("1", "Invocations", 0, { Value: 50 });

    const queries = [
      query("candidate", "Invocations", "Sum", "2"),
      query("baseline", "Invocations", "Sum", "1"),
      query("silent", "Invocations", "Sum", "3"),
    ];
    const read = await emulator.deps.metrics(PLACE).read(queries, BEGIN, BEGIN + 5 * MINUTE);

    expect(read.map(({ id, complete }) => [id, complete])).toEqual([
      ["candidate", true],
      ["baseline", true],
      ["silent", true],
    ]);
    expect(read.map(({ points }) => [...points])).toEqual([
      [
        [BEGIN, 7],
        [BEGIN + 2 * MINUTE, 0],
      ],
      [[BEGIN, 50]],
      [],
    ]);
  });

  test("are drawn only from periods that lie wholly within the span", async () => {
    for (const minute of [0, 1, 2, 3]) await put("4", "Invocations", minute + 0.9, { Value: 10 + minute });
    const queries = [query("cut", "Invocations", "Sum", "4")];

    const [cut] = await emulator.deps.metrics(PLACE).read(queries, BEGIN + 30_000, BEGIN + 3.5 * MINUTE);

    expect([...(cut?.points ?? [])]).toEqual([
      [BEGIN + MINUTE, 11],
      [BEGIN + 2 * MINUTE, 12],
    ]);
  });

  test("that were published as values with counts have the average, the extremes and the count of the whole", async () => {
    await put("5", "Duration", 1, { Values: [10, 20, 400], Counts: [6, 3, 1] });
    const statistics = ["Average", "Minimum", "Maximum", "SampleCount", "Sum"];
    const queries = statistics.map((statistic) => query(statistic, "Duration", statistic, "5"));

    const read = await emulator.deps.metrics(PLACE).read(queries, BEGIN, BEGIN + 5 * MINUTE);

    expect(read.map(({ points }) => points.get(BEGIN + MINUTE))).toEqual([52, 10, 400, 10, 520]);
  });

  test("of two periods in one read are each aligned on their own", async () => {
    await put("6", "Invocations", 1, { Value: 1 });
    const begin = Math.ceil(BEGIN / (5 * MINUTE)) * 5 * MINUTE - 5 * MINUTE;
    const queries = [query("minutes", "Invocations", "Sum", "6"), query("fives", "Invocations", "Sum", "6", 300)];

    const read = await emulator.deps.metrics(PLACE).read(queries, begin, begin + 10 * MINUTE);

    expect(read.map(({ points }) => [...points.values()])).toEqual([[1], [1]]);
    expect([...(read[1]?.points.keys() ?? [])].map((at) => at % (5 * MINUTE))).toEqual([0]);
  });

  test("of six hundred series come back in the order of the questions", async () => {
    const versions = Array.from({ length: 600 }, (_, at) => String(1000 + at));
    await put("1000", "Many", 0, { Value: 1 });
    await put("1599", "Many", 0, { Value: 2 });

    const queries = versions.map((version) => query(version, "Many", "Sum", version));
    const read = await emulator.deps.metrics(PLACE).read(queries, BEGIN, BEGIN + 2 * MINUTE);

    expect(read.map(({ id }) => id)).toEqual(versions);
    expect(read.filter(({ points }) => points.size > 0).map(({ id }) => id)).toEqual(["1000", "1599"]);
  });
});

describe("alarms", () => {
  async function alarm(AlarmName: string, StateValue: StateValue, client = new CloudWatchClient({})): Promise<void> {
    const metric = { Namespace: "Shop", MetricName: "Errors", Statistic: "Sum", Period: 60 } as const;
    const rule = { EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "GreaterThanThreshold" } as const;
    await client.send(new PutMetricAlarmCommand({ AlarmName, ...metric, ...rule }));
    await client.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: "set by the test" }));
  }

  /** State by name. */
  async function statesOf(place: Place, names: readonly string[], prefix?: string) {
    const states = await emulator.deps.alarms(place).states(names, prefix);
    return Object.fromEntries([...states].map(([name, { state }]) => [name, state]));
  }

  test("are read by name and by prefix; one that does not exist is absent", async () => {
    await alarm("shop-prod-errors", "ALARM");
    await alarm("shop-prod-latency", "OK");
    await alarm("shop-sit-errors", "OK");

    expect(await statesOf(PLACE, ["shop-prod-errors", "shop-sit-errors", "shop-prod-nothing"])).toEqual({
      "shop-prod-errors": "ALARM",
      "shop-sit-errors": "OK",
    });
    expect(await statesOf(PLACE, [], "shop-prod-")).toEqual({ "shop-prod-errors": "ALARM", "shop-prod-latency": "OK" });
  });

  test("of an environment in another account are read there, as the role that the policy names", async () => {
    const roleArn = "arn:aws:iam::210987654321:role/headgate-target";
    const credentials = fromTemporaryCredentials({ params: { RoleArn: roleArn, RoleSessionName: "test" } });
    await alarm("elsewhere", "ALARM", new CloudWatchClient({ credentials }));

    const there = { account: "210987654321", region: PLACE.region, roleArn };
    expect(await statesOf(there, ["elsewhere"])).toEqual({ elsewhere: "ALARM" });
    expect(await statesOf(PLACE, ["elsewhere"])).toEqual({});
  });
});
