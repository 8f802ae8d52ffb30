import { beforeEach, describe, expect, it } from "vitest";
import { ServiceTrouble } from "../../../functions/domain/errors.ts";
import { loadAudit } from "../../../functions/domain/ledger/append-audit.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { loadSignals } from "../../../functions/domain/ledger/load.ts";
import { approvalPause, isLate, LATE_AFTER_MS } from "../../../functions/domain/ledger/pauses.ts";
import { sendSignal } from "../../../functions/domain/ledger/send-signal.ts";
import type { Signal } from "../../../functions/domain/ledger/signals.ts";
import { expectLife, storePause, wakePauses } from "../../../functions/domain/ledger/wake-pauses.ts";
import { environmentPlan, opened, P1, promotionPlan, START, World } from "../../support/deps.ts";

let world: World;
beforeEach(async () => {
  world = new World();
  await opened(world, promotionPlan([environmentPlan({ environment: "sit" }), environmentPlan()]));
});
const store = (environment: string, pause: string, token: string) =>
  storePause(world.ledger, P1, environment, { pause, token, until: START });

describe("waking", () => {
  it("wakes one pause by its whole name, or all of an environment", async () => {
    await store("prod", "approval-at-1", "one");
    await store("prod", "approval-at-10", "ten");
    await store("sit", "hold", "other");
    expect(await wakePauses(world.deps, P1, "prod", approvalPause("at-1"))).toBe(1);
    expect(world.woken).toEqual(["one"]);
    expect(await wakePauses(world.deps, P1, "prod")).toBe(2);
    expect(world.woken).toEqual(["one", "one", "ten"]);
  });

  it("wakes the newest token of a pause: a retry's replaces the earlier one", async () => {
    await store("prod", "hold", "first");
    await store("prod", "hold", "second");
    await wakePauses(world.deps, P1, "prod");
    expect(world.woken).toEqual(["second"]);
  });

  it("counts those who waited", async () => {
    await store("prod", "hold", "gone");
    const executions = { ...world.deps.executions, wake: async () => false };
    expect(await wakePauses({ ...world.deps, executions }, P1, "prod")).toBe(0);
  });
});

describe("a sign of life", () => {
  it("is late five minutes after it was due, not before", async () => {
    await expectLife(world.ledger, P1, START, "a tick");
    expect(await world.ledger.read(keys.due(P1))).toMatchObject({ at: START, what: "a tick" });
    expect(LATE_AFTER_MS).toBe(300_000);
    world.clock.advance(LATE_AFTER_MS);
    expect(isLate({ at: START }, world.clock)).toBe(false);
    world.clock.advance(1);
    expect(isLate({ at: START }, world.clock)).toBe(true);
    expect(isLate(undefined, world.clock)).toBe(false);
  });
});

describe("a signal", () => {
  const signal: Signal = { signal: "s-1", kind: "abort", by: "ann", reason: "wrong version", at: START };

  it("is written before anybody is woken, put in the trail, and wakes every environment", async () => {
    await store("sit", "queue", "in sit");
    await store("prod", "hold", "in prod");
    const executions = {
      ...world.deps.executions,
      wake: async (token: string) => {
        expect(await loadSignals(world.ledger, P1)).toHaveLength(1);
        return world.deps.executions.wake(token);
      },
    };
    await sendSignal({ ...world.deps, executions }, P1, signal);
    expect(world.woken).toEqual(["in sit", "in prod"]);
    expect(await loadAudit(world.ledger, P1)).toMatchObject([
      { id: "signal-s-1", kind: "abort", summary: "ann: wrong version", data: { by: "ann", reason: "wrong version" } },
    ]);
  });

  it("said again is only delivered again", async () => {
    await store("prod", "hold", "the token");
    await sendSignal(world.deps, P1, signal);
    const before = world.dump();
    await sendSignal(world.deps, P1, { ...signal, reason: "in other words", at: START + 1 });
    expect(world.dump()).toEqual(before);
    expect(world.woken).toEqual(["the token", "the token"]);
  });

  it("that cannot be written wakes nobody", async () => {
    await store("prod", "hold", "the token");
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write SIGNAL")) throw new ServiceTrouble("throttled");
    };
    await expect(sendSignal(world.deps, P1, signal)).rejects.toThrow("throttled");
    expect(world.woken).toEqual([]);
  });

  it("are read in the order in which they were said", async () => {
    for (const [name, at] of [
      ["b", 5],
      ["a", 5],
      ["z", 1],
    ] as const) {
      await sendSignal(world.deps, P1, { ...signal, signal: name, at });
    }
    expect((await loadSignals(world.ledger, P1)).map((one) => one.signal)).toEqual(["z", "a", "b"]);
  });
});
