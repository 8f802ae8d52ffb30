/** Records that Headgate 0.1.0 wrote: a promotion that is under way while Headgate is upgraded goes on, or back. */
import { describe, expect, it } from "vitest";
import { item } from "../../../functions/domain/ledger/items.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { loadPlan, loadTarget, loadTargets } from "../../../functions/domain/ledger/load.ts";
import type { Item, Key } from "../../../functions/domain/ports.ts";
import { bind } from "../../../functions/domain/traffic/bind.ts";
import { restore } from "../../../functions/domain/traffic/restore.ts";
import { BASELINE, ENV, environmentPlan, IN_PROD, P1, rollingOut, targetPlan, type World } from "../../support/deps.ts";

const without = (name: string, { [name]: _gone, ...rest }: Readonly<Record<string, unknown>>) => rest;

async function rewrite(world: World, key: Key, change: (found: Item) => object): Promise<void> {
  const { pk: _pk, sk: _sk, ...found } = (await world.ledger.read(key)) ?? key;
  await world.ledger.write([{ put: item(key, change(found as Item)) }]);
}

/** Half of the traffic is on the candidates, and nothing that is written down knows a record's kind, a plan's locks or its partition. */
async function upgraded(): Promise<World> {
  const world = await rollingOut(50);
  for (const name of ["cart", "order"])
    await rewrite(world, keys.target(P1, ENV, name), (record) => without("kind", record));
  const planPart = keys.planPart(P1, ENV, 0);
  const plan = environmentPlan();
  const targets = plan.targets.map((target) => without("resources", { ...target }));
  const among: Key = { pk: keys.header(P1).pk, sk: planPart.sk };
  await world.ledger.write([
    { remove: planPart },
    { put: item(among, { parts: 1, json: JSON.stringify({ ...plan, targets }) }) },
  ]);
  return world;
}

describe("a promotion that began before the upgrade", () => {
  it("has the kinds of its targets from its plan", async () => {
    const { ledger } = await upgraded();
    expect((await loadTargets(ledger, P1, ENV)).map(({ kind }) => kind)).toEqual(["lambda-alias", "lambda-alias"]);
    expect((await loadTarget(ledger, P1, ENV, "order")).kind).toBe("lambda-alias");
  });

  it("locks what it locked then", async () => {
    const { deps } = await upgraded();
    const { targets } = await loadPlan(deps, P1, ENV);
    expect(targets.find(({ name }) => name === "order")?.resources).toEqual([targetPlan("order").resource]);
  });

  it("is brought back, read back and verified", async () => {
    const world = await upgraded();
    const plan = await loadPlan(world.deps, P1, ENV);
    const why = { by: "alarm", reason: "errors are red" } as const;
    const restored = await restore(world.deps, IN_PROD, why, (record) => bind(world.deps, plan, record));
    expect(restored.state).toBe("verified");
    expect(["cart", "order"].map((name) => world.target(name).route)).toEqual([BASELINE, BASELINE]);
  });
});
