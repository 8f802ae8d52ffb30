/** Several targets whose candidates are made side by side, of which one cannot be made. */
import { describe, expect, it, vi } from "vitest";
import { cleanCase } from "../../sandbox/faults/cases.ts";
import { readFaultPlan } from "../../sandbox/faults/plans.ts";
import { itemsOf } from "../../sandbox/faults/table-dump.ts";
import { run } from "../../sandbox/faults/trial.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 60_000;

describe("a candidate that is refused", () => {
  it("leaves the others' to come to their end, and stops the rollout by its own words", {
    timeout: PATIENCE_MS,
  }, async () => {
    const action = { kind: "refuse" } as const;
    const calls = [{ service: "lambda", operation: "PublishVersion", nth: 1, action }] as const;
    const { sandbox, visits } = await run(readFaultPlan("two-targets"), { ...cleanCase("two-targets"), calls });
    const [header] = itemsOf(sandbox, "PROMOTION#", "HEADER");
    expect(header?.outcome).toBe("errored");
    expect(header?.summary).toMatch(/^the candidate of \w+ could not be made: CallRefused: /);
    const made = itemsOf(sandbox, "PROMOTION#", "TARGET#").map(({ candidate }) => candidate);
    expect(made).toEqual(expect.arrayContaining([null, "8"]));
    expect(visits.map(({ state }) => state)).toContain("Stopped");
  });
});
