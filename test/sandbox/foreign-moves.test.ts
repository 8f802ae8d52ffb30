/** Somebody else moves an alias in the middle of a rollout: machines, handlers and the simulated Lambda together. */
import { describe, expect, it, vi } from "vitest";
import { cleanCase, type FaultCase, type Moment } from "../../sandbox/faults/cases.ts";
import { readFaultPlan } from "../../sandbox/faults/plans.ts";
import { itemsOf } from "../../sandbox/faults/table-dump.ts";
import { run, type Trial } from "../../sandbox/faults/trial.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 60_000;

const IN_THE_BAKE = { at: "state", machine: "bake", state: "Wait one tick", nth: 1, ms: 5_000 } as const;
const BEFORE_THE_RECORD = { at: "state", machine: "promotion", state: "Record environment", nth: 1, ms: 0 } as const;
const BEFORE_THE_SHIFT = { at: "state", machine: "rollout", state: "Shift traffic", nth: 2, ms: 0 } as const;

/** In the healthy plan, at 25 %, a hand sets the alias to a version; Lambda keeps the description. */
function moved(when: Moment, version: string, calls: FaultCase["calls"] = []): Promise<Trial> {
  const happenings = [{ when, deed: { do: "move", version } as const }];
  return run(readFaultPlan("healthy"), { ...cleanCase("healthy"), happenings, calls });
}

const headerOf = ({ sandbox }: Trial) => itemsOf(sandbox, "PROMOTION#", "HEADER")[0];
const pagesOf = ({ sandbox }: Trial) =>
  sandbox.sns.mailbox.filter(({ to }) => to === "oncall@shop.example").map(({ subject }) => subject);
const weightsOf = ({ changes }: Trial) => changes.map(({ by, weights }) => ({ by, weights }));

describe("a hand that moves the alias to the baseline", () => {
  it.each([IN_THE_BAKE, BEFORE_THE_SHIFT])(
    "leaves nothing to refuse: traffic is read back where it is ($machine)",
    {
      timeout: PATIENCE_MS,
    },
    async (when) => {
      const trial = await moved(when, "7");
      expect(headerOf(trial)).toMatchObject({ state: "closed", outcome: "rolled-back" });
      expect(weightsOf(trial).slice(-2)).toEqual([
        { by: "hand", weights: { "7": 1 } },
        { by: "call", weights: { "7": 1 } },
      ]);
    },
  );
});

describe("a hand that moves the alias elsewhere", () => {
  it.each([IN_THE_BAKE, BEFORE_THE_SHIFT, BEFORE_THE_RECORD])(
    "is left alone, and pages once ($machine)",
    { timeout: PATIENCE_MS },
    async (when) => {
      const trial = await moved(when, "6");
      expect(headerOf(trial)).toMatchObject({ state: "closed", outcome: "rollback-failed" });
      expect(weightsOf(trial).at(-1)).toEqual({ by: "hand", weights: { "6": 1 } });
      expect(pagesOf(trial)).toEqual(["Headgate stopped in prod: order was moved by somebody else"]);
    },
  );

  it("pages once although the mail is away in that very moment", { timeout: PATIENCE_MS }, async () => {
    const away = { service: "sns", operation: "Publish", action: { kind: "refuse" } } as const;
    const calls = [
      { ...away, handler: "shift-traffic" },
      { ...away, handler: "restore-traffic" },
    ];
    const trial = await moved(BEFORE_THE_SHIFT, "6", calls);
    expect(pagesOf(trial)).toEqual(["Headgate stopped in prod: order was moved by somebody else"]);
  });
});
