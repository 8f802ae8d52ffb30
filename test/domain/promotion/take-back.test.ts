/** An operator takes a promotion back: safe at once, restored by a worker, and how far that is. */
import { describe, expect, it } from "vitest";
import { ServiceTrouble } from "../../../functions/domain/errors.ts";
import { asHead } from "../../../functions/domain/ledger/journal-records.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { loadHeader } from "../../../functions/domain/ledger/load.ts";
import { loadEnding } from "../../../functions/domain/ledger/note-ending.ts";
import { closePromotion } from "../../../functions/domain/promotion/close.ts";
import { loadWayBack } from "../../../functions/domain/promotion/load-way-back.ts";
import { takeBack } from "../../../functions/domain/promotion/take-back.ts";
import { wayBackInWords } from "../../../functions/domain/promotion/way-back.ts";
import { planMove } from "../../../functions/plan-move.ts";
import { restoreTraffic } from "../../../functions/restore-traffic.ts";
import { arnOf, BASELINE, ENV, IN_PROD, P1, rollingOut, targetPlan, type World } from "../../support/deps.ts";

const ROLL_BACK = { outcome: "rolled-back", reason: "olga: I saw errors" } as const;

const head = async (world: World) => asHead((await world.ledger.read(keys.head(P1, ENV))) ?? { pk: "", sk: "" });

const workersWork = async (world: World) => {
  for (const promotionId of world.restoring.splice(0)) {
    await restoreTraffic(world.deps)({ promotionId, error: { Error: "none" } });
  }
};

const howFar = async (world: World) => loadWayBack(world.ledger, await loadHeader(world.ledger, P1));

describe("taking a promotion back", () => {
  it("trips the journal and starts a worker, and moves nothing itself", async () => {
    const world = await rollingOut(50);
    const before = structuredClone(world.target("order").effects);
    expect(await takeBack(world.deps, P1, ROLL_BACK)).toMatchObject({ state: "rolling back", again: true });
    expect(await head(world)).toMatchObject({ state: "tripped", trip: { by: "operator", reason: ROLL_BACK.reason } });
    expect(await loadEnding(world.ledger, P1)).toMatchObject(ROLL_BACK_ENDING);
    expect(world.restoring).toEqual([P1]);
    expect(world.target("order").effects).toEqual(before);
  });

  it("is tripped before a worker is asked for: whatever becomes of the worker, nothing moves forward", async () => {
    const world = await rollingOut(50);
    const states: string[] = [];
    const start = async () => {
      states.push((await head(world)).state);
    };
    await takeBack({ ...world.deps, restoreWorker: { start } }, P1, ROLL_BACK);
    expect(states).toEqual(["tripped"]);
    expect(await planMove(world.deps)(IN_PROD)).toMatchObject({ kind: "stop" });
  });

  it("is restored where the execution is dead, before any sweeper comes, and closed by whoever comes", async () => {
    const world = await rollingOut(50);
    world.statuses.set(arnOf(P1), "ABORTED");
    await takeBack(world.deps, P1, ROLL_BACK);
    await workersWork(world);
    expect(world.target("cart").route).toEqual(BASELINE);
    expect(world.target("order").route).toEqual(BASELINE);
    expect(await closePromotion(world.deps, P1, null)).toMatchObject({ outcome: "rolled-back" });
  });

  it("twice is harmless: the second finds what the first did, and so does its worker", async () => {
    const world = await rollingOut(50);
    await takeBack(world.deps, P1, ROLL_BACK);
    await workersWork(world);
    const once = world.dump();
    expect(await takeBack(world.deps, P1, { outcome: "aborted", reason: "kim: me too" })).toMatchObject({
      state: "rolling back",
    });
    await workersWork(world);
    expect(world.dump().effects).toEqual(once.effects);
    expect(await loadEnding(world.ledger, P1)).toMatchObject(ROLL_BACK_ENDING);
  });

  it("of 200 targets answers within the 28 seconds of a request; the worker takes as long as it needs", async () => {
    const names = Array.from({ length: 200 }, (_, index) => `f${index}`);
    const world = await rollingOut(50, { plan: { targets: names.map((name) => targetPlan(name)) } });
    const saidAt = world.clock.now();
    expect(await takeBack(world.deps, P1, ROLL_BACK)).toMatchObject({ state: "rolling back" });
    expect(world.clock.now() - saidAt).toBeLessThan(28_000);
    await workersWork(world);
    expect(names.filter((name) => world.target(name).route.secondary !== null)).toEqual([]);
    expect(wayBackInWords(await howFar(world))).toBe("200 of 200 targets are back, read back");
  });

  it("before any traffic was moved takes no worker, and is cancelled", async () => {
    const world = await rollingOut(0);
    expect(await takeBack(world.deps, P1, ROLL_BACK)).toMatchObject({
      state: "nothing",
      summary: "no traffic was moved",
    });
    expect(world.restoring).toEqual([]);
    expect(await loadEnding(world.ledger, P1)).toMatchObject({ outcome: "cancelled" });
  });

  it("restores within the call where no worker can be started", async () => {
    const world = await rollingOut(50);
    world.workerTrouble = new ServiceTrouble("lambda does not answer");
    expect(await takeBack(world.deps, P1, ROLL_BACK)).toMatchObject({ state: "verified", again: false });
    expect(world.target("order").route).toEqual(BASELINE);
    expect(world.warnings.join()).toContain("no worker could be started");
  });
});

const ROLL_BACK_ENDING = { outcome: "rolled-back", summary: ROLL_BACK.reason };

describe("how far the way back is", () => {
  it("counts the targets that were read back among those that were moved", async () => {
    const world = await rollingOut(50);
    expect(await howFar(world)).toMatchObject({ state: "on its way", moved: 2 });
    await takeBack(world.deps, P1, ROLL_BACK);
    expect(await howFar(world)).toMatchObject({ state: "rolling back", open: ["prod/cart", "prod/order"] });
    expect(wayBackInWords(await howFar(world))).toBe("0 of 2 targets are back, read back");
    await workersWork(world);
    expect(await howFar(world)).toEqual({ state: "verified", moved: 2, open: [], refused: [] });
    expect(wayBackInWords(await howFar(world))).toBe("2 of 2 targets are back, read back");
  });

  it("names what somebody else moved, once nothing else is open", async () => {
    const world = await rollingOut(50);
    world.target("order").moveByHand({ primary: "6", secondary: null });
    await takeBack(world.deps, P1, ROLL_BACK);
    await workersWork(world);
    expect(await howFar(world)).toMatchObject({ state: "refused", refused: ["prod/order"] });
    expect(wayBackInWords(await howFar(world))).toBe(
      "1 of 2 targets are back, read back; left alone, because somebody else moved it: prod/order",
    );
  });

  it("is nothing where no traffic was moved", async () => {
    const world = await rollingOut(0);
    await takeBack(world.deps, P1, ROLL_BACK);
    expect(wayBackInWords(await howFar(world))).toBe("no traffic was moved");
  });
});
