import { describe, expect, it } from "vitest";
import { CallRefused } from "../../../functions/domain/errors.ts";
import { hidesSilence, isLost, isSilent, silenceInWords } from "../../../functions/domain/gates/kinds/alarm-data.ts";
import { findSilentAlarms } from "../../../functions/domain/gates/kinds/find-silent-alarms.ts";
import type { AlarmStatus, AlarmWatch, Series } from "../../../functions/domain/ports.ts";

const MINUTE = 60_000;
const NOW = 1_000 * MINUTE;
const ERRORS = {
  namespace: "AWS/Lambda",
  metricName: "Errors",
  dimensions: { FunctionName: "order", Resource: "order:typo" },
  statistic: "Sum",
};
const watch = (over: Partial<AlarmWatch> = {}): AlarmWatch => ({
  periodSeconds: 60,
  evaluationPeriods: 10,
  missing: "missing",
  metrics: [ERRORS],
  ...over,
});
const silent = (minutes: number, over: Partial<AlarmWatch> = {}): AlarmStatus => ({
  state: "INSUFFICIENT_DATA",
  since: NOW - minutes * MINUTE,
  watch: watch(over),
});
const green = (missing: AlarmWatch["missing"]): AlarmStatus => ({ state: "OK", since: 0, watch: watch({ missing }) });

describe("an alarm", () => {
  it("is silent once it has been without data for longer than it takes to evaluate it, and for five minutes", () => {
    expect(isSilent(silent(10), NOW)).toBe(false);
    expect(isSilent(silent(10.1), NOW)).toBe(true);
    expect(isSilent(silent(5, { evaluationPeriods: 1 }), NOW)).toBe(false);
    expect(isSilent(silent(5.1, { evaluationPeriods: 1 }), NOW)).toBe(true);
    expect(isSilent({ state: "INSUFFICIENT_DATA", since: null }, NOW)).toBe(true);
    expect(isSilent({ state: "OK", since: null }, NOW)).toBe(false);
  });

  it("may be green without data where missing data are no breach, or are ignored", () => {
    expect(
      (["missing", "breaching", "notBreaching", "ignore"] as const).filter((one) => hidesSilence(green(one))),
    ).toEqual(["notBreaching", "ignore"]);
  });

  it("has lost its data where they stopped after the first shift", () => {
    expect(isLost(silent(20), NOW - 30 * MINUTE, NOW)).toBe(true);
    expect(isLost(silent(40), NOW - 30 * MINUTE, NOW)).toBe(false);
    expect(isLost(silent(2), NOW - 30 * MINUTE, NOW)).toBe(false);
  });

  it("is said with whether its metric was ever there", () => {
    const never = "nothing came in 14 days for AWS/Lambda Errors, FunctionName=order, Resource=order:typo";
    expect(silenceInWords("a", silent(90), false, NOW)).toContain(`a has no data for 1h30m: ${never}`);
    expect(silenceInWords("a", silent(90), true, NOW)).toBe(
      "a has no data for 1h30m, though its metric had some in the last 14 days",
    );
    expect(silenceInWords("a", silent(90), null, NOW)).toBe("a has no data for 1h30m");
    expect(silenceInWords("a", green("notBreaching"), false, NOW)).toContain(
      `a is green without data, which it takes for notBreaching: ${never}`,
    );
    expect(silenceInWords("a", green("notBreaching"), true, NOW)).toBeNull();
    expect(silenceInWords("a", green("notBreaching"), null, NOW)).toBeNull();
  });
});

describe("looking for silent alarms", () => {
  const place = { account: "111122223333", region: "eu-west-1", roleArn: null };
  const looking = async (states: Record<string, AlarmStatus>, read: () => Promise<Series[]>) => {
    const clock = { now: () => NOW, sleep: async () => {} };
    return findSilentAlarms({ clock, metrics: () => ({ read }) }, place, new Map(Object.entries(states)));
  };
  const series = (points: number, complete = true): Series => ({
    id: "q0",
    points: new Map(Array.from({ length: points }, (_, at) => [at, 1])),
    complete,
  });

  it("reads no metric where no alarm can be silent", async () => {
    const read = () => Promise.reject(new Error("not asked"));
    expect(await looking({ a: green("missing"), b: { state: "ALARM", since: 0 } }, read)).toEqual([]);
  });

  it("finds the one that is green over a metric which never was", async () => {
    expect(await looking({ a: green("notBreaching") }, async () => [series(0)])).toHaveLength(1);
    expect(await looking({ a: green("notBreaching") }, async () => [series(1)])).toEqual([]);
  });

  it("takes what was read in part, or not at all, for no proof that nothing is there", async () => {
    const refused = () => Promise.reject(new CallRefused("forbidden"));
    for (const read of [async () => [series(0, false)], refused]) {
      expect(await looking({ a: silent(90), b: green("ignore") }, read)).toEqual(["a has no data for 1h30m"]);
    }
  });
});
