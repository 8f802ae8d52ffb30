import { expect, test } from "vitest";
import type { Finding } from "../../functions/domain/judge/finding.ts";
import type { HistoryEvent } from "../../sandbox/asl/shapes.ts";
import type { InvocationRecord } from "../../sandbox/host/lambda-host.ts";
import { folded } from "../../sandbox/report/fold.ts";
import { figuresInWords, lookInWords, measure, oddsOf, plainWatch } from "../../sandbox/report/look-words.ts";
import { gathered, withoutAnswers } from "../../sandbox/report/target-words.ts";
import { instant, span, wallClock } from "../../sandbox/report/times.ts";
import { type Line, Timeline } from "../../sandbox/timeline.ts";

const NOON = Date.parse("2026-01-12T12:00:00Z");

const line = (over: Partial<Line>): Line => ({
  at: NOON,
  kind: "step",
  environment: "prod",
  what: "Deploy candidate",
  text: "version 8 is published",
  ...over,
});

const invocation = (over: Partial<InvocationRecord>): InvocationRecord => ({
  step: "shift-traffic",
  invocation: "1",
  at: NOON,
  ms: 1_000,
  outcome: "ok",
  message: "",
  input: { environment: "prod" },
  output: { summary: "done" },
  ...over,
});

const finding = {
  watch: "lambda-error-rate@order",
  metric: "lambda-error-rate",
  target: "order",
  dryRun: false,
  verdict: "pass",
  reason: null,
  unit: " %",
  candidate: 0.1,
  baseline: 0.112,
  samples: 900,
  rules: [],
  logE: 0.2,
  logPass: 3,
};
const bake = { result: null, summary: "step-10: pass, fine", findings: [finding], logE: 0.2, reasons: [] };

const judged = (summary: string, result: string | null = null) =>
  invocation({
    step: "judge",
    input: { promotionId: "p", environment: "prod", phase: "step-10" },
    output: { summary, result },
  });

function timelineWith(stored: unknown) {
  const told: Line[] = [];
  const asked: string[] = [];
  const timeline = new Timeline(
    (one) => told.push(one),
    ({ pk, sk }) => {
      asked.push(`${pk} ${sk}`);
      return stored as null;
    },
  );
  return { timeline, told, asked };
}

test("a handler's summary becomes a line at the end of its invocation", () => {
  const { timeline, told } = timelineWith(null);
  timeline.invoked(invocation({}));
  expect(told).toEqual([{ at: NOON + 1_000, kind: "step", environment: "prod", what: "Shift traffic", text: "done" }]);
});

test("what failed is a fault with its error; what is not ready is asked again, and says so shortly", () => {
  const { timeline, told } = timelineWith(null);
  timeline.invoked(invocation({ outcome: "ServiceTrouble", message: "lambda is away", output: undefined }));
  const message = "lambda:Invoke failed: ResourceConflictException: The operation cannot be performed";
  timeline.invoked(invocation({ outcome: "NotReady", message, output: undefined }));
  expect(told.map(({ kind, text }) => [kind, text])).toEqual([
    ["fault", "ServiceTrouble: lambda is away"],
    ["tick", "not yet: lambda:Invoke: ResourceConflictException"],
  ]);
});

test("a bake is announced once, however many executions it takes", () => {
  const { timeline, told } = timelineWith(null);
  for (const chunk of [0, 1]) {
    const input = { environment: "prod", phase: "step-10", chunk };
    timeline.invoked(invocation({ step: "begin-bake", input, output: { summary: "baking at 10 % for 15m" } }));
  }
  expect(told.map(({ what, text }) => [what, text])).toEqual([["Bake", "baking at 10 % for 15m"]]);
});

test("ticks speak when the verdict turns, with both arms' figures from the ledger", () => {
  const { timeline, told, asked } = timelineWith(bake);
  timeline.invoked(judged("step-10: inconclusive, lambda-error-rate@order: no-data"));
  timeline.invoked(judged("step-10: pass, fine"));
  timeline.invoked(judged("step-10: pass, fine"));
  expect(told.map(({ kind, text }) => [kind, text])).toEqual([
    ["tick", "pass: error rate 0.10 % vs 0.11 %, no evidence against it"],
  ]);
  expect(asked).toEqual(["PROMOTION#p BAKE#prod#step-10"]);
});

test.each([
  ["passed", "passed after 15m1s", "good", "passed after 15m1s: error rate 0.10 % vs 0.11 %, no evidence against it"],
  ["blocked", "a person has to look", "bad", /^blocked: error rate .*; a person has to look$/],
  [
    "failed",
    "lambda-error-rate@order: broken; and more",
    "bad",
    /^FAIL: error rate 0\.10 % .*; error rate of order: broken \(and 1 more\)$/,
  ],
])("the end of a bake that %s is told as such", (result, summary, kind, text) => {
  const { timeline, told } = timelineWith({ ...bake, result, summary });
  timeline.invoked(judged(summary, result));
  expect(told[0]?.kind).toBe(kind);
  expect(told[0]?.text).toEqual(typeof text === "string" ? text : expect.stringMatching(text));
});

test("a long bake's change of executions is no news", () => {
  const { timeline, told } = timelineWith(bake);
  timeline.invoked(judged("step-10: pass, fine", "continue"));
  expect(told).toEqual([]);
});

const entered = (name: string, timestamp: number) =>
  ({ timestamp, type: "TaskStateEntered", stateEnteredEventDetails: { name } }) as HistoryEvent;
const exited = (name: string, timestamp: number) =>
  ({ timestamp, type: "TaskStateExited", stateExitedEventDetails: { name } }) as HistoryEvent;

test("waits are measured by kind, a stopped execution's too, and the rest is active", () => {
  const { timeline } = timelineWith(null);
  timeline.event(entered("Wait for decision", 1_000), "a");
  timeline.event(exited("Wait for decision", 4_000), "a");
  timeline.event(entered("Wait for window", 5_000), "b");
  timeline.event({ timestamp: 9_000, type: "ExecutionAborted" } as HistoryEvent, "b");
  timeline.event(exited("Shift traffic", 9_500), "b");
  expect(timeline.waits).toEqual([
    { kind: "people", from: 1_000, to: 4_000 },
    { kind: "window", from: 5_000, to: 9_000 },
  ]);
  expect(timeline.split(10_000)).toEqual({ active: 3_000, people: 3_000, window: 4_000, queue: 0 });
});

test("mails of one notice are one line: two by name, more by their number", () => {
  const mail = (what: string, at: number, text = "promoted") => line({ kind: "mail", environment: "", what, at, text });
  const lines = [
    mail("mail to a@x", NOON),
    line({ at: NOON + 1_000 }),
    mail("mail to b@x", NOON + 2_000),
    mail("mail to a@x", NOON + 3_000, "Approve?"),
    mail("mail to c@x", NOON + 4_000),
  ];
  expect(folded(lines).map(({ what, text }) => `${what} ${text}`)).toEqual([
    "mail to 3 people: promoted",
    "Deploy candidate version 8 is published",
    "mail to a@x: Approve?",
  ]);
});

test("a reminder hours later is a mail of its own", () => {
  const mail = (at: number) => line({ kind: "mail", environment: "", what: "mail to a@x", at, text: "Reminder" });
  expect(folded([mail(NOON), mail(NOON + 3_600_000)])).toHaveLength(2);
});

test("retries are counted in one line, and what three targets say alike is said once", () => {
  const lines = [
    line({ kind: "tick", text: "not yet: auth is being updated" }),
    line({ kind: "tick", text: "not yet: order is being updated", at: NOON + 5_000 }),
    line({ at: NOON + 6_000 }),
    line({ at: NOON + 7_000 }),
    line({ what: "Shift traffic", at: NOON + 8_000, text: "auth: version 7, 10 % on 8; order: version 7, 10 % on 8" }),
  ];
  expect(folded(lines).map(({ text }) => text)).toEqual([
    "not yet: auth is being updated (asked 2 times)",
    "version 8 is published",
    "version 7, 10 % on 8 (auth, order)",
  ]);
});

test("a state that says the same again minutes later is heard once; another environment's is its own", () => {
  const waiting = (at: number, environment: string) => line({ at, environment, text: "metrics are not in yet" });
  const lines = [waiting(NOON, "prod"), waiting(NOON + 60_000, "prod"), waiting(NOON + 120_000, "sit")];
  expect(folded(lines).map(({ environment }) => environment)).toEqual(["prod", "sit"]);
});

test("folding keeps the order of time", () => {
  const lines = [0, 20, 40, 60, 80].map((s) => line({ at: NOON + s * 1_000, text: `step ${s}` }));
  expect(folded(lines)).toEqual(lines);
});

test("targets that differ are told apart, and other sentences left alone", () => {
  expect(gathered("auth: version 7; order: version 6")).toBe("auth: version 7; order: version 6");
  expect(gathered("auth: version 7")).toBe("auth: version 7");
  expect(gathered("passed; and then some")).toBe("passed; and then some");
});

test("a probe's answer is left to the logs", () => {
  const summary = 'auth, version 8: {"a":{"b":"x; y"},"c":1}; order, version 8: {"a":1}';
  expect(gathered(withoutAnswers(summary))).toBe("version 8: answered as expected (auth, order)");
  expect(withoutAnswers("10 % to the candidate; read back")).toBe("10 % to the candidate; read back");
});

test("figures stand in one order, targets are pooled by their requests, and missing ones are named", () => {
  const slow = { ...finding, metric: "lambda-duration-p95", unit: " ms", candidate: 210, baseline: null };
  const other = { ...finding, target: "auth", candidate: 0.4, samples: 300 };
  const quiet = { ...finding, metric: "lambda-throttles", unit: " a minute", candidate: 0, baseline: null };
  const own = { ...finding, metric: "orders", unit: "", candidate: null, baseline: null };
  expect(figuresInWords([own, slow, quiet, finding, other] as Finding[])).toEqual([
    "error rate 0.17 % vs 0.11 %",
    "p95 210 ms",
    "orders: no data",
  ]);
  expect(figuresInWords([{ ...quiet, candidate: 2.5 }] as Finding[])).toEqual(["throttles 2.5 a minute"]);
});

test("evidence is told of what was measured alone", () => {
  const none = { ...finding, metric: "lambda-error-rate", candidate: null, samples: 0 };
  const look = (findings: readonly unknown[]) =>
    lookInWords({ result: null, summary: "", findings: findings as Finding[], logE: 0, reasons: [] }, "inconclusive");
  expect(look([none])).toBe("inconclusive: error rate: no data");
  expect(look([none, finding])).toContain("no evidence against it");
});

test("figures and evidence have their units, and no more digits than they are worth", () => {
  expect([measure(0.1049, " %"), measure(214.4, " ms"), measure(1234.5, " a minute")]).toEqual([
    "0.10 %",
    "214 ms",
    "1230 a minute",
  ]);
  expect([null, -3, 0.05, 0.25, Math.log(350.4)].map(oddsOf)).toEqual(["none", "none", "none", "none", "1 in 350"]);
  expect(plainWatch("lambda-duration-p95@auth: kept, lambda-throttles too")).toBe("p95 of auth: kept, throttles too");
});

test("times are a zone's wall clock, across a change of summer time", () => {
  expect(instant(Date.parse("2026-01-13T18:00:05Z"), "Africa/Johannesburg")).toBe("Tue 13 Jan 20:00:05");
  expect(instant(Date.parse("2026-03-29T00:59:59Z"), "Europe/Berlin")).toBe("Sun 29 Mar 01:59:59");
  expect(instant(Date.parse("2026-03-29T01:00:00Z"), "Europe/Berlin")).toBe("Sun 29 Mar 03:00:00");
  expect(wallClock(NOON + 250, "UTC")).toBe(NOON + 250);
  expect(() => instant(NOON, "Mars/Olympus")).toThrow(RangeError);
  expect([span(0), span(59_400), span(95 * 60_000), span(135_063_000)]).toEqual(["0s", "59s", "1h35m", "1d13h"]);
});
