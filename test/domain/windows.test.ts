import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import type { WindowPlan } from "../../functions/domain/plan.ts";
import {
  earliestStart,
  fits,
  local,
  longestOpeningSeconds,
  openings,
  plannedSeconds,
  windowAt,
} from "../../functions/domain/windows.ts";

const at = (text: string): number => Date.parse(text);
const HOUR = 3_600;

function windowOf(changes: Partial<WindowPlan> = {}): WindowPlan {
  return {
    zone: "Africa/Johannesburg",
    open: [{ days: [2, 3, 4], from: 1_200, to: 1_320 }],
    freezes: [],
    scope: "rollout",
    whenItCloses: "hold",
    ...changes,
  };
}

const always = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1_440 }];

describe("a window of Tuesday to Thursday, 20:00 to 22:00 in Johannesburg", () => {
  const window = windowOf();

  it("is closed on Monday morning and says when it opens", () => {
    expect(windowAt(window, at("2026-01-05T08:00:00Z"))).toEqual({
      open: false,
      reason: "outside the change window; opens Tue 2026-01-06 20:00 Africa/Johannesburg",
      opensAt: at("2026-01-06T18:00:00Z"),
      closesAt: null,
    });
  });

  it("is open from the first instant of 20:00", () => {
    expect(windowAt(window, at("2026-01-06T18:00:00Z"))).toEqual({
      open: true,
      reason: "open until Tue 2026-01-06 22:00 Africa/Johannesburg",
      opensAt: null,
      closesAt: at("2026-01-06T20:00:00Z"),
    });
    expect(windowAt(window, at("2026-01-06T17:59:59.999Z")).open).toBe(false);
  });

  it("is closed from the first instant of 22:00", () => {
    expect(windowAt(window, at("2026-01-06T19:59:59.999Z")).open).toBe(true);
    expect(windowAt(window, at("2026-01-06T20:00:00Z")).open).toBe(false);
  });

  it("takes a rollout of two hours at 20:00 and at no later time", () => {
    const start = at("2026-01-06T18:00:00Z");
    expect(fits(window, start, 2 * HOUR)).toBe(true);
    expect(fits(window, start + 1, 2 * HOUR)).toBe(false);
    expect(fits(window, start - 1, HOUR)).toBe(false);
    expect(fits(window, at("2026-01-05T08:00:00Z"), 1)).toBe(false);
  });

  it("starts a rollout at once while it still fits, else at the next opening", () => {
    expect(earliestStart(window, at("2026-01-06T18:30:00Z"), HOUR)).toBe(at("2026-01-06T18:30:00Z"));
    expect(earliestStart(window, at("2026-01-06T19:00:00Z"), HOUR)).toBe(at("2026-01-06T19:00:00Z"));
    expect(earliestStart(window, at("2026-01-06T19:00:01Z"), HOUR)).toBe(at("2026-01-07T18:00:00Z"));
    expect(earliestStart(window, at("2026-01-08T20:00:00Z"), HOUR)).toBe(at("2026-01-13T18:00:00Z"));
  });

  it("waits for a later start", () => {
    const now = at("2026-01-06T18:00:00Z");
    expect(earliestStart(window, now, HOUR, at("2026-01-06T18:45:00Z"))).toBe(at("2026-01-06T18:45:00Z"));
    expect(earliestStart(window, now, HOUR, at("2026-01-06T19:30:00Z"))).toBe(at("2026-01-07T18:00:00Z"));
    expect(earliestStart(window, now, HOUR, at("2026-01-01T00:00:00Z"))).toBe(now);
  });

  it("never starts what does not fit, but starts it where only shifts need the window", () => {
    const now = at("2026-01-05T08:00:00Z");
    expect(earliestStart(window, now, 2 * HOUR + 1)).toBeNull();
    expect(earliestStart(windowOf({ scope: "shifts" }), now, 9 * 86_400)).toBe(at("2026-01-06T18:00:00Z"));
    expect(longestOpeningSeconds(window, now)).toBe(2 * HOUR);
  });
});

describe("without a window", () => {
  it("traffic may always move", () => {
    expect(windowAt(null, 0)).toEqual({ open: true, reason: "no window is set", opensAt: null, closesAt: null });
    expect(fits(null, 0, 1e9)).toBe(true);
    expect(earliestStart(null, 5, 1e9)).toBe(5);
    expect(earliestStart(null, 5, 1e9, 7)).toBe(7);
  });
});

describe("spans", () => {
  it("go over midnight and belong to the day on which they open", () => {
    const window = windowOf({ zone: "UTC", open: [{ days: [5], from: 1_320, to: 120 }] });
    expect(windowAt(window, at("2026-01-10T01:59:00Z"))).toMatchObject({
      open: true,
      closesAt: at("2026-01-10T02:00:00Z"),
    });
    expect(windowAt(window, at("2026-01-09T01:00:00Z"))).toMatchObject({
      open: false,
      opensAt: at("2026-01-09T22:00:00Z"),
    });
  });

  it("are one opening where they touch", () => {
    const open = [
      { days: [2], from: 1_200, to: 1_440 },
      { days: [3], from: 0, to: 60 },
    ];
    expect(windowAt(windowOf({ zone: "UTC", open }), at("2026-01-06T21:00:00Z")).closesAt).toBe(
      at("2026-01-07T01:00:00Z"),
    );
  });

  it("are one opening where they overlap, in whatever order they are written", () => {
    const open = [
      { days: [2], from: 660, to: 780 },
      { days: [2], from: 600, to: 900 },
      { days: [2], from: 960, to: 1_020 },
    ];
    const found = [
      ...openings(windowOf({ zone: "UTC", open }), at("2026-01-06T00:00:00Z"), at("2026-01-07T00:00:00Z")),
    ];
    expect(found).toEqual([
      { opensAt: at("2026-01-06T10:00:00Z"), closesAt: at("2026-01-06T15:00:00Z") },
      { opensAt: at("2026-01-06T16:00:00Z"), closesAt: at("2026-01-06T17:00:00Z") },
    ]);
  });

  it("that never end are said to last longer than one looks ahead", () => {
    expect(windowAt(windowOf({ open: always }), at("2026-01-06T21:00:00Z"))).toEqual({
      open: true,
      reason: "open for more than 8 days",
      opensAt: null,
      closesAt: null,
    });
    expect(fits(windowOf({ open: always }), at("2026-01-06T21:00:00Z"), 30 * 86_400)).toBe(true);
  });
});

describe("freezes", () => {
  const freezes = [{ name: "Black Friday", from: "2026-01-06T19:00:00", to: "2026-01-06T21:00:00" }];

  it("close a window, by name", () => {
    expect(windowAt(windowOf({ freezes }), at("2026-01-06T18:30:00Z"))).toEqual({
      open: false,
      reason: "frozen: Black Friday; opens Tue 2026-01-06 21:00 Africa/Johannesburg",
      opensAt: at("2026-01-06T19:00:00Z"),
      closesAt: null,
    });
  });

  it("include their start and not their end", () => {
    const window = windowOf({ open: always, freezes });
    expect(windowAt(window, at("2026-01-06T16:59:59.999Z"))).toMatchObject({
      open: true,
      closesAt: at("2026-01-06T17:00:00Z"),
    });
    expect(windowAt(window, at("2026-01-06T17:00:00Z")).open).toBe(false);
    expect(windowAt(window, at("2026-01-06T19:00:00Z")).open).toBe(true);
  });

  it("split an opening in two", () => {
    const inside = [{ name: "audit", from: "2026-01-06T20:30:00", to: "2026-01-06T21:00:00" }];
    const window = windowOf({ freezes: inside });
    expect([...openings(window, at("2026-01-06T00:00:00Z"), at("2026-01-07T00:00:00Z"))]).toEqual([
      { opensAt: at("2026-01-06T18:00:00Z"), closesAt: at("2026-01-06T18:30:00Z") },
      { opensAt: at("2026-01-06T19:00:00Z"), closesAt: at("2026-01-06T20:00:00Z") },
    ]);
  });

  it("that leave nothing are said to leave nothing", () => {
    const forEver = [{ name: "end of life", from: "2026-01-01T00:00:00", to: "2030-01-01T00:00:00" }];
    const window = windowOf({ freezes: forEver });
    expect(windowAt(window, at("2026-01-06T18:30:00Z"))).toEqual({
      open: false,
      reason: "frozen: end of life; it does not open within 400 days",
      opensAt: null,
      closesAt: null,
    });
    expect(longestOpeningSeconds(window, at("2026-01-06T18:30:00Z"))).toBe(0);
  });
});

describe("on days of a clock change", () => {
  const daily = (from: number, to: number, zone: string): WindowPlan =>
    windowOf({ zone, open: [{ days: [1, 2, 3, 4, 5, 6, 7], from, to }] });
  const only = (window: WindowPlan, from: string, to: string) => [...openings(window, at(from), at(to))];

  it("a skipped opening time is the change itself (Berlin skips 02:00 to 03:00)", () => {
    const found = only(daily(150, 300, "Europe/Berlin"), "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
    expect(found).toEqual([{ opensAt: at("2026-03-29T01:00:00Z"), closesAt: at("2026-03-29T03:00:00Z") }]);
  });

  it("a span within the skipped hour does not happen", () => {
    const found = only(daily(125, 175, "Europe/Berlin"), "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
    expect(found).toEqual([]);
  });

  it("a repeated hour opens once and closes at its first end (New York repeats 01:00 to 02:00)", () => {
    const found = only(daily(75, 105, "America/New_York"), "2026-11-01T04:00:00Z", "2026-11-02T04:00:00Z");
    expect(found).toEqual([{ opensAt: at("2026-11-01T05:15:00Z"), closesAt: at("2026-11-01T05:45:00Z") }]);
  });

  it("a span across the repeated hour is an hour longer, across the skipped one an hour shorter", () => {
    const autumn = only(daily(30, 240, "America/New_York"), "2026-11-01T04:00:00Z", "2026-11-02T04:00:00Z");
    const spring = only(daily(30, 240, "America/New_York"), "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z");
    const hours = (found: typeof autumn) => found.map(({ opensAt, closesAt }) => (closesAt - opensAt) / 3_600_000);
    expect(hours(autumn)).toEqual([4.5]);
    expect(hours(spring)).toEqual([2.5]);
  });

  it("Lord Howe's half hours are half hours", () => {
    const found = only(daily(60, 180, "Australia/Lord_Howe"), "2026-10-03T13:30:00Z", "2026-10-04T12:00:00Z");
    expect(found.map(({ opensAt, closesAt }) => (closesAt - opensAt) / 60_000)).toEqual([90]);
  });
});

const ZONES = ["Africa/Johannesburg", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"] as const;
const DAY_MS = 86_400_000;

describe("for any zone, span and instant around the clock changes", () => {
  const minute = fc.integer({ min: 0, max: 1_439 });
  const instants = fc
    .constantFrom("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01", "2026-06-15")
    .chain((day) =>
      fc.integer({ min: -2_000, max: 3_000 }).map((minutes) => at(`${day}T00:00:00Z`) + minutes * 60_000),
    );
  const days = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
  const spans = fc
    .record({ days, from: minute, to: fc.integer({ min: 0, max: 1_440 }) })
    .filter(({ from, to }) => from !== to);
  const windows = fc
    .record({ zone: fc.constantFrom(...ZONES), open: fc.array(spans, { minLength: 1, maxLength: 3 }) })
    .map((parts) => windowOf(parts));

  it("what is open closes, and what is closed opens, exactly when it says", () => {
    fc.assert(
      fc.property(windows, instants, (window, now) => {
        const state = windowAt(window, now);
        if (state.open && state.closesAt !== null) {
          expect(windowAt(window, state.closesAt - 1).open).toBe(true);
          expect(windowAt(window, state.closesAt).open).toBe(false);
        }
        if (!state.open && state.opensAt !== null) {
          expect(windowAt(window, state.opensAt - 1).open).toBe(false);
          expect(windowAt(window, state.opensAt).open).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("away from a clock change, it is open exactly while the wall clock stands in a span", () => {
    fc.assert(
      fc.property(windows, instants, (window, now) => {
        fc.pre(offset(now - 2 * DAY_MS, window.zone) === offset(now + 2 * DAY_MS, window.zone));
        expect(windowAt(window, now).open).toBe(wallClockIsIn(window, now));
      }),
      { numRuns: 300 },
    );
  });

  it("an opening is never reported twice, never empty, and in order", () => {
    fc.assert(
      fc.property(windows, instants, (window, now) => {
        const found = [...openings(window, now, now + 10 * DAY_MS)];
        for (const [index, opening] of found.entries()) {
          expect(opening.closesAt).toBeGreaterThan(Math.max(opening.opensAt, now));
          expect(opening.opensAt).toBeGreaterThan(found[index - 1]?.closesAt ?? 0);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("a rollout fits where it is told to start, and nowhere earlier", () => {
    const lengths = fc.integer({ min: 1, max: 4 * HOUR });
    fc.assert(
      fc.property(windows, instants, lengths, fc.integer({ min: 0, max: 999 }), (window, now, seconds, share) => {
        const start = earliestStart(window, now, seconds);
        if (start === null) return;
        expect(fits(window, start, seconds)).toBe(true);
        const earlier = now + Math.floor(((start - now) * share) / 1_000);
        if (earlier < start) expect(fits(window, earlier, seconds)).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
});

function offset(ms: number, zone: string): number {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).offsetNanoseconds;
}

/** The definition without intervals: today's span, or yesterday's that goes over midnight. */
function wallClockIsIn(window: WindowPlan, ms: number): boolean {
  const wall = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(window.zone);
  const minutes = wall.hour * 60 + wall.minute;
  const yesterday = wall.dayOfWeek === 1 ? 7 : wall.dayOfWeek - 1;
  return window.open.some(({ days, from, to }) => {
    const over = to < from;
    const today = days.includes(wall.dayOfWeek) && minutes >= from && (over || minutes < to);
    return today || (over && days.includes(yesterday) && minutes < to);
  });
}

describe("the length of a rollout", () => {
  it("is the sum of its bakes", () => {
    expect(plannedSeconds([])).toBe(0);
    expect(plannedSeconds([10, 25, 50, 100].map((weight) => ({ weight, bakeSeconds: 900 })))).toBe(HOUR);
  });
});

describe("an instant for people", () => {
  it("names day, date, time and zone", () => {
    expect(local(at("2026-01-11T22:05:30Z"), "Africa/Johannesburg")).toBe("Mon 2026-01-12 00:05 Africa/Johannesburg");
    expect(local(at("2026-01-11T22:05:30Z"), "UTC")).toBe("Sun 2026-01-11 22:05 UTC");
  });
});
