/** The operator's verbs on running machines: what each does to traffic, and when. */
import { describe, expect, it, vi } from "vitest";
import { cleanCase, type Deed, type Happening, type Moment } from "../../../sandbox/faults/cases.ts";
import { readFaultPlan } from "../../../sandbox/faults/plans.ts";
import { itemsOf } from "../../../sandbox/faults/table-dump.ts";
import { run, type Trial } from "../../../sandbox/faults/trial.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 60_000;
const MINUTE_MS = 60_000;
const IN_THE_BAKE = { at: "state", machine: "bake", state: "Wait one tick", nth: 1, ms: 5_000 } as const;

type Verb = Extract<Deed, { do: "operate" }>["verb"];

const say = (verb: Verb, when: Moment = IN_THE_BAKE): Happening => ({ when, deed: { do: "operate", verb } });

const promote = (plan: string, ...happenings: readonly Happening[]): Promise<Trial> =>
  run(readFaultPlan(plan), { ...cleanCase(plan), happenings });

const headerOf = ({ sandbox }: Trial) => itemsOf(sandbox, "PROMOTION#", "HEADER")[0];
const shares = ({ changes }: Trial) => changes.map(({ weights }) => Math.round((weights["8"] ?? 0) * 100));
const minutes = ({ promotions: [executionArn = ""], sandbox }: Trial) => {
  const { startDate, stopDate = 0 } = sandbox.executions.describeExecution({ executionArn });
  return (stopDate - startDate) / MINUTE_MS;
};

describe("an operator who says", () => {
  it("hold keeps traffic where it is until resume, without moving any", { timeout: PATIENCE_MS }, async () => {
    const trial = await promote("healthy", {
      ...say("hold"),
      afterwards: { ms: 20 * MINUTE_MS, deed: { do: "operate", verb: "resume" } },
    });
    expect(headerOf(trial)).toMatchObject({ outcome: "promoted" });
    expect(shares(trial)).toEqual([25, 100, 100]);
    expect(minutes(trial)).toBeGreaterThan(20);
  });

  it("hold keeps the guard judging: what turns bad meanwhile goes back", { timeout: PATIENCE_MS }, async () => {
    const healthy = readFaultPlan("healthy");
    const [baseline, candidate] = healthy.scenario.behaviour;
    if (baseline === undefined || candidate === undefined) throw new Error("the plan has two behaviours");
    const turning = { ...candidate, changes: [{ from: 15 * MINUTE_MS, errorRate: 0.4 }] };
    const plan = { ...healthy, scenario: { ...healthy.scenario, behaviour: [baseline, turning] } };
    const trial = await run(plan, { ...cleanCase("healthy"), happenings: [say("hold")] });
    expect(headerOf(trial)).toMatchObject({ outcome: "rolled-back" });
    expect(shares(trial)).toEqual([25, 0]);
    expect(minutes(trial)).toBeGreaterThan(15);
  });

  it("skip-bake goes on with the next weight at once", { timeout: PATIENCE_MS }, async () => {
    const usual = await promote("healthy");
    const trial = await promote("healthy", say("skip-bake"));
    expect(headerOf(trial)).toMatchObject({ outcome: "promoted" });
    expect(shares(trial)).toEqual(shares(usual));
    expect(minutes(trial)).toBeLessThan(minutes(usual) - 1);
  });

  it("promote-now leaves out every weight but the last, which is watched", { timeout: PATIENCE_MS }, async () => {
    const before = { at: "state", machine: "rollout", state: "Deploy candidate", nth: 1, ms: 0 } as const;
    const trial = await promote("healthy", say("promote-now", before));
    expect(headerOf(trial)).toMatchObject({ outcome: "promoted" });
    expect(shares(trial)).toEqual([100, 100]);
    const bakes = itemsOf(trial.sandbox, "PROMOTION#", "BAKE#").filter(({ result }) => typeof result === "string");
    expect(bakes.map(({ phase, result }) => [phase, result])).toEqual([["step-100", "passed"]]);
  });
});
