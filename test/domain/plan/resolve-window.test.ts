import { describe, expect, it } from "vitest";
import { type Changes, environment, expectProblem, type Json, NOW, problems, resolve, warnings } from "./documents.ts";

const PROD = "policy.environments.prod";
const AT = `${PROD}.window`;

type Fields = { [key: string]: Json };

const EVENINGS = [{ days: ["Thu", "Tue", "Wed", "Tue"], from: "20:00", to: "22:00" }];
const windowOf = (input: Fields): Changes => ({ [AT]: { zone: "Africa/Johannesburg", open: EVENINGS, ...input } });
const refused = (input: Fields) =>
  problems(windowOf(input)).map((problem) => [problem.path, problem.value, problem.message, problem.hint]);

describe("a window", () => {
  it("is written out: days as numbers, once and in order, times in minutes", () => {
    expect(environment(windowOf({})).window).toEqual({
      zone: "Africa/Johannesburg",
      open: [{ days: [2, 3, 4], from: 1_200, to: 1_320 }],
      freezes: [],
      scope: "shifts",
      whenItCloses: "hold",
    });
  });

  it("takes scope, closing and freezes from the policy", () => {
    const input = {
      scope: "rollout",
      whenItCloses: "roll-back",
      freezes: [{ name: "Holidays", from: "2026-12-20", to: "2027-01-05T06:30" }],
    };
    expect(environment(windowOf(input)).window).toMatchObject({
      scope: "rollout",
      whenItCloses: "roll-back",
      freezes: [{ name: "Holidays", from: "2026-12-20T00:00:00", to: "2027-01-05T06:30:00" }],
    });
  });

  it("is always open where it names no span, apart from freezes", () => {
    const changes = { [AT]: { zone: "UTC" } };
    expect(environment(changes).window?.open).toEqual([{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1_440 }]);
  });

  it("may be open over midnight, and to the end of the day", () => {
    const open = [
      { days: ["Sat"], from: "22:30", to: "02:00" },
      { days: ["Sun"], from: "00:00", to: "24:00" },
    ];
    expect(environment(windowOf({ open })).window?.open).toEqual([
      { days: [6], from: 1_350, to: 120 },
      { days: [7], from: 0, to: 1_440 },
    ]);
  });

  it.each(["Africa/Joburg", "+02:00", "", "SAST!"])("is refused in the zone %j", (zone) => {
    expect(refused({ zone })).toEqual([
      [`${AT}.zone`, zone, "is no time zone", "write an IANA name, such as Africa/Johannesburg or Europe/Berlin"],
    ]);
  });

  it("is refused where it closes as it opens", () => {
    expect(refused({ open: [{ days: ["Tue"], from: "20:00", to: "20:00" }] })).toEqual([
      [
        `${AT}.open[0].to`,
        "20:00",
        "is when the window opens too: it is never open",
        "write 00:00 to 24:00 for a whole day",
      ],
    ]);
  });

  it("is refused where it opens at the end of a day", () => {
    expect(refused({ open: [{ days: ["Tue"], from: "24:00", to: "02:00" }] })).toEqual([
      [`${AT}.open[0].from`, "24:00", "is the end of the day", "write 00:00 to 24:00 for a whole day"],
    ]);
  });

  it.each([
    ["from", { from: "2026-02-30", to: "2026-03-05" }, "write a day of the calendar, such as 2025-12-20"],
    ["to", { from: "2026-02-20", to: "2026-13-05" }, "write a day of the calendar, such as 2026-01-05"],
  ] as const)("is refused with a freeze whose %s is no date", (key, freeze, hint) => {
    expect(refused({ freezes: [{ name: "Audit", ...freeze }] })).toEqual([
      [`${AT}.freezes[0].${key}`, freeze[key], "is no date", hint],
    ]);
  });

  it.each(["2026-02-20", "2026-02-19T23:59"])("is refused with a freeze from 2026-02-20 to %s", (to) => {
    expect(refused({ freezes: [{ name: "Audit", from: "2026-02-20", to }] })).toEqual([
      [`${AT}.freezes[0].to`, to, "is not after the start, 2026-02-20", "the end is not included: write a later time"],
    ]);
  });

  it("is refused where freezes leave it no opening", () => {
    const freezes = [{ name: "For ever", from: "2026-01-01", to: "2030-01-01" }];
    expect(refused({ freezes }).map(([path, , message, hint]) => [path, message, hint])).toEqual([
      [AT, "does not open within 400 days", "open it on more days, or shorten the freezes"],
    ]);
  });

  it("is refused where the whole rollout must fit and never does", () => {
    const open = [{ days: ["Tue"], from: "20:00", to: "20:59" }];
    expect(refused({ open, scope: "rollout" }).map(([path, , message, hint]) => [path, message, hint])).toEqual([
      [
        AT,
        "is open for 59m at a time; the rollout takes 1h",
        'open it for longer, shorten the bakes, or write scope "shifts"',
      ],
    ]);
    expect(resolve(windowOf({ open, scope: "shifts" })).ok).toBe(true);
    expect(resolve(windowOf({ scope: "rollout" })).ok).toBe(true);
  });

  it("counts only the last bake of an emergency that skips the others", () => {
    const changes = {
      ...windowOf({ open: [{ days: ["Tue"], from: "20:00", to: "20:15" }], scope: "rollout" }),
      [`${PROD}.emergency`]: { skipBakes: true },
      "release.emergency": { reason: "Down.", skipBakes: true },
    };
    expect(resolve(changes).ok).toBe(true);
  });
});

describe("a later start", () => {
  const path = "release.tighten.prod.notBefore";

  it("is an instant, whatever its offset", () => {
    expect(environment({ [path]: "2026-01-06T20:00:00+02:00" }).notBefore).toBe(Date.parse("2026-01-06T18:00:00Z"));
  });

  it("that is past is warned about", () => {
    const warning = {
      path,
      value: "2026-01-05T10:00:00+02:00",
      message: "is past already",
      hint: "write a later instant, or leave it out",
    };
    expect(warnings({ [path]: "2026-01-05T10:00:00+02:00" }, NOW)).toContainEqual(warning);
    expect(warnings({ [path]: "2026-01-05T10:00:00+02:00" }, NOW - 1)).not.toContainEqual(warning);
  });

  it("is where the search for an opening begins", () => {
    const freezes = [{ name: "For ever", from: "2026-01-10", to: "2030-01-01" }];
    expect(resolve(windowOf({ freezes })).ok).toBe(true);
    const found = problems({ ...windowOf({ freezes }), [path]: "2026-01-10T00:00:00Z" });
    expect(found.map((problem) => problem.message)).toEqual(["does not open within 400 days"]);
  });

  it("needs an offset", () => {
    expectProblem(
      { [path]: "2026-01-06T20:00:00" },
      {
        path,
        value: "2026-01-06T20:00:00",
        message: "is not in the expected form",
        hint: "traffic does not move before this instant, such as 2026-01-06T20:00:00+02:00",
      },
    );
  });
});
