import { beforeEach, describe, expect, it } from "vitest";
import { asHeader } from "../../../functions/domain/ledger/header.ts";
import { item } from "../../../functions/domain/ledger/items.ts";
import { asLock } from "../../../functions/domain/ledger/journal-records.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { loadHead, must } from "../../../functions/domain/ledger/load.ts";
import { type Owner, releaseLocks, takeLocks } from "../../../functions/domain/traffic/lock.ts";
import { arnOf, ENV, opened, P1, START, World } from "../../support/deps.ts";

const mine: Owner = { promotionId: P1, environment: ENV, executionArn: arnOf(P1) };
const theirs: Owner = { promotionId: "shop-v3", environment: ENV, executionArn: arnOf("shop-v3") };
const many = Array.from({ length: 200 }, (_, index) => `arn:${String(index).padStart(3, "0")}`);

let world: World;
beforeEach(async () => {
  world = new World();
  await opened(world);
  await opened(world, undefined, { promotionId: "shop-v3" });
});

const lockOf = async (resource: string) => asLock(await must(world.ledger, keys.lock(resource)));
const held = async (owner: string) =>
  world.ledger.items(({ pk, owner: found }) => pk.startsWith("LOCK#") && found === owner).length;

async function closeHead(owner: Owner): Promise<void> {
  const head = await loadHead(world.ledger, owner.promotionId, ENV);
  await world.ledger.write([{ put: item(keys.head(owner.promotionId, ENV), { ...head, state: "closed" }) }]);
}

async function closeHeader(promotionId: string): Promise<void> {
  const header = asHeader(await must(world.ledger, keys.header(promotionId)));
  await world.ledger.write([{ put: item(keys.header(promotionId), { ...header, state: "closed" }) }]);
}

describe("taking locks", () => {
  it("takes each resource once, and opens the journal with the last of them", async () => {
    expect(await takeLocks(world.deps, mine, ["b", "a", "b"])).toEqual({ kind: "taken" });
    expect(await lockOf("a")).toMatchObject({ owner: P1, environment: ENV, executionArn: arnOf(P1), fence: 1 });
    expect(await held(P1)).toBe(2);
    expect(await loadHead(world.ledger, P1, ENV)).toMatchObject({
      promotionId: P1,
      environment: ENV,
      state: "open",
      enteredAt: START,
      firstShiftAt: null,
      trip: null,
      outcome: null,
    });
  });

  it("done again changes nothing, so that fences written down stay current", async () => {
    await takeLocks(world.deps, mine, many);
    const before = world.dump();
    expect(await takeLocks(world.deps, mine, many)).toEqual({ kind: "taken" });
    expect(world.dump()).toEqual(before);
  });

  it("takes 200 of them, no more in one transaction than DynamoDB allows", async () => {
    expect(await takeLocks(world.deps, mine, many)).toEqual({ kind: "taken" });
    expect(await held(P1)).toBe(200);
  });

  it("gives back what it took when a later one is held, and says by whom", async () => {
    await takeLocks(world.deps, theirs, ["arn:150"]);
    expect(await takeLocks(world.deps, mine, many)).toEqual({ kind: "held", resource: "arn:150", by: theirs });
    expect(await held(P1)).toBe(0);
    expect(await world.ledger.read(keys.head(P1, ENV))).toBeUndefined();
    expect(await lockOf("arn:000")).toMatchObject({ owner: null, environment: null, executionArn: null, fence: 1 });
  });

  it("raises the fence with every owner", async () => {
    await takeLocks(world.deps, mine, ["a"]);
    await closeHead(mine);
    await releaseLocks(world.deps, mine, ["a"]);
    expect((await lockOf("a")).fence).toBe(1);
    await takeLocks(world.deps, theirs, ["a"]);
    expect(await lockOf("a")).toMatchObject({ owner: "shop-v3", fence: 2 });
  });

  it("goes on where an earlier call of its own was cut off", async () => {
    let writes = 0;
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write") && ++writes === 2) throw new Error("cut off");
    };
    await expect(takeLocks(world.deps, mine, many)).rejects.toThrow("cut off");
    expect(await held(P1)).toBe(90);
    expect(await takeLocks(world.deps, mine, many)).toEqual({ kind: "taken" });
    expect(await held(P1)).toBe(200);
  });

  it("looks again when somebody was faster between its look and its write", async () => {
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write")) return;
      world.ledger.before = async () => {};
      await takeLocks(world.deps, theirs, ["a"]);
    };
    expect(await takeLocks(world.deps, mine, ["a"])).toEqual({ kind: "held", resource: "a", by: theirs });
  });

  it("leaves the fences alone that another call of its own has finished meanwhile", async () => {
    let met = false;
    world.ledger.before = async (operation) => {
      if (met || operation !== "read LOCK") return;
      met = true;
      await takeLocks(world.deps, mine, many);
    };
    expect(await takeLocks(world.deps, mine, many)).toEqual({ kind: "taken" });
    expect(await held(P1)).toBe(200);
    expect((await lockOf("arn:000")).fence).toBe(1);
    expect((await lockOf("arn:150")).fence).toBe(1);
  });

  it("passes on what the ledger throws", async () => {
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write")) throw new Error("the table is gone");
    };
    await expect(takeLocks(world.deps, mine, ["a"])).rejects.toThrow("the table is gone");
    await expect(releaseLocks(world.deps, mine, ["a"])).resolves.toBe(0);
  });
});

describe("a lock whose owner", () => {
  it.each(["open", "tripped"] as const)("has an %s journal is held, however long ago it was taken", async (state) => {
    await takeLocks(world.deps, theirs, ["a"]);
    const head = await loadHead(world.ledger, "shop-v3", ENV);
    await world.ledger.write([{ put: item(keys.head("shop-v3", ENV), { ...head, state }) }]);
    world.clock.advance(90 * 86_400_000);
    expect(await takeLocks(world.deps, mine, ["a"])).toMatchObject({ kind: "held" });
  });

  it("has closed its journal is taken over, even if it was never given back", async () => {
    await takeLocks(world.deps, theirs, ["a"]);
    await closeHead(theirs);
    expect(await takeLocks(world.deps, mine, ["a"])).toEqual({ kind: "taken" });
    expect(await lockOf("a")).toMatchObject({ owner: P1, fence: 2 });
  });

  it("closed before it opened its journal there is taken over", async () => {
    await world.ledger.write([
      { put: item(keys.lock("a"), { owner: "shop-v3", environment: ENV, executionArn: "x", fence: 4 }) },
    ]);
    expect(await takeLocks(world.deps, mine, ["a"])).toMatchObject({ kind: "held" });
    await closeHeader("shop-v3");
    expect(await takeLocks(world.deps, mine, ["a"])).toEqual({ kind: "taken" });
    expect(await lockOf("a")).toMatchObject({ owner: P1, fence: 5 });
  });
});

describe("a promotion that was closed", () => {
  it("takes no locks any more, and keeps none of those that it had begun to take", async () => {
    let writes = 0;
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write") || ++writes !== 2) return;
      world.ledger.before = async () => {};
      await closeHeader(P1);
    };
    expect(await takeLocks(world.deps, mine, many)).toEqual({ kind: "closed" });
    expect(await held(P1)).toBe(0);
    expect(await world.ledger.read(keys.head(P1, ENV))).toBeUndefined();
  });
});

describe("giving locks back", () => {
  it("gives back its own, and counts them", async () => {
    await takeLocks(world.deps, mine, ["a", "b"]);
    await takeLocks(world.deps, theirs, ["c"]);
    expect(await releaseLocks(world.deps, mine, ["a", "b", "c", "unknown"])).toBe(2);
    expect((await lockOf("c")).owner).toBe("shop-v3");
    expect(await releaseLocks(world.deps, mine, ["a", "b", "c"])).toBe(0);
  });

  it("leaves alone what it holds for its next environment, though a call of the last one comes late", async () => {
    await takeLocks(world.deps, { ...mine, environment: "sit" }, ["a"]);
    await takeLocks(world.deps, mine, ["a"]);
    expect(await releaseLocks(world.deps, { ...mine, environment: "sit" }, ["a"])).toBe(0);
    expect(await lockOf("a")).toMatchObject({ owner: P1, environment: ENV });
  });

  it("leaves alone what was taken over between its look and its write", async () => {
    await takeLocks(world.deps, mine, ["a"]);
    await closeHead(mine);
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write LOCK")) return;
      world.ledger.before = async () => {};
      await takeLocks(world.deps, theirs, ["a"]);
    };
    expect(await releaseLocks(world.deps, mine, ["a"])).toBe(0);
    expect(await lockOf("a")).toMatchObject({ owner: "shop-v3", fence: 2 });
  });

  it("passes on what the ledger throws", async () => {
    await takeLocks(world.deps, mine, ["a"]);
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write")) throw new Error("the table is gone");
    };
    await expect(releaseLocks(world.deps, mine, ["a"])).rejects.toThrow("the table is gone");
  });
});
