import { describe, expect, it } from "vitest";
import { CallRefused, ServiceTrouble } from "../../../functions/domain/errors.ts";
import { item } from "../../../functions/domain/ledger/items.ts";
import { asLock, asTarget } from "../../../functions/domain/ledger/journal-records.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { loadHead, loadIntents, loadPlan, must } from "../../../functions/domain/ledger/load.ts";
import type { Dependencies } from "../../../functions/domain/ports.ts";
import { closePromotion } from "../../../functions/domain/promotion/close.ts";
import { bind } from "../../../functions/domain/traffic/bind.ts";
import { markerOf, WRITE_WITHIN_MS } from "../../../functions/domain/traffic/journal.ts";
import { restore } from "../../../functions/domain/traffic/restore.ts";
import { finishRollout } from "../../../functions/finish-rollout.ts";
import { shiftTraffic } from "../../../functions/shift-traffic.ts";
import { lambdaAlias } from "../../../functions/targets/lambda-alias/kind.ts";
import {
  BASELINE,
  ENV,
  finished,
  IN_PROD,
  P1,
  promoted,
  rollingOut,
  targetPlan,
  type World,
} from "../../support/deps.ts";

const WHY = { by: "alarm" as const, reason: "errors are red" };
const NO_LOCK = { target: { locked: false }, plan: { targets: [targetPlan("order")] } };
const at = (percent: number) => lambdaAlias.at(BASELINE, "8", percent);

async function bringBack(world: World, deps: Dependencies = world.deps) {
  const plan = await loadPlan(world.deps, P1, ENV);
  return restore(deps, IN_PROD, WHY, (record) => bind(deps, plan, record));
}

const shift = (world: World, weight: number) => shiftTraffic(world.deps)({ ...IN_PROD, weight });
const record = async (world: World, name = "order") => asTarget(await must(world.ledger, keys.target(P1, ENV, name)));
const intents = (world: World, name = "order") => loadIntents(world.ledger, P1, ENV, name);
const outcomes = async (world: World) => (await intents(world)).map(({ result }) => result?.outcome ?? null);

describe("a restore", () => {
  it("brings every target back, reads it back and says so", async () => {
    const world = await rollingOut(50);
    expect(await bringBack(world)).toEqual({
      state: "verified",
      again: true,
      targets: [
        { target: "cart", state: "verified", found: "version 7" },
        { target: "order", state: "verified", found: "version 7" },
      ],
    });
    for (const name of ["cart", "order"]) {
      expect(world.target(name).state).toMatchObject({ route: BASELINE, marker: "deployed by hand" });
      expect(await record(world, name)).toMatchObject({ restored: "verified", last: { route: BASELINE } });
    }
    expect((await loadHead(world.ledger, P1, ENV)).trip).toMatchObject(WHY);
  });

  it("keeps its own mark where the baseline bore the mark of an earlier promotion, whose words they are not", async () => {
    const world = await rollingOut(50, { target: { marker: "headgate shop-v1-0 fence 7" } });
    await bringBack(world);
    expect(world.target("order").state).toMatchObject({ route: BASELINE, marker: markerOf(P1, 1) });
  });

  it("journals its write as it does every other", async () => {
    const world = await rollingOut(50);
    const now = world.clock.now();
    await bringBack(world);
    expect((await intents(world)).at(-1)).toMatchObject({
      sequence: 2,
      purpose: "restore",
      from: at(50),
      to: BASELINE,
      revision: "r1",
      marker: "deployed by hand",
      fence: 1,
      deadline: now + 1_000 + WRITE_WITHIN_MS,
      result: { outcome: "applied", found: { route: BASELINE, revision: "r2" } },
    });
  });

  it("goes back to what served before, even after the finish", async () => {
    const world = await finished();
    expect((await bringBack(world)).state).toBe("verified");
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("writes even where the read says baseline, so that a shift on its way loses its revision", async () => {
    const world = await rollingOut();
    world.target("order").faults.push({ kind: "late", ms: 12_000 });
    await expect(shift(world, 10)).rejects.toThrow(ServiceTrouble);
    expect(world.target("order").route).toEqual(BASELINE);
    const back = world.clock.now();
    await bringBack(world);
    expect(world.target("order").calls).toBe(2);
    world.clock.advance(60_000);
    expect(world.target("order").route).toEqual(BASELINE);
    expect(world.clock.now()).toBeGreaterThan(back);
  });

  it("closes the intents that it has overtaken, after the newest of them can have no effect", async () => {
    const world = await rollingOut();
    world.target("order").faults.push({ kind: "late", ms: 12_000 });
    await expect(shift(world, 10)).rejects.toThrow(ServiceTrouble);
    const deadline = (await intents(world))[0]?.deadline ?? 0;
    await bringBack(world);
    expect(await outcomes(world)).toEqual(["overtaken", "applied"]);
    expect((await intents(world))[0]?.result?.at).toBeGreaterThanOrEqual(deadline + 2_000);
  });

  it("has nothing to do where no traffic was ever moved, but stops what would", async () => {
    const world = await rollingOut();
    expect(await bringBack(world)).toEqual({ state: "nothing", targets: [], again: true });
    expect((await loadHead(world.ledger, P1, ENV)).state).toBe("tripped");
    expect(await shift(world, 10)).toMatchObject({ decision: "stop" });
    expect(world.target("order").calls).toBe(0);
  });

  it("leaves a closed environment alone", async () => {
    const world = await promoted();
    const before = world.dump();
    expect(await bringBack(world)).toMatchObject({ state: "nothing" });
    expect(world.dump()).toEqual(before);
  });

  it("has nothing to do in an environment that was never entered", async () => {
    const world = await rollingOut();
    await world.ledger.write([{ remove: keys.head(P1, ENV) }]);
    expect(await bringBack(world)).toMatchObject({ state: "nothing" });
  });

  it("done twice only looks the second time", async () => {
    const world = await rollingOut(50);
    await bringBack(world);
    const before = world.dump();
    expect(await bringBack(world)).toMatchObject({ state: "verified" });
    expect(world.dump()).toEqual(before);
  });

  it("keeps the first reason when a second one brings it back too", async () => {
    const world = await rollingOut(50);
    await bringBack(world);
    const plan = await loadPlan(world.deps, P1, ENV);
    await restore(world.deps, IN_PROD, { by: "operator", reason: "me too" }, (one) => bind(world.deps, plan, one));
    expect((await loadHead(world.ledger, P1, ENV)).trip?.reason).toBe("errors are red");
  });

  it("repeats itself when its answer is lost", async () => {
    const world = await rollingOut(50);
    world.target("order").faults.push({ kind: "answer lost" });
    expect(await bringBack(world)).toMatchObject({ state: "failed", again: true });
    expect((await record(world)).restored).toBeNull();
    expect(await bringBack(world)).toMatchObject({ state: "verified" });
    expect(await outcomes(world)).toEqual(["applied", "overtaken", "applied"]);
  });

  it("sees by its mark that a moved revision was its own repeated call", async () => {
    const world = await rollingOut(50);
    world.target("order").faults.push({ kind: "repeated" });
    expect(await bringBack(world)).toMatchObject({ state: "verified" });
    expect(await outcomes(world)).toEqual(["applied", "applied"]);
  });

  it("is not fooled by a stale read", async () => {
    const world = await rollingOut(0, { target: { staleMs: 2_500 } });
    for (let tries = 0; tries < 4; tries++) await shift(world, 10).catch(() => {});
    expect(world.target("order").route).toEqual(at(10));
    await bringBack(world);
    expect((await bringBack(world)).state).toBe("verified");
    expect(world.target("order").route).toEqual(BASELINE);
  });
});

describe("a write in flight to a service without an optimistic lock", () => {
  it("that arrives after the restore's write is found by looking again after its deadline", async () => {
    const world = await rollingOut(0, NO_LOCK);
    world.target("order").faults.push({ kind: "late", ms: 14_500 });
    await expect(shift(world, 10)).rejects.toThrow(ServiceTrouble);
    expect(await bringBack(world)).toMatchObject({ state: "verified" });
    world.clock.advance(60_000);
    expect(world.target("order").route).toEqual(BASELINE);
    expect(world.target("order").effects.map(({ route }) => route)).toEqual([BASELINE, at(10), BASELINE]);
  });

  it("is waited for even where a repetition of it has its result already", async () => {
    const world = await rollingOut(0, NO_LOCK);
    world.target("order").faults.push({ kind: "answer lost" });
    world.clock.at(world.clock.now() + 13_000, () => world.target("order").moveByHand(at(10), markerOf(P1, 1)));
    await expect(shift(world, 10)).rejects.toThrow(ServiceTrouble);
    await shift(world, 10);
    expect((await bringBack(world)).state).toBe("verified");
    world.clock.advance(60_000);
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("is not waited for by an invocation that ends before, which calls nothing verified", async () => {
    const world = await rollingOut(0, NO_LOCK);
    world.target("order").faults.push({ kind: "late", ms: 14_500 });
    await expect(shift(world, 10)).rejects.toThrow(ServiceTrouble);
    const left = [900_000, 20_000];
    const deps = { ...world.deps, remainingMs: () => left.shift() ?? 0 };
    expect(await bringBack(world, deps)).toMatchObject({
      state: "failed",
      again: true,
      targets: [{ error: expect.stringMatching(/^OutOfTime: a write may take effect/) }],
    });
    expect((await record(world)).restored).toBeNull();
    expect(await bringBack(world)).toMatchObject({ state: "verified" });
    world.clock.advance(60_000);
    expect(world.target("order").route).toEqual(BASELINE);
  });
});

describe("what is not ours", () => {
  const pinned = { primary: "6", secondary: null };

  it("is left alone: a person's pin stands, and what was found and expected is said", async () => {
    const world = await rollingOut(50);
    world.target("order").moveByHand(pinned, "hotfix by jo");
    expect(await bringBack(world)).toEqual({
      state: "refused",
      again: true,
      targets: [
        { target: "cart", state: "verified", found: "version 7" },
        {
          target: "order",
          state: "refused",
          found: 'version 6 ("hotfix by jo")',
          expected: `version 7, 50 % on 8 ("${markerOf(P1, 1)}")`,
        },
      ],
    });
    expect(world.target("order").route).toEqual(pinned);
    expect((await record(world)).restored).toBe("refused");
  });

  it("is not called settled while a write of ours may still arrive over it", async () => {
    const world = await rollingOut(0, NO_LOCK);
    world.target("order").faults.push({ kind: "late", ms: 14_500 });
    await expect(shift(world, 10)).rejects.toThrow(ServiceTrouble);
    world.target("order").moveByHand(pinned, "hotfix by jo");
    expect((await bringBack(world)).state).toBe("verified");
    expect(world.target("order").route).toEqual(BASELINE);
    expect(await outcomes(world)).not.toContain(null);
  });

  it("leaves no intent without a result behind", async () => {
    const world = await rollingOut(10);
    world.target("order").faults.push({ kind: "fails", error: new ServiceTrouble("connection reset") });
    await expect(shift(world, 50)).rejects.toThrow(ServiceTrouble);
    world.target("order").moveByHand(pinned);
    expect((await bringBack(world)).state).toBe("refused");
    expect(await outcomes(world)).toEqual(["applied", "foreign"]);
  });

  it("is seen when it comes between the restore's look and its write", async () => {
    const world = await rollingOut(50);
    const target = world.target("order");
    target.before = (operation) => {
      if (operation !== "write") return;
      target.before = () => {};
      target.moveByHand(pinned);
    };
    expect((await bringBack(world)).state).toBe("refused");
    expect(target.route).toEqual(pinned);
    expect(await outcomes(world)).toEqual(["applied", "moved"]);
  });

  it("is taken up again when the person puts our own state back", async () => {
    const world = await rollingOut(50);
    const mark = markerOf(P1, 1);
    world.target("order").moveByHand(pinned);
    await bringBack(world);
    world.target("order").moveByHand(at(50), mark);
    expect((await bringBack(world)).state).toBe("verified");
    expect((await record(world)).restored).toBe("verified");
  });

  it("is a target whose lock has gone to a newer fence: an old restore never runs over a new release", async () => {
    const world = await rollingOut(50);
    const { resource } = await record(world);
    const lock = asLock(await must(world.ledger, keys.lock(resource)));
    await world.ledger.write([{ put: item(keys.lock(resource), { ...lock, owner: "shop-v3", fence: 2 }) }]);
    expect(await bringBack(world)).toMatchObject({
      state: "refused",
      targets: [{ state: "verified" }, { state: "refused", expected: `fence 1 of ${P1}` }],
    });
    expect(world.target("order").route).toEqual(at(50));
  });

  it.each([
    { owner: P1, fence: 2 },
    { owner: "shop-v3", fence: 1 },
    { owner: null, fence: 1 },
  ])("is a target whose lock reads $owner, fence $fence", async (lock) => {
    const world = await rollingOut(50);
    const { resource } = await record(world);
    await world.ledger.write([{ put: item(keys.lock(resource), lock) }]);
    expect((await bringBack(world)).state).toBe("refused");
    expect(world.target("order").route).toEqual(at(50));
  });
});

describe("the baseline set by hand", () => {
  const BY_HAND = ["deployed by hand", markerOf(P1, 1), "back to seven, jo"];

  it.each(BY_HAND)("under the mark %j is what a restore is for: written over, read back, verified", async (mark) => {
    const world = await rollingOut(50);
    world.target("order").moveByHand(BASELINE, mark);
    expect((await bringBack(world)).state).toBe("verified");
    expect(world.target("order").effects.at(-1)).toEqual({ by: "ours", route: BASELINE });
    expect(world.target("order").state).toMatchObject({ route: BASELINE, marker: "deployed by hand" });
    expect(await record(world)).toMatchObject({ restored: "verified", last: { route: BASELINE } });
    expect(await outcomes(world)).toEqual(["applied", "applied"]);
  });

  it("is written over with the revision just read, so that a shift in flight loses its own", async () => {
    const world = await rollingOut(10);
    world.target("order").faults.push({ kind: "late", ms: 12_000 });
    await expect(shift(world, 50)).rejects.toThrow(ServiceTrouble);
    world.target("order").moveByHand(BASELINE, markerOf(P1, 1));
    expect((await bringBack(world)).state).toBe("verified");
    expect((await intents(world)).at(-1)).toMatchObject({ purpose: "restore", revision: "r2" });
    world.clock.advance(60_000);
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("in the middle of a rollout stops the next shift all the same", async () => {
    const world = await rollingOut(10);
    world.target("order").moveByHand(BASELINE, markerOf(P1, 1));
    expect(await shift(world, 50)).toMatchObject({ decision: "stop" });
    expect(world.target("order").route).toEqual(BASELINE);
  });
});

describe("trouble with one target", () => {
  it("does not keep the others waiting", async () => {
    const world = await rollingOut(50);
    world.target("cart").readTrouble = new ServiceTrouble("lambda does not answer");
    expect(await bringBack(world)).toMatchObject({
      state: "failed",
      again: true,
      targets: [
        { target: "cart", state: "failed", error: "ServiceTrouble: lambda does not answer", final: false },
        { target: "order", state: "verified" },
      ],
    });
    expect(world.target("order").route).toEqual(BASELINE);
    expect(world.warnings).toHaveLength(1);
  });

  it("that no other try can help is said to be final", async () => {
    const world = await rollingOut(50);
    world.target("cart").readTrouble = new CallRefused("access denied");
    expect(await bringBack(world)).toMatchObject({ state: "failed", again: false });
  });

  it("for good does not keep another target from being tried again", async () => {
    const world = await rollingOut(50);
    world.target("cart").readTrouble = new CallRefused("access denied");
    world.target("order").readTrouble = new ServiceTrouble("lambda does not answer");
    expect(await bringBack(world)).toMatchObject({ state: "failed", again: true });
  });

  it("outweighs a refusal", async () => {
    const world = await rollingOut(50);
    world.target("cart").readTrouble = new ServiceTrouble("lambda does not answer");
    world.target("order").moveByHand({ primary: "6", secondary: null });
    expect((await bringBack(world)).state).toBe("failed");
  });

  it("is ended after so many rounds against a writer that never rests", async () => {
    const world = await rollingOut(50);
    const target = world.target("order");
    const mark = markerOf(P1, 1);
    target.before = (operation) => {
      if (operation === "write") target.moveByHand(at(50), mark);
    };
    expect(await bringBack(world)).toMatchObject({
      state: "failed",
      targets: [{ state: "verified" }, { error: expect.stringMatching(/^NotReady: order was moved .* 8 times/) }],
    });
    expect(target.calls).toBe(1 + 8);
  });

  it("is not begun with too little time left", async () => {
    const world = await rollingOut(50);
    world.remainingMs = 10_999;
    expect(await bringBack(world)).toMatchObject({ state: "failed", targets: [{ error: /OutOfTime/ }, {}] });
    expect(world.target("order").calls).toBe(1);
    world.remainingMs = 11_000;
    expect((await bringBack(world)).state).toBe("verified");
  });

  it.each([
    [900_000, WRITE_WITHIN_MS],
    [21_000, WRITE_WITHIN_MS],
    [20_000, 14_000],
    [11_000, 5_000],
  ])("with %i ms left gives its write %i ms, so that the read-back still fits", async (leftMs, withinMs) => {
    const world = await rollingOut(50);
    world.remainingMs = leftMs;
    await bringBack(world);
    const { at: begun = 0, deadline = 0 } = (await intents(world)).at(-1) ?? {};
    expect(deadline - begun).toBe(withinMs);
  });

  it("passes on what the ledger throws before anything was tried", async () => {
    const world = await rollingOut(50);
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write HEAD")) throw new ServiceTrouble("the table is throttled");
    };
    await expect(bringBack(world)).rejects.toThrow("the table is throttled");
  });

  it("with the ledger in the middle is the target's, not everybody's", async () => {
    const world = await rollingOut(50);
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write") && operation.includes("cart")) throw new ServiceTrouble("throttled");
    };
    expect(await bringBack(world)).toMatchObject({ targets: [{ state: "failed" }, { state: "verified" }] });
  });
});

describe("two restores at once", () => {
  it("both leave traffic on the baseline, and one of them says so", async () => {
    const world = await rollingOut(50);
    const target = world.target("order");
    target.before = async (operation) => {
      if (operation !== "write") return;
      target.before = () => {};
      expect((await bringBack(world)).state).toBe("verified");
    };
    await bringBack(world);
    expect(target.route).toEqual(BASELINE);
    expect((await bringBack(world)).state).toBe("verified");
    expect(await outcomes(world)).not.toContain(null);
  });

  it("find that the other was faster, and write no second time over a verified target", async () => {
    const world = await rollingOut(50);
    let met = false;
    world.ledger.before = async (operation) => {
      if (met || !/^write LOCK HEAD.*INTENT#prod#order/.test(operation)) return;
      met = true;
      await bringBack(world);
    };
    expect((await bringBack(world)).state).toBe("verified");
    expect(met).toBe(true);
    expect(world.target("order").calls).toBe(2);
  });

  it("do not call verified what moved after the first of them", async () => {
    const world = await rollingOut(50);
    await bringBack(world);
    world.target("order").moveByHand(at(50), markerOf(P1, 1));
    world.target("order").faults.push({ kind: "answer lost" });
    await bringBack(world);
    expect((await record(world)).restored).toBeNull();
    await bringBack(world);
    expect((await record(world)).restored).toBe("verified");
  });
});

describe("a zombie", () => {
  it("that restores what another call has restored and closed says nothing of the release that stands there now", async () => {
    const world = await rollingOut(50, { uploaded: true });
    const target = world.target("order");
    const mark = markerOf("shop-v3", 2);
    target.before = async (operation) => {
      if (operation !== "read") return;
      target.before = () => {};
      await bringBack(world);
      await closePromotion(world.deps, P1, null);
      target.moveByHand({ primary: "7", secondary: { version: "9", percent: 10 } }, mark);
    };
    expect(await bringBack(world)).toMatchObject({ state: "nothing", targets: [] });
    expect(target.state).toMatchObject({ route: { secondary: { version: "9" } }, marker: mark });
    expect((await record(world)).restored).toBe("verified");
  });

  it("that shifts after the trip does nothing", async () => {
    const world = await rollingOut(10);
    await bringBack(world);
    const before = world.dump();
    expect(await shift(world, 50)).toMatchObject({ decision: "stop", summary: "errors are red" });
    expect(await finishRollout(world.deps)(IN_PROD)).toMatchObject({ decision: "stop" });
    expect(world.dump()).toEqual(before);
  });
});
