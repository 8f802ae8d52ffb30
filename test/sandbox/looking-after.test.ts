/** The sweeper on the deployed schedule, while Step Functions does not know an execution that has just begun. */
import { describe, expect, it, vi } from "vitest";
import { cleanCase } from "../../sandbox/faults/cases.ts";
import { readFaultPlan } from "../../sandbox/faults/plans.ts";
import { itemsOf } from "../../sandbox/faults/table-dump.ts";
import { run, type Trial } from "../../sandbox/faults/trial.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 60_000;
const MINUTE_MS = 60_000;

/** The healthy plan, whose execution DescribeExecution does not know until so long after the start. */
function unknownFor(ms: number): Promise<Trial> {
  const action = { kind: "error", name: "ExecutionDoesNotExist", status: 400 } as const;
  const calls = [{ service: "states", operation: "DescribeExecution", to: ms, action }];
  return run(readFaultPlan("healthy"), { ...cleanCase("healthy"), calls });
}

const outcomeOf = ({ sandbox }: Trial) => itemsOf(sandbox, "PROMOTION#", "HEADER")[0]?.outcome;
const strikes = ({ sandbox }: Trial) => sandbox.aws.faults.fired.length;

describe("an execution that Step Functions does not know", () => {
  it("is left alone in its first minutes, and promotes", { timeout: PATIENCE_MS }, async () => {
    const trial = await unknownFor(4 * MINUTE_MS);
    expect(strikes(trial)).toBeGreaterThanOrEqual(3);
    expect(outcomeOf(trial)).toBe("promoted");
  });

  it("is swept up when it stays unknown", { timeout: PATIENCE_MS }, async () => {
    const trial = await unknownFor(8 * MINUTE_MS);
    expect(outcomeOf(trial)).toBe("rolled-back");
    expect(trial.changes.at(-1)?.weights).toEqual({ "7": 1 });
  });
});
