/** Targets that move by themselves: told once by the journal, followed, and told to stop where the others are written. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { NotReady, ServiceTrouble } from "../../functions/domain/errors.ts";
import { asTarget } from "../../functions/domain/ledger/journal-records.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadHead, loadIntents, loadPlan, must } from "../../functions/domain/ledger/load.ts";
import { loadEnding } from "../../functions/domain/ledger/note-ending.ts";
import type { Dependencies } from "../../functions/domain/ports.ts";
import { bind } from "../../functions/domain/traffic/bind.ts";
import { markerOf } from "../../functions/domain/traffic/journal.ts";
import { findAstray } from "../../functions/domain/traffic/move-all.ts";
import { restore } from "../../functions/domain/traffic/restore.ts";
import { trip } from "../../functions/domain/traffic/trip.ts";
import { followDrive } from "../../functions/follow-drive.ts";
import { planMove } from "../../functions/plan-move.ts";
import { startDrive } from "../../functions/start-drive.ts";
import { BASELINE, CANDIDATE, ENV, IN_PROD, P1, rollingOut, targetPlan, type World } from "../support/deps.ts";
import { driverOf, Escalator } from "../support/escalator.ts";

vi.mock("../../functions/targets/kinds.ts", async (original) =>
  (await import("../support/test-kinds.ts")).withTestKinds(original),
);

const WHY = { by: "alarm" as const, reason: "errors are red" };
const MINUTE = 60_000;
const OURS = markerOf(P1, 1);

let world: World;
let escalator: Escalator;
let deps: Dependencies;

beforeEach(async () => {
  const targets = [targetPlan("order", { kind: "escalator" })];
  const steps = [{ weight: 100, bakeSeconds: 900 }];
  world = await rollingOut(0, { plan: { drive: "self-driving", targets, steps } });
  const { clock } = world;
  const target = world.target("order");
  escalator = new Escalator({
    set: (route, marker) => target.moveByHand(route, marker ?? "rolled back by its service"),
    later: (ms, run) => clock.at(clock.now() + ms, run),
  });
  const driver = driverOf(escalator, () => target.read());
  deps = { ...world.deps, target: (place, plan) => ({ ...world.deps.target(place, plan), driver }) };
});

const start = () => startDrive(deps)(IN_PROD);
const follow = () => followDrive(deps)(IN_PROD);
const next = async () => (await planMove(deps)(IN_PROD)).kind;
const record = async () => asTarget(await must(world.ledger, keys.target(P1, ENV, "order")));
const intents = () => loadIntents(world.ledger, P1, ENV, "order");
const outcomes = async () => (await intents()).map(({ purpose, result }) => [purpose, result?.outcome ?? null]);
const bringBack = async () => {
  const plan = await loadPlan(world.deps, P1, ENV);
  return restore(deps, IN_PROD, WHY, (found) => bind(deps, plan, found));
};
const at = (percent: number) => ({ primary: "7", secondary: { version: "8", percent } });

describe("start-drive", () => {
  it("writes down what it means to do, and that candidate traffic was meant, before the service is told", async () => {
    escalator.before = async () => {
      expect(await outcomes()).toEqual([["drive", null]]);
      expect((await loadHead(world.ledger, P1, ENV)).firstShiftAt).toBe(world.clock.now());
    };
    expect(await start()).toMatchObject({ decision: "go" });
    expect(escalator.told).toHaveLength(1);
    expect(await intents()).toMatchObject([{ from: BASELINE, to: CANDIDATE, marker: OURS, fence: 1 }]);
  });

  it("tells the service once, however often it is called", async () => {
    const first = await start();
    expect(await start()).toEqual(first);
    expect(escalator.told).toHaveLength(1);
  });

  it("gives a start whose answer was lost once more under the same name, and it is the same movement", async () => {
    escalator.nextStart = "answer lost";
    await expect(start()).rejects.toThrow(ServiceTrouble);
    world.clock.advance(MINUTE);
    expect(await start()).toMatchObject({ decision: "go" });
    expect(new Set(escalator.told).size).toBe(1);
    expect(escalator.told).toHaveLength(2);
    expect(escalator.movements).toHaveLength(1);
    expect(await outcomes()).toEqual([["drive", "moving"]]);
  });

  it("tells nothing once the journal is tripped, before it or in between", async () => {
    escalator.nextStart = "answer lost";
    await expect(start()).rejects.toThrow(ServiceTrouble);
    await trip(deps, P1, ENV, WHY);
    expect(await start()).toMatchObject({ decision: "stop" });
    expect(escalator.told).toHaveLength(1);
  });

  it("tells nothing where somebody else was there since the baseline", async () => {
    world.target("order").moveByHand({ primary: "6", secondary: null });
    expect(await start()).toMatchObject({
      decision: "stop",
      summary: expect.stringContaining("somebody else moved it"),
    });
    expect(escalator.told).toEqual([]);
  });
});

describe("follow-drive", () => {
  it("puts into the journal where the service is, and is done when all traffic is read back", async () => {
    await start();
    expect(await follow()).toMatchObject({ decision: "again" });
    world.clock.advance(2 * MINUTE);
    expect(await follow()).toMatchObject({ decision: "again", summary: expect.stringContaining("40 %") });
    expect((await record()).last.route).toEqual(at(40));
    expect(await intents()).toMatchObject([{ result: { outcome: "moving", found: { route: at(40), marker: OURS } } }]);
    world.clock.advance(3 * MINUTE);
    expect(await follow()).toMatchObject({ decision: "done" });
    expect((await record()).last.route).toEqual(CANDIDATE);
    expect(await outcomes()).toEqual([["drive", "applied"]]);
  });

  it("notes the times at which both arms and at which the candidate alone were first seen: a split is judged at any share", async () => {
    const times: (number | undefined)[] = [];
    await start();
    for (const minutes of [1, 1, 2, 1]) {
      world.clock.advance(minutes * MINUTE);
      await follow();
      times.push((await intents())[0]?.result?.at);
    }
    const [first = 0] = times;
    expect(times.map((time = 0) => (time - first) / MINUTE)).toEqual([0, 0, 0, expect.closeTo(4, 0)]);
  });

  it("leaves the service's own moves to it: none is somebody else's, though nobody has looked yet", async () => {
    await start();
    world.clock.advance(3 * MINUTE);
    const plan = await loadPlan(world.deps, P1, ENV);
    expect((await record()).last.route).toEqual(BASELINE);
    expect(await findAstray(deps, IN_PROD, plan)).toBeNull();
    world.target("order").moveByHand({ primary: "6", secondary: null });
    expect(await findAstray(deps, IN_PROD, plan)).toMatchObject({ why: expect.stringContaining("somebody else") });
  });

  it("takes a move for somebody else's once the movement is over", async () => {
    await start();
    world.clock.advance(5 * MINUTE);
    await follow();
    world.target("order").moveByHand(at(80));
    const plan = await loadPlan(world.deps, P1, ENV);
    expect(await findAstray(deps, IN_PROD, plan)).toMatchObject({ why: expect.stringContaining("80 %") });
  });

  it("stops the rollout over a hand, whose move stays", async () => {
    await start();
    world.target("order").moveByHand({ primary: "6", secondary: null });
    expect(await follow()).toMatchObject({
      decision: "stop",
      summary: expect.stringContaining("somebody else moved it"),
    });
    expect(await bringBack()).toMatchObject({ state: "refused" });
    expect(escalator.stops).toBe(0);
  });

  it("stops the rollout when the service has stopped by itself", async () => {
    await start();
    world.clock.advance(MINUTE);
    escalator.giveUp();
    expect(await follow()).toMatchObject({ decision: "stop", summary: expect.stringContaining("stopped on its way") });
    expect(await loadEnding(world.ledger, P1)).toMatchObject({ outcome: "rolled-back" });
  });

  it("notes nothing once the journal is tripped, though it had begun to look before", async () => {
    await start();
    world.clock.advance(MINUTE);
    const progress = async () => {
      const seen = await escalator.progress(() => world.target("order").read());
      await trip(deps, P1, ENV, WHY);
      return seen;
    };
    const { target } = deps;
    const driver = { ...driverOf(escalator, () => world.target("order").read()), progress };
    deps = { ...deps, target: (place, plan) => ({ ...target(place, plan), driver }) };
    expect(await follow()).toEqual({ decision: "stop", summary: "the journal was tripped" });
    expect((await record()).last.route).toEqual(BASELINE);
  });

  it("does not take the service's word for traffic that it has not read back", async () => {
    await start();
    world.clock.advance(MINUTE);
    escalator.claimDone();
    await expect(follow()).rejects.toThrow(NotReady);
    expect(await next()).toBe("follow");
  });
});

describe("the moves of a self-driving rollout", () => {
  it("are a start, legs until it is done, the bake of all traffic, and no finish of ours", async () => {
    expect(await next()).toBe("drive");
    await start();
    expect(await planMove(deps)(IN_PROD)).toMatchObject({ kind: "follow", phase: "drive-1" });
    world.clock.advance(5 * MINUTE);
    expect(await next()).toBe("follow");
    await follow();
    expect(await planMove(deps)(IN_PROD)).toMatchObject({ kind: "shift", weight: 100, phase: "step-100" });
  });

  it("go on watching where people say hold, and say that the movement does not heed it", async () => {
    await start();
    await world.signal("hold");
    expect(await planMove(deps)(IN_PROD)).toMatchObject({
      kind: "watch",
      summary: expect.stringContaining("go on moving by themselves"),
    });
  });
});

describe("a restore of what moves by itself", () => {
  it("tells it to stop, follows it back, reads it back and writes nothing itself", async () => {
    await start();
    world.clock.advance(2 * MINUTE);
    expect(await bringBack()).toMatchObject({ state: "verified", targets: [{ found: "version 7" }] });
    expect(world.target("order").route).toEqual(BASELINE);
    expect(world.target("order").calls).toBe(0);
    expect(escalator.stops).toBe(1);
    expect(await outcomes()).toEqual([
      ["drive", "moving"],
      ["restore", "applied"],
    ]);
    world.clock.advance(10 * MINUTE);
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("brings back what has come to its end", async () => {
    await start();
    world.clock.advance(5 * MINUTE);
    await follow();
    expect(await bringBack()).toMatchObject({ state: "verified", targets: [{ found: "version 7" }] });
  });

  it("says that it is not back while it is on its way at the end of a call, and the next call goes on", async () => {
    await start();
    world.clock.advance(MINUTE);
    deps = { ...deps, remainingMs: () => 11_500 - 5_000 * escalator.stops };
    expect(await bringBack()).toMatchObject({
      state: "failed",
      again: true,
      targets: [{ error: expect.stringContaining("still on its way") }],
    });
    expect((await record()).restored).toBeNull();
    deps = { ...deps, remainingMs: () => 900_000 };
    expect(await bringBack()).toMatchObject({ state: "verified" });
  });

  it("waits for a start that is still in the air, and stops what it began", async () => {
    escalator.nextStart = { lateMs: 10_000 };
    await expect(start()).rejects.toThrow(ServiceTrouble);
    expect(await bringBack()).toMatchObject({ state: "verified" });
    expect(escalator.movements).toHaveLength(1);
    expect(escalator.stops).toBeGreaterThan(1);
    world.clock.advance(10 * MINUTE);
    expect(world.target("order").route).toEqual(BASELINE);
  });
});
