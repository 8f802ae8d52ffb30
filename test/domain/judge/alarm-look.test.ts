import { describe, expect, it } from "vitest";
import {
  changedSince,
  endedByFlap,
  endedByRed,
  missing,
  unreadHistory,
  unreadSince,
} from "../../../functions/domain/judge/alarm-look.ts";
import type { AlarmState, AlarmStatus } from "../../../functions/domain/ports.ts";

const NOON = Date.UTC(2026, 2, 3, 12);
const MINUTE = 60_000;

const states = (entries: Record<string, [AlarmState, number | null]>) =>
  new Map(Object.entries(entries).map(([name, [state, since]]): [string, AlarmStatus] => [name, { state, since }]));

describe("the alarms' past", () => {
  it("begins with the first shift, and a minute before where it was read last", () => {
    expect(unreadSince({ firstShiftAt: null }, { alarmsReadTo: null })).toBeNull();
    expect(unreadSince({ firstShiftAt: null }, { alarmsReadTo: NOON })).toBeNull();
    expect(unreadSince({ firstShiftAt: NOON }, { alarmsReadTo: null })).toBe(NOON);
    expect(unreadSince({ firstShiftAt: NOON }, { alarmsReadTo: NOON + MINUTE - 1 })).toBe(NOON);
    expect(unreadSince({ firstShiftAt: NOON }, { alarmsReadTo: NOON + 5 * MINUTE })).toBe(NOON + 4 * MINUTE);
  });

  it("is that of alarms which changed since, do not say when, or are gone", () => {
    const found = states({ before: ["OK", NOON - 1], just: ["OK", NOON], mute: ["OK", null] });
    expect(changedSince(["before", "just", "mute", "gone"], found, NOON)).toEqual(["just", "mute", "gone"]);
  });

  it("that could not be read is named, with the instant from which on", () => {
    expect(unreadHistory(["a", "b"], NOON)).toBe(
      "the history of alarm a, b since 2026-03-03 12:00:00 UTC could not be read",
    );
  });
});

describe("a look at the alarms", () => {
  it("ends by every alarm that is red, and by no other state", () => {
    const found = states({ a: ["ALARM", NOON], b: ["OK", NOON], c: ["INSUFFICIENT_DATA", NOON], d: ["ALARM", NOON] });
    expect(endedByRed(["a", "b", "c", "d"], found)).toEqual({
      result: "tripped",
      summary: "alarm a, d is red",
      stop: { by: "alarm", outcome: "rolled-back" },
    });
    expect(endedByRed(["b", "c", "gone"], found)).toBeNull();
    expect(missing(["b", "gone"], found)).toEqual(["there is no alarm gone"]);
  });

  it("ends by the first red that is over, with CloudWatch's reason where it has one", () => {
    expect(endedByFlap([])).toBeNull();
    const [first, second] = [
      { name: "a", at: NOON, reason: "5 errors" },
      { name: "b", at: NOON + 1, reason: "" },
    ];
    const words = "turned red at 2026-03-03 12:00:00 UTC, and is not red any more";
    expect(endedByFlap([first, second])).toMatchObject({ result: "tripped", summary: `alarm a ${words}: 5 errors` });
    expect(endedByFlap([second])?.summary).toBe(`alarm b ${words}`);
  });
});
