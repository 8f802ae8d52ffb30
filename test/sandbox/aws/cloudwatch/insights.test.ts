import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { describe, expect, test } from "vitest";
import { cloudWatchMetrics } from "../../../../functions/adapters/cloudwatch.ts";
import { SimulatedCloudWatch } from "../../../../sandbox/aws/cloudwatch/cloudwatch.ts";
import { readQuery } from "../../../../sandbox/aws/cloudwatch/insights.ts";
import { START, simulate } from "../harness.ts";

const MINUTE = 60_000;

describe("the simulation's Metrics Insights", () => {
  test("reads one metric, whose dimensions WHERE names", () => {
    expect(readQuery("SELECT SUM(Failed) FROM Shop WHERE Fn = 'order' AND Version = '8'")).toEqual({
      namespace: "Shop",
      metricName: "Failed",
      dimensions: { Fn: "order", Version: "8" },
      statistic: "Sum",
    });
    expect(readQuery('select avg("Time to pay") from SCHEMA("Shop/Pay", Fn)')).toMatchObject({
      namespace: "Shop/Pay",
      metricName: "Time to pay",
      dimensions: {},
      statistic: "Average",
    });
  });

  test.each(["SELECT Failed FROM Shop", "SELECT SUM(Failed) FROM Shop WHERE Fn != 'order'", "SELECT P95(A) FROM B"])(
    "refuses %s",
    (sql) => {
      expect(() => readQuery(sql)).toThrow("cannot read");
    },
  );

  test("answers Headgate's own reader, for metric math and Metrics Insights alike", async () => {
    const { aws, clock, config, run } = simulate();
    new SimulatedCloudWatch(aws);
    const client = new CloudWatchClient(config());
    const Dimensions = [{ Name: "Version", Value: "8" }];
    const failed = { namespace: "Shop", metricName: "Failed", dimensions: { Version: "8" }, statistic: "Sum" };
    const series = await run(async () => {
      const MetricData = [4, 5].map((Value) => ({
        MetricName: "Failed",
        Dimensions,
        Value,
        Timestamp: new Date(START),
      }));
      await client.send(new PutMetricDataCommand({ Namespace: "Shop", MetricData }));
      await clock.sleep(10 * MINUTE);
      const insights = "SELECT SUM(Failed) FROM Shop WHERE Version = '8'";
      const math = { expression: "failed + failed", inputs: { failed }, required: ["failed"] };
      const queries = [
        { id: "a", periodSeconds: 60, insights },
        { id: "b", periodSeconds: 60, ...math },
      ];
      return cloudWatchMetrics({ client: () => client }).read(queries, START, START + 5 * MINUTE);
    });
    expect(series.map(({ points, complete }) => [[...points], complete])).toEqual([
      [[[START, 9]], true],
      [[[START, 18]], true],
    ]);
  });
});
