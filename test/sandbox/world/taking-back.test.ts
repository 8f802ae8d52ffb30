/** An operator takes a running promotion back: how soon the answer comes, how soon traffic is back, and who restored it. */
import { describe, expect, it, vi } from "vitest";
import { cleanCase, type FaultCase, type Happening } from "../../../sandbox/faults/cases.ts";
import { type FaultPlan, readFaultPlan } from "../../../sandbox/faults/plans.ts";
import { itemsOf } from "../../../sandbox/faults/table-dump.ts";
import { run, type Trial } from "../../../sandbox/faults/trial.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 60_000;
/** API Gateway gives a request this long, and a tick of the bake is a minute. */
const REQUEST_MS = 28_000;
const IN_THE_BAKE = { at: "state", machine: "bake", state: "Wait one tick", nth: 1, ms: 5_000 } as const;

const takeBack = (verb: "roll-back" | "abort"): Happening => ({ when: IN_THE_BAKE, deed: { do: "operate", verb } });

const promote = (plan: FaultPlan, what: Partial<FaultCase>): Promise<Trial> =>
  run(plan, { ...cleanCase(plan.name), ...what });

const headerOf = ({ sandbox }: Trial) => itemsOf(sandbox, "PROMOTION#", "HEADER")[0];
const restorers = ({ calls }: Trial, from: number) =>
  new Set(calls.filter(({ operation, at }) => operation === "UpdateAlias" && at > from).map(({ handler }) => handler));
const saidAt = ({ done }: Trial) => done.find(({ deed }) => deed.do === "operate")?.at ?? Number.NaN;
const answer = ({ done }: Trial) => done.find(({ deed }) => deed.do === "operate")?.answer;

describe("an operator who takes a promotion back", () => {
  it.each([
    ["roll-back", "rolled-back"],
    ["abort", "aborted"],
  ] as const)(
    "by %s has it restored at once, and the machine finds it so",
    { timeout: PATIENCE_MS },
    async (verb, outcome) => {
      const trial = await promote(readFaultPlan("healthy"), { happenings: [takeBack(verb)] });
      const back = trial.changes.at(-1);
      expect(answer(trial)).toBe("202");
      expect(back?.weights).toEqual({ "7": 1 });
      // The machine's own next look is the better part of a minute away.
      expect((back?.at ?? 0) - saidAt(trial)).toBeLessThan(10_000);
      expect(restorers(trial, saidAt(trial))).toEqual(new Set(["restore-traffic"]));
      expect(headerOf(trial)).toMatchObject({ state: "closed", outcome });
    },
  );

  it("has it restored where the execution is dead and nobody looks after it", { timeout: PATIENCE_MS }, async () => {
    const deaf = (["status-listener", "sweeper"] as const).map((handler) => {
      return { handler, nth: "always", action: "crash-before" } as const;
    });
    const stop: Happening = {
      when: IN_THE_BAKE,
      deed: { do: "stop", whom: "promotion" },
      afterwards: { ms: 20_000, deed: { do: "operate", verb: "roll-back" } },
    };
    const trial = await promote(readFaultPlan("healthy"), { handlers: deaf, happenings: [stop] });
    const back = trial.changes.at(-1);
    expect(back?.weights).toEqual({ "7": 1 });
    expect((back?.at ?? 0) - saidAt(trial)).toBeLessThan(10_000);
  });

  it("has it restored within the request where no worker can be started", { timeout: PATIENCE_MS }, async () => {
    const refused = { service: "lambda", operation: "Invoke", handler: "operate" };
    const action = { kind: "error", name: "ServiceException", status: 500 } as const;
    const trial = await promote(readFaultPlan("healthy"), {
      calls: [{ ...refused, action }],
      happenings: [takeBack("roll-back")],
    });
    expect(answer(trial)).toBe("200");
    expect(restorers(trial, saidAt(trial) - REQUEST_MS)).toContain("operate");
    expect(headerOf(trial)).toMatchObject({ state: "closed", outcome: "rolled-back" });
  });
});
