/** One simulated incident: a candidate at 10 % of the traffic turns bad in the middle of its bake. */
import { readScenario, type Scenario } from "../../sandbox/world/scenario.ts";

/** What is assumed of CloudWatch and of the alarm; everything is in seconds. */
export interface Weather {
  /** From the end of a minute until its figures can be read, by alarms as by anybody: this to one and a half of this. */
  readonly figuresAfter: number;
  /** From a change of an alarm's state until its event arrives: this to twice this; null: it never does. */
  readonly eventAfter: number | null;
  /** So many of as many minutes have to be bad. */
  readonly datapoints: number;
}

/** An incident: when the rehearsal starts within its minute, and when the candidate turns bad, after the start. */
export interface Incident {
  readonly seed: number;
  readonly startSecond: number;
  readonly badAfterSeconds: number;
}

export const ALARM = "order-errors";
export const BAKE_SECONDS = 15 * 60;
export const FIRST_WEIGHT = 10;
export const REQUESTS_PER_MINUTE = 600;
export const BAD_ERROR_RATE = 0.5;
/** Percent of all requests of the alias, as an alarm on it counts. */
export const ALARM_ABOVE_PERCENT = 2;

const PLACE = { account: "111122223333", region: "eu-west-1" };
const HOUR = Date.parse("2026-01-13T10:00:00Z");
/** The shift comes within the first minute: so long after the start a bake is under way, and minutes from its end. */
const TURNS_BAD = { from: 180, to: 540 };
const NEVER_SECONDS = 30 * 86_400;

/** Spread evenly over the seconds of a minute and the minutes of a bake, none chosen. */
export function incidentOf(index: number, count: number): Incident {
  const { from, to } = TURNS_BAD;
  return {
    seed: index + 1,
    startSecond: Math.floor((60 * index) / count),
    // Steps of the golden ratio: the two do not move together.
    badAfterSeconds: Math.round(from + (to - from) * ((0.5 + index * 0.618_034) % 1)),
  };
}

/** Epoch ms of the first request that may fail. */
export const badAt = ({ startSecond, badAfterSeconds }: Incident): number =>
  HOUR + (startSecond + badAfterSeconds) * 1_000;

/** Whether the policy names the alarm, and whether the judge may act on what it measures. */
export interface Guards {
  readonly alarm: boolean;
  readonly judge: boolean;
}

export function policyOf({ alarm, judge }: Guards): unknown {
  return {
    apiVersion: "headgate/v1",
    order: ["prod"],
    environments: {
      prod: { ...PLACE, pageTo: ["oncall@example.com"], ...(alarm ? { alarms: [ALARM] } : {}) },
    },
    services: {
      shop: {
        targets: [{ name: "order", kind: "lambda-alias", functionName: "shop-order", alias: "live" }],
        rollout: { steps: [FIRST_WEIGHT, 100].map((weight) => ({ weight, bake: `${BAKE_SECONDS}s` })) },
        analysis: { metrics: [{ preset: "lambda-error-rate", dryRun: !judge }], onInconclusive: "proceed" },
      },
    },
  };
}

export const RELEASE = {
  apiVersion: "headgate/v1",
  service: "shop",
  version: "v2",
  commit: "0a1b2c3",
  requestedBy: "dev@example.com",
  risk: "low",
  summary: "what turns bad",
  artifacts: { order: { bucket: "shop-artifacts", key: "order.zip", versionId: "one" } },
  environments: ["prod"],
};

export function scenarioOf(incident: Incident, weather: Weather): Scenario {
  const { seed, startSecond, badAfterSeconds } = incident;
  const { figuresAfter, eventAfter, datapoints } = weather;
  return readScenario({
    name: "incident",
    startsAt: new Date(HOUR + startSecond * 1_000).toISOString(),
    seed,
    traffic: [{ perMinute: REQUESTS_PER_MINUTE }],
    behaviour: [
      { version: "baseline", errorRate: 0.001 },
      {
        version: "candidate",
        errorRate: 0.001,
        changes: [{ from: `${badAfterSeconds}s`, errorRate: BAD_ERROR_RATE }],
      },
    ],
    cloudwatch: { lag: `${figuresAfter}s`, eventDelay: `${eventAfter ?? NEVER_SECONDS}s` },
    alarms: [
      {
        name: ALARM,
        account: PLACE.account,
        metric: "Errors",
        dimensions: { FunctionName: "shop-order", Resource: "shop-order:live" },
        statistic: "Average",
        threshold: ALARM_ABOVE_PERCENT / 100,
        datapointsToAlarm: datapoints,
        evaluationPeriods: datapoints,
        missing: "notBreaching",
      },
    ],
  });
}
