/** A rollout that leaves the baseline a share until the finish: what comes when, and what holds it up. */
import { describe, expect, it } from "vitest";
import type { Signal, SignalKind } from "../../../functions/domain/ledger/signals.ts";
import type { EnvironmentPlan, WindowPlan } from "../../../functions/domain/plan.ts";
import { decideMove, milestones, type Progress, phaseOf } from "../../../functions/domain/promotion/next-move.ts";
import { openedBy } from "../../../functions/domain/promotion/opened-by.ts";
import type { WindowState } from "../../../functions/domain/windows.ts";
import { environmentPlan } from "../../support/deps.ts";

const OPEN: WindowState = { open: true, reason: "", opensAt: null, closesAt: null };
const CLOSED: WindowState = { open: false, reason: "closed until Tuesday", opensAt: 5_000, closesAt: null };
const MONITORED = { holdback: 1, monitor: { forSeconds: 7_200, onFail: "roll-back" as const } };
const AFTER = {
  id: "after",
  when: "after" as const,
  roles: [],
  expiresSeconds: 1,
  remindSeconds: null,
  escalateSeconds: null,
  escalateTo: null,
  validSeconds: 1,
};

const ended = (result: string) => ({ result, endedAt: 50, chunk: 1 });
const passed = (...phases: string[]): Progress["baked"] =>
  Object.fromEntries(phases.map((phase) => [phase, ended("passed")]));
const ALL = passed(phaseOf(10), phaseOf(50), phaseOf(100));
const said = (kind: SignalKind): Signal => ({ signal: kind, kind, by: "ann", reason: "why", at: 100 });
const closing = (whenItCloses: WindowPlan["whenItCloses"]): WindowPlan => ({
  zone: "UTC",
  open: [],
  freezes: [],
  scope: "shifts",
  whenItCloses,
});

function decide(
  progress: Partial<Progress>,
  plan: Partial<EnvironmentPlan> = {},
  { window = OPEN, signals = [] }: { readonly window?: WindowState; readonly signals?: readonly Signal[] } = {},
) {
  const nothing = { baked: {}, checked: [], approvals: {}, weight: 0, finished: false, holds: [] };
  return decideMove({
    plan: environmentPlan({ ...MONITORED, ...plan }),
    progress: { ...nothing, movement: "none", ...progress },
    signals,
    window,
    enteredAt: 0,
  });
}

describe("a rollout that holds traffic back", () => {
  it("is monitored before its finish; without a holdback that is not its business", () => {
    const kinds = (plan: Partial<EnvironmentPlan>) => milestones(environmentPlan(plan)).map(({ kind }) => kind);
    expect(kinds({ ...MONITORED, approvals: [AFTER] }).slice(-4)).toEqual(["step", "ask", "monitor", "finish"]);
    expect(kinds({ holdback: 1, monitor: null })).not.toContain("monitor");
    expect(kinds({ monitor: MONITORED.monitor })).not.toContain("monitor");
  });

  it("sets the rest at its last step, and says what stays behind and until when", () => {
    const move = decide({ baked: passed(phaseOf(10), phaseOf(50)), weight: 50 });
    expect(move).toEqual({
      kind: "shift",
      weight: 99,
      phase: "step-100",
      summary: "99 % to the candidate, 1 % held back until the monitoring ends",
    });
    expect(decide({ baked: passed(phaseOf(10)), weight: 10 }).summary).toBe("50 % to the candidate");
    const bakes = decide({ baked: passed(phaseOf(10), phaseOf(50)), weight: 50 }, { monitor: null });
    expect(bakes.summary).toBe("99 % to the candidate, 1 % held back until its bake ends");
  });

  it("is then watched, and finished when that has passed", () => {
    expect(decide({ baked: ALL, weight: 99 })).toMatchObject({ kind: "monitor", phase: "monitor" });
    const cut = { ...ALL, monitor: ended("tripped") };
    expect(decide({ baked: cut, weight: 99 })).toMatchObject({ kind: "monitor" });
    const over = { ...ALL, ...passed("monitor") };
    expect(decide({ baked: over, weight: 99 })).toMatchObject({ kind: "finish" });
    expect(decide({ baked: over, weight: 100, finished: true })).toMatchObject({ kind: "done" });
  });

  it("goes on with the bake of its last step in a window that has closed, since nothing moves", () => {
    const progress = { baked: passed(phaseOf(10), phaseOf(50)), weight: 99 };
    expect(decide(progress, {}, { window: CLOSED })).toMatchObject({ kind: "shift", weight: 99 });
  });

  it("waits with the finish for the window where the plan says that traffic holds, and is watched meanwhile", () => {
    const over = { baked: { ...ALL, ...passed("monitor") }, weight: 99 };
    const at = (whenItCloses: WindowPlan["whenItCloses"], plan: Partial<EnvironmentPlan> = {}) =>
      decide(over, { window: closing(whenItCloses), ...plan }, { window: CLOSED });
    expect(at("hold")).toMatchObject({ kind: "watch", phase: "hold-1", hold: { why: "window", until: 5_000 } });
    expect([at("finish").kind, at("roll-back").kind]).toEqual(["finish", "finish"]);
    const whole = { holdback: undefined as unknown as number, monitor: null };
    expect(at("hold", whole)).toMatchObject({ kind: "finish" });
  });

  it("keeps the share through promote-now, whose last step is still watched beside the baseline", () => {
    const signals = [said("promote-now")];
    expect(decide({}, {}, { signals })).toMatchObject({ kind: "shift", weight: 99 });
    expect(decide({ baked: passed(phaseOf(100)), weight: 99 }, {}, { signals })).toMatchObject({ kind: "monitor" });
  });

  it("stops before its finish at a person's word, and holds for one", () => {
    const over = { baked: { ...ALL, ...passed("monitor") }, weight: 99 };
    expect(decide(over, {}, { signals: [said("roll-back")] })).toMatchObject({ kind: "stop", outcome: "rolled-back" });
    expect(decide(over, {}, { signals: [said("hold")] })).toMatchObject({ kind: "watch", phase: "hold-1" });
  });

  it("rests its finish on the approval that came after the last bake, and its last shift on those before", () => {
    const plan = environmentPlan({ ...MONITORED, approvals: [{ ...AFTER, id: "at-50", when: 50 }, AFTER] });
    const progress = { baked: passed(phaseOf(10), phaseOf(50)), weight: 50 } as unknown as Progress;
    const shift = { kind: "shift", weight: 99, phase: "step-100", summary: "" } as const;
    expect(openedBy({ plan, progress }, shift)).toEqual(["at-50"]);
    const baked = { ...ALL, ...passed("monitor") };
    const finish = { kind: "finish", summary: "" } as const;
    expect(openedBy({ plan, progress: { ...progress, baked, weight: 99 } }, finish)).toEqual(["after"]);
  });
});
