import { describe, expect, it } from "vitest";
import {
  BrokenRecord,
  CallRefused,
  LedgerBusy,
  NotReady,
  OutOfTime,
  ServiceTrouble,
} from "../../../functions/domain/errors.ts";
import { item } from "../../../functions/domain/ledger/items.ts";
import { asTarget } from "../../../functions/domain/ledger/journal-records.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { loadHead, loadIntents, must } from "../../../functions/domain/ledger/load.ts";
import { markerOf, WRITE_WITHIN_MS } from "../../../functions/domain/traffic/journal.ts";
import { setRoute } from "../../../functions/domain/traffic/set-route.ts";
import { trip } from "../../../functions/domain/traffic/trip.ts";
import { lambdaAlias } from "../../../functions/targets/lambda-alias/kind.ts";
import {
  BASELINE,
  CANDIDATE,
  ENV,
  IN_PROD,
  P1,
  rollingOut,
  START,
  targetPlan,
  type World,
} from "../../support/deps.ts";

const ORDER = targetPlan("order");
const at = (percent: number) => lambdaAlias.at(BASELINE, "8", percent);
const PLACE = { account: "111122223333", region: "af-south-1", roleArn: null };

const set = (world: World, percent: number, deps = world.deps) =>
  setRoute(deps, IN_PROD, deps.target(PLACE, ORDER), at(percent), "shift");
const finish = (world: World) =>
  setRoute(world.deps, IN_PROD, world.deps.target(PLACE, ORDER), lambdaAlias.finished(BASELINE, "8"), "finish");
const record = async (world: World) => asTarget(await must(world.ledger, keys.target(P1, ENV, "order")));
const intents = (world: World) => loadIntents(world.ledger, P1, ENV, "order");
const outcomes = async (world: World) => (await intents(world)).map(({ result }) => result?.outcome ?? null);
const alarm = (world: World) => trip(world.deps, P1, ENV, { by: "alarm", reason: "errors are red" });

describe("setting a route", () => {
  it("writes, reads back and journals both", async () => {
    const world = await rollingOut();
    const now = world.clock.now();
    expect(await set(world, 10)).toEqual({ kind: "set", state: world.target("order").state });
    expect(world.target("order").state).toEqual({ route: at(10), revision: "r1", marker: markerOf(P1, 1) });
    expect(await intents(world)).toMatchObject([
      {
        target: "order",
        sequence: 1,
        purpose: "shift",
        from: BASELINE,
        to: at(10),
        revision: "r0",
        marker: markerOf(P1, 1),
        fence: 1,
        at: now,
        deadline: now + WRITE_WITHIN_MS,
        result: { outcome: "applied", found: world.target("order").state, at: now + 1_000 },
      },
    ]);
    expect(await record(world)).toMatchObject({ sequence: 1, last: world.target("order").state, restored: null });
  });

  it("notes the first shift of the environment, and only the first", async () => {
    const world = await rollingOut();
    expect((await loadHead(world.ledger, P1, ENV)).firstShiftAt).toBeNull();
    const first = world.clock.now();
    await set(world, 10);
    world.clock.advance(60_000);
    await set(world, 50);
    expect((await loadHead(world.ledger, P1, ENV)).firstShiftAt).toBe(first);
  });

  it("puts the intent before the call: what crashes in between is known", async () => {
    const world = await rollingOut();
    world.target("order").before = async (operation) => {
      if (operation === "write") expect(await outcomes(world)).toEqual([null]);
    };
    await set(world, 10);
    expect(await outcomes(world)).toEqual(["applied"]);
  });

  it("only looks when the route stands already", async () => {
    const world = await rollingOut();
    await set(world, 10);
    const before = world.dump();
    expect(await set(world, 10)).toMatchObject({ kind: "set", state: { route: at(10) } });
    expect(world.dump()).toEqual(before);
  });

  it("begins no write that this invocation could not finish", async () => {
    const world = await rollingOut();
    world.remainingMs = 29_999;
    await expect(set(world, 10)).rejects.toThrow(OutOfTime);
    expect(await intents(world)).toEqual([]);
    world.remainingMs = 30_000;
    expect(await set(world, 10)).toMatchObject({ kind: "set" });
  });
});

describe("a stopped journal", () => {
  it("lets nothing through once it is tripped", async () => {
    const world = await rollingOut(10);
    await alarm(world);
    const before = world.dump();
    expect(await set(world, 50)).toEqual({ kind: "stopped", why: "stopped: traffic has to go back" });
    expect(world.dump()).toEqual(before);
  });

  it("is not kept waiting for a write of an earlier call: that is the restore's to wait for", async () => {
    const world = await rollingOut();
    world.target("order").faults.push({ kind: "answer lost" });
    await expect(set(world, 10)).rejects.toThrow(ServiceTrouble);
    await alarm(world);
    const { reads } = world.target("order");
    expect(await set(world, 10)).toMatchObject({ kind: "stopped" });
    expect(world.target("order").reads).toBe(reads);
    expect(await outcomes(world)).toEqual([null]);
  });

  it.each([
    ["before its intent", /traffic has to go back/],
    ["between its last look and its intent", /tripped/],
  ])("stops a shift tripped %s", async (when, why) => {
    const world = await rollingOut();
    let looks = 0;
    let writes = 0;
    world.ledger.before = async (operation) => {
      if (operation === `read HEAD#${ENV}`) looks += 1;
      // The first write notes the first shift; the second one is the intent's.
      if (operation.startsWith("write HEAD")) writes += 1;
      const now = when === "before its intent" ? looks === 2 : writes === 2;
      if (!now) return;
      world.ledger.before = async () => {};
      await alarm(world);
    };
    expect(await set(world, 10)).toMatchObject({ kind: "stopped", why: expect.stringMatching(why) });
    expect(world.target("order").calls).toBe(0);
    expect(await intents(world)).toEqual([]);
  });

  it("is not forgiven because its trip was noted a moment after the intent's own look", async () => {
    const world = await rollingOut();
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write HEAD")) return;
      world.ledger.before = async () => {};
      await alarm(world);
    };
    await set(world, 10);
    expect(await loadHead(world.ledger, P1, ENV)).toMatchObject({ state: "tripped", firstShiftAt: null });
  });
});

describe("the lock", () => {
  it("has to be ours under our fence", async () => {
    const world = await rollingOut();
    await world.ledger.write([{ put: item(keys.lock(ORDER.resource), { owner: P1, fence: 2 }) }]);
    expect(await set(world, 10)).toMatchObject({ kind: "stopped", why: expect.stringMatching(/no longer ours/) });
    await world.ledger.write([{ put: item(keys.lock(ORDER.resource), { owner: "another", fence: 1 }) }]);
    expect(await set(world, 10)).toMatchObject({ kind: "stopped", why: expect.stringMatching(/no longer ours/) });
    expect(world.target("order").calls).toBe(0);
  });
});

describe("somebody else's move", () => {
  it("is never overwritten: the revision used is the last journalled one, not a fresh one", async () => {
    const world = await rollingOut(10);
    const pinned = { primary: "6", secondary: null };
    world.target("order").moveByHand(pinned);
    expect(await set(world, 50)).toMatchObject({ kind: "foreign" });
    expect(world.target("order").route).toEqual(pinned);
    expect((await intents(world)).at(-1)?.revision).toBe("r1");
    expect(await outcomes(world)).toEqual(["applied", "foreign"]);
  });

  it("says what was expected and what was found", async () => {
    const world = await rollingOut(10);
    world.target("order").moveByHand({ primary: "6", secondary: null }, "hotfix");
    expect(await set(world, 50)).toEqual({
      kind: "foreign",
      why: 'order: somebody else moved it; expected version 7, 50 % on 8, found version 6 ("hotfix")',
    });
  });

  it("is none where only the revision changed: what stands there is adopted, and written down", async () => {
    const world = await rollingOut(10);
    world.target("order").moveByHand(at(10));
    const { revision } = world.target("order").state;
    expect(await set(world, 10)).toMatchObject({ kind: "set", state: { revision } });
    expect(await record(world)).toMatchObject({ last: { route: at(10), revision } });
  });

  it("is none where the revision changed under our next write: it is asked for again with the new one", async () => {
    const world = await rollingOut(10);
    world.target("order").moveByHand(at(10));
    const { revision } = world.target("order").state;
    expect(await set(world, 50)).toMatchObject({ kind: "set", state: { route: at(50) } });
    expect((await intents(world)).slice(-2)).toMatchObject([
      { to: at(50), result: { outcome: "not-applied", found: { route: at(10), revision } } },
      { to: at(50), revision, result: { outcome: "applied" } },
    ]);
  });

  it("is seen when it came right after our write", async () => {
    const world = await rollingOut();
    world.target("order").before = (operation) => {
      if (operation === "answer") world.target("order").moveByHand({ primary: "6", secondary: null });
    };
    expect(await set(world, 10)).toMatchObject({ kind: "foreign" });
    expect(world.target("order").route.primary).toBe("6");
  });

  it("with the same route but another mark is not our lost answer", async () => {
    const world = await rollingOut();
    world.target("order").moveByHand(at(10), "codedeploy");
    expect(await set(world, 10)).toMatchObject({ kind: "foreign" });
    expect(world.target("order").effects).toHaveLength(1);
  });
});

describe("an answer that was lost", () => {
  it("and heard as a moved revision is found out by reading back", async () => {
    const world = await rollingOut();
    world.target("order").faults.push({ kind: "repeated" });
    expect(await set(world, 10)).toMatchObject({ kind: "set", state: { revision: "r1" } });
    expect(await outcomes(world)).toEqual(["applied"]);
  });

  it("leaves the intent open, and the next call finds the work done", async () => {
    const world = await rollingOut();
    world.target("order").faults.push({ kind: "answer lost" });
    await expect(set(world, 10)).rejects.toThrow(ServiceTrouble);
    expect(await outcomes(world)).toEqual([null]);
    expect(await set(world, 10)).toMatchObject({ kind: "set" });
    expect(world.target("order").effects).toHaveLength(1);
    expect(await outcomes(world)).toEqual(["applied"]);
    expect((await record(world)).last).toEqual(world.target("order").state);
  });

  it("of a write that had no effect is waited for until it can have none any more", async () => {
    const world = await rollingOut();
    const begun = world.clock.now();
    world.target("order").faults.push({ kind: "fails", error: new ServiceTrouble("connection reset") });
    await expect(set(world, 10)).rejects.toThrow("connection reset");
    expect(await set(world, 10)).toMatchObject({ kind: "set" });
    expect(await outcomes(world)).toEqual(["not-applied", "applied"]);
    const [first] = await intents(world);
    expect(first?.result?.at).toBeGreaterThanOrEqual(begun + WRITE_WITHIN_MS + 2_000);
  });

  it("of a write that arrives late is waited for, and not taken for a write without effect", async () => {
    const world = await rollingOut(0, { target: { locked: false } });
    world.target("order").faults.push({ kind: "late", ms: 14_000 });
    await expect(set(world, 10)).rejects.toThrow(ServiceTrouble);
    expect(await set(world, 50)).toMatchObject({ kind: "set" });
    world.clock.advance(60_000);
    expect(world.target("order").route).toEqual(at(50));
    expect(await outcomes(world)).toEqual(["applied", "applied"]);
  });

  it("is not waited for by an invocation that ends before", async () => {
    const world = await rollingOut();
    world.target("order").faults.push({ kind: "fails", error: new ServiceTrouble("connection reset") });
    await expect(set(world, 10)).rejects.toThrow(ServiceTrouble);
    world.remainingMs = 40_000;
    await expect(set(world, 10)).rejects.toThrow(OutOfTime);
    expect(await outcomes(world)).toEqual([null]);
  });

  it("that hides somebody else's move is found foreign, and the intent gets its result", async () => {
    const world = await rollingOut();
    world.target("order").faults.push({ kind: "fails", error: new ServiceTrouble("connection reset") });
    await expect(set(world, 10)).rejects.toThrow(ServiceTrouble);
    world.target("order").moveByHand({ primary: "6", secondary: null });
    expect(await set(world, 10)).toMatchObject({ kind: "foreign" });
    expect(await outcomes(world)).toEqual(["foreign"]);
    expect((await record(world)).last.route).toEqual(BASELINE);
  });

  it("of a refused call passes the refusal on", async () => {
    const world = await rollingOut();
    world.target("order").faults.push({ kind: "fails", error: new CallRefused("access denied") });
    await expect(set(world, 10)).rejects.toThrow(CallRefused);
  });
});

describe("a read-back", () => {
  it("waits until reads agree", async () => {
    const world = await rollingOut(0, { target: { staleMs: 1_500 } });
    await expect(set(world, 10)).rejects.toThrow(NotReady);
    expect(await set(world, 10)).toMatchObject({ kind: "set", state: { route: at(10) } });
  });

  it("that never agrees is no success", async () => {
    const world = await rollingOut();
    let flips = 0;
    const target = world.target("order");
    target.before = (operation) => {
      if (operation === "read") target.moveByHand({ primary: String(flips++), secondary: null });
    };
    await expect(set(world, 10)).rejects.toThrow(NotReady);
    // One write, then eight looks.
    expect(target.reads).toBe(2 + 8);
  });

  it("that still shows the state before the write is not yet an answer", async () => {
    const world = await rollingOut(0, { target: { staleMs: 5_000 } });
    await expect(set(world, 10)).rejects.toThrow(/does not show version 7, 10 % on 8 yet/);
    expect(await outcomes(world)).toEqual([null]);
  });

  it("believes two looks that are the settle time apart", async () => {
    const world = await rollingOut(0, { target: { settleMs: 4_000 } });
    const before = world.clock.now();
    await set(world, 10);
    expect(world.clock.now() - before).toBe(4_000);
  });
});

describe("a second call for the same target", () => {
  it("that was faster keeps the first from writing its intent", async () => {
    const world = await rollingOut();
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write HEAD")) return;
      world.ledger.before = async () => {};
      await set(world, 10);
    };
    await expect(set(world, 10)).rejects.toThrow(LedgerBusy);
    expect(world.target("order").effects).toHaveLength(1);
  });

  it("that wrote a newer intent keeps the first from moving the record back", async () => {
    const world = await rollingOut();
    world.target("order").before = async (operation) => {
      if (operation !== "answer") return;
      world.target("order").before = () => {};
      await set(world, 10);
      await set(world, 50);
    };
    await expect(set(world, 10)).rejects.toThrow(LedgerBusy);
    expect(await record(world)).toMatchObject({ sequence: 2, last: { route: at(50) } });
  });
});

describe("traffic never goes backwards by a shift", () => {
  it("when a zombie of an earlier step wakes up after a later one", async () => {
    const world = await rollingOut(50);
    const before = world.dump();
    expect(await set(world, 10)).toMatchObject({ kind: "set", state: { route: at(50) } });
    expect(world.dump()).toEqual(before);
  });

  it("when a zombie of the last step wakes up after the finish", async () => {
    const world = await rollingOut(100);
    await finish(world);
    const before = world.dump();
    expect(await set(world, 100)).toMatchObject({ kind: "set", state: { route: CANDIDATE } });
    expect(await set(world, 10)).toMatchObject({ kind: "set", state: { route: CANDIDATE } });
    expect(world.dump()).toEqual(before);
  });
});

describe("a broken record", () => {
  it("is said to be one: no head, no target, no intent", async () => {
    const world = await rollingOut(10);
    await world.ledger.write([{ remove: keys.intent(P1, ENV, "order", 1) }]);
    await expect(set(world, 50)).rejects.toThrow("intent 1 of order is missing");
    await world.ledger.write([{ remove: keys.target(P1, ENV, "order") }]);
    await expect(set(world, 50)).rejects.toThrow(BrokenRecord);
    await world.ledger.write([{ remove: keys.head(P1, ENV) }]);
    await expect(set(world, 50)).rejects.toThrow(BrokenRecord);
  });

  it("is not made of a ledger that throws", async () => {
    const world = await rollingOut();
    for (const step of ["write HEAD", "write INTENT"]) {
      world.ledger.before = async (operation) => {
        if (operation.startsWith(step)) throw new ServiceTrouble("the table is throttled");
      };
      await expect(set(world, 10)).rejects.toThrow("the table is throttled");
    }
    expect(START).toBeLessThan(world.clock.now());
  });
});
