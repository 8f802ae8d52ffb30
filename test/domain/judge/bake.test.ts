import { describe, expect, it } from "vitest";
import { BadInput } from "../../../functions/domain/errors.ts";
import {
  BakeInput,
  plannedSecondsOf,
  readPhase,
  shortestSettle,
  tickSeconds,
} from "../../../functions/domain/judge/bake.ts";
import { environmentPlan, metric } from "../../support/canary-world.ts";

const tick = (over: Partial<Parameters<typeof tickSeconds>[0]>): number =>
  tickSeconds({ startedAt: 0, endsAt: null, now: 0, settleSeconds: 120, urgent: false, ...over });
const HOUR = 3_600_000;

describe("a tick", () => {
  it("ends when the next minute becomes readable", () => {
    expect(tick({ now: 10_000 })).toBe(50);
    expect(tick({ now: 59_500 })).toBe(1);
    expect(tick({ now: 60_000 })).toBe(60);
    expect(tick({ now: 10_000, settleSeconds: 90 })).toBe(20);
    expect(tick({ now: 10_000, settleSeconds: null })).toBe(50);
  });

  it("is a minute for the first hour, then 2 % of the time elapsed, at most 15 minutes", () => {
    expect(tick({ now: HOUR - 60_000 })).toBe(60);
    expect(tick({ now: HOUR })).toBe(72);
    expect(tick({ now: 5 * HOUR })).toBe(360);
    expect(tick({ now: 12.5 * HOUR })).toBe(900);
    expect(tick({ now: 100 * HOUR })).toBe(900);
  });

  it("is short again while a breach is being sustained", () => {
    expect(tick({ now: 100 * HOUR, urgent: true })).toBe(60);
  });

  it("never goes beyond the end, and is never nothing", () => {
    expect(tick({ now: 100 * HOUR, endsAt: 100 * HOUR + 61_000 })).toBe(61);
    expect(tick({ now: 10_000, endsAt: 40_500 })).toBe(31);
    expect(tick({ now: 10_000, endsAt: 10_000 })).toBe(50);
    expect(tick({ now: 10_000, endsAt: 9_000 })).toBe(50);
    expect(tick({ now: 59_999 })).toBe(1);
  });
});

describe("a phase", () => {
  it.each([
    ["step-25", { kind: "step", weight: 25 }],
    ["monitor", { kind: "monitor" }],
    ["hold-3", { kind: "hold" }],
    ["drive-12", { kind: "drive", leg: 12 }],
    ["approval-at-25", { kind: "approval", approval: "at-25" }],
    ["approval-at-25.2", { kind: "approval", approval: "at-25" }],
  ])("%s is read by its name", (name, phase) => {
    expect(readPhase(name)).toEqual(phase);
    expect(BakeInput.safeParse({ promotionId: "p", environment: "e", phase: name, chunk: 0 }).success).toBe(true);
  });

  it.each([
    "step-",
    "step-1000",
    "xstep-1",
    "monitoring",
    "hold-",
    "hold-x",
    "drive-",
    "drive-x",
    "approval-",
    "approval-at-25.",
    "approval-at-25.x",
    "",
    "step-25 ",
  ])("%j is none", (name) => {
    expect(() => readPhase(name)).toThrow(BadInput);
    expect(BakeInput.safeParse({ promotionId: "p", environment: "e", phase: name, chunk: 0 }).success).toBe(false);
  });

  it("lasts as planned, or until something happens", () => {
    const plan = environmentPlan();
    expect(plannedSecondsOf(plan, readPhase("step-25"))).toBe(900);
    expect(plannedSecondsOf(plan, readPhase("monitor"))).toBe(7_200);
    expect(plannedSecondsOf(plan, readPhase("hold-1"))).toBeNull();
    expect([1, 2, 10].map((leg) => plannedSecondsOf(plan, readPhase(`drive-${leg}`)))).toEqual([60, 66, 142]);
    expect(plannedSecondsOf(plan, readPhase("approval-x"))).toBeNull();
    expect(() => plannedSecondsOf(plan, readPhase("step-30"))).toThrow("the plan of prod has no step of 30 %");
    expect(() => plannedSecondsOf(environmentPlan({ monitor: null }), readPhase("monitor"))).toThrow(
      "the plan of prod asks for no monitoring",
    );
  });

  it("is looked at as soon as its quickest metric settles", () => {
    const base = environmentPlan();
    const metrics = [metric({ settleSeconds: 180 }), metric({ settleSeconds: 60 })];
    expect(shortestSettle({ ...base, analysis: { ...base.analysis, metrics } })).toBe(60);
    expect(shortestSettle({ ...base, analysis: { ...base.analysis, metrics: [] } })).toBeNull();
  });
});
