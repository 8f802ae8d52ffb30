import { describe, expect, it } from "vitest";
import { beginBake } from "../../functions/begin-bake.ts";
import { loadBake, loadBakes } from "../../functions/domain/judge/load.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { canaryWorld, ENVIRONMENT, environmentPlan, PROMOTION, START, type World } from "../support/canary-world.ts";

const input = (phase: string, chunk = 1) => ({ promotionId: PROMOTION, environment: ENVIRONMENT, phase, chunk });
const record = (world: World, phase: string) => loadBake(world.ledger, PROMOTION, ENVIRONMENT, phase);

async function worldAt(weight: number): Promise<World> {
  const world = await canaryWorld(environmentPlan(), () => undefined);
  world.at(30);
  if (weight > 0) await world.shift(weight);
  world.at(37);
  return world;
}

describe("a bake begins", () => {
  it("for a step when traffic was set, and lasts as planned from there", async () => {
    const world = await worldAt(10);
    expect(await beginBake(world.deps)(input("step-10"))).toEqual({
      phase: "step-10",
      chunk: 1,
      tick: { seconds: 23 },
      ends: "at",
      summary: "baking at 10 % for 15m",
    });
    expect(await record(world, "step-10")).toMatchObject({
      span: { from: START + 30_000, weight: 10, finished: false },
      startedAt: START + 30_000,
      since: START + 30_000,
      endsAt: START + 930_000,
      result: null,
      revision: 0,
    });
  });

  it("once: a later call finds it as it is", async () => {
    const world = await worldAt(10);
    await beginBake(world.deps)(input("step-10"));
    const before = world.ledger.items(({ sk }) => sk.startsWith("BAKE#"));
    world.at(500);
    await world.shift(25);
    expect(await beginBake(world.deps)(input("step-10", 2))).toMatchObject({
      chunk: 2,
      summary: "baking at 10 % for 15m",
    });
    expect(world.ledger.items(({ sk }) => sk.startsWith("BAKE#"))).toEqual(before);
  });

  it("as the faster of two calls at once wrote it", async () => {
    const world = await worldAt(10);
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write BAKE#")) return;
      world.ledger.before = async () => {};
      world.at(31);
      await beginBake(world.deps)(input("step-10", 7));
      world.at(37);
    };
    await beginBake(world.deps)(input("step-10"));
    expect((await record(world, "step-10")).chunk).toBe(7);
  });

  it("not at all when the ledger fails", async () => {
    const world = await worldAt(10);
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write")) throw new Error("down");
    };
    await expect(beginBake(world.deps)(input("step-10"))).rejects.toThrow("down");
  });

  it("for monitoring now, after the finish", async () => {
    const world = await worldAt(100);
    await world.finish();
    world.at(100);
    expect(await beginBake(world.deps)(input("monitor"))).toMatchObject({
      ends: "at",
      summary: "monitoring at 100 % for 2h",
    });
    expect(await record(world, "monitor")).toMatchObject({
      span: { from: START + 37_000, weight: 100, finished: true },
      startedAt: START + 100_000,
      endsAt: START + 7_300_000,
    });
  });

  it("for an approval without an end, with or without traffic", async () => {
    const world = await worldAt(25);
    expect(await beginBake(world.deps)(input("approval-at-25"))).toMatchObject({
      ends: "until",
      summary: "watching at 25 % while waiting for approval at-25",
    });
    const before = await worldAt(0);
    expect(await beginBake(before.deps)(input("approval-at-0"))).toMatchObject({
      summary: "watching without traffic on the candidate while waiting for approval at-0",
    });
    expect(await record(before, "approval-at-0")).toMatchObject({
      span: null,
      startedAt: START + 37_000,
      endsAt: null,
    });
  });

  it("for a hold, and hears words given since the bake before it ended", async () => {
    const world = await worldAt(10);
    await beginBake(world.deps)(input("step-10"));
    const ended = { ...(await record(world, "step-10")), endedAt: START + 930_000, result: "blocked" };
    await world.ledger.write([{ put: item(keys.bake(PROMOTION, ENVIRONMENT, "step-10"), ended) }]);
    world.at(940);
    expect(await beginBake(world.deps)(input("hold-1"))).toMatchObject({
      ends: "until",
      summary: "watching at 10 % while waiting for a person",
    });
    expect(await record(world, "hold-1")).toMatchObject({ startedAt: START + 940_000, since: START + 930_000 });
    expect((await loadBakes(world.ledger, PROMOTION, ENVIRONMENT)).map(({ phase }) => phase)).toEqual([
      "step-10",
      "hold-1",
    ]);
  });

  it("for a hold before any bake from now on", async () => {
    const world = await worldAt(10);
    await beginBake(world.deps)(input("hold-1"));
    expect((await record(world, "hold-1")).since).toBe(START + 37_000);
  });

  it("and says when its next sign of life is due", async () => {
    const world = await worldAt(10);
    await beginBake(world.deps)(input("step-10"));
    expect(await world.ledger.read(keys.due(PROMOTION))).toMatchObject({
      at: START + 60_000,
      what: "bake step-10 of prod",
    });
  });

  it("ignores writes that did not take effect when it asks since when traffic stands", async () => {
    const world = await worldAt(10);
    const [intent] = world.ledger.items(({ sk }) => sk.startsWith("INTENT#"));
    if (intent === undefined) throw new Error("the shift left an intent");
    const later = { outcome: "moved", found: null, at: START + 36_000 };
    await world.ledger.write([
      { put: item(keys.intent(PROMOTION, ENVIRONMENT, "order", 8), { ...intent, result: later }) },
      { put: item(keys.intent(PROMOTION, ENVIRONMENT, "order", 9), { ...intent, result: null }) },
    ]);
    await beginBake(world.deps)(input("step-10"));
    expect((await record(world, "step-10")).startedAt).toBe(START + 30_000);
  });
});
