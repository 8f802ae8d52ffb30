import { describe, expect, it } from "vitest";
import {
  fingerprintOf,
  fingerprintsOf,
  type Line,
  type LogProgress,
  logFindings,
  newErrors,
  newErrorsInWords,
  nothingSearched,
  withLines,
} from "../../../functions/domain/judge/log-lines.ts";

const ARMS = { candidate: "8", baseline: "7" };
const SEARCH = { id: "s", to: 120_000, weight: 10 };
const lines = (version: string | null, message: string, count: number): Line[] =>
  Array.from({ length: count }, (_, index) => ({ version, message: message.replace("{n}", String(index)) }));
const searched = (
  weight: number,
  found: readonly Line[],
  over: Partial<LogProgress> = {},
  complete = true,
): LogProgress =>
  withLines({ ...nothingSearched(0), known: [], ...over }, { id: "s", to: 60_000, weight }, ARMS, {
    lines: found,
    complete,
  });

describe("the fingerprint of a line", () => {
  it.each([
    [
      "2026-11-29T14:00:00.123Z\t0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0\tERROR\tOrder 4711 of 'jane' failed after 12.5 ms",
      "* ERROR Order * of * failed after * ms",
    ],
    [
      "TypeError: Cannot read properties of undefined (reading 'id')\n    at handler (/var/task/index.js:12:3)",
      "TypeError: Cannot read properties of undefined (reading *)",
    ],
    [
      '{"level":"ERROR","errorType":"Timeout","errorMessage":"no answer in 3000 ms","orderId":7}',
      "Timeout: no answer in * ms",
    ],
    ['{"level":"ERROR","message":"charge ch_1a2b3c4d5e refused"}', "charge ch_*a*b*c*d*e refused"],
    ["Task timed out after 3.00 seconds", "Task timed out after * seconds"],
    ['{"broken', '{"broken'],
  ])("of %s is %s", (message, fingerprint) => {
    expect(fingerprintOf(message)).toBe(fingerprint);
  });

  it("is one for lines that differ in their numbers, and never longer than 160 characters", () => {
    expect(fingerprintsOf(lines("7", "order {n} failed", 20))).toEqual(["order * failed"]);
    expect(fingerprintOf("x".repeat(500))).toHaveLength(160);
  });
});

describe("an error is new", () => {
  it("after so many of the candidate's that chance does not explain them: four at 10 %, fourteen at 50 %", () => {
    const told = (weight: number, count: number) => newErrors(searched(weight, lines("8", "boom {n}", count))).length;
    expect([told(10, 3), told(10, 4), told(50, 13), told(50, 14)]).toEqual([0, 1, 0, 1]);
    expect(newErrors(searched(10, lines("8", "boom {n}", 4)))).toMatchObject([{ fingerprint: "boom *", candidate: 4 }]);
  });

  it("after more of each where there are many of them", () => {
    const many = Array.from({ length: 20 }, (_, index) => "abcdefghijklmnopqrst"[index] ?? "");
    const found = (count: number) =>
      newErrors(
        searched(
          10,
          many.flatMap((name) => lines("8", `boom ${name}`, count)),
        ),
      );
    expect([found(5).length, found(6).length]).toEqual([0, 20]);
  });

  it.each<[string, LogProgress]>([
    ["the baseline has it too", searched(10, [...lines("8", "boom {n}", 40), ...lines("7", "boom {n}", 1)])],
    ["the day before had it", searched(10, lines("8", "boom {n}", 40), { known: ["boom *"] })],
    ["the day before is not searched yet", searched(10, lines("8", "boom {n}", 40), { known: null })],
    ["nothing runs beside the candidate", searched(100, lines("8", "boom {n}", 40))],
    ["not all lines were given", searched(10, lines("8", "boom {n}", 40), {}, false)],
    ["another version wrote it", searched(10, lines("6", "boom {n}", 40))],
    ["no version is known to have written it", searched(10, lines(null, "boom {n}", 40))],
  ])("but not where %s", (_, progress) => {
    expect(newErrors(progress)).toEqual([]);
  });

  it("and adds up over searches, until the baseline has it", () => {
    const once = searched(10, lines("8", "boom {n}", 2));
    const twice = searched(10, lines("8", "boom {n}", 2), once);
    expect(newErrors(twice)).toMatchObject([{ candidate: 4 }]);
    expect(newErrors(searched(10, lines("7", "boom {n}", 1), twice))).toEqual([]);
  });
});

describe("what is told of new errors", () => {
  const found = searched(10, [...lines("8", "boom {n}", 9), ...lines("8", "bang {n}", 1_234)]);

  it("names the most frequent first, with counts", () => {
    expect(newErrorsInWords(newErrors(found))).toBe("2 new errors in the logs: bang * (1,234 times); boom * (9 times)");
  });

  it("holds where the policy says so, and only warns otherwise; nothing fails a candidate", () => {
    expect(logFindings("hold", { order: found })).toMatchObject([
      { watch: "new-errors@order", verdict: "inconclusive", dryRun: false, candidate: 2, samples: 1_243 },
    ]);
    expect(logFindings("warn", { order: found })).toMatchObject([{ verdict: "inconclusive", dryRun: true }]);
    expect(logFindings(undefined, { order: found })).toEqual([]);
  });

  it.each<[string, LogProgress, string, string | null]>([
    ["is a pass without any", searched(10, []), "pass", null],
    ["is a pass while the next search is under way", { ...searched(10, []), search: SEARCH }, "pass", null],
    [
      "is none while the first one is",
      { ...nothingSearched(0), known: [], search: SEARCH },
      "inconclusive",
      "the logs are not yet searched",
    ],
    ["is none before the day before was searched", nothingSearched(0), "inconclusive", "the logs are not yet searched"],
    [
      "is an error where they cannot be searched",
      { ...searched(10, []), trouble: "no" },
      "error",
      "the logs could not be searched: no",
    ],
  ])("%s", (_, progress, verdict, reason) => {
    expect(logFindings("hold", { order: progress })).toMatchObject([{ verdict, reason }]);
  });
});
