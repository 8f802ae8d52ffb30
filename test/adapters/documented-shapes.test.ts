/**
 * What AWS sends us unasked, in the shape of its documentation: no emulator at hand makes these events, so nothing but
 * this holds the handlers to them. Names and values are ours; fields, nesting and spelling of times are the guides'.
 */
import { describe, expect, test } from "vitest";
import { alarmListener, handler as onAlarm } from "../../functions/alarm-listener.ts";
import { handler as onStatus, statusListener } from "../../functions/status-listener.ts";
import { CONTEXT, testHost } from "../runtime/test-host.ts";
import { definitions, type State } from "../statemachine/definition.ts";
import { arnOf, BASELINE, P1, rollingOut } from "../support/deps.ts";
import { ok } from "./wire.ts";

/** CloudWatch writes its times with an offset that has no colon, which is not ISO 8601 as JavaScript defines it. */
const cloudWatchTime = (at: number) => new Date(at).toISOString().replace("Z", "+0000");

const envelope = (at: number) => ({
  version: "0",
  id: "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
  account: "111122223333",
  time: new Date(at).toISOString().replace(/\.\d+Z/, "Z"),
  region: "af-south-1",
});

function stateAt(at: number, value: string) {
  const reasonData = JSON.stringify({ version: "1.0", queryDate: cloudWatchTime(at), period: 60, threshold: 5 });
  return { reason: `Threshold Crossed: it is ${value}`, reasonData, timestamp: cloudWatchTime(at), value };
}

/** [CloudWatch user guide, "Alarm events and EventBridge", state change for a single-metric alarm] */
const metricAlarm = (at: number) => ({
  ...envelope(at),
  "detail-type": "CloudWatch Alarm State Change",
  source: "aws.cloudwatch",
  resources: ["arn:aws:cloudwatch:af-south-1:111122223333:alarm:errors"],
  detail: {
    alarmName: "errors",
    configuration: {
      description: "Goes red when orders fail",
      metrics: [
        {
          id: "30b6c6b2-a864-43a2-4877-c09a1afc3b87",
          metricStat: {
            metric: { dimensions: { FunctionName: "order" }, name: "Errors", namespace: "AWS/Lambda" },
            period: 60,
            stat: "Sum",
          },
          returnData: true,
        },
      ],
    },
    previousState: stateAt(at - 600_000, "OK"),
    state: stateAt(at, "ALARM"),
  },
});

/** [the same page, state change for a composite alarm] */
const compositeAlarm = (at: number) => ({
  ...metricAlarm(at),
  detail: {
    alarmName: "errors",
    state: { ...stateAt(at, "ALARM"), actionsSuppressedBy: "WaitPeriod", actionsSuppressedReason: "waiting" },
    previousState: { ...stateAt(at - 600_000, "OK"), actionsSuppressedBy: "WaitPeriod" },
    configuration: {
      alarmRule: "ALARM(orders) OR ALARM(carts)",
      actionsSuppressor: "maintenance",
      actionsSuppressorWaitPeriod: 120,
      actionsSuppressorExtensionPeriod: 180,
    },
  },
});

/** [Step Functions developer guide, "Automating Step Functions event delivery with EventBridge", status change] */
const statusChange = (executionArn: string, at: number) => ({
  ...envelope(at),
  "detail-type": "Step Functions Execution Status Change",
  source: "aws.states",
  resources: [executionArn],
  detail: {
    executionArn,
    stateMachineArn: "arn:aws:states:af-south-1:111122223333:stateMachine:promotion",
    name: P1,
    status: "ABORTED",
    startDate: at - 3_600_000,
    stopDate: at,
    input: "{}",
    output: null,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    redriveCount: 0,
    redriveDate: null,
    redriveStatus: "REDRIVABLE",
    redriveStatusReason: null,
    inputDetails: { included: true },
    outputDetails: null,
    error: null,
    cause: null,
  },
});

describe.each([
  ["a metric", metricAlarm],
  ["a composite", compositeAlarm],
])("the event of %s alarm that turns red", (_, eventAt) => {
  test("is understood as it is sent", async () => {
    const { host } = testHost({ HEADGATE_TABLE: "headgate" }, ok({ Items: [] }));

    const answer = await onAlarm.on(host)(eventAt(host.clock.now()), CONTEXT);

    expect(answer).toEqual({ acted: [], summary: "no running promotion named it" });
  });

  test("brings back the promotion that named it: its time is read, and is fresh", async () => {
    const world = await rollingOut(50);

    expect(await alarmListener(world.deps)(eventAt(world.clock.now()))).toMatchObject({ acted: [P1] });
    expect(world.target("order").route).toEqual(BASELINE);
  });

  test("does nothing when it is two minutes old", async () => {
    const world = await rollingOut(50);

    expect(await alarmListener(world.deps)(eventAt(world.clock.now() - 120_000))).toMatchObject({ acted: [] });
  });
});

describe("the event of an execution that was stopped", () => {
  test("is understood as it is sent", async () => {
    const { host } = testHost({ HEADGATE_TABLE: "headgate" }, ok({ Items: [] }));

    expect(await onStatus.on(host)(statusChange(arnOf(P1), host.clock.now()), CONTEXT)).toEqual({ summary: "" });
  });

  test("has its promotion looked after", async () => {
    const world = await rollingOut(50);
    world.statuses.set(arnOf(P1), "ABORTED");

    await statusListener(world.deps)(statusChange(arnOf(P1), world.clock.now()));

    expect(world.target("order").route).toEqual(BASELINE);
  });
});

/** [Step Functions developer guide, "Start a new AWS Step Functions execution": .sync:2 gives Output as parsed JSON] */
describe("what a nested execution hands to its parent", () => {
  const nesting = Object.values(definitions)
    .flatMap(({ States }) => Object.entries(States))
    .filter(([, { Resource }]) => Resource === "arn:aws:states:::states:startExecution.sync:2");

  test("is asked for by every machine that nests", () => {
    expect(nesting.map(([name]) => name).toSorted()).toEqual([
      "Bake",
      "Get approval",
      "Monitor",
      "Roll back",
      "Roll out",
      "Wait in queue",
    ]);
  });

  test.each(nesting)('is read by "%s" from Output, as JSON and not as text', (_, { ResultSelector = {} }: State) => {
    const paths = Object.entries(ResultSelector).filter(([key]) => key.endsWith(".$"));

    expect(paths.length).toBeGreaterThan(0);
    for (const [, path] of paths) expect(path).toMatch(/^\$\.Output\.\w+$/);
  });

  test.each(nesting)(
    'says of a child that failed only States.TaskFailed, which "%s" catches',
    (_, { Catch = [] }: State) => {
      expect(Catch.at(-1)?.ErrorEquals).toEqual(["States.ALL"]);
    },
  );
});
