/** The bench of the alarm path: one of its incidents, and what it makes of its figures. */
import { describe, expect, it } from "vitest";
import { report } from "../../bench/incident/report.ts";
import { type Times, timesOf, USUAL } from "../../bench/incident/ways.ts";
import { badAt, incidentOf } from "../../bench/incident/world.ts";

const PATIENCE_MS = 60_000;

describe("an incident in mid-bake", () => {
  it(
    "is over soonest by the alarm's event, then at the next tick, then by the judge, and last at the end of the bake",
    async () => {
      const { red, alarmPath, polling, judge, endOfBake } = await timesOf(incidentOf(1, 4), USUAL);
      const soonest = [0, red, alarmPath, polling, judge, endOfBake];
      expect(soonest).toEqual(soonest.toSorted((a, b) => a - b));
      // The event's own time at most, and a few calls.
      expect(alarmPath - red).toBeLessThan(12);
      expect(polling - red).toBeLessThan(66);
    },
    PATIENCE_MS,
  );

  it(
    "meets CodeDeploy at the same red alarm, and what is assumed of it on top",
    async () => {
      const codeDeploy = { pollEvery: 60, deploymentTakes: 7 };
      const times = await timesOf(incidentOf(1, 4), { ...USUAL, codeDeploy });
      expect(times.codeDeploy).toBeCloseTo(times.red + 37, 6);
    },
    PATIENCE_MS,
  );

  it("comes at every part of a minute and of the bake", () => {
    const seconds = Array.from({ length: 12 }, (_, index) => incidentOf(index, 12).startSecond);
    expect(seconds).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55]);
    const after = Array.from({ length: 12 }, (_, index) => incidentOf(index, 12).badAfterSeconds).toSorted(
      (a, b) => a - b,
    );
    const gaps = after.slice(1).map((at, index) => at - (after[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(60);
    expect(badAt({ seed: 1, startSecond: 10, badAfterSeconds: 200 })).toBe(Date.parse("2026-01-13T10:03:30Z"));
  });
});

describe("the report", () => {
  const times = (alarmPath: number): Times => ({
    red: alarmPath - 5,
    alarmPath,
    polling: alarmPath + 25,
    judge: alarmPath * 1.5,
    codeDeploy: alarmPath,
    endOfBake: alarmPath * 4,
  });

  it("gives the mean of each way, and how often it holds the alarm path", () => {
    const text = report({ assumptions: USUAL, times: [times(80), times(120)] }, []);
    expect(text).toMatch(/alarm, by its event \(Headgate\) +100 +80 +120 +5 +1\.00\n/);
    expect(text).toMatch(/alarm, polled each minute +125 +105 +145 +30 +1\.25\n/);
    expect(text).toMatch(/a check at the end of the bake +400 +320 +480 +305 +4\.00\n/);
  });

  it("names what another series assumes otherwise, and nothing else", () => {
    const slow = { ...USUAL, weather: { ...USUAL.weather, eventAfter: 30, datapoints: 3 } };
    const text = report({ assumptions: USUAL, times: [times(100)] }, [{ assumptions: slow, times: [times(50)] }]);
    expect(text).toMatch(/\nevent after 30 to 60 s, alarm on 3 of 3 minutes +50 s +1\.50x +1\.50x +1\.00x +4\.00x$/);
  });
});
