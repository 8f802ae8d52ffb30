/**
 * Calls that run at the same time, in every order that can be found: whatever the order, traffic ends where it must.
 * What is asserted is what the targets really hold, not what the ledger says of them.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alarmListener } from "../../functions/alarm-listener.ts";
import { asHeader } from "../../functions/domain/ledger/header.ts";
import { asHead, asLock } from "../../functions/domain/ledger/journal-records.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadHead, loadIntents, loadTargets, must } from "../../functions/domain/ledger/load.ts";
import type { Dependencies } from "../../functions/domain/ports.ts";
import { bringBack } from "../../functions/domain/promotion/bring-back.ts";
import { closePromotion } from "../../functions/domain/promotion/close.ts";
import { lookAfter } from "../../functions/domain/promotion/look-after.ts";
import { enterEnvironment } from "../../functions/enter-environment.ts";
import { finishRollout } from "../../functions/finish-rollout.ts";
import { recordEnvironment } from "../../functions/record-environment.ts";
import { shiftTraffic } from "../../functions/shift-traffic.ts";
import {
  arnOf,
  BASELINE,
  CANDIDATE,
  ENV,
  finished,
  IN_PROD,
  opened,
  P1,
  rollingOut,
  targetPlan,
  World,
} from "../support/deps.ts";
import { type Actor, chosenBy, race } from "../support/race.ts";

const RUNS = { numRuns: 150, endOnFailure: true };
const order = fc.infiniteStream(fc.nat(11));
const TARGETS = ["cart", "order"];

const shift =
  (weight: number): Actor =>
  (deps) =>
    shiftTraffic(deps)({ ...IN_PROD, weight });
const finish: Actor = (deps) => finishRollout(deps)(IN_PROD);
const record: Actor = (deps) => recordEnvironment(deps)({ ...IN_PROD, position: 0 });
const sweep: Actor = async (deps) => lookAfter(deps, P1);
const close: Actor = (deps) => closePromotion(deps, P1, "the race is over");
const back: Actor = (deps) => bringBack(deps, P1, { by: "operator", reason: "back with it" });

const red = (world: World) => ({
  account: "111122223333",
  region: "af-south-1",
  detail: {
    alarmName: "errors",
    state: { value: "ALARM", timestamp: new Date(world.clock.now()).toISOString(), reason: "5 errors" },
  },
});
const alarm =
  (world: World): Actor =>
  (deps) =>
    alarmListener(deps)(red(world));

const routes = (world: World) => TARGETS.map((name) => world.target(name).route);

/** What the sweeper does once the execution is over, until nothing is left to do. */
async function sweptUp(world: World): Promise<void> {
  world.clock.advance(120_000);
  world.statuses.set(arnOf(P1), "FAILED");
  for (let round = 0; round < 5; round++) {
    const header = asHeader(await must(world.ledger, keys.header(P1)));
    if (header.state === "open") await lookAfter(world.deps, P1).catch(() => {});
    world.clock.advance(60_000);
  }
}

async function expectSafe(world: World): Promise<void> {
  const head = await loadHead(world.ledger, P1, ENV);
  const header = asHeader(await must(world.ledger, keys.header(P1)));
  const wanted = head.outcome === "promoted" ? CANDIDATE : BASELINE;
  expect(routes(world)).toEqual(TARGETS.map(() => wanted));
  expect({ head: head.state, header: header.state }).toEqual({ head: "closed", header: "closed" });
  for (const { resource } of await loadTargets(world.ledger, P1, ENV)) {
    expect(asLock(await must(world.ledger, keys.lock(resource))).owner).toBeNull();
  }
  expect(await world.ledger.list(keys.open("").pk, "PROMOTION#")).toEqual([]);
  if (head.outcome === "promoted") return;
  const open = (await loadIntents(world.ledger, P1, ENV)).filter(({ result }) => result === null);
  expect(open).toEqual([]);
}

describe.each([
  { locked: true, service: "with an optimistic lock" },
  { locked: false, service: "without one" },
])("on a service $service", ({ locked }) => {
  const options = { target: { locked } };

  it("a shift and an alarm leave traffic on the baseline", async () => {
    await fc.assert(
      fc.asyncProperty(order, async (stream) => {
        const world = await rollingOut(10, options);
        await race(world, chosenBy(stream), [shift(50), alarm(world)]);
        await sweptUp(world);
        await expectSafe(world);
        expect(routes(world)).toEqual([BASELINE, BASELINE]);
      }),
      RUNS,
    );
  });

  it("a first shift and a restore leave traffic on the baseline", async () => {
    await fc.assert(
      fc.asyncProperty(order, async (stream) => {
        const world = await rollingOut(0, options);
        await race(world, chosenBy(stream), [shift(10), back]);
        await sweptUp(world);
        await expectSafe(world);
        expect(routes(world)).toEqual([BASELINE, BASELINE]);
      }),
      RUNS,
    );
  });

  it("a shift cut off anywhere leaves traffic on the baseline once it is swept up", async () => {
    await fc.assert(
      fc.asyncProperty(order, fc.nat(40), async (stream, turns) => {
        const world = await rollingOut(0, options);
        await race(world, chosenBy(stream), [shift(10)], { 0: turns });
        await sweptUp(world);
        await expectSafe(world);
        expect(routes(world)).toEqual([BASELINE, BASELINE]);
      }),
      RUNS,
    );
  });

  it("a restore cut off anywhere, and another, leave traffic on the baseline", async () => {
    await fc.assert(
      fc.asyncProperty(order, fc.nat(60), async (stream, turns) => {
        const world = await rollingOut(10, options);
        await race(world, chosenBy(stream), [back, alarm(world), shift(50)], { 0: turns });
        await sweptUp(world);
        await expectSafe(world);
        expect(routes(world)).toEqual([BASELINE, BASELINE]);
      }),
      RUNS,
    );
  });

  it("a finish and an alarm leave traffic on the baseline", async () => {
    await fc.assert(
      fc.asyncProperty(order, async (stream) => {
        const world = await rollingOut(100, options);
        await race(world, chosenBy(stream), [finish, alarm(world)]);
        await sweptUp(world);
        await expectSafe(world);
        expect(routes(world)).toEqual([BASELINE, BASELINE]);
      }),
      RUNS,
    );
  });

  it("a record and an alarm end promoted on the candidate, or rolled back on the baseline", async () => {
    const ends = new Set<string>();
    await fc.assert(
      fc.asyncProperty(order, async (stream) => {
        const world = await finished(options);
        await race(world, chosenBy(stream), [record, alarm(world)]);
        await sweptUp(world);
        await expectSafe(world);
        const header = asHeader(await must(world.ledger, keys.header(P1)));
        const active = await world.ledger.read(keys.active(ENV, "shop"));
        const onCandidate = world.target("order").route.primary === "8";
        expect(header.outcome).toBe(onCandidate ? "promoted" : "rolled-back");
        expect(active?.promotionId).toBe(onCandidate ? P1 : undefined);
        ends.add(String(header.outcome));
      }),
      RUNS,
    );
    expect(ends).toEqual(new Set(["promoted", "rolled-back"]));
  });

  it("a closing promotion and a shift that woke up late never leave traffic on the candidate", async () => {
    await fc.assert(
      fc.asyncProperty(order, async (stream) => {
        const world = await rollingOut(0, options);
        world.statuses.set(arnOf(P1), "ABORTED");
        await race(world, chosenBy(stream), [shift(10), close, sweep]);
        await sweptUp(world);
        await expectSafe(world);
        expect(routes(world)).toEqual([BASELINE, BASELINE]);
      }),
      RUNS,
    );
  });

  it("a zombie of an earlier step, the next step and the finish never leave a split behind", async () => {
    await fc.assert(
      fc.asyncProperty(order, async (stream) => {
        const world = await rollingOut(50, options);
        const onwards: Actor = async (deps) => {
          await again(() => shift(100)(deps));
          await again(() => finish(deps));
          return again(() => record(deps));
        };
        await race(world, chosenBy(stream), [onwards, shift(50), shift(10)]);
        await sweptUp(world);
        await expectSafe(world);
      }),
      RUNS,
    );
  });
});

/** As a machine's Retry does. */
async function again(call: () => Promise<unknown>): Promise<unknown> {
  for (let tries = 0; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (tries === 8) throw error;
    }
  }
}

describe("somebody else", () => {
  it("who moves a target in the middle of a shift and an alarm keeps what they set", async () => {
    const pinned = { primary: "6", secondary: null };
    await fc.assert(
      fc.asyncProperty(order, async (stream) => {
        const world = await rollingOut(10);
        const person: Actor = async (deps) => {
          await deps.clock.sleep(1);
          world.target("order").moveByHand(pinned, "hotfix by jo");
        };
        await race(world, chosenBy(stream), [shift(50), alarm(world), person]);
        await sweptUp(world);
        expect(world.target("order").route).toEqual(pinned);
        expect(world.target("cart").route).toEqual(BASELINE);
      }),
      RUNS,
    );
  });
});

describe("locks", () => {
  const enter =
    (promotionId: string): Actor =>
    (deps: Dependencies) =>
      enterEnvironment(deps)({ promotionId, position: 0 });

  it("are never held by a promotion that is closed, even when its entering woke up late", async () => {
    await fc.assert(
      fc.asyncProperty(order, async (stream) => {
        const world = new World();
        await opened(world);
        await race(world, chosenBy(stream), [enter(P1), close]);
        const header = asHeader(await must(world.ledger, keys.header(P1)));
        const head = await world.ledger.read(keys.head(P1, ENV));
        if (header.state === "closed") {
          expect(head === undefined || asHead(head).state === "closed").toBe(true);
          await opened(world, undefined, { promotionId: "shop-v3" });
          expect(await enter("shop-v3")(world.deps)).toMatchObject({ decision: "enter" });
        }
        await sweptUp(world);
        await opened(world, undefined, { promotionId: "shop-v4" });
        expect(asHeader(await must(world.ledger, keys.header(P1))).state).toBe("closed");
      }),
      RUNS,
    );
  });

  it("go to one of two promotions that enter at once", async () => {
    await fc.assert(
      fc.asyncProperty(order, async (stream) => {
        const world = new World();
        await opened(world);
        await opened(world, undefined, { promotionId: "shop-v3" });
        const { results } = await race(world, chosenBy(stream), [enter(P1), enter("shop-v3")]);
        const decisions = results.map((result) => (result?.status === "fulfilled" ? result.value : result?.reason));
        expect(new Set(decisions.map(({ decision }) => decision))).toEqual(new Set(["enter", "stop"]));
        const owners = TARGETS.map(async (name) =>
          asLock(await must(world.ledger, keys.lock(targetPlan(name).resource))),
        );
        expect(new Set((await Promise.all(owners)).map(({ owner }) => owner)).size).toBe(1);
      }),
      RUNS,
    );
  });
});
