import { describe, expect, it } from "vitest";
import type { Assessment } from "../../../functions/domain/judge/assess.ts";
import { readPhase } from "../../../functions/domain/judge/bake.ts";
import { afterLook, endedByWord, endedHold, nothingSpeaksAgainst } from "../../../functions/domain/judge/ending.ts";
import type { Finding } from "../../../functions/domain/judge/finding.ts";
import type { Hold } from "../../../functions/domain/ledger/pauses.ts";
import type { Signal, SignalKind } from "../../../functions/domain/ledger/signals.ts";
import type { EnvironmentPlan } from "../../../functions/domain/plan.ts";
import { environmentPlan, MINUTE } from "../../support/canary-world.ts";

const finding = (over: Partial<Finding> = {}): Finding => ({
  watch: "errors@order",
  metric: "errors",
  target: "order",
  dryRun: false,
  verdict: "inconclusive",
  reason: "not enough evidence yet",
  unit: " %",
  candidate: 0,
  baseline: 0,
  samples: 60,
  rules: ["at most 5 %: kept"],
  logE: 0,
  logPass: 0,
  ...over,
});

const assessment = (over: Partial<Assessment> = {}): Assessment => ({
  verdict: "inconclusive",
  reasons: ["why"],
  acted: null,
  blocked: false,
  warnings: [],
  breaching: false,
  findings: [finding()],
  evidence: { logE: 0, maxLogE: 0, line: 3, words: "" },
  folded: {},
  synthetic: {},
  state: { spans: [], readAt: null, maxLogE: 0, watches: {} },
  ...over,
});

const bake = { startedAt: 0, plannedSeconds: 900, endsAt: 900_000, extended: false };
const planWith = (over: Partial<EnvironmentPlan["analysis"]>, monitor = environmentPlan().monitor) => ({
  analysis: { ...environmentPlan().analysis, ...over },
  monitor,
});
const step = readPhase("step-10");
const monitor = readPhase("monitor");
const look = (
  now: number,
  over: Partial<Assessment> = {},
  plan = planWith({}),
  phase = step,
  at: Parameters<typeof afterLook>[1] = bake,
) => afterLook(assessment(over), at, phase, plan, now);

describe("a look at a leg of what moves by itself", () => {
  const leg = readPhase("drive-3");

  it("ends it at its time whatever was seen, and takes that for no pass", () => {
    for (const verdict of ["pass", "inconclusive", "error"] as const) {
      expect(look(899_999, { verdict }, planWith({ earlyPass: true }), leg).ending).toBeNull();
      expect(look(900_000, { verdict }, planWith({}), leg)).toEqual({
        ending: {
          result: "followed",
          summary: `watched for 15m, ${verdict} so far; the targets move by themselves`,
          stop: null,
        },
        extendTo: null,
      });
    }
  });

  it("ends it at once with a fail, and takes traffic back", () => {
    expect(look(60_000, { verdict: "fail" }, planWith({}), leg).ending).toMatchObject({
      result: "failed",
      stop: { by: "judge", outcome: "rolled-back" },
    });
  });

  it("is not cut short by a word for bakes, and is by a word to go back", () => {
    const said = (kind: SignalKind): Signal => ({ signal: kind, kind, by: "ann", reason: "why", at: 5 });
    expect(endedByWord([said("skip-bake"), said("promote-now")], leg, 0)).toBeNull();
    expect(endedByWord([said("roll-back")], leg, 0)).toMatchObject({ result: "tripped" });
  });
});

describe("a look at a step", () => {
  it("lets it go on until the planned end, whatever the verdict but a fail", () => {
    for (const verdict of ["pass", "inconclusive", "error"] as const) {
      expect(look(899_999, { verdict })).toEqual({ ending: null, extendTo: null });
    }
    expect(look(1, { verdict: "fail", reasons: ["a", "b"] }).ending).toEqual({
      result: "failed",
      summary: "a; b",
      stop: { by: "judge", outcome: "rolled-back", first: [] },
    });
  });

  it("names the targets that something was found against, so that they go back first", () => {
    const finding = (target: string | null, verdict: "fail" | "pass", dryRun = false) =>
      ({ target, verdict, dryRun }) as Assessment["findings"][number];
    const findings = [
      finding("order", "fail"),
      finding("order", "fail"),
      finding("cart", "pass"),
      finding("shown", "fail", true),
      finding(null, "fail"),
    ];
    expect(look(1, { verdict: "fail", findings }).ending?.stop).toMatchObject({ first: ["order"] });
  });

  it("ends it with a pass from the planned end on", () => {
    expect(look(900_000, { verdict: "pass" }).ending).toEqual({
      result: "passed",
      summary: "passed after 15m",
      stop: null,
    });
  });

  it("extends it to the cap, once", () => {
    expect(look(900_000)).toEqual({ ending: null, extendTo: 1_500_000 });
    const extended = { ...bake, extended: true, endsAt: 1_500_000 };
    expect(look(1_499_999, {}, planWith({}), step, extended)).toEqual({ ending: null, extendTo: null });
    expect(look(1_500_000, {}, planWith({}), step, extended).ending?.result).toBe("inconclusive-hold");
    expect(look(900_000, {}, planWith({ extendSeconds: 0 })).ending?.result).toBe("inconclusive-hold");
  });

  it("stops for a person at any time, with the rules that ask for one", () => {
    const findings = [
      finding({ rules: ["at most 5 %: broken by 7 %, above 5 % for 1m"] }),
      finding({ watch: "p95@order", verdict: "pass" }),
      finding({ watch: "dry", dryRun: true }),
    ];
    expect(look(1, { blocked: true, findings }).ending).toEqual({
      result: "blocked",
      summary: "a person has to look: errors@order: at most 5 %: broken by 7 %, above 5 % for 1m",
      stop: null,
    });
    expect(look(1, { blocked: true }, planWith({}), readPhase("hold-1")).ending).toBeNull();
    expect(look(1, { blocked: true }, planWith({}), monitor).ending).toBeNull();
  });

  it("ends it early by a pass where the plan lets it", () => {
    const early = planWith({ earlyPass: true });
    expect(look(1, { verdict: "pass" }, early).ending?.result).toBe("passed");
    expect(look(1, { verdict: "inconclusive" }, early).ending).toBeNull();
    expect(look(1, { verdict: "pass" }, early, monitor).ending).toBeNull();
  });

  it("follows the plan when no verdict comes", () => {
    const end = (onInconclusive: "hold" | "proceed" | "roll-back", over: Partial<Assessment> = {}) =>
      look(900_000, over, planWith({ onInconclusive, extendSeconds: 0 })).ending;
    expect(end("hold")).toEqual({ result: "inconclusive-hold", summary: "inconclusive after 15m: why", stop: null });
    expect(end("proceed")?.result).toBe("passed");
    expect(end("proceed", { verdict: "error" })?.result).toBe("inconclusive-hold");
    expect(end("roll-back")).toEqual({
      result: "failed",
      summary: "inconclusive after 15m: why",
      stop: { by: "judge", outcome: "rolled-back" },
    });
  });
});

describe("a look at the monitoring", () => {
  const warns = { forSeconds: 900, onFail: "warn" } as const;
  const end = (over: Partial<Assessment>, plan: ReturnType<typeof planWith>, now = 900_000) =>
    look(now, over, plan, monitor).ending;

  it("brings traffic back as the monitor", () => {
    expect(end({ verdict: "fail" }, planWith({}), 1)?.stop).toMatchObject({ by: "monitor", outcome: "rolled-back" });
    expect(end({}, planWith({ onInconclusive: "roll-back", extendSeconds: 0 }))?.stop?.by).toBe("monitor");
  });

  it("ends without a verdict as passed, and says so", () => {
    expect(end({}, planWith({ extendSeconds: 0 }))).toEqual({
      result: "passed",
      summary: "nothing was found against the candidate, though inconclusive after 15m: why",
      stop: null,
    });
  });

  it("that only warns never rolls back, and is not extended", () => {
    expect(end({ verdict: "fail" }, planWith({}, warns), 1)).toBeNull();
    expect(end({ verdict: "fail" }, planWith({ onInconclusive: "roll-back" }, warns))).toEqual({
      result: "passed",
      summary: "monitored for 15m, to warn only: fail, why",
      stop: null,
    });
    // A step of the same plan is none of the monitor's business.
    expect(look(1, { verdict: "fail" }, planWith({}, warns)).ending?.result).toBe("failed");
    expect(end({ verdict: "fail" }, planWith({}, null), 1)?.result).toBe("failed");
  });
});

describe("a look at a phase without an end", () => {
  it("ends it by a fail alone", () => {
    const open = { ...bake, plannedSeconds: null, endsAt: null };
    for (const phase of [readPhase("hold-1"), readPhase("approval-x")]) {
      expect(look(9e9, { verdict: "pass" }, planWith({ earlyPass: true }), phase, open)).toEqual({
        ending: null,
        extendTo: null,
      });
      expect(look(1, { verdict: "fail" }, planWith({}), phase, open).ending?.stop?.by).toBe("judge");
    }
  });
});

describe("nothing speaks against a candidate", () => {
  it("that was measured, breaches nothing, and whose evidence has not grown", () => {
    const at = (logE: number) => ({ logE, maxLogE: 1, line: 3, words: "" });
    expect(nothingSpeaksAgainst(assessment({ evidence: at(0) }))).toBe(true);
    // E below 2: not even "1 in 2" can be said against it.
    expect(nothingSpeaksAgainst(assessment({ evidence: at(Math.log(1.99)) }))).toBe(true);
    expect(nothingSpeaksAgainst(assessment({ evidence: at(Math.LN2) }))).toBe(false);
    expect(nothingSpeaksAgainst(assessment({ breaching: true }))).toBe(false);
    expect(nothingSpeaksAgainst(assessment({ verdict: "error" }))).toBe(false);
    expect(nothingSpeaksAgainst(assessment({ findings: [finding(), finding({ reason: "no-data" })] }))).toBe(false);
    expect(
      nothingSpeaksAgainst(assessment({ findings: [finding(), finding({ reason: "no-data", dryRun: true })] })),
    ).toBe(true);
  });
});

const said = (kind: SignalKind, at: number, by = "ann"): Signal => ({
  signal: `${at}`,
  kind,
  by,
  reason: "because",
  at,
});

describe("a word", () => {
  it("of stopping counts whenever it was given, in every phase", () => {
    for (const phase of ["step-10", "monitor", "hold-1", "approval-x"]) {
      expect(endedByWord([said("hold", 1), said("abort", 2)], readPhase(phase), 99)?.stop).toEqual({
        by: "operator",
        outcome: "aborted",
      });
    }
    expect(endedByWord([said("supersede", 1)], step, 0)?.stop?.outcome).toBe("superseded");
    expect(endedByWord([said("roll-back", 1)], step, 0)?.stop?.outcome).toBe("rolled-back");
  });

  it("of skipping counts from the bake's start, and the newest is named", () => {
    expect(endedByWord([said("skip-bake", 10)], step, 11)).toBeNull();
    expect(endedByWord([said("skip-bake", 11)], step, 11)).toEqual({
      result: "passed",
      summary: "not baked to its end: skip-bake by ann: because",
      stop: null,
    });
    const both = [said("skip-bake", 11), said("promote-now", 12, "eve"), said("hold", 13)];
    expect(endedByWord(both, monitor, 0)?.summary).toContain("promote-now by eve");
    expect(endedByWord(both, readPhase("hold-1"), 0)).toBeNull();
    expect(endedByWord(both, readPhase("approval-x"), 0)).toBeNull();
    expect(endedByWord([said("resume", 20)], step, 0)).toBeNull();
  });
});

describe("a hold", () => {
  const hold = (over: Partial<Hold>): Hold => ({ why: "verdict", until: null, summary: "", at: 0, ...over });

  it("for the window ends at its opening, and by no word", () => {
    const closed = hold({ why: "window", until: 60 * MINUTE });
    expect(endedHold(closed, [said("resume", 5)], 0, 60 * MINUTE - 1)).toBeNull();
    expect(endedHold(closed, [], 0, 60 * MINUTE)?.summary).toBe("the change window opens");
  });

  it("by an operator ends when the hold was lifted", () => {
    const held = hold({ why: "operator" });
    expect(endedHold(held, [said("hold", 1)], 0, 5)).toBeNull();
    expect(endedHold(held, [said("hold", 1), said("resume", 2)], 99, 5)?.summary).toBe("the hold was lifted");
    expect(endedHold(held, [said("hold", 1), said("resume", 2), said("hold", 3)], 0, 5)).toBeNull();
  });

  it("after a verdict ends with a word given since", () => {
    expect(endedHold(hold({}), [said("resume", 9)], 10, 20)).toBeNull();
    expect(endedHold(hold({}), [said("roll-back", 11)], 10, 20)).toBeNull();
    for (const kind of ["resume", "skip-bake", "promote-now", "hold"] as const) {
      expect(endedHold(hold({}), [said(kind, 10)], 10, 20)).toEqual({
        result: "resumed",
        summary: `${kind} by ann: because`,
        stop: null,
      });
    }
  });

  it("after a verdict goes back when nobody decided in time, and a word in time is heard late", () => {
    const waiting = hold({ until: 10 + 1_440 * MINUTE, summary: "step-10 ended blocked" });
    const end = 10 + 1_440 * MINUTE;
    expect(endedHold(waiting, [], 10, end - 1)).toBeNull();
    expect(endedHold(waiting, [said("resume", 9)], 10, end)).toEqual({
      result: "tripped",
      summary: "nobody decided within 1d: step-10 ended blocked",
      stop: { by: "gate", outcome: "rolled-back" },
    });
    expect(endedHold(waiting, [said("resume", end - 1)], 10, end + MINUTE)?.result).toBe("resumed");
  });

  it("by an operator has no end in time", () => {
    expect(endedHold(hold({ why: "operator", until: 5 }), [said("hold", 1)], 0, 50)).toBeNull();
  });
});
