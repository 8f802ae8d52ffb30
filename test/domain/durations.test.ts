import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, LONGEST_SECONDS, parseDuration, readDuration } from "../../functions/domain/durations.ts";

describe("durations", () => {
  it.each([
    ["90s", 90],
    ["15m", 900],
    ["1h30m", 5_400],
    ["24h", 86_400],
    ["2d", 172_800],
    ["1d2h3m4s", 93_784],
    ["0s", 0],
    ["365d", LONGEST_SECONDS],
  ])("reads %s as %i seconds", (text, seconds) => {
    expect(readDuration(text)).toEqual({ ok: true, seconds });
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(["", "15", "15 m", "m", "15x", "-5m", "1.5h", "30m1h", "5m5m", "15M", "1h "])("refuses %j", (text) => {
    expect(readDuration(text)).toEqual({ ok: false, message: "is not a duration" });
  });

  it("refuses more than a year, since an execution ends then", () => {
    expect(readDuration("365d1s")).toEqual({
      ok: false,
      message: "is longer than a year, the life of an execution",
    });
  });

  it("throws with the text, what is wrong and what to write", () => {
    expect(() => parseDuration("soon")).toThrow(
      new RangeError(
        '"soon" is not a duration: write days, hours, minutes, seconds in this order, such as 90s, 15m, 1h30m or 2d',
      ),
    );
  });

  it.each([
    [0, "0s"],
    [59, "59s"],
    [60, "1m"],
    [3_600, "1h"],
    [86_400, "1d"],
    [93_784, "1d2h3m4s"],
    [89.6, "1m30s"],
  ])("writes %d seconds as %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it("reads back what it writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LONGEST_SECONDS }), (seconds) => {
        expect(parseDuration(formatDuration(seconds))).toBe(seconds);
      }),
    );
  });
});
