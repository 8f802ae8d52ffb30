import {
  type CloudWatchClient,
  DescribeAlarmHistoryCommand,
  type DescribeAlarmHistoryCommandInput,
  SetAlarmStateCommand,
  type StateValue,
} from "@aws-sdk/client-cloudwatch";
import { expect, test } from "vitest";
import { errorOf, START, simulateWorld } from "../harness.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Two alarms, and one above them. */
const setUp = () => {
  const world = simulateWorld({
    alarms: ["a", "b"].map((name) => ({ name, threshold: 0 })),
    compositeAlarms: [{ name: "any", anyOf: ["a", "b"] }],
  });
  for (const rule of world.scenario.alarms) world.cloudwatch.alarms.add(rule);
  for (const composite of world.scenario.compositeAlarms) world.cloudwatch.alarms.addComposite(composite);
  return world;
};

const history = (client: CloudWatchClient, input: DescribeAlarmHistoryCommandInput = {}) =>
  client.send(new DescribeAlarmHistoryCommand(input));

const turn = (client: CloudWatchClient, AlarmName: string, state: StateValue) =>
  client.send(new SetAlarmStateCommand({ AlarmName, StateValue: state, StateReason: "by hand" }));

/** Red for five seconds. */
async function flap({ metrics, clock }: ReturnType<typeof setUp>, name: string): Promise<void> {
  await turn(metrics, name, "ALARM");
  await clock.sleep(5_000);
  await turn(metrics, name, "OK");
  await clock.sleep(1_000);
}

const summaries = ({ AlarmHistoryItems = [] }: Awaited<ReturnType<typeof history>>) =>
  AlarmHistoryItems.map(({ AlarmName, HistorySummary }) => `${AlarmName}: ${HistorySummary}`);

test("every change of state leaves an entry, the newest first, that a later state does not take away", async () => {
  const world = setUp();
  const answer = await world.run(async () => {
    await flap(world, "a");
    return history(world.metrics, { AlarmName: "a" });
  });
  expect(summaries(answer)).toEqual(["a: Alarm updated from ALARM to OK", "a: Alarm updated from OK to ALARM"]);
  const [, red] = answer.AlarmHistoryItems ?? [];
  expect(red).toMatchObject({ AlarmType: "MetricAlarm", HistoryItemType: "StateUpdate" });
  expect(JSON.parse(red?.HistoryData ?? "")).toMatchObject({
    oldState: { stateValue: "OK" },
    newState: { stateValue: "ALARM", stateReason: "by hand" },
  });
  expect((red?.Timestamp?.getTime() ?? 0) - START).toBeLessThan(MINUTE);
});

test("composite alarms are left out unless they are asked for", async () => {
  const world = setUp();
  const [plain, both] = await world.run(async () => {
    await flap(world, "b");
    const AlarmTypes: DescribeAlarmHistoryCommandInput["AlarmTypes"] = ["MetricAlarm", "CompositeAlarm"];
    return [await history(world.metrics), await history(world.metrics, { AlarmTypes, ScanBy: "TimestampAscending" })];
  });
  expect(plain && summaries(plain)).toHaveLength(2);
  expect(both && summaries(both)).toEqual([
    "b: Alarm updated from OK to ALARM",
    "any: Alarm updated from OK to ALARM",
    "b: Alarm updated from ALARM to OK",
    "any: Alarm updated from ALARM to OK",
  ]);
});

test("it is cut to the dates, paged, and forgotten after thirty days", async () => {
  const world = setUp();
  const { clock, metrics } = world;
  const answers = await world.run(async () => {
    await flap(world, "a");
    await clock.sleep(MINUTE);
    const from = new Date(clock.now());
    await flap(world, "a");
    const later = await history(metrics, { StartDate: from });
    const before = await history(metrics, { EndDate: from });
    const page = await history(metrics, { MaxRecords: 3 });
    const rest = await history(metrics, { MaxRecords: 3, NextToken: page.NextToken });
    await clock.sleep(30 * DAY);
    return [later, before, page, rest, await history(metrics)];
  });
  expect(answers.map((answer) => summaries(answer).length)).toEqual([2, 2, 3, 1, 0]);
  expect(answers[3]?.NextToken).toBeUndefined();
});

test("it knows nothing of other kinds of entries, of an alarm that never was, or of another account", async () => {
  const world = setUp();
  const answers = await world.run(async () => {
    await flap(world, "a");
    return [
      await history(world.metrics, { HistoryItemType: "Action" }),
      await history(world.metrics, { AlarmName: "gone" }),
    ];
  });
  expect(answers.map(summaries)).toEqual([[], []]);
});

test("a false token, and more than a hundred records, are refused", async () => {
  const { run, metrics } = setUp();
  const errors = await run(async () => [
    await errorOf(history(metrics, { NextToken: "none" })),
    await errorOf(history(metrics, { MaxRecords: 101 })),
  ]);
  expect(errors.map(({ name }) => name)).toEqual(["InvalidNextToken", "ValidationException"]);
});

test("it is answered three times a second", async () => {
  const { run, clock, aws, metrics } = setUp();
  await run(async () => {
    const readers = Array.from({ length: 12 }, (_unused, n) =>
      clock.spawn(`reader ${n}`, async () => {
        await history(metrics).catch(() => undefined);
      }),
    );
    for (const reader of readers) await reader.done.wait();
  });
  expect(aws.calls.some(({ outcome }) => outcome === "ThrottlingException")).toBe(true);
});
