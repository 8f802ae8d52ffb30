/** Somebody else moves an alias in the middle of a rollout: machines, handlers and the simulated Lambda together. */
import { describe, expect, it, vi } from "vitest";
import { cleanCase, type Happening } from "../../infra/local/faults/cases.ts";
import { readFaultPlan } from "../../infra/local/faults/plans.ts";
import { itemsOf } from "../../infra/local/faults/table-dump.ts";
import { run, type Trial } from "../../infra/local/faults/trial.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 60_000;

/** In the first bake of the healthy plan, at 25 %, a hand sets the alias to a version; Lambda keeps the description. */
function movedTo(version: string): Promise<Trial> {
  const baking = { at: "state", machine: "bake", state: "Wait one tick", nth: 1, ms: 5_000 } as const;
  const happenings: Happening[] = [{ when: baking, deed: { do: "move", version } }];
  return run(readFaultPlan("healthy"), { ...cleanCase("healthy"), happenings });
}

const headerOf = ({ sandbox }: Trial) => itemsOf(sandbox, "PROMOTION#", "HEADER")[0];
const weightsOf = ({ changes }: Trial) => changes.map(({ by, weights }) => ({ by, weights }));

describe("a hand that moves the alias during a bake", () => {
  it("to the baseline leaves nothing to refuse: traffic is read back where it is, and rolled back is what it is called", {
    timeout: PATIENCE_MS,
  }, async () => {
    const trial = await movedTo("7");
    expect(headerOf(trial)).toMatchObject({ state: "closed", outcome: "rolled-back" });
    expect(weightsOf(trial).slice(-2)).toEqual([
      { by: "hand", weights: { "7": 1 } },
      { by: "call", weights: { "7": 1 } },
    ]);
  });
});
