/** What an alarm says is heeded whether its event comes, comes late, comes twice or never comes. */
import { describe, expect, it, vi } from "vitest";
import { cleanCase, type Deed, type Happening } from "../../sandbox/faults/cases.ts";
import { readFaultPlan } from "../../sandbox/faults/plans.ts";
import { run } from "../../sandbox/faults/trial.ts";
import { judgeTrial } from "../../sandbox/faults/verdict.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const MINUTE_MS = 60_000;
const red: Deed = { do: "alarm", name: "guard" };
const green: Deed = { do: "alarm", name: "guard", to: "OK" };

/** Red in the first bake, and green again so long after; null: it stays red. */
function redWhile(events: Deed, greenAfterMs: number | null): Happening[] {
  const baking = { at: "state", machine: "bake", state: "Judge", nth: 2, ms: 0 } as const;
  const turn = { when: baking, deed: red };
  const story = greenAfterMs === null ? turn : { ...turn, afterwards: { ms: greenAfterMs, deed: green } };
  return [{ when: { at: "time", ms: 0 }, deed: events }, story];
}

describe("an alarm that turns red in a bake", () => {
  it.each<{ how: string; events: Deed; times: number }>([
    { how: "is never told of", events: { do: "alarm-events", are: "lost" }, times: 0 },
    { how: "is told of late", events: { do: "alarm-events", are: "late", ms: 4 * MINUTE_MS }, times: 1 },
    { how: "is told of twice", events: { do: "alarm-events", are: "repeated", ms: MINUTE_MS }, times: 2 },
  ])("takes traffic back when it $how", async ({ events, times }) => {
    const happenings = redWhile(events, null);
    const trial = await run(readFaultPlan("healthy"), { ...cleanCase("healthy"), kind: "alarm", happenings });
    expect(judgeTrial(trial)).toMatchObject({ outcomes: ["rolled-back"], violations: [] });
    expect(trial.sandbox.host.counts.get("alarm-listener") ?? 0).toBe(times);
  });

  it("and green again is told of twice, once for each turn", async () => {
    const happenings = redWhile({ do: "alarm-events", are: "delivered" }, MINUTE_MS);
    const trial = await run(readFaultPlan("healthy"), { ...cleanCase("healthy"), kind: "alarm", happenings });
    expect(judgeTrial(trial)).toMatchObject({ outcomes: ["rolled-back"], violations: [] });
    expect(trial.sandbox.host.counts.get("alarm-listener")).toBe(2);
  });
});
