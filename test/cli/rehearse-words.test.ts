import { describe, expect, test } from "vitest";
import {
  aligned,
  besideName,
  countsInWords,
  headingInWords,
  lineInWords,
  outcomeColour,
  painted,
  progressInWords,
  type Style,
  splitInWords,
  trafficInWords,
} from "../../cli/timeline-words.ts";
import { wrapped } from "../../functions/domain/wrapped.ts";
import type { Line } from "../../sandbox/timeline.ts";

const PLAIN: Style = { zone: "Africa/Johannesburg", colour: false, width: 200, release: "store v2" };
const COLOURED: Style = { ...PLAIN, colour: true };

const shift: Line = {
  at: Date.parse("2026-01-13T18:15:02Z"),
  kind: "step",
  environment: "prod",
  what: "Shift traffic",
  text: "version 7,\n 25 % on 8",
};

test("a line has its time in the zone, its state in a column, and what happened on one line", () => {
  expect(lineInWords(shift, PLAIN)).toBe("Tue 13 Jan 20:15:02  Shift traffic          version 7, 25 % on 8");
});

test("what somebody wrote is shown and steers no terminal; the colours are ours alone", () => {
  const line = lineInWords({ ...shift, kind: "good", text: "all good\u001b[8m\u202e" }, COLOURED);
  expect(line).toBe("\u001b[32mTue 13 Jan 20:15:02  Shift traffic          all good[U+001B][8m[U+202E]\u001b[0m");
});

test("columns stay columns: a name that is too long is cut, and a text goes on under itself", () => {
  const long = { ...shift, what: "somebody.with.a.long.name@example.com", text: `${"word ".repeat(30)}end` };
  const [first = "", ...others] = lineInWords(long, { ...PLAIN, width: 100 }).split("\n");
  expect(first).toMatch(/^Tue 13 Jan 20:15:02 {2}somebody\.with\.a\.long\.… word .*word$/);
  expect(others).toHaveLength(2);
  for (const line of others) expect(line).toMatch(/^ {44}\S/);
  expect([first, ...others].join(" ").match(/\bword\b/g)).toHaveLength(30);
});

test("a narrow terminal gives a text that goes on the room of the states' column", () => {
  const lines = lineInWords({ ...shift, text: "word ".repeat(30) }, { ...PLAIN, width: 60 }).split("\n");
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
  expect(lines[1]).toMatch(/^ {21}word /);
});

test("a line is broken between words, and keeps its own margin", () => {
  expect(wrapped("one two three", 80, 4)).toEqual(["one two three"]);
  expect(wrapped("one two three", 9, 2)).toEqual(["one two", "  three"]);
  expect(wrapped("  one two", 7, 4)).toEqual(["  one", "    two"]);
  expect(wrapped("one  two three", 9, 2)).toEqual(["one  two", "  three"]);
  expect(wrapped("nowhere to go", 2, 4)).toEqual(["nowhere to go"]);
});

test("a mail's subject does not repeat the release, and metrics have their plain names", () => {
  const mail: Line = { ...shift, kind: "mail", what: "mail", text: "to 4 people: store v2: promoted" };
  expect(lineInWords(mail, PLAIN)).toMatch(/to 4 people: promoted$/);
  expect(lineInWords({ ...shift, text: "lambda-error-rate@order: kept" }, PLAIN)).toMatch(
    / error rate of order: kept$/,
  );
});

test("colour is added only where it is wanted, around a text that stays the same", () => {
  expect(lineInWords({ ...shift, kind: "bad" }, COLOURED)).toBe(`\u001b[31m${lineInWords(shift, PLAIN)}\u001b[0m`);
  expect(lineInWords(shift, COLOURED)).toBe(lineInWords(shift, PLAIN));
  expect(painted("x", "green", PLAIN)).toBe("x");
});

test("a heading is as wide as the terminal, and no wider than people read", () => {
  expect(headingInWords("prod", { ...PLAIN, width: 40 })).toHaveLength(40);
  expect(headingInWords("prod", PLAIN)).toMatch(/^── prod ─+$/);
  expect(headingInWords("prod", PLAIN)).toHaveLength(80);
});

test("while time is skipped, one line says how long it has been and after what", () => {
  const words = progressInWords(shift.at + 95 * 60_000 + 59_000, shift, { ...PLAIN, width: 70 });
  expect(words).toMatch(/^Tue 13 Jan 21:51:01 {2}… 1h35m: version 7, 25 %/);
  expect(words.length).toBeLessThan(70);
});

test("traffic is told by environment and route, with the targets that share it", () => {
  const serving = (environment: string, target: string, route: string) => ({ environment, target, route });
  expect(
    trafficInWords([
      serving("sit", "auth", "version 8"),
      serving("sit", "order", "version 8"),
      serving("prod", "auth", "version 7"),
      serving("prod", "order", "version 7, 10 % on 8"),
    ]),
  ).toEqual(["sit   version 8 (auth, order)", "prod  version 7 (auth)", "prod  version 7, 10 % on 8 (order)"]);
  expect(trafficInWords([])).toEqual([]);
});

const figures = {
  virtualMs: 7_200_000,
  split: { active: 3_600_000, people: 1_800_000, window: 1_800_000, queue: 0 },
  executions: 13,
  transitions: 725,
  historyEvents: 2_300,
  invocations: 720,
  awsCalls: 5_300,
  dollars: 0.018125,
};

test("the split names only what there was", () => {
  expect(splitInWords(figures)).toBe("2h in all: 1h active, 30m waiting for people, 30m waiting for the change window");
  expect(splitInWords({ ...figures, split: { ...figures.split, window: 0, queue: 60_000 } })).toMatch(/, 1m queued$/);
});

test("the closing block is in two columns", () => {
  const lines = [
    ...aligned("outcome", ["PROMOTED", "to prod"]),
    ...countsInWords(figures).flatMap(([name, text]) => aligned(name, [text])),
  ];
  expect(lines).toEqual([
    "outcome    PROMOTED",
    "           to prod",
    "machines   13 executions, 725 state transitions, 2300 history events",
    "handlers   720 invocations, 5300 AWS calls",
    "cost       $0.0181 for the transitions, at $0.025 per 1,000",
  ]);
});

test("a no is not a failure: the colour of an outcome says which it was", () => {
  expect(
    (["promoted", "rolled-back", "rollback-failed", "errored", "expired", "blocked"] as const).map(outcomeColour),
  ).toEqual(["green", "red", "red", "red", "yellow", "yellow"]);
});

describe("long words at the end", () => {
  const style = { zone: "UTC", colour: false, width: 31, release: "" };

  test("stand in lines of the width, broken between words", () => {
    const lines = wrapped("traffic in prod is back on the baseline, read back", besideName(style));
    expect(lines).toEqual(["traffic in prod is", "back on the", "baseline, read back"]);
    expect(aligned("outcome", lines).every(({ length }) => length <= style.width)).toBe(true);
  });

  test("stand alone where one is longer than a line", () => {
    expect(wrapped("at arn:aws:states:eu-west-1 it ended", 12)).toEqual(["at", "arn:aws:states:eu-west-1", "it ended"]);
  });
});
