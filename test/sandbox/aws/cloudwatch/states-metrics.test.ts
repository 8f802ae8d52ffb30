import { GetMetricDataCommand, StandardUnit } from "@aws-sdk/client-cloudwatch";
import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import { describe, expect, it } from "vitest";
import type { ScenarioFile } from "../../../../sandbox/world/scenario.ts";
import { START, simulateWorkflow } from "../harness.ts";

const HOUR = 3_600_000;
const SPLIT = { 1: 50, 2: 50 };

/** The machine under twenty starts a minute; `read` adds a metric's statistic up, or gives it, over [from, to). */
const scene = (executions: NonNullable<ScenarioFile["executions"]> = []) => {
  const world = simulateWorkflow({ executions, starts: [{ perMinute: 20, history: "0s" }] });
  const { metrics, machine, clock, run, stepFunctions } = world;
  stepFunctions.moveByHand({ machine: "etl", alias: "live" }, SPLIT);
  const read = async (
    MetricName: string,
    qualifiers: Record<string, string>,
    { Stat = "Sum", from = 0, to = HOUR, of = machine.arn } = {},
  ) => {
    const Dimensions = Object.entries({ StateMachineArn: of, ...qualifiers }).map(([Name, Value]) => ({ Name, Value }));
    const Metric = { Namespace: "AWS/States", MetricName, Dimensions };
    const MetricStat = { Metric, Period: (to - from) / 1_000, Stat };
    const range = { StartTime: new Date(START + from), EndTime: new Date(START + to) };
    const answer = await metrics.send(
      new GetMetricDataCommand({ ...range, MetricDataQueries: [{ Id: "m", MetricStat }] }),
    );
    return answer.MetricDataResults?.[0]?.Values?.[0];
  };
  const live = <T>(hours: number, body: () => Promise<T>) =>
    run(async () => {
      await clock.sleep(hours * HOUR);
      return body();
    });
  return { ...world, read, live };
};

const lasting = (median: string) => ({ failed: 0, duration: { median, sigma: 0 } });

describe("the metrics of a workflow", () => {
  it("are those of the machine, of each version, and of the alias, and of no set of all three", async () => {
    const { live, read } = scene();
    const { all, first, second, alias, both, other } = await live(2, async () => ({
      all: await read("ExecutionsStarted", {}),
      first: await read("ExecutionsStarted", { Version: "1" }),
      second: await read("ExecutionsStarted", { Version: "2" }),
      alias: await read("ExecutionsStarted", { Alias: "live" }),
      both: await read("ExecutionsStarted", { Version: "1", Alias: "live" }),
      other: await read("ExecutionsStarted", { Version: "3" }),
    }));
    expect(all).toBeGreaterThan(1_000);
    expect((first ?? 0) + (second ?? 0)).toBe(all);
    expect((second ?? 0) / (all ?? 1)).toBeCloseTo(0.5, 1);
    expect(alias).toBe(all);
    expect([both, other]).toEqual([undefined, undefined]);
  });

  it("count each start once by Sum, and once more as a zero when it closes by SampleCount", async () => {
    const { live, read } = scene([{ version: "baseline", ...lasting("1s") }]);
    const to = 2 * HOUR;
    const [sum, count] = await live(3, async () => [
      await read("ExecutionsStarted", { Version: "1" }, { to }),
      await read("ExecutionsStarted", { Version: "1" }, { Stat: "SampleCount", to }),
    ]);
    expect((count ?? 0) / (sum ?? 1)).toBeCloseTo(2, 2);
  });

  it("stamp what fails with the time of its end, hours after its start", async () => {
    const { live, read } = scene([{ version: "candidate", ...lasting("4h"), timedOut: 1, timeLimit: "3h" }]);
    const [early, late, timeInHours] = await live(5, async () => [
      await read("ExecutionsTimedOut", { Version: "2" }, { from: 0, to: 3 * HOUR }),
      await read("ExecutionsTimedOut", { Version: "2" }, { from: 3 * HOUR, to: 4 * HOUR }),
      ((await read("ExecutionTime", { Version: "2" }, { Stat: "p95", from: 3 * HOUR, to: 4 * HOUR })) ?? 0) / HOUR,
    ]);
    expect(early).toBeUndefined();
    expect(late).toBeGreaterThan(450);
    expect(timeInHours).toBe(3);
  });

  it("tell the versions' times apart by percentile", async () => {
    const { live, read } = scene([
      { version: "baseline", ...lasting("60s") },
      { version: "candidate", ...lasting("90s") },
    ]);
    const times = await live(2, async () => [
      await read("ExecutionTime", { Version: "1" }, { Stat: "p95" }),
      await read("ExecutionTime", { Version: "2" }, { Stat: "p95" }),
    ]);
    expect(times).toEqual([60_000, 90_000]);
  });

  it("have no datapoint of an ending that did not happen", async () => {
    const { live, read } = scene([
      { version: "1", ...lasting("1s") },
      { version: "2", ...lasting("1s"), failed: 1 },
    ]);
    const [none, all, succeeded, started] = await live(2, async () => [
      await read("ExecutionsFailed", { Version: "1" }),
      await read("ExecutionsFailed", { Version: "2" }),
      await read("ExecutionsSucceeded", { Version: "1" }),
      await read("ExecutionsStarted", {}),
    ]);
    expect(none).toBeUndefined();
    expect((all ?? 0) + (succeeded ?? 0)).toBeCloseTo(started ?? 0, -1);
  });

  it("count a stopped execution as aborted when it is stopped, and never again", async () => {
    const { run, clock, client, read, stepFunctions, machine } = scene([{ version: "baseline", ...lasting("3h") }]);
    const { soon, later, succeeded } = await run(async () => {
      await clock.sleep(HOUR / 2);
      const running = stepFunctions.executions.runningAt(machine, clock.now()).filter(({ version }) => version === "1");
      for (const { name } of running.slice(0, 7)) {
        const executionArn = `${machine.arn.replace("stateMachine", "execution")}:${name}`;
        await client.send(new StopExecutionCommand({ executionArn }));
      }
      await clock.sleep(5 * HOUR);
      const window = { from: 3 * HOUR, to: 4 * HOUR };
      return {
        soon: await read("ExecutionsAborted", { Version: "1" }),
        later: await read("ExecutionsAborted", { Version: "1" }, window),
        succeeded: (await read("ExecutionsSucceeded", { Version: "1" }, window)) ?? 0,
      };
    });
    expect(soon).toBe(7);
    expect(later).toBeUndefined();
    expect(succeeded).toBeGreaterThan(450);
  });

  it("count throttled transitions for the whole machine alone", async () => {
    const { live, read } = scene([{ version: "candidate", ...lasting("1s"), throttled: 0.5 }]);
    const [all, version] = await live(2, async () => [
      await read("ExecutionThrottled", {}),
      await read("ExecutionThrottled", { Version: "2" }),
    ]);
    expect(all).toBeGreaterThan(200);
    expect(version).toBeUndefined();
  });

  it("are seen after CloudWatch's delay, a late minute at first incomplete", async () => {
    const world = simulateWorkflow({ cloudwatch: { partial: 1, partialShare: 0.5, lag: "60s", revisedAfter: "5m" } });
    const { run, clock, metrics, machine } = world;
    const Dimensions = [{ Name: "StateMachineArn", Value: machine.arn }];
    const Metric = { Namespace: "AWS/States", MetricName: "ExecutionsStarted", Dimensions };
    const MetricStat = { Metric, Period: 60, Stat: "Sum", Unit: StandardUnit.Count };
    const range = { StartTime: new Date(START), EndTime: new Date(START + 60_000) };
    const read = async () => {
      const asked = new GetMetricDataCommand({ ...range, MetricDataQueries: [{ Id: "m", MetricStat }] });
      return (await metrics.send(asked)).MetricDataResults?.[0]?.Values?.[0];
    };
    const [soon, first, last] = await run(async () => {
      await clock.sleep(100_000);
      const soon = await read();
      await clock.sleep(60_000);
      const first = await read();
      await clock.sleep(600_000);
      return [soon, first, await read()];
    });
    expect(soon).toBeUndefined();
    expect(first).toBeLessThan(last ?? 0);
    expect(first).toBeGreaterThan(0);
  });
});
