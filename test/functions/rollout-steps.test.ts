/** The steps that move one environment's rollout: baseline, candidate, probe, shift, finish, record. */
import { beforeEach, describe, expect, it } from "vitest";
import { captureBaseline, handler as captureHandler } from "../../functions/capture-baseline.ts";
import { LedgerBusy, ServiceTrouble } from "../../functions/domain/errors.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { asLock, asTarget } from "../../functions/domain/ledger/journal-records.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadHead, loadHeader, loadTargets, must } from "../../functions/domain/ledger/load.ts";
import { loadEnding } from "../../functions/domain/ledger/note-ending.ts";
import { trip } from "../../functions/domain/traffic/trip.ts";
import { enterEnvironment } from "../../functions/enter-environment.ts";
import { finishRollout } from "../../functions/finish-rollout.ts";
import { probeCandidate } from "../../functions/probe-candidate.ts";
import { recordEnvironment } from "../../functions/record-environment.ts";
import { shiftTraffic } from "../../functions/shift-traffic.ts";
import {
  BASELINE,
  CANDIDATE,
  ENV,
  environmentPlan,
  finished,
  IN_PROD,
  NEW_CODE,
  opened,
  P1,
  promoted,
  promotionPlan,
  rollingOut,
  targetPlan,
  World,
} from "../support/deps.ts";

const alarm = (world: World) => trip(world.deps, P1, ENV, { by: "alarm", reason: "errors are red" });
const record = async (world: World, name = "order") => asTarget(await must(world.ledger, keys.target(P1, ENV, name)));
const endingOf = async (world: World) => (await loadEnding(world.ledger, P1))?.outcome ?? null;

/** Calls twice: the second answer is the first, and nothing but reads happened for it. */
async function twice<T>(world: World, call: () => Promise<T>): Promise<T> {
  const first = await call();
  const before = world.dump();
  expect(await call()).toEqual(first);
  expect(world.dump()).toEqual(before);
  return first;
}

describe("capture-baseline", () => {
  let world: World;
  const capture = () => captureBaseline(world.deps)(IN_PROD);

  beforeEach(async () => {
    world = new World();
    await opened(world);
    await enterEnvironment(world.deps)({ promotionId: P1, position: 0 });
  });

  it("writes down what serves, under the fence of its lock, before anything is touched", async () => {
    expect(await twice(world, capture)).toEqual({
      decision: "go",
      targets: ["cart", "order"],
      summary: "cart: version 7; order: version 7",
    });
    expect(await record(world)).toMatchObject({
      resource: targetPlan("order").resource,
      fence: 1,
      baseline: { route: BASELINE, revision: "r0", marker: "deployed by hand" },
      last: { route: BASELINE, revision: "r0", marker: "deployed by hand" },
      candidate: null,
      sequence: 0,
      restored: null,
    });
    expect(world.target("order").calls).toBe(0);
  });

  it("keeps the first baseline, whatever serves later", async () => {
    await capture();
    world.target("order").moveByHand({ primary: "6", secondary: null });
    await capture();
    expect((await record(world)).baseline.route).toEqual(BASELINE);
  });

  it("is blocked by a target that cannot be rolled out", async () => {
    world.target("order").obstaclesFound = ["it is split already", "it has provisioned concurrency"];
    expect(await capture()).toEqual({
      decision: "stop",
      targets: [],
      summary: "order cannot be rolled out: it is split already; it has provisioned concurrency",
    });
    expect(await endingOf(world)).toBe("blocked");
    expect((await loadHead(world.ledger, P1, ENV)).state).toBe("tripped");
  });

  it("indexes its alarms before it looks at them: one that turns red in between is seen by one of the two", async () => {
    const order: string[] = [];
    world.ledger.before = async (operation) => {
      if (operation.startsWith(`write PROMOTION#${P1}#${ENV}`)) order.push("index");
    };
    const deps = {
      ...world.deps,
      alarms: (place: Parameters<typeof world.deps.alarms>[0]) => {
        order.push("look");
        return world.deps.alarms(place);
      },
    };
    await captureBaseline(deps)(IN_PROD);
    expect(order).toEqual(["index", "look"]);
    expect(world.ledger.items(({ pk }) => pk === "ALARM#111122223333#af-south-1#errors")).toMatchObject([IN_PROD]);
  });

  it.each([
    ["is red", () => world.alarms.set("errors", "ALARM"), "prod: in alarm: errors"],
    ["does not exist", () => world.alarms.delete("errors"), "prod: no such alarm: errors"],
  ])("is blocked by an alarm that %s", async (_what, prepare, summary) => {
    prepare();
    expect(await capture()).toMatchObject({ decision: "stop", summary });
  });

  it("does nothing once the journal is tripped", async () => {
    await alarm(world);
    expect(await twice(world, capture)).toEqual({
      decision: "stop",
      targets: [],
      summary: "stopped: traffic has to go back",
    });
    expect(await loadTargets(world.ledger, P1, ENV)).toEqual([]);
  });

  it("takes the record of a call that was faster", async () => {
    world.ledger.before = async (operation) => {
      if (!operation.includes("TARGET#prod#cart") || operation.startsWith("read")) return;
      world.ledger.before = async () => {};
      await capture();
    };
    expect(await capture()).toMatchObject({ decision: "go", targets: ["cart", "order"] });
  });

  it("never goes on without a target because its lock moved under it", async () => {
    const key = keys.lock(targetPlan("order").resource);
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write") || !operation.includes("TARGET#prod#order")) return;
      world.ledger.before = async () => {};
      const lock = asLock(await must(world.ledger, key));
      await world.ledger.write([{ put: item(key, { ...lock, fence: 2 }) }]);
    };
    await expect(capture()).rejects.toThrow(LedgerBusy);
    expect(await capture()).toMatchObject({ decision: "go", targets: ["cart", "order"] });
  });

  it("passes on what the ledger throws", async () => {
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write HEAD")) throw new ServiceTrouble("throttled");
    };
    await expect(capture()).rejects.toThrow(ServiceTrouble);
  });

  it("needs no alarms where the plan names none", async () => {
    world = new World();
    await opened(world, promotionPlan([environmentPlan({ alarms: [] })]));
    await enterEnvironment(world.deps)({ promotionId: P1, position: 0 });
    world.alarms.clear();
    expect(await capture()).toMatchObject({ decision: "go" });
  });

  it("is the handler of its own name", () => {
    expect(captureHandler.step).toBe("capture-baseline");
  });
});

describe("probe-candidate", () => {
  const probe = { payload: {}, expect: { statusCode: 200 }, timeoutSeconds: 10 };
  const call = (world: World) => probeCandidate(world.deps)(IN_PROD);

  it("calls the exact version, while it serves nobody", async () => {
    const world = await rollingOut(0, { plan: { targets: [targetPlan("order", { probe })] } });
    expect(await twice(world, () => call(world))).toEqual({
      decision: "go",
      summary: "order, version 8: 200 as expected",
    });
    expect(world.prober("order").invoked).toEqual(["8", "8"]);
  });

  it("stops the rollout of a candidate that does not answer as it must", async () => {
    const world = await rollingOut(0, { plan: { targets: [targetPlan("order", { probe })] } });
    world.prober("order").answer = { ok: false, found: "statusCode is 500", ms: 3 };
    expect(await call(world)).toEqual({
      decision: "stop",
      summary: "the candidate does not answer as it must: order, version 8: statusCode is 500",
    });
    expect(await endingOf(world)).toBe("blocked");
    expect((await loadHead(world.ledger, P1, ENV)).trip?.by).toBe("gate");
  });

  it("stops the rollout where a candidate could not be made, and says of each why", async () => {
    const world = await rollingOut(0, { plan: { targets: [targetPlan("order", { probe })] } });
    const failed = { Error: "CallRefused", Cause: JSON.stringify({ errorMessage: "lambda:PublishVersion: denied" }) };
    const candidates = [
      { target: "cart", error: { Error: "States.Timeout" } },
      { target: "mail", error: { Error: "none" } },
      { target: "order", error: failed },
    ];
    expect(await probeCandidate(world.deps)({ ...IN_PROD, candidates })).toEqual({
      decision: "stop",
      summary:
        "the candidate of cart could not be made: States.Timeout; " +
        "the candidate of order could not be made: CallRefused: lambda:PublishVersion: denied",
    });
    expect(world.prober("order").invoked).toEqual([]);
    expect(await endingOf(world)).toBe("errored");
    expect((await loadHead(world.ledger, P1, ENV)).trip?.by).toBe("error");
  });

  it("goes on where every candidate was made", async () => {
    const world = await rollingOut();
    const candidates = [{ target: "order", error: { Error: "none" } }];
    expect(await probeCandidate(world.deps)({ ...IN_PROD, candidates })).toMatchObject({ decision: "go" });
  });

  it("has nothing to do without probes, and does nothing once tripped", async () => {
    const world = await rollingOut();
    expect(await call(world)).toEqual({ decision: "go", summary: "no probes are set" });
    await alarm(world);
    expect(await twice(world, () => call(world))).toEqual({ decision: "stop", summary: "errors are red" });
    expect(world.prober("order").invoked).toEqual([]);
  });
});

describe("shift-traffic", () => {
  it("sets the weight of every target, reads it back, and tells people once", async () => {
    const world = await rollingOut();
    const shift = () => shiftTraffic(world.deps)({ ...IN_PROD, weight: 10 });
    expect(await twice(world, shift)).toEqual({
      decision: "go",
      summary: "cart: version 7, 10 % on 8; order: version 7, 10 % on 8",
    });
    expect(world.target("cart").route).toEqual({ primary: "7", secondary: { version: "8", percent: 10 } });
    expect(world.mailsTo("team@shop.example").map(({ subject }) => subject)).toEqual(["shop v2: 10 % in prod"]);
    expect((await loadAudit(world.ledger, P1)).at(-1)).toMatchObject({ kind: "shifted", data: { weight: 10 } });
  });

  it("stops at somebody else's move, puts nothing of theirs back, and pages once", async () => {
    const world = await rollingOut(10);
    world.target("order").moveByHand({ primary: "6", secondary: null });
    const shift = () => shiftTraffic(world.deps)({ ...IN_PROD, weight: 50 });
    const { decision, summary } = await shift();
    expect({ decision, summary }).toEqual({
      decision: "stop",
      summary: expect.stringMatching(/^order: somebody else moved it; expected version 7, 50 % on 8, found version 6/),
    });
    expect(await shift()).toMatchObject({ decision: "stop" });
    expect(world.mailsTo("oncall@shop.example").map(({ subject }) => subject)).toEqual([
      "Headgate stopped in prod: order was moved by somebody else",
    ]);
    expect((await loadHead(world.ledger, P1, ENV)).trip?.by).toBe("conflict");
    expect(await endingOf(world)).toBe("rolled-back");
    expect(world.target("order").route.primary).toBe("6");
  });

  it("goes on with the targets that an earlier call did not reach", async () => {
    const world = await rollingOut();
    world.target("order").faults.push({ kind: "fails", error: new ServiceTrouble("no answer") });
    const shift = () => shiftTraffic(world.deps)({ ...IN_PROD, weight: 10 });
    await expect(shift()).rejects.toThrow(ServiceTrouble);
    expect(await shift()).toMatchObject({ decision: "go" });
    expect(world.target("cart").calls).toBe(1);
  });

  it("says that a target is stopped when its lock has gone", async () => {
    const world = await rollingOut();
    await world.ledger.write([{ put: item(keys.lock(targetPlan("order").resource), { owner: "other", fence: 2 }) }]);
    expect(await shiftTraffic(world.deps)({ ...IN_PROD, weight: 10 })).toMatchObject({ decision: "stop" });
  });

  it("refuses a target without a candidate, or one that the plan does not know", async () => {
    const world = await rollingOut();
    const cart = await record(world, "cart");
    await world.ledger.write([{ put: item(keys.target(P1, ENV, "cart"), { ...cart, candidate: null }) }]);
    await expect(shiftTraffic(world.deps)({ ...IN_PROD, weight: 10 })).rejects.toThrow("cart has no candidate");
    await world.ledger.write([
      { put: item(keys.target(P1, ENV, "cart"), cart) },
      { put: item(keys.target(P1, ENV, "basket"), { ...cart, target: "basket" }) },
    ]);
    await expect(shiftTraffic(world.deps)({ ...IN_PROD, weight: 10 })).rejects.toThrow("has no target basket");
  });
});

describe("finish-rollout", () => {
  it("makes the candidate the primary and clears the split", async () => {
    const world = await rollingOut(100);
    expect(await twice(world, () => finishRollout(world.deps)(IN_PROD))).toEqual({
      decision: "go",
      summary: "cart: version 8; order: version 8",
    });
    expect(world.target("cart").route).toEqual(CANDIDATE);
    expect(world.target("order").route).toEqual(CANDIDATE);
  });

  it("does nothing once the journal is tripped", async () => {
    const world = await rollingOut(100);
    await alarm(world);
    expect(await twice(world, () => finishRollout(world.deps)(IN_PROD))).toMatchObject({ decision: "stop" });
    expect(world.target("order").route.primary).toBe("7");
  });
});

describe("record-environment", () => {
  const call = (world: World) => recordEnvironment(world.deps)({ ...IN_PROD, position: 0 });

  it("names in the registry the identity that started it, where one is on record", async () => {
    const world = await finished();
    const header = await loadHeader(world.ledger, P1);
    const startedBy = "arn:aws:iam::111122223333:user/sam";
    await world.ledger.write([{ put: item(keys.header(P1), { ...header, startedBy }) }]);
    await call(world);
    expect(await world.ledger.read(keys.active(ENV, "shop"))).toMatchObject({ deployedBy: startedBy });
  });

  it("closes the journal and flips the registry in one go, then gives the locks back", async () => {
    const world = await finished();
    expect(await twice(world, () => call(world))).toEqual({ decision: "go", position: 1 });
    expect(await loadHead(world.ledger, P1, ENV)).toMatchObject({
      state: "closed",
      outcome: "promoted",
      summary: "v2 serves prod",
    });
    const deployed = {
      service: "shop",
      environment: ENV,
      version: "v2",
      promotionId: P1,
      commit: "0a1b2c3d",
      since: world.clock.now(),
      deployedBy: "dev@shop.example",
      versions: { cart: "8", order: "8" },
      previous: { cart: "7", order: "7" },
      previousUntil: world.clock.now() + environmentPlan().keepPreviousSeconds * 1_000,
      emergency: null,
      code: { cart: NEW_CODE, order: NEW_CODE },
      artifacts: { cart: targetPlan("cart").artifact, order: targetPlan("order").artifact },
    };
    expect(await world.ledger.read(keys.active(ENV, "shop"))).toMatchObject(deployed);
    expect(await world.ledger.read(keys.deployed(ENV, "shop", "v2", P1))).toMatchObject({
      ...deployed,
      status: "active",
    });
    expect(asLock(await must(world.ledger, keys.lock(targetPlan("order").resource))).owner).toBeNull();
    expect(world.ledger.items(({ pk }) => pk.startsWith("ALARM#"))).toEqual([]);
    expect((await loadAudit(world.ledger, P1)).at(-1)).toMatchObject({
      kind: "promoted",
      data: { versions: { cart: "8" } },
    });
  });

  it("notes when the previous version may go, only where the policy lets it go at all", async () => {
    const kept = (world: World) => world.ledger.list(keys.kept(0, "", "").pk, "");
    const world = await finished({ plan: { retirePrevious: true } });
    await twice(world, () => call(world));
    const dueAt = world.clock.now() + environmentPlan().keepPreviousSeconds * 1_000;
    expect(await kept(world)).toMatchObject([{ promotionId: P1, environment: ENV, dueAt }]);
    const staying = await finished();
    await call(staying);
    expect(await kept(staying)).toEqual([]);
  });

  it("says in the registry that what served before is superseded", async () => {
    const world = await finished();
    const before = { service: "shop", environment: ENV, version: "v1", promotionId: "shop-v1-0" };
    await world.ledger.write([
      { put: item(keys.active(ENV, "shop"), before) },
      { put: item(keys.deployed(ENV, "shop", "v1", "shop-v1-0"), { ...before, status: "active" }) },
    ]);
    await twice(world, () => call(world));
    expect(await world.ledger.read(keys.deployed(ENV, "shop", "v1", "shop-v1-0"))).toMatchObject({
      ...before,
      status: "superseded",
      supersededBy: P1,
    });
    expect(await world.ledger.read(keys.active(ENV, "shop"))).toMatchObject({ version: "v2", promotionId: P1 });
  });

  it("records nothing when an alarm was faster", async () => {
    const world = await finished();
    await alarm(world);
    expect(await twice(world, () => call(world))).toEqual({ decision: "stop", position: 0 });
    expect(await world.ledger.read(keys.active(ENV, "shop"))).toBeUndefined();
  });

  it("records nothing when the alarm comes between its look and its word", async () => {
    const world = await finished();
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write HEAD")) return;
      world.ledger.before = async () => {};
      await alarm(world);
    };
    expect(await call(world)).toEqual({ decision: "stop", position: 0 });
    expect(await world.ledger.read(keys.active(ENV, "shop"))).toBeUndefined();
    expect((await loadHead(world.ledger, P1, ENV)).state).toBe("tripped");
  });

  it.each([0, 10, 100])("records nothing while traffic is not finished, only at a weight of %i", async (weight) => {
    const world = await rollingOut(weight);
    expect(await call(world)).toEqual({ decision: "stop", position: 0 });
    expect((await loadHead(world.ledger, P1, ENV)).state).toBe("open");
    expect(await world.ledger.read(keys.active(ENV, "shop"))).toBeUndefined();
  });

  const pin = { primary: "6", secondary: null };

  it("records nothing that somebody moved since it was last read back: stops, and pages", async () => {
    const world = await finished();
    world.target("order").moveByHand(pin, "hotfix by jo");
    expect(await twice(world, () => call(world))).toEqual({ decision: "stop", position: 0 });
    expect((await loadHead(world.ledger, P1, ENV)).trip).toMatchObject({
      by: "conflict",
      reason: 'order: somebody else moved it; expected version 8, found version 6 ("hotfix by jo")',
    });
    expect(await world.ledger.read(keys.active(ENV, "shop"))).toBeUndefined();
    expect(world.target("order").route).toEqual(pin);
    expect(world.mailsTo("oncall@shop.example")).toHaveLength(1);
  });

  it("looks again before it believes in another hand: a read may be stale", async () => {
    const world = await finished();
    const target = world.target("order");
    let reads = 0;
    target.before = (operation) => {
      if (operation !== "read") return;
      reads += 1;
      if (reads <= 2) target.moveByHand(reads === 1 ? BASELINE : CANDIDATE);
    };
    expect(await call(world)).toEqual({ decision: "go", position: 1 });
    expect(reads).toBeGreaterThan(2);
  });

  it("does not mind a description that somebody changed: traffic is where it must be", async () => {
    const world = await finished();
    world.target("order").moveByHand(CANDIDATE, "release 42");
    expect(await call(world)).toEqual({ decision: "go", position: 1 });
  });

  it("says stop for an environment that was closed as anything else", async () => {
    const world = await promoted();
    const head = await loadHead(world.ledger, P1, ENV);
    await world.ledger.write([{ put: item(keys.head(P1, ENV), { ...head, outcome: "rolled-back" }) }]);
    expect(await call(world)).toEqual({ decision: "stop", position: 0 });
  });

  it("passes on what the ledger throws", async () => {
    const world = await finished();
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write HEAD")) throw new ServiceTrouble("throttled");
    };
    await expect(call(world)).rejects.toThrow(ServiceTrouble);
  });
});
