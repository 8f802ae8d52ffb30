/** A promotion is counted once in the metrics, whether its machine, the status listener or the sweeper closes it. */
import { describe, expect, it, vi } from "vitest";
import { readFaultPlan, worldPlanOf } from "../../sandbox/faults/plans.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import type { Scenario } from "../../sandbox/world/scenario.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 60_000;
const STOPPED = { at: 100_000, verb: "stop", by: "operator" } as const;
const NO_EVENT = { handler: "status-listener", nth: "always", action: "crash-before" } as const;

/** Promotes in a world that differs so, and returns what was counted, and by which handler. */
async function countedIn(change: Partial<Scenario>): Promise<string[]> {
  const plan = readFaultPlan("healthy");
  const counted: string[] = [];
  const sandbox = new Sandbox({
    scenario: { ...plan.scenario, ...change },
    policy: plan.policy,
    plan: worldPlanOf(plan),
    sweepEveryMs: 60_000,
    onLog: (line, handler) => {
      const { Promotions, outcome } = JSON.parse(line) as Record<string, unknown>;
      if (Promotions !== undefined) counted.push(`${handler}: ${outcome} ${Promotions}`);
    },
  });
  await sandbox.promote(plan.starts[0]?.release, "counted");
  return counted;
}

describe("a promotion is counted", () => {
  it("by its machine's last step", { timeout: PATIENCE_MS }, async () => {
    expect(await countedIn({})).toEqual(["close-promotion: promoted 1"]);
  });

  it("by the status listener when the execution was stopped", { timeout: PATIENCE_MS }, async () => {
    expect(await countedIn({ operators: [STOPPED] })).toEqual(["status-listener: aborted 1"]);
  });

  it("by the sweeper when that event is lost", { timeout: PATIENCE_MS }, async () => {
    expect(await countedIn({ operators: [STOPPED], handlerFaults: [NO_EVENT] })).toEqual(["sweeper: aborted 1"]);
  });

  it("once, though its last step runs twice", { timeout: PATIENCE_MS }, async () => {
    const twice = { handler: "close-promotion", nth: 1, action: "duplicate" } as const;
    expect(await countedIn({ handlerFaults: [twice] })).toEqual(["close-promotion: promoted 1"]);
  });
});
