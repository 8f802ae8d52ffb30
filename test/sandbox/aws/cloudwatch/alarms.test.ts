import {
  type CloudWatchClient,
  DescribeAlarmsCommand,
  type DescribeAlarmsCommandInput,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { describe, expect, test } from "vitest";
import { type AlarmState, stateOf, type Threshold } from "../../../../sandbox/aws/cloudwatch/alarm-state.ts";
import type { AlarmEvent } from "../../../../sandbox/aws/cloudwatch/alarms.ts";
import type { ScenarioFile } from "../../../../sandbox/world/scenario.ts";
import { errorOf, START, simulateWorld } from "../harness.ts";

const MINUTE = 60_000;

const ERRORS: NonNullable<ScenarioFile["alarms"]>[number] = {
  name: "orders-errors",
  metric: "Errors",
  dimensions: { FunctionName: "orders", Resource: "orders:live" },
  threshold: 60,
  datapointsToAlarm: 2,
  evaluationPeriods: 3,
};

const setUp = (file: Partial<ScenarioFile> = {}) => {
  const simulation = simulateWorld(file);
  const { alarms } = simulation.cloudwatch;
  for (const rule of simulation.scenario.alarms) alarms.add(rule);
  for (const composite of simulation.scenario.compositeAlarms) alarms.addComposite(composite);
  const events: { at: number; event: AlarmEvent }[] = [];
  alarms.onStateChange((event) => {
    events.push({ at: simulation.clock.now(), event });
  });
  return { ...simulation, alarms, events };
};

const describeAlarms = (client: CloudWatchClient, input: DescribeAlarmsCommandInput = {}) =>
  client.send(new DescribeAlarmsCommand(input));

const turn = (client: CloudWatchClient, AlarmName: string, StateValue: AlarmState) =>
  client.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: "by hand" }));

const stateIn = ({ event }: { event: AlarmEvent }) => (event.detail.state as { value: string }).value;

describe("an alarm on a metric", () => {
  test("goes to ALARM within minutes of trouble, back when it is over, and each change makes an event", async () => {
    const { run, clock, alarms, events, metrics } = setUp({
      alarms: [ERRORS],
      behaviour: [{ version: "baseline", errorRate: 0.01 }],
      incidents: [{ from: "20m", to: "40m", errorsTimes: 30 }],
      cloudwatch: { duplicates: 0 },
    });
    const states = await run(async () => {
      alarms.start();
      const seen: (string | undefined)[] = [];
      for (const minutes of [20, 10, 20]) {
        await clock.sleep(minutes * MINUTE);
        seen.push((await describeAlarms(metrics)).MetricAlarms?.[0]?.StateValue);
      }
      alarms.stop();
      return seen;
    });
    expect(states).toEqual(["OK", "ALARM", "OK"]);
    expect(events.map(stateIn)).toEqual(["ALARM", "OK"]);
    expect(events[0]?.at).toBeGreaterThan(START + 22 * MINUTE);
    expect(events[0]?.at).toBeLessThan(START + 28 * MINUTE);
  });

  test("tells EventBridge which alarm, what it was and what it is", async () => {
    const { run, clock, events, metrics } = setUp({ alarms: [ERRORS], cloudwatch: { duplicates: 0 } });
    await run(async () => {
      await turn(metrics, "orders-errors", "ALARM");
      await clock.sleep(MINUTE);
    });
    expect(events[0]?.event).toMatchObject({
      "detail-type": "CloudWatch Alarm State Change",
      source: "aws.cloudwatch",
      account: "093646564004",
      resources: ["arn:aws:cloudwatch:af-south-1:093646564004:alarm:orders-errors"],
      detail: {
        alarmName: "orders-errors",
        state: { value: "ALARM", reason: "by hand" },
        previousState: { value: "OK" },
        configuration: { metrics: [{ metricStat: { metric: { name: "Errors" }, period: 60, stat: "Sum" } }] },
      },
    });
  });

  test("without data is INSUFFICIENT_DATA", async () => {
    const { run, clock, alarms, metrics } = setUp({ alarms: [ERRORS], traffic: [] });
    const state = await run(async () => {
      alarms.start();
      await clock.sleep(2 * MINUTE);
      alarms.stop();
      return (await describeAlarms(metrics)).MetricAlarms?.[0]?.StateValue;
    });
    expect(state).toBe("INSUFFICIENT_DATA");
  });
});

describe("what an alarm's datapoints call for", () => {
  const rule = (missing: Threshold["missing"]): Threshold => ({
    comparison: ">",
    threshold: 10,
    datapointsToAlarm: 2,
    evaluationPeriods: 3,
    missing,
  });
  const gap = undefined;

  test.each<[string, (number | undefined)[], Threshold["missing"], AlarmState]>([
    ["two of the latest three beyond the threshold", [0, 0, 0, 20, 5, 20], "missing", "ALARM"],
    ["one of the latest three", [20, 20, 20, 5, 5, 20], "missing", "OK"],
    ["older datapoints where the newest are late", [gap, 20, 20, 5, gap, gap], "missing", "ALARM"],
    ["nothing at all", [gap, gap, gap, gap, gap, gap], "missing", "INSUFFICIENT_DATA"],
    ["nothing at all, missing meaning breach", [gap, gap, gap, gap, gap, gap], "breaching", "ALARM"],
    ["nothing at all, missing meaning none", [gap, gap, gap, gap, gap, gap], "notBreaching", "OK"],
    ["nothing at all, missing ignored", [gap, gap, gap, gap, gap, gap], "ignore", "ALARM"],
    ["one breach and gaps that breach", [gap, gap, gap, gap, gap, 20], "breaching", "ALARM"],
    ["a little, all of it good", [gap, gap, gap, gap, gap, 5], "missing", "OK"],
    ["exactly the threshold", [10, 10, 10, 10, 10, 10], "missing", "OK"],
  ])("%s", (_what, values, missing, expected) => {
    expect(stateOf(rule(missing), values, "ALARM")).toBe(expected);
  });
});

describe("events", () => {
  const moves = async (cloudwatch: ScenarioFile["cloudwatch"], count: number) => {
    const { run, clock, events, metrics } = setUp({ alarms: [{ name: "scripted", threshold: 0 }], cloudwatch });
    await run(async () => {
      for (let n = 0; n < count; n += 1) {
        await turn(metrics, "scripted", n % 2 === 0 ? "ALARM" : "OK");
        await clock.sleep(1_000);
      }
      await clock.sleep(10 * MINUTE);
    });
    return events;
  };

  test("come at least once, some twice, with the same id", async () => {
    const events = await moves({ duplicates: 1 }, 3);
    expect(events.length).toBe(6);
    expect(new Set(events.map(({ event }) => event.id)).size).toBe(3);
  });

  test("may come out of order", async () => {
    const events = await moves({ duplicates: 0, eventDelay: "30s" }, 12);
    const states = events.map(stateIn);
    expect(states.length).toBe(12);
    expect(states).not.toEqual(states.map((_state, n) => (n % 2 === 0 ? "ALARM" : "OK")));
  });

  test("come of changes only", async () => {
    const { run, clock, events, metrics } = setUp({ alarms: [{ name: "scripted", threshold: 0, begins: "ALARM" }] });
    await run(async () => {
      await turn(metrics, "scripted", "ALARM");
      await clock.sleep(MINUTE);
    });
    expect(events).toEqual([]);
  });
});

test("a scenario turns an alarm at its time", async () => {
  const turns: NonNullable<ScenarioFile["alarms"]>[number]["turns"] = [{ at: "5m", to: "ALARM" }];
  const { run, clock, metrics } = setUp({ alarms: [{ name: "scripted", threshold: 0, turns }] });
  const states = await run(async () => {
    const read = async () => (await describeAlarms(metrics)).MetricAlarms?.[0]?.StateValue;
    const before = await read();
    await clock.sleep(5 * MINUTE);
    return [before, await read()];
  });
  expect(states).toEqual(["OK", "ALARM"]);
});

test("a composite alarm follows the alarms under it", async () => {
  const { run, clock, metrics, events } = setUp({
    alarms: [
      { name: "a", threshold: 0 },
      { name: "b", threshold: 0 },
    ],
    compositeAlarms: [{ name: "any", anyOf: ["a", "b"] }],
    cloudwatch: { duplicates: 0 },
  });
  const states = await run(async () => {
    const read = async () =>
      (await describeAlarms(metrics, { AlarmTypes: ["CompositeAlarm"] })).CompositeAlarms?.[0]?.StateValue;
    await turn(metrics, "b", "ALARM");
    const red = await read();
    await turn(metrics, "b", "OK");
    await clock.sleep(MINUTE);
    return [red, await read()];
  });
  expect(states).toEqual(["ALARM", "OK"]);
  expect(events.length).toBe(4);
});

describe("DescribeAlarms", () => {
  const world = {
    alarms: ["bbws-prod-b", "bbws-prod-a", "other"].map((name) => ({ name, threshold: 0 })),
    compositeAlarms: [{ name: "bbws-prod-any", anyOf: ["bbws-prod-a"] }],
  };

  test("answers with metric alarms alone unless composites are asked for", async () => {
    const { run, metrics } = setUp(world);
    const [plain, both] = await run(async () => [
      await describeAlarms(metrics, { AlarmNamePrefix: "bbws-prod" }),
      await describeAlarms(metrics, { AlarmNamePrefix: "bbws-prod", AlarmTypes: ["MetricAlarm", "CompositeAlarm"] }),
    ]);
    expect(plain?.MetricAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(["bbws-prod-a", "bbws-prod-b"]);
    expect(plain?.CompositeAlarms).toEqual([]);
    expect(both?.CompositeAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(["bbws-prod-any"]);
  });

  test("leaves out a name that does not exist", async () => {
    const { run, metrics } = setUp(world);
    const answer = await run(() => describeAlarms(metrics, { AlarmNames: ["other", "gone"] }));
    expect(answer.MetricAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(["other"]);
  });

  test("filters by state and pages", async () => {
    const { run, metrics } = setUp(world);
    const [red, first, second] = await run(async () => {
      await turn(metrics, "other", "ALARM");
      const page = await describeAlarms(metrics, { MaxRecords: 2 });
      const rest = await describeAlarms(metrics, { MaxRecords: 2, NextToken: page.NextToken });
      return [await describeAlarms(metrics, { StateValue: "ALARM" }), page, rest];
    });
    expect(red?.MetricAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(["other"]);
    expect([first?.MetricAlarms?.length, second?.MetricAlarms?.length, second?.NextToken]).toEqual([2, 1, undefined]);
  });

  test("takes no prefix beside names, and no more than a hundred names", async () => {
    const { run, metrics } = setUp(world);
    const errors = await run(async () => [
      await errorOf(describeAlarms(metrics, { AlarmNames: ["other"], AlarmNamePrefix: "b" })),
      await errorOf(describeAlarms(metrics, { AlarmNames: Array.from({ length: 101 }, (_unused, n) => `a${n}`) })),
    ]);
    expect(errors.map(({ name }) => name)).toEqual(["ValidationException", "ValidationException"]);
  });

  test("takes nine calls a second", async () => {
    const { run, clock, aws, metrics } = setUp(world);
    await run(async () => {
      const readers = Array.from({ length: 30 }, (_unused, n) =>
        clock.spawn(`reader ${n}`, async () => {
          await describeAlarms(metrics).catch(() => undefined);
        }),
      );
      for (const reader of readers) await reader.done.wait();
    });
    expect(aws.calls.some(({ outcome }) => outcome === "ThrottlingException")).toBe(true);
  });
});

test("SetAlarmState of an alarm that is not there is an error", async () => {
  const { run, metrics } = setUp();
  expect((await run(() => errorOf(turn(metrics, "gone", "OK")))).name).toContain("ResourceNotFound");
});
