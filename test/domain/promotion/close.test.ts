import { describe, expect, it } from "vitest";
import { LedgerBusy, ServiceTrouble } from "../../../functions/domain/errors.ts";
import { loadAudit } from "../../../functions/domain/ledger/append-audit.ts";
import { brokenAt } from "../../../functions/domain/ledger/audit.ts";
import { asHeader } from "../../../functions/domain/ledger/header.ts";
import { item } from "../../../functions/domain/ledger/items.ts";
import { asLock, asTarget, type Head, type TargetRecord } from "../../../functions/domain/ledger/journal-records.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { loadHead, loadHeader, must } from "../../../functions/domain/ledger/load.ts";
import { noteEnding } from "../../../functions/domain/ledger/note-ending.ts";
import { bringBack } from "../../../functions/domain/promotion/bring-back.ts";
import { closePromotion } from "../../../functions/domain/promotion/close.ts";
import { lookAfter } from "../../../functions/domain/promotion/look-after.ts";
import { restoredState } from "../../../functions/domain/promotion/restored-state.ts";
import { enterEnvironment } from "../../../functions/enter-environment.ts";
import { pagePeople } from "../../../functions/page-people.ts";
import { shiftTraffic } from "../../../functions/shift-traffic.ts";
import {
  arnOf,
  BASELINE,
  ENV,
  environmentPlan,
  IN_PROD,
  opened,
  P1,
  promoted,
  promotionPlan,
  rollingOut,
  sha256,
  targetPlan,
  World,
} from "../../support/deps.ts";

const WHY = { by: "judge" as const, reason: "5 % errors" };
const close = (world: World) => closePromotion(world.deps, P1, null);
const isOpen = async (world: World) => (await world.ledger.read(keys.open(P1))) !== undefined;
const ownerOf = async (world: World, name: string) =>
  asLock(await must(world.ledger, keys.lock(targetPlan(name).resource))).owner;

/** Traffic is all that this promotion has changed. */
const traffic = (weight = 0) => rollingOut(weight, { uploaded: true });

async function rolledBack(): Promise<World> {
  const world = await traffic(50);
  await bringBack(world.deps, P1, WHY);
  return world;
}

describe("closing", () => {
  it("says promoted once every environment is, and takes the promotion off the sweeper's list", async () => {
    const world = await promoted();
    expect(await close(world)).toEqual({ outcome: "promoted", summary: "promoted to prod" });
    expect(await loadHeader(world.ledger, P1)).toMatchObject({
      state: "closed",
      outcome: "promoted",
      summary: "promoted to prod",
      closedAt: world.clock.now(),
    });
    expect(await isOpen(world)).toBe(false);
  });

  it("closes what was brought back, holds its version, forgets its alarms and gives the locks back", async () => {
    const world = await rolledBack();
    const closed = await close(world);
    expect(closed.outcome).toBe("rolled-back");
    expect(await loadHead(world.ledger, P1, ENV)).toMatchObject({ state: "closed", ...closed });
    expect(await world.ledger.read(keys.held(ENV, "shop", "v2"))).toMatchObject({
      promotionId: P1,
      reason: closed.summary,
      at: world.clock.now(),
    });
    expect(await ownerOf(world, "cart")).toBeNull();
    expect(await ownerOf(world, "order")).toBeNull();
    expect(world.ledger.items(({ pk }) => pk.startsWith("ALARM#"))).toEqual([]);
  });

  it("holds no version that never had traffic", async () => {
    const world = await traffic();
    await noteEnding(world.deps, P1, "rejected", "jane said no");
    expect((await close(world)).outcome).toBe("rejected");
    expect(await world.ledger.read(keys.held(ENV, "shop", "v2"))).toBeUndefined();
    expect(await ownerOf(world, "order")).toBeNull();
  });

  it("trips an open journal, so that no zombie shifts after it", async () => {
    const world = await traffic();
    await closePromotion(world.deps, P1, "Lambda.Unknown");
    expect(await loadHead(world.ledger, P1, ENV)).toMatchObject({
      state: "closed",
      trip: { by: "error", reason: "Lambda.Unknown" },
      outcome: "errored",
    });
    expect(await shiftTraffic(world.deps)({ ...IN_PROD, weight: 10 })).toMatchObject({ decision: "stop" });
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("trips for the reason that was noted, the error that is known, or says that there is none", async () => {
    const trips = async (prepare: (world: World) => Promise<void>, error: string | null) => {
      const world = await traffic();
      await prepare(world);
      await closePromotion(world.deps, P1, error);
      return (await loadHead(world.ledger, P1, ENV)).trip?.reason;
    };
    expect(await trips((world) => noteEnding(world.deps, P1, "expired", "nobody came"), "crashed")).toBe("nobody came");
    expect(await trips(async () => {}, null)).toBe("the promotion was closed before it was done");
  });

  it("done again says the same, and changes nothing", async () => {
    const world = await rolledBack();
    const first = await close(world);
    const before = world.dump();
    expect(await close(world)).toEqual(first);
    expect(world.dump()).toEqual(before);
  });

  it("done again sends the notice that a crash kept from going out", async () => {
    const world = await rolledBack();
    world.ledger.before = async (operation) => {
      if (operation.startsWith("read AUDITHEAD") && isClosedNow(world)) throw new Error("cut off");
    };
    await expect(close(world)).rejects.toThrow("cut off");
    world.ledger.before = async () => {};
    expect((await close(world)).outcome).toBe("rolled-back");
    expect(world.mailsTo("team@shop.example").map(({ subject }) => subject)).toContain("shop v2: rolled-back");
  });

  it("counts the outcome once, however many close it", async () => {
    const world = await rolledBack();
    await close(world);
    await close(world);
    world.statuses.set(arnOf(P1), "FAILED");
    await lookAfter(world.deps, P1);
    expect(world.counted).toEqual(["rolled-back"]);
  });

  it("counts it although whoever closed it died before it could", async () => {
    const world = await rolledBack();
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write COUNTED")) throw new ServiceTrouble("throttled");
    };
    await expect(close(world)).rejects.toThrow(ServiceTrouble);
    expect(world.counted).toEqual([]);
    world.ledger.before = async () => {};
    world.statuses.set(arnOf(P1), "FAILED");
    await lookAfter(world.deps, P1);
    expect(world.counted).toEqual(["rolled-back"]);
  });

  it("tells people the outcome, and where the chain of the record ends", async () => {
    const world = await rolledBack();
    const { summary } = await close(world);
    const trail = await loadAudit(world.ledger, P1);
    const mail = world.mailsTo("team@shop.example").at(-1);
    expect(mail?.subject).toBe("shop v2: rolled-back");
    expect(mail?.body).toBe(
      `${summary}\n\nPromotion: ${P1}\nAudit: ${trail.length} entries, chain ends in ${trail.at(-1)?.hash}\n`,
    );
    expect(brokenAt(sha256, trail)).toBeNull();
    expect(trail.at(-1)).toMatchObject({ kind: "ended", summary: `rolled-back: ${summary}` });
    expect(world.mailsTo("oncall@shop.example")).toEqual([]);
  });

  it("closes a refused release, which has no plan, no locks and nobody to tell", async () => {
    const world = new World();
    await opened(world, promotionPlan([]), { environments: [], service: "", version: "" });
    await noteEnding(world.deps, P1, "blocked", "the release was refused");
    expect(await close(world)).toEqual({ outcome: "blocked", summary: "the release was refused" });
    expect(world.inbox).toEqual([]);
  });

  it("closes what was never entered", async () => {
    const world = new World();
    await opened(world);
    expect((await closePromotion(world.deps, P1, "States.Runtime")).outcome).toBe("errored");
    expect(await isOpen(world)).toBe(false);
  });
});

const isClosedNow = (world: World) =>
  world.ledger.items(({ sk, state }) => sk === "HEADER" && state === "closed").length > 0;

describe("a closing notice that cannot be sent", () => {
  const untold = async () => {
    const world = await rolledBack();
    world.mailTrouble = new ServiceTrouble("sns is away");
    await close(world);
    return world;
  };

  it("keeps the closed promotion listed, so that the sweeper tells people later, once", async () => {
    const world = await untold();
    expect((await loadHeader(world.ledger, P1)).state).toBe("closed");
    expect(await isOpen(world)).toBe(true);
    world.mailTrouble = null;
    await close(world);
    await close(world);
    expect(world.mailsTo("team@shop.example").filter(({ subject }) => subject === "shop v2: rolled-back")).toHaveLength(
      1,
    );
    expect(await isOpen(world)).toBe(false);
  });

  it("is given up after a day: the record says it too", async () => {
    const world = await untold();
    await world.clock.sleep(24 * 3_600_000);
    await close(world);
    expect(await isOpen(world)).toBe(false);
  });
});

describe("a promotion whose traffic is not known to be safe", () => {
  async function stuck(): Promise<World> {
    const world = await traffic(50);
    world.target("order").readTrouble = new ServiceTrouble("lambda does not answer");
    await bringBack(world.deps, P1, WHY);
    return world;
  }

  it("stays open with its journal and its locks", async () => {
    const world = await stuck();
    expect((await close(world)).outcome).toBe("rollback-failed");
    expect(await loadHeader(world.ledger, P1)).toMatchObject({
      state: "open",
      outcome: "rollback-failed",
      closedAt: null,
    });
    expect((await loadHead(world.ledger, P1, ENV)).state).toBe("tripped");
    expect(await isOpen(world)).toBe(true);
    expect(await ownerOf(world, "order")).toBe(P1);
    expect(await ownerOf(world, "cart")).toBe(P1);
  });

  it("pages, once, however often closing is tried", async () => {
    const world = await stuck();
    await close(world);
    await close(world);
    expect(world.mailsTo("oncall@shop.example").map(({ subject }) => subject)).toEqual([
      "PAGE: shop v2: traffic in prod is not known to be safe",
    ]);
  });

  it("is paged again while no page went out, and closing does not fail for it", async () => {
    const world = await stuck();
    world.mailTrouble = new ServiceTrouble("sns is away");
    expect((await close(world)).outcome).toBe("rollback-failed");
    world.mailTrouble = null;
    await close(world);
    expect(world.mailsTo("oncall@shop.example")).toHaveLength(1);
  });

  it("pages only of what nobody was paged of before", async () => {
    const world = await stuck();
    await pagePeople(world.deps)({ promotionId: P1, error: { Error: "none" } });
    await close(world);
    expect(world.mailsTo("oncall@shop.example")).toHaveLength(1);
  });

  it("is closed as rolled back when it can be brought back later", async () => {
    const world = await stuck();
    await close(world);
    world.target("order").readTrouble = null;
    await bringBack(world.deps, P1, WHY);
    expect((await close(world)).outcome).toBe("rolled-back");
    expect(await isOpen(world)).toBe(false);
    expect(await ownerOf(world, "order")).toBeNull();
    expect(world.counted).toEqual(["rollback-failed", "rolled-back"]);
  });

  it("closes where somebody else moved it: that is theirs now, and people were told", async () => {
    const world = await traffic(50);
    world.target("order").moveByHand({ primary: "6", secondary: null });
    await bringBack(world.deps, P1, WHY);
    expect((await close(world)).outcome).toBe("rollback-failed");
    expect((await loadHeader(world.ledger, P1)).state).toBe("closed");
    expect(await ownerOf(world, "order")).toBeNull();
    expect(await world.ledger.read(keys.held(ENV, "shop", "v2"))).toBeDefined();
  });
});

describe("two calls that close at once", () => {
  it("do not reopen: who comes second says what the first one said", async () => {
    const world = await rolledBack();
    const target = asTarget(await must(world.ledger, keys.target(P1, ENV, "order")));
    await world.ledger.write([{ put: item(keys.target(P1, ENV, "order"), { ...target, restored: null }) }]);
    world.ledger.before = async (operation) => {
      if (operation !== "write HEADER") return;
      world.ledger.before = async () => {};
      await world.ledger.write([{ put: item(keys.target(P1, ENV, "order"), target) }]);
      expect((await close(world)).outcome).toBe("rolled-back");
    };
    expect((await close(world)).outcome).toBe("rolled-back");
    expect((await loadHeader(world.ledger, P1)).state).toBe("closed");
  });

  it("do not both fail when one closes the environment under the other", async () => {
    const world = await rolledBack();
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write HEAD#")) return;
      world.ledger.before = async () => {};
      await close(world);
      world.clock.advance(60_000);
    };
    const closed = world.clock.now();
    expect((await close(world)).outcome).toBe("rolled-back");
    expect((await loadHeader(world.ledger, P1)).closedAt).toBe(closed);
    expect(await world.ledger.read(keys.held(ENV, "shop", "v2"))).toMatchObject({ at: closed });
  });

  it("pass on what the ledger throws", async () => {
    for (const step of ["write HEAD#", "write HEADER"]) {
      const world = await rolledBack();
      world.ledger.before = async (operation) => {
        if (operation.startsWith(step)) throw new ServiceTrouble("the table is throttled");
      };
      await expect(close(world)).rejects.toThrow("the table is throttled");
    }
  });
});

describe("an environment entered while the promotion is closed", () => {
  it("keeps it open until that one is closed too", async () => {
    const world = new World();
    await opened(world, promotionPlan([environmentPlan({ environment: "sit" }), environmentPlan()]));
    await noteEnding(world.deps, P1, "cancelled", "not today");
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write HEADER")) return;
      world.ledger.before = async () => {};
      await world.ledger.write([{ remove: keys.ending(P1) }]);
      await enterEnvironment(world.deps)({ promotionId: P1, position: 0 });
    };
    await expect(close(world)).rejects.toThrow(LedgerBusy);
    expect(asHeader(await must(world.ledger, keys.header(P1))).state).toBe("open");
    await close(world);
    expect((await loadHead(world.ledger, P1, "sit")).state).toBe("closed");
    expect(await ownerOf(world, "order")).toBeNull();
  });
});

describe("how the way back of an environment stands", () => {
  const head = (outcome: Head["outcome"]) => ({ outcome }) as Head;
  const target = (sequence: number, restored: TargetRecord["restored"]) => ({ sequence, restored }) as TargetRecord;

  it("is nothing where nothing was moved, or it was promoted", () => {
    expect(restoredState(head(null), [])).toBe("nothing");
    expect(restoredState(head(null), [target(0, null)])).toBe("nothing");
    expect(restoredState(head("promoted"), [target(3, null)])).toBe("nothing");
  });

  it("is open while one target that was moved is, even beside a refused one", () => {
    expect(restoredState(head(null), [target(1, null), target(2, "refused"), target(0, null)])).toBe("open");
  });

  it("is refused where one is, and else verified", () => {
    expect(restoredState(head(null), [target(2, "verified"), target(2, "refused")])).toBe("refused");
    expect(restoredState(head("rolled-back"), [target(2, "verified"), target(0, null)])).toBe("verified");
  });
});
