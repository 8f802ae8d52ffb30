import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { describe, expect, test } from "vitest";
import { cloudWatchMetrics } from "../../functions/adapters/cloudwatch.ts";
import type { InsightsQuery, MathQuery } from "../../functions/domain/ports.ts";
import { type Answer, ok, wire } from "./wire.ts";

const MINUTE = 60_000;
const FROM = Date.parse("2026-11-24T18:00:00Z");
const metric = (metricName: string) => ({ namespace: "Shop", metricName, dimensions: { V: "8" }, statistic: "Sum" });
const RATE: MathQuery = {
  id: "rate",
  periodSeconds: 60,
  expression: "100 * failed / (failed + FILL(fine, 0))",
  inputs: { failed: metric("Failed"), fine: metric("Fine") },
  required: ["failed"],
};
const SUM: InsightsQuery = { id: "sum", periodSeconds: 60, insights: "SELECT SUM(Failed) FROM Shop WHERE V = '8'" };
const plain = (id: string) => ({ id, periodSeconds: 60, ...metric("Failed") });
const result = (Id: string, points: Record<number, number>, StatusCode = "Complete") => ({
  Id,
  StatusCode,
  Timestamps: Object.keys(points).map((minute) => (FROM + Number(minute) * MINUTE) / 1_000),
  Values: Object.values(points),
});
const onWire = (...answers: Answer[]) => {
  const line = wire(...answers);
  const client = new CloudWatchClient(line.config);
  return { ...line, metrics: cloudWatchMetrics({ client: () => client }) };
};

describe("an expression", () => {
  test("is asked for with its inputs beside it, under ids of its own", async () => {
    const { metrics, sent } = onWire(ok({ MetricDataResults: [] }));

    await metrics.read([plain("first"), RATE], FROM, FROM + 5 * MINUTE);

    expect(sent[0]?.json).toMatchObject({
      MetricDataQueries: [
        { Id: "q0" },
        {
          Id: "q1_failed",
          MetricStat: { Metric: { MetricName: "Failed" }, Period: 60, Stat: "Sum" },
          ReturnData: true,
        },
        { Id: "q1_fine", ReturnData: true },
        { Id: "q1", Expression: "100 * q1_failed / (q1_failed + FILL(q1_fine, 0))", Period: 60, ReturnData: true },
      ],
    });
  });

  test("has no point where a required input has none: CloudWatch would have taken it for 0", async () => {
    const { metrics } = onWire(
      ok({
        MetricDataResults: [
          result("q0_failed", { 0: 1, 2: 3 }),
          result("q0_fine", { 1: 9, 2: 9 }),
          result("q0", { 0: 100, 1: 0, 2: 25 }),
        ],
      }),
    );

    const [series] = await metrics.read([RATE], FROM, FROM + 5 * MINUTE);

    expect(series?.complete).toBe(true);
    expect([...(series?.points ?? [])]).toEqual([
      [FROM, 100],
      [FROM + 2 * MINUTE, 25],
    ]);
  });

  test("is not complete while an input is not", async () => {
    const results = [result("q0_failed", { 0: 1 }, "InternalError"), result("q0_fine", {}), result("q0", { 0: 100 })];
    const { metrics } = onWire(ok({ MetricDataResults: results }));

    const [series] = await metrics.read([RATE], FROM, FROM + 5 * MINUTE);

    expect(series?.complete).toBe(false);
  });

  test("counts its inputs among the 500 queries of a call", async () => {
    const { metrics, sent } = onWire(ok({ MetricDataResults: [] }), ok({ MetricDataResults: [] }));
    const many = Array.from({ length: 167 }, (_, index) => ({ ...RATE, id: `rate ${index}` }));

    await metrics.read(many, FROM, FROM + 5 * MINUTE);

    const sizes = sent.map(({ json }) => (json as { MetricDataQueries: unknown[] }).MetricDataQueries.length);
    expect(sizes).toEqual([498, 3]);
  });
});

describe("Metrics Insights", () => {
  test("is asked one query a call, beside a call of the rest", async () => {
    const answers = ["q0", "q0", "q0"].map((id, index) => ok({ MetricDataResults: [result(id, { 0: index + 1 })] }));
    const { metrics, sent } = onWire(...answers);

    const series = await metrics.read([SUM, plain("first"), { ...SUM, id: "other" }], FROM, FROM + 5 * MINUTE);

    expect(sent.map(({ json }) => (json as { MetricDataQueries: unknown[] }).MetricDataQueries)).toMatchObject([
      [{ Id: "q0", MetricStat: {} }],
      [{ Id: "q0", Expression: SUM.insights, Period: 60 }],
      [{ Id: "q0", Expression: SUM.insights }],
    ]);
    expect(series.map(({ id, points }) => [id, points.get(FROM)])).toEqual([
      ["sum", 2],
      ["first", 1],
      ["other", 3],
    ]);
  });

  test("reaches less than three hours back, whatever is asked for", async () => {
    const { metrics, sent } = onWire(ok({ MetricDataResults: [] }));

    await metrics.read([SUM], FROM, FROM + 1_440 * MINUTE);

    expect(sent[0]?.json).toMatchObject({
      StartTime: (FROM + (1_440 - 165) * MINUTE) / 1_000,
      EndTime: (FROM + 1_440 * MINUTE) / 1_000,
    });
  });
});
