/** Points of requests that hang, and reads of more points than one answer holds. */
import { GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { describe, expect, test } from "vitest";
import { cloudWatchMetrics } from "../../../../functions/adapters/cloudwatch.ts";
import { START, simulateWorld } from "../harness.ts";

const MINUTE = 60_000;
const DIMENSIONS = { FunctionName: "orders", Resource: "orders:live" };

const hanging = (seconds: number) =>
  simulateWorld({
    cloudwatch: { lag: "0s", partial: 0 },
    behaviour: [{ version: "baseline", errorRate: 0, hangs: { share: 0.3, for: `${seconds}s` } }],
  });

describe("a request that hangs", () => {
  test("is counted when it ends, under the minute in which it began", async () => {
    const { run, clock, metrics: client } = hanging(300);
    const names = ["Invocations", "Errors"];
    const read = async () => {
      const { MetricDataResults = [] } = await client.send(
        new GetMetricDataCommand({
          MetricDataQueries: names.map((MetricName) => ({
            Id: MetricName.toLowerCase(),
            MetricStat: {
              Metric: {
                Namespace: "AWS/Lambda",
                MetricName,
                Dimensions: Object.entries(DIMENSIONS).map(([Name, Value]) => ({ Name, Value })),
              },
              Period: 60,
              Stat: "Sum",
            },
          })),
          StartTime: new Date(START),
          EndTime: new Date(START + MINUTE),
        }),
      );
      return MetricDataResults.map(({ Values }) => Values?.[0] ?? 0);
    };
    const seen = await run(async () => {
      const found: number[][] = [];
      for (const wait of [290, 40, 60, 3_600]) {
        await clock.sleep(wait * 1_000);
        found.push(await read());
      }
      return found;
    });
    const [before = [], within = [], after = [], later] = seen;
    const all = after[0] ?? 0;
    expect(before[1]).toBe(0);
    expect(before[0]).toBeLessThan(all);
    expect(within[1]).toBeGreaterThan(0);
    expect(within[1]).toBeLessThan(after[1] ?? 0);
    expect(all - (before[0] ?? 0)).toBe(after[1]);
    expect(later).toEqual(after);
  });
});

test("800 series of four hours are read whole: 500 of them in a call, 100,800 points in an answer", async () => {
  const { run, clock, aws, metrics: client } = simulateWorld({ cloudwatch: { lag: "0s", partial: 0 } });
  const query = { namespace: "AWS/Lambda", dimensions: DIMENSIONS, statistic: "Sum", periodSeconds: 60 };
  const queries = Array.from({ length: 800 }, (_, index) => ({
    ...query,
    id: `q${index}`,
    metricName: index % 2 === 0 ? "Invocations" : "Errors",
  }));
  const series = await run(async () => {
    await clock.sleep(241 * MINUTE);
    return cloudWatchMetrics({ client: () => client }).read(queries, START, START + 240 * MINUTE);
  });
  expect(series.every(({ complete, points }) => complete && points.size === 240)).toBe(true);
  expect(aws.calls.filter(({ operation }) => operation === "GetMetricData")).toHaveLength(3);
});
