/** What a move of traffic rests on, and how it is asked for once more. */
import { describe, expect, it } from "vitest";
import type { ApprovalPlan, When } from "../../../functions/domain/plan.ts";
import { approvalPhase, type Move, type Progress, phaseOf } from "../../../functions/domain/promotion/next-move.ts";
import { askAnew, openedBy } from "../../../functions/domain/promotion/opened-by.ts";
import { environmentPlan } from "../../support/deps.ts";

const approval = (when: When) => ({ id: when === "after" ? "after" : `at-${String(when).replace("at-", "")}`, when });
const asked = (...points: When[]) =>
  environmentPlan({
    steps: [10, 50, 100].map((weight) => ({ weight, bakeSeconds: 60 })),
    approvals: points.map((when) => approval(when) as ApprovalPlan),
  });

const progress = (weight: number, ...steps: number[]): Progress => ({
  baked: Object.fromEntries(steps.map((step) => [phaseOf(step), { result: "passed", endedAt: 1, chunk: 1 }])),
  checked: [],
  approvals: {},
  weight,
  finished: false,
  movement: "none",
  holds: [],
});

const shift = (weight: number): Move => ({ kind: "shift", weight, phase: phaseOf(weight), summary: "" });
const finish: Move = { kind: "finish", summary: "" };
const EVERYWHERE = asked("before", "at-0", 10, 50, 100, "after");

describe("a move of traffic", () => {
  it.each([
    ["the first step, on what is asked at 0", shift(10), progress(0), ["at-0"]],
    ["the second, on what is asked after the first", shift(50), progress(10, 10), ["at-10"]],
    ["the last, on what is asked after the one before", shift(100), progress(50, 10, 50), ["at-50"]],
    [
      "the last after skipping all others, on all that was asked on the way",
      shift(100),
      progress(0),
      ["at-0", "at-10", "at-50"],
    ],
    [
      "the finish, on what is asked with all traffic on the candidate",
      finish,
      progress(100, 10, 50, 100),
      ["at-100", "after"],
    ],
    ["a weight that is set already, on nothing more", shift(10), progress(10), []],
  ])("rests, for %s", (_what, move, known, ids) => {
    expect(openedBy({ plan: EVERYWHERE, progress: known }, move)).toEqual(ids);
  });

  it("by itself rests on what is asked before it starts, and on nothing while it goes on", () => {
    const plan = { ...asked("at-0", 100), drive: "self-driving" as const };
    const drive = (kind: "drive" | "follow"): Move => ({ kind, phase: "drive-1", summary: "" });
    expect(openedBy({ plan, progress: progress(0) }, drive("drive"))).toEqual(["at-0"]);
    expect(openedBy({ plan, progress: progress(40) }, drive("follow"))).toEqual([]);
  });

  it.each(["watch", "pause", "ask", "check", "done", "stop"])("is none of: %s", (kind) => {
    const move = { kind, phase: "", summary: "" } as unknown as Move;
    expect(openedBy({ plan: EVERYWHERE, progress: progress(0) }, move)).toEqual([]);
  });
});

describe("each round of asking", () => {
  const round = (...ended: (readonly [phase: string, result: string])[]) => ({
    ...progress(10),
    baked: Object.fromEntries(ended.map(([phase, result]) => [phase, { result, endedAt: 1, chunk: 1 }])),
  });

  it("has a wait of its own, which stays the same until it has its yes", () => {
    const first = ["approval-at-10", "approved"] as const;
    expect(approvalPhase("at-10", round().baked)).toBe("approval-at-10");
    expect(approvalPhase("at-10", round(["approval-at-10", "continue"]).baked)).toBe("approval-at-10");
    expect(approvalPhase("at-10", round(["approval-at-100", "approved"]).baked)).toBe("approval-at-10");
    expect(approvalPhase("at-10", round(first).baked)).toBe("approval-at-10.2");
    expect(approvalPhase("at-10", round(first, ["approval-at-10.2", "continue"]).baked)).toBe("approval-at-10.2");
    expect(approvalPhase("at-10", round(first, ["approval-at-10.2", "approved"]).baked)).toBe("approval-at-10.3");
  });

  it("says why it is asked again", () => {
    expect(askAnew("at-10", { progress: round(["approval-at-10", "approved"]) }, "jane counts no more")).toEqual({
      kind: "ask",
      approval: "at-10",
      phase: "approval-at-10.2",
      summary: "asks anew for approval at-10: jane counts no more",
    });
  });
});
