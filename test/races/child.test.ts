/** Two starts of one child: its first start took effect, the answer was lost, and its parent starts it again. */
import { expect, it, vi } from "vitest";
import { cleanCase } from "../../sandbox/faults/cases.ts";
import { readFaultPlan } from "../../sandbox/faults/plans.ts";
import { run } from "../../sandbox/faults/trial.ts";
import { judgeTrial } from "../../sandbox/faults/verdict.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

it.each([
  { machine: "rollout", plan: "regression", nth: 1, first: "Capture baseline" },
  { machine: "bake", plan: "regression", nth: 1, first: "Begin bake" },
  { machine: "bake", plan: "windowed", nth: 4, first: "Begin bake" },
  { machine: "rollback", plan: "regression", nth: 1, first: "Restore traffic" },
  { machine: "approval", plan: "mid-approval", nth: 1, first: "Ask approval" },
])("start $nth of $machine in $plan is joined, and no second one runs", async ({ machine, plan, nth, first }) => {
  const asPlanned = await run(readFaultPlan(plan), cleanCase(plan));
  const starts = [{ machine, nth, action: "answer lost" as const }];
  const trial = await run(readFaultPlan(plan), { ...cleanCase(plan), starts });

  const runs = ({ visits }: typeof trial) =>
    visits.filter((visit) => visit.machine === machine && visit.state === first);
  expect(trial.starts.get(machine)).toBe((asPlanned.starts.get(machine) ?? 0) + 1);
  expect(runs(trial)).toHaveLength(runs(asPlanned).length);
  expect(judgeTrial(trial)).toMatchObject({ violations: [], outcomes: judgeTrial(asPlanned).outcomes });
});
