/** Each call of each handler of a promotion whose candidate fails is killed, one after the other. */
import { expect, test, vi } from "vitest";
import { cleanCase } from "../../sandbox/faults/cases.ts";
import { readFaultPlan } from "../../sandbox/faults/plans.ts";
import { run } from "../../sandbox/faults/trial.ts";
import { judgeCase } from "../../sandbox/faults/verdict.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

test("a candidate that fails ends on the baseline whichever single handler call is killed", async () => {
  const { invocations } = await run(readFaultPlan("regression"), cleanCase("regression"));
  expect(invocations.size).toBeGreaterThan(10);
  for (const [handler, count] of invocations) {
    for (let nth = 1; nth <= count; nth++) {
      const id = `regression/killed/${handler}.${nth}`;
      const handlers = [{ handler, nth, action: "crash-before" as const }];
      const verdict = await judgeCase({ ...cleanCase("regression"), id, handlers });
      expect(verdict).toMatchObject({ id, outcomes: ["rolled-back"], violations: [] });
    }
  }
});
