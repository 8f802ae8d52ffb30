import { describe, expect, it } from "vitest";
import type { Signal, SignalKind } from "../../../functions/domain/ledger/signals.ts";
import { isHeld, isStop } from "../../../functions/domain/ledger/signals.ts";
import type { ApprovalPlan, EnvironmentPlan, GatePlan, When, WindowPlan } from "../../../functions/domain/plan.ts";
import {
  approvalPhase,
  decideMove,
  milestones,
  type Progress,
  phaseOf,
  type Situation,
} from "../../../functions/domain/promotion/next-move.ts";
import type { WindowState } from "../../../functions/domain/windows.ts";
import { environmentPlan } from "../../support/deps.ts";

const OPEN: WindowState = { open: true, reason: "no window is set", opensAt: null, closesAt: null };
const CLOSED: WindowState = { open: false, reason: "frozen: Black Friday", opensAt: 5_000, closesAt: null };
const FRESH: Progress = {
  baked: {},
  checked: [],
  approvals: {},
  weight: 0,
  finished: false,
  movement: "none",
  holds: [],
};

const signal = (kind: SignalKind, at = 100): Signal => ({
  signal: `${kind}-${at}`,
  kind,
  by: "ann",
  reason: "why",
  at,
});
const check = (when: When): GatePlan => ({
  name: `check ${when}`,
  when,
  onFail: "block",
  kind: "alarms-ok",
});
const approval = (id: string, when: When): ApprovalPlan => ({
  id,
  when,
  roles: [],
  expiresSeconds: 1,
  remindSeconds: null,
  escalateSeconds: null,
  escalateTo: null,
  validSeconds: 1,
});
const windowPlan = (whenItCloses: WindowPlan["whenItCloses"]): WindowPlan => ({
  zone: "UTC",
  open: [],
  freezes: [],
  scope: "shifts",
  whenItCloses,
});

const baked = (...weights: number[]): Progress["baked"] =>
  Object.fromEntries(weights.map((weight) => [phaseOf(weight), { result: "passed", endedAt: 50, chunk: 1 }]));

function decide(
  progress: Partial<Progress> = {},
  change: Partial<Situation> = {},
  plan: Partial<EnvironmentPlan> = {},
) {
  return decideMove({
    plan: environmentPlan(plan),
    progress: { ...FRESH, ...progress },
    signals: [],
    window: OPEN,
    enteredAt: 0,
    ...change,
  });
}

describe("a rollout's milestones", () => {
  it("are checks and approvals at 0, each step with what comes after its bake, what comes after all, and the finish", () => {
    const plan = environmentPlan({
      checks: [check("before"), check("at-0"), check(50), check("after")],
      approvals: [
        approval("before", "before"),
        approval("at-0", "at-0"),
        approval("at-10", 10),
        approval("after", "after"),
      ],
    });
    expect(milestones(plan)).toEqual([
      { kind: "check", point: "at-0" },
      { kind: "ask", approval: "at-0" },
      { kind: "step", weight: 10, phase: "step-10" },
      { kind: "ask", approval: "at-10" },
      { kind: "step", weight: 50, phase: "step-50" },
      { kind: "check", point: "at-50" },
      { kind: "step", weight: 100, phase: "step-100" },
      { kind: "ask", approval: "after" },
      { kind: "finish" },
    ]);
  });
});

describe("the next move", () => {
  it("is the first step that is not baked, then the finish, then nothing", () => {
    expect(decide()).toEqual({ kind: "shift", weight: 10, phase: "step-10", summary: "10 % to the candidate" });
    expect(decide({ baked: baked(10), weight: 10 })).toMatchObject({ kind: "shift", weight: 50 });
    expect(decide({ baked: baked(10, 50, 100), weight: 100 })).toMatchObject({ kind: "finish" });
    expect(decide({ baked: baked(10, 50, 100), weight: 100, finished: true })).toEqual({
      kind: "done",
      summary: "all traffic on the candidate, read back",
    });
  });

  it.each(["tripped", "failed", "continue"])("is the same step again while its bake has only %s", (result) => {
    const progress = { baked: { "step-10": { result, endedAt: 1, chunk: 1 } }, weight: 10 };
    expect(decide(progress)).toMatchObject({ kind: "shift", weight: 10 });
  });

  it("is a check at its point, once", () => {
    const plan = { checks: [check("at-0")] };
    expect(decide({}, {}, plan)).toEqual({ kind: "check", point: "at-0", summary: "checks at-0" });
    expect(decide({ checked: ["at-0"] }, {}, plan)).toMatchObject({ kind: "shift" });
  });

  it("is to ask, until somebody said yes", () => {
    const plan = { approvals: [approval("at-0", "at-0")] };
    const ask = { kind: "ask", approval: "at-0", phase: approvalPhase("at-0", {}), summary: "asks for approval at-0" };
    expect(decide({}, {}, plan)).toEqual(ask);
    expect(decide({ approvals: { "at-0": { state: "waiting", summary: "" } } }, {}, plan)).toEqual(ask);
    expect(
      decide({ approvals: { "at-0": { state: "approved", summary: "approved by jane" } } }, {}, plan),
    ).toMatchObject({ kind: "shift" });
  });

  it.each([
    ["rejected", "rejected"],
    ["expired", "expired"],
    ["superseded", "superseded"],
    ["cancelled", "rejected"],
  ] as const)("is to stop when an approval ended %s, and to say why", (state, outcome) => {
    const plan = { approvals: [approval("at-0", "at-0")] };
    expect(decide({ approvals: { "at-0": { state, summary: `${state} by jane` } } }, {}, plan)).toEqual({
      kind: "stop",
      outcome,
      summary: `approval at-0: ${state} by jane`,
    });
  });
});

describe("a person's word", () => {
  it.each([
    ["abort", "aborted"],
    ["roll-back", "rolled-back"],
    ["supersede", "superseded"],
  ] as const)("%s stops before anything else", (kind, outcome) => {
    const progress = { weight: 10, holds: [{ phase: "hold-1", why: "operator" as const, until: null, over: false }] };
    expect(decide(progress, { signals: [signal("hold"), signal(kind)] })).toEqual({
      kind: "stop",
      outcome,
      summary: "ann: why",
    });
    expect(isStop({ kind })).toBe(true);
  });

  it.each(["hold", "resume", "skip-bake", "promote-now"] as const)("%s is no stop", (kind) => {
    expect(isStop({ kind })).toBe(false);
  });

  it("hold is in force until resumed or promoted, and can be said again", () => {
    expect(isHeld([])).toBe(false);
    expect(isHeld([signal("hold")])).toBe(true);
    expect(isHeld([signal("hold"), signal("skip-bake")])).toBe(true);
    expect(isHeld([signal("hold"), signal("resume")])).toBe(false);
    expect(isHeld([signal("hold"), signal("promote-now")])).toBe(false);
    expect(isHeld([signal("hold"), signal("resume"), signal("hold")])).toBe(true);
  });

  it("hold costs a token while nothing is on the candidate, and is watched once something is", () => {
    expect(decide({}, { signals: [signal("hold")] })).toEqual({ kind: "pause", summary: "held by ann: why" });
    expect(decide({ weight: 10, baked: baked(10) }, { signals: [signal("hold")] })).toEqual({
      kind: "watch",
      phase: "hold-1",
      hold: { why: "operator", until: null },
      summary: "held by ann: why",
    });
  });

  it("promote-now leaves out every step but the last", () => {
    expect(decide({}, { signals: [signal("promote-now")] })).toMatchObject({ kind: "shift", weight: 100 });
    expect(decide({ baked: baked(100), weight: 100 }, { signals: [signal("promote-now")] })).toMatchObject({
      kind: "finish",
    });
  });

  it("promote-now was meant for the environment in which it was said, not for the next one", () => {
    const signals = [signal("promote-now", 100)];
    expect(decide({}, { signals, enteredAt: 101 })).toMatchObject({ kind: "shift", weight: 10 });
    expect(decide({}, { signals, enteredAt: 100 })).toMatchObject({ kind: "shift", weight: 100 });
  });
});

describe("a hold", () => {
  const standing = { phase: "hold-2", why: "window" as const, until: 7, over: false };

  it("that is not over is gone on with", () => {
    const holds = [{ ...standing, phase: "hold-1", over: true }, standing];
    expect(decide({ weight: 10, holds })).toEqual({
      kind: "watch",
      phase: "hold-2",
      hold: { why: "window", until: 7 },
      summary: "still held",
    });
  });

  it("that is over makes way for the next move, and the next hold has its own number", () => {
    const holds = [{ ...standing, over: true }];
    expect(decide({ weight: 10, baked: baked(10), holds })).toMatchObject({ kind: "shift", weight: 50 });
    expect(decide({ weight: 10, baked: baked(10), holds }, { signals: [signal("hold")] })).toMatchObject({
      phase: "hold-2",
    });
  });
});

describe("a bake that ended without a verdict to go on", () => {
  const progress = (result: string) => ({
    weight: 10,
    baked: { "step-10": { result, endedAt: 100, chunk: 1 } },
  });

  it.each([
    ["inconclusive-hold", "evidence", "waits for a pass, or a person"],
    ["blocked", "verdict", "a person has to decide"],
  ])("%s is watched until then", (result, why, words) => {
    expect(decide(progress(result))).toEqual({
      kind: "watch",
      phase: "hold-1",
      hold: { why, until: 100 + 86_400_000 },
      summary: `step-10 ended ${result}: ${words}`,
    });
    expect(decide(progress(result), { signals: [signal("resume", 99)] })).toMatchObject({ kind: "watch" });
  });

  const ended = (result: string, why: "evidence" | "verdict" | "operator") => ({
    ...progress("inconclusive-hold"),
    baked: { "hold-1": { result, endedAt: 200, chunk: 1 }, ...progress("inconclusive-hold").baked },
    holds: [{ phase: "hold-1", why, until: null, over: true }],
  });

  it("goes on after a pass in a hold that waited for evidence, and in no other", () => {
    expect(decide(ended("passed", "evidence"))).toMatchObject({ kind: "shift", weight: 50 });
    expect(decide(ended("passed", "verdict"))).toMatchObject({ kind: "watch", phase: "hold-2" });
    expect(decide(ended("resumed", "evidence"))).toMatchObject({ kind: "watch", phase: "hold-2" });
  });

  it("asks for a person alone once a rule has blocked it in its hold", () => {
    expect(decide(ended("blocked", "evidence"))).toMatchObject({
      phase: "hold-2",
      hold: { why: "verdict", until: 200 + 86_400_000 },
      summary: "hold-1 ended blocked: a person has to decide",
    });
  });

  it("stays with the operator who said hold, whatever passes", () => {
    expect(decide(ended("passed", "evidence"), { signals: [signal("hold", 150)] })).toMatchObject({
      hold: { why: "operator", until: null },
    });
  });

  it.each(["resume", "skip-bake", "promote-now"] as const)("goes on after %s", (kind) => {
    const weight = kind === "promote-now" ? 100 : 50;
    expect(decide(progress("blocked"), { signals: [signal(kind)] })).toMatchObject({ kind: "shift", weight });
  });

  it.each(["hold"] as const)("does not go on after %s", (kind) => {
    expect(decide(progress("blocked"), { signals: [signal(kind)] })).toMatchObject({ kind: "watch" });
  });
});

describe("a closed window", () => {
  const shut = { window: CLOSED };

  it("holds back what would move traffic, until it opens", () => {
    expect(decide({ weight: 10, baked: baked(10) }, shut, { window: windowPlan("hold") })).toEqual({
      kind: "watch",
      phase: "hold-1",
      hold: { why: "window", until: 5_000 },
      summary: "the change window is closed: frozen: Black Friday",
    });
  });

  it("lets a bake go on at the weight that is set", () => {
    expect(decide({ weight: 10 }, shut, { window: windowPlan("hold") })).toMatchObject({ kind: "shift", weight: 10 });
  });

  it("lets a rollout finish that has begun, where the plan says so", () => {
    const window = windowPlan("finish");
    expect(decide({ weight: 10, baked: baked(10) }, shut, { window })).toMatchObject({ kind: "shift", weight: 50 });
    expect(decide({}, shut, { window })).toMatchObject({ kind: "watch" });
  });

  it("rolls back a rollout that has begun, where the plan says so", () => {
    const window = windowPlan("roll-back");
    expect(decide({ weight: 10, baked: baked(10) }, shut, { window })).toEqual({
      kind: "stop",
      outcome: "rolled-back",
      summary: "the change window closed: frozen: Black Friday",
    });
    expect(decide({}, shut, { window })).toMatchObject({ kind: "watch" });
  });

  it("does not hold back the finish, which moves no traffic", () => {
    expect(decide({ weight: 100, baked: baked(10, 50, 100) }, shut, { window: windowPlan("hold") })).toMatchObject({
      kind: "finish",
    });
  });
});

describe("a rollout that moves by itself", () => {
  const plan = { drive: "self-driving", steps: [{ weight: 100, bakeSeconds: 900 }] } as const;
  const followed = { "drive-1": { result: "followed", endedAt: 50, chunk: 1 } };
  const shut = { window: CLOSED };

  it("is followed to its end ahead of its step, and then needs no finish", () => {
    const checks = [check("at-0")];
    expect(milestones(environmentPlan({ ...plan, checks }))).toEqual([
      { kind: "check", point: "at-0" },
      { kind: "drive" },
      { kind: "step", weight: 100, phase: "step-100" },
      { kind: "finish" },
    ]);
    const done = { movement: "done", weight: 100, finished: true, baked: { ...followed, ...baked(100) } } as const;
    expect(decide(done, {}, plan)).toMatchObject({ kind: "done" });
  });

  it("starts once, and is then followed leg by leg", () => {
    expect(decide({}, {}, plan)).toMatchObject({ kind: "drive", phase: "drive-1" });
    expect(decide({ movement: "moving" }, {}, plan)).toMatchObject({ kind: "follow", phase: "drive-1" });
    expect(decide({ movement: "moving", baked: followed }, {}, plan)).toMatchObject({
      kind: "follow",
      phase: "drive-2",
    });
  });

  it("is not done by traffic alone: its service may still be watching", () => {
    expect(decide({ movement: "moving", weight: 100, finished: true }, {}, plan)).toMatchObject({ kind: "follow" });
  });

  it("waits for its window to start, and for none on its way", () => {
    const held = { ...plan, window: windowPlan("hold") };
    expect(decide({}, shut, held)).toMatchObject({ kind: "watch", hold: { why: "window", until: 5_000 } });
    expect(decide({ movement: "moving" }, shut, held)).toMatchObject({ kind: "follow" });
  });

  it("is taken back on its way when its window closes, where the plan says so", () => {
    const window = windowPlan("roll-back");
    expect(decide({ movement: "moving" }, shut, { ...plan, window })).toMatchObject({
      kind: "stop",
      outcome: "rolled-back",
    });
    expect(decide({}, shut, { ...plan, window })).toMatchObject({ kind: "watch" });
  });

  it("is held before its start by a token, and watched on its way, which no hold stops", () => {
    const signals = [signal("hold")];
    expect(decide({}, { signals }, plan)).toMatchObject({ kind: "pause" });
    expect(decide({ movement: "moving" }, { signals }, plan)).toMatchObject({ kind: "watch", phase: "hold-1" });
  });
});
