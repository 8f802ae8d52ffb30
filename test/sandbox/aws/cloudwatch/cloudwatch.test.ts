import {
  type CloudWatchClient,
  GetMetricDataCommand,
  type GetMetricDataCommandInput,
  type MetricDataQuery,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import { describe, expect, test } from "vitest";
import { errorOf, START, simulateWorld } from "../harness.ts";

const MINUTE = 60_000;

/** Figures appear at once and whole, so that what they are can be told from when they come. */
const CLEAR = { lag: "0s", partial: 0 };

const orders = { FunctionName: "orders" };
const live = { ...orders, Resource: "orders:live" };
const candidate = { ...live, ExecutedVersion: "42" };
const baseline = { ...live, ExecutedVersion: "41" };

const stat = (
  Id: string,
  MetricName: string,
  Stat: string,
  dimensions: Record<string, string> = live,
  Period = 60,
): MetricDataQuery => {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return { Id, MetricStat: { Metric: { Namespace: "AWS/Lambda", MetricName, Dimensions }, Period, Stat } };
};

const reading = (client: CloudWatchClient) => ({
  raw: (
    queries: MetricDataQuery[],
    fromMinute: number,
    toMinute: number,
    rest: Partial<GetMetricDataCommandInput> = {},
  ) =>
    client.send(
      new GetMetricDataCommand({
        MetricDataQueries: queries,
        StartTime: new Date(START + fromMinute * MINUTE),
        EndTime: new Date(START + toMinute * MINUTE),
        ScanBy: "TimestampAscending",
        ...rest,
      }),
    ),
});

const setUp = (...world: Parameters<typeof simulateWorld>) => {
  const simulation = simulateWorld(...world);
  const { raw } = reading(simulation.metrics);
  const values = async (query: MetricDataQuery, from: number, to: number): Promise<number[]> =>
    (await raw([query], from, to)).MetricDataResults?.[0]?.Values ?? [];
  const weigh = (weight: number) =>
    simulation.lambda.moveByHand(
      { functionName: "orders", alias: "live" },
      { version: "41", weights: { "42": weight } },
    );
  return { ...simulation, raw, values, weigh };
};

describe("the metrics of a function", () => {
  test("have a datapoint a minute: requests, errors and durations as the world made them", async () => {
    const { run, clock, values } = setUp({
      cloudwatch: CLEAR,
      behaviour: [{ version: "baseline", errorRate: 0.05, latency: { medianMs: 200, sigma: 0.3 } }],
    });
    const seen = await run(async () => {
      await clock.sleep(30 * MINUTE);
      return {
        invocations: await values(stat("a", "Invocations", "Sum"), 0, 20),
        errors: await values(stat("a", "Errors", "Sum"), 0, 20),
        rate: await values(stat("a", "Errors", "Average"), 0, 20),
        median: await values(stat("a", "Duration", "p50", live, 1_200), 0, 20),
        mean: await values(stat("a", "Duration", "Average", live, 1_200), 0, 20),
        concurrent: await values(stat("a", "ConcurrentExecutions", "Maximum"), 0, 20),
      };
    });
    expect(seen.invocations.length).toBe(20);
    const total = seen.invocations.reduce((sum, value) => sum + value, 0);
    expect(Math.abs(total - 12_000)).toBeLessThan(5 * Math.sqrt(12_000));
    expect(seen.rate).toEqual(seen.errors.map((errors, n) => errors / (seen.invocations[n] ?? 0)));
    expect(seen.median[0]).toBeGreaterThan(190);
    expect(seen.median[0]).toBeLessThan(210);
    expect((seen.mean[0] ?? 0) / (200 * Math.exp(0.045))).toBeCloseTo(1, 1);
    // 600 requests a minute of 0.2 s each: two at a time on average.
    expect(Math.max(...seen.concurrent)).toBeGreaterThan(2);
    expect(Math.max(...seen.concurrent)).toBeLessThan(10);
  });

  test("tell versions apart only while the alias is weighted", async () => {
    const { run, clock, values, weigh } = setUp({ cloudwatch: CLEAR });
    const seen = await run(async () => {
      await clock.sleep(10 * MINUTE);
      weigh(0.25);
      await clock.sleep(10 * MINUTE);
      weigh(0);
      await clock.sleep(15 * MINUTE);
      const of = (dimensions: Record<string, string>) => values(stat("a", "Invocations", "Sum", dimensions), 0, 30);
      return { all: await of(orders), live: await of(live), old: await of(baseline), fresh: await of(candidate) };
    });
    expect([seen.all.length, seen.live.length, seen.old.length, seen.fresh.length]).toEqual([30, 30, 10, 10]);
    expect(seen.live).toEqual(seen.all);
    expect(seen.old.map((value, n) => value + (seen.fresh[n] ?? 0))).toEqual(seen.live.slice(10, 20));
  });

  test("under a version's own name, another dimension or another account are no metrics at all", async () => {
    const { run, clock, values } = setUp({ cloudwatch: CLEAR });
    const seen = await run(async () => {
      await clock.sleep(10 * MINUTE);
      const of = (dimensions: Record<string, string>) => values(stat("a", "Invocations", "Sum", dimensions), 0, 5);
      return [
        await of({ ...orders, Resource: "orders:42" }),
        await of({ FunctionName: "orders:live" }),
        await of({ ...orders, ExecutedVersion: "41" }),
        await of({ ...live, Extra: "x" }),
        await values({ ...stat("a", "Invocations", "Sum"), AccountId: "111122223333" }, 0, 5),
      ];
    });
    expect(seen).toEqual([[], [], [], [], []]);
  });

  test("have no datapoint for a minute without requests: silence is no zero", async () => {
    const { run, clock, raw } = setUp({ cloudwatch: CLEAR, traffic: [] });
    const answer = await run(async () => {
      await clock.sleep(10 * MINUTE);
      return await raw([stat("a", "Errors", "Sum")], 0, 5);
    });
    expect(answer.MetricDataResults).toMatchObject([{ Id: "a", Values: [], Timestamps: [], StatusCode: "Complete" }]);
  });

  test("count throttled requests apart from invocations and errors", async () => {
    const { run, clock, values } = setUp({
      cloudwatch: CLEAR,
      behaviour: [{ version: "baseline", throttleRate: 0.25, errorRate: 0 }],
    });
    const [throttles, invocations] = await run(async () => {
      await clock.sleep(65 * MINUTE);
      const hour = (metric: string) => values(stat("a", metric, "Sum", live, 3_600), 0, 60);
      return [await hour("Throttles"), await hour("Invocations")];
    });
    expect((throttles?.[0] ?? 0) / (invocations?.[0] ?? 1)).toBeCloseTo(1 / 3, 1);
  });
});

describe("statistics", () => {
  test("of one minute agree with one another", async () => {
    const { run, clock, raw } = setUp({ cloudwatch: CLEAR });
    const names = [
      "SampleCount",
      "Sum",
      "Average",
      "TC(:150)",
      "TC(150:)",
      "PR(:150)",
      "p50",
      "Minimum",
      "Maximum",
      "TS(:150)",
      "TM(:150)",
      "tm100",
      "IQM",
    ];
    const results = await run(async () => {
      await clock.sleep(5 * MINUTE);
      return (
        await raw(
          names.map((name, n) => stat(`q${n}`, "Duration", name)),
          0,
          1,
        )
      ).MetricDataResults;
    });
    const value = Object.fromEntries(names.map((name, n) => [name, results?.[n]?.Values?.[0] ?? Number.NaN]));
    const of = (name: string): number => value[name] ?? Number.NaN;
    expect(of("TC(:150)") + of("TC(150:)")).toBe(of("SampleCount"));
    expect(of("PR(:150)")).toBeCloseTo((100 * of("TC(:150)")) / of("SampleCount"), 9);
    expect(of("Sum")).toBeCloseTo(of("Average") * of("SampleCount"), 6);
    expect(of("TS(:150)")).toBeCloseTo(of("TM(:150)") * of("TC(:150)"), 6);
    expect(of("tm100") / of("Average")).toBeCloseTo(1, 1);
    const ordered = ["Minimum", "p50", "Maximum"].map(of);
    expect(ordered).toEqual([...ordered].sort((a, b) => a - b));
    expect(of("IQM")).toBeGreaterThan(of("Minimum"));
  });

  test.each(["Median", "p101", "TC()", "TC(5)", "PR(10%:20%)", "tc(1:2)", ""])("named %j are refused", async (name) => {
    const { run, raw } = setUp();
    const error = await run(() => errorOf(raw([stat("a", "Duration", name)], -10, 0)));
    expect(error.name).toBe("ValidationException");
  });
});

describe("figures appear late", () => {
  test("not before the lag is over", async () => {
    const { run, clock, values } = setUp({ cloudwatch: { lag: "90s", partial: 0 } });
    const counts = await run(async () => {
      const seen: number[] = [];
      await clock.sleep(MINUTE);
      for (const wait of [0, 60_000, 90_000]) {
        await clock.sleep(wait);
        seen.push((await values(stat("a", "Invocations", "Sum"), 0, 1)).length);
      }
      return seen;
    });
    expect(counts).toEqual([0, 0, 1]);
  });

  test("some minutes first in part; they are revised once, and then never again", async () => {
    const { run, clock, values } = setUp({
      cloudwatch: { lag: "30s", partial: 1, partialShare: 0.5, revisedAfter: "2m" },
    });
    const [first, later, muchLater] = await run(async () => {
      const read = () => values(stat("a", "Invocations", "Sum"), 0, 1);
      await clock.sleep(MINUTE + 50_000);
      const early = await read();
      await clock.sleep(3 * MINUTE);
      const revised = await read();
      await clock.sleep(60 * MINUTE);
      return [early[0] ?? 0, revised[0] ?? 0, (await read())[0]] as const;
    });
    expect(first / later).toBeGreaterThan(0.4);
    expect(first / later).toBeLessThan(0.6);
    expect(muchLater).toBe(later);
  });

  test("errors and invocations of one minute together", async () => {
    const { run, clock, raw } = setUp({
      cloudwatch: { lag: "30s", partial: 1, partialShare: 0.5 },
      behaviour: [{ version: "baseline", errorRate: 1 }],
    });
    const results = await run(async () => {
      await clock.sleep(5 * MINUTE);
      return (await raw([stat("i", "Invocations", "Sum"), stat("e", "Errors", "Sum")], 0, 5)).MetricDataResults;
    });
    expect(results?.[0]?.Values).toEqual(results?.[1]?.Values);
  });
});

describe("GetMetricData", () => {
  test("takes the start and leaves out the end, newest first unless asked otherwise", async () => {
    const { run, clock, raw } = setUp({ cloudwatch: CLEAR });
    const minutes = await run(async () => {
      await clock.sleep(10 * MINUTE);
      const read = async (ScanBy?: "TimestampDescending") => {
        const answer = await raw([stat("a", "Invocations", "Sum")], 2, 5, ScanBy === undefined ? {} : { ScanBy });
        return answer.MetricDataResults?.[0]?.Timestamps?.map((time) => (time.getTime() - START) / MINUTE);
      };
      return [await read(), await read("TimestampDescending")];
    });
    expect(minutes).toEqual([
      [2, 3, 4],
      [4, 3, 2],
    ]);
  });

  test("pages by MaxDatapoints: a series that goes on is PartialData", async () => {
    const { run, clock, raw } = setUp({ cloudwatch: CLEAR });
    const pages = await run(async () => {
      await clock.sleep(10 * MINUTE);
      const queries = [stat("a", "Invocations", "Sum"), stat("b", "Errors", "Sum")];
      const found = [];
      let token: string | undefined;
      do {
        const answer = await raw(queries, 0, 5, {
          MaxDatapoints: 4,
          ...(token === undefined ? {} : { NextToken: token }),
        });
        found.push(
          answer.MetricDataResults?.map(({ Id, Values, StatusCode }) => `${Id} ${Values?.length} ${StatusCode}`),
        );
        token = answer.NextToken;
      } while (token !== undefined);
      return found;
    });
    expect(pages).toEqual([["a 4 PartialData"], ["a 1 Complete", "b 3 PartialData"], ["b 2 Complete"]]);
  });

  test("takes at most 500 queries, of distinct lower-case ids, over a window that is one", async () => {
    const { run, raw } = setUp();
    const many = Array.from({ length: 501 }, (_unused, n) => stat(`q${n}`, "Errors", "Sum"));
    const errors = await run(async () => [
      await errorOf(raw(many, -10, 0)),
      await errorOf(raw([stat("a", "Errors", "Sum"), stat("a", "Errors", "Sum")], -10, 0)),
      await errorOf(raw([stat("A", "Errors", "Sum")], -10, 0)),
      await errorOf(raw([stat("a", "Errors", "Sum")], 0, 0)),
    ]);
    expect(errors.map(({ name }) => name)).toEqual(new Array(4).fill("ValidationException"));
  });

  test("has no minutes any more of what is older than fifteen days, silently; five-minute periods it has", async () => {
    const { run, clock, values } = setUp({ cloudwatch: CLEAR });
    const counts = await run(async () => {
      await clock.sleep(16 * 24 * 60 * MINUTE);
      return [
        (await values(stat("a", "Invocations", "Sum"), 0, 60)).length,
        (await values(stat("a", "Invocations", "Sum", live, 300), 0, 60)).length,
      ];
    });
    expect(counts).toEqual([0, 12]);
  });

  test("answers the same whatever else was asked before", async () => {
    const read = async (others: number) => {
      const { run, clock, values } = setUp();
      return await run(async () => {
        await clock.sleep(20 * MINUTE);
        for (let n = 0; n < others; n += 1) await values(stat("x", "Duration", "p99"), n, n + 5);
        return await values(stat("a", "Errors", "Sum"), 0, 15);
      });
    };
    expect(await read(7)).toEqual(await read(0));
  });
});

describe("metric math", () => {
  const custom = (client: CloudWatchClient, name: string, minute: number, ...values: number[]) =>
    client.send(
      new PutMetricDataCommand({
        Namespace: "test",
        MetricData: values.map((Value) => ({ MetricName: name, Value, Timestamp: new Date(START + minute * MINUTE) })),
      }),
    );
  const metric = (Id: string): MetricDataQuery => ({
    Id,
    MetricStat: { Metric: { Namespace: "test", MetricName: Id }, Period: 60, Stat: "Sum" },
    ReturnData: false,
  });

  /** a: 6 8 - 10; b: 2 0 4 - */
  const compute = async (Expression: string): Promise<Record<number, number>> => {
    const { run, clock, metrics, raw } = setUp({ cloudwatch: CLEAR });
    const result = await run(async () => {
      await custom(metrics, "a", 0, 2, 4);
      await custom(metrics, "a", 1, 8);
      await custom(metrics, "a", 3, 10);
      await custom(metrics, "b", 0, 2);
      await custom(metrics, "b", 1, 0);
      await custom(metrics, "b", 2, 4);
      await clock.sleep(10 * MINUTE);
      return (await raw([metric("a"), metric("b"), { Id: "e", Expression }], 0, 4)).MetricDataResults?.[0];
    });
    const minutes = result?.Timestamps?.map((time, n) => [(time.getTime() - START) / MINUTE, result.Values?.[n]]) ?? [];
    return Object.fromEntries(minutes) as Record<number, number>;
  };

  test.each([
    ["a + b", { 0: 8, 1: 8, 2: 4, 3: 10 }],
    ["a / b", { 0: 3, 2: 0 }],
    ["100 * (a - b) / 2", { 0: 200, 1: 400, 2: -200, 3: 500 }],
    ["FILL(a, 0)", { 0: 6, 1: 8, 2: 0, 3: 10 }],
    ["FILL(b, REPEAT)", { 0: 2, 1: 0, 2: 4, 3: 4 }],
    ["IF(b > 0, a, -1)", { 0: 6, 1: -1 }],
    ["IF(FILL(b, 0) == 0, 0, a / b)", { 0: 3, 1: 0, 2: 0, 3: 0 }],
    ["a > 6 AND a < 10", { 0: 0, 1: 1, 3: 0 }],
  ])("%s: missing values count as nothing, and a division by zero has no datapoint", async (expression, expected) => {
    expect(await compute(expression)).toEqual(expected);
  });

  test.each(["a +", "nowhere", "ANOMALY_DETECTION_BAND(a)", "1 + 2", "e", "a ^ b"])(
    "refuses %s",
    async (expression) => {
      expect((await errorOf(compute(expression))).name).toBe("ValidationException");
    },
  );
});

test("PutMetricData over 10 KB arrives compressed, and is read all the same", async () => {
  const { run, clock, metrics, raw } = setUp({ cloudwatch: CLEAR });
  const answer = await run(async () => {
    const MetricData = Array.from({ length: 400 }, () => ({
      MetricName: "Depth",
      Dimensions: [{ Name: "Queue", Value: "orders" }],
      Values: [1, 2],
      Counts: [3, 1],
    }));
    await metrics.send(new PutMetricDataCommand({ Namespace: "test", MetricData }));
    await clock.sleep(5 * MINUTE);
    const Metric = { Namespace: "test", MetricName: "Depth", Dimensions: [{ Name: "Queue", Value: "orders" }] };
    return await raw([{ Id: "a", MetricStat: { Metric, Period: 60, Stat: "SampleCount" } }], 0, 3);
  });
  expect(answer.MetricDataResults?.[0]?.Values).toEqual([1_600]);
});
