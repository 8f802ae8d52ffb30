import { describe, expect, it } from "vitest";
import { CallRefused, NotReady, ServiceTrouble } from "../../../functions/domain/errors.ts";
import { loadAudit } from "../../../functions/domain/ledger/append-audit.ts";
import { item } from "../../../functions/domain/ledger/items.ts";
import { asTarget } from "../../../functions/domain/ledger/journal-records.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { must } from "../../../functions/domain/ledger/load.ts";
import { retireVersions } from "../../../functions/retire-versions.ts";
import {
  ENV,
  environmentPlan,
  finished,
  opened,
  P1,
  promoted,
  promotionPlan,
  START,
  targetPlan,
  type World,
} from "../../support/deps.ts";

const ONE = { plan: { targets: [targetPlan("order")], retirePrevious: true } };
const KEPT_MS = environmentPlan().keepPreviousSeconds * 1_000;
const OLDER = "shop-v1-0";

/** Version 7 was published by an earlier promotion of ours, and has been replaced by 8. */
async function replaced(options = ONE): Promise<World> {
  const world = await promoted(options);
  const record = asTarget(await must(world.ledger, keys.target(P1, ENV, "order")));
  await world.ledger.write([
    { put: item(keys.target(OLDER, ENV, "order"), { ...record, candidate: "7" }) },
    { remove: keys.open(P1) },
  ]);
  world.versions("order").published.set("7", `headgate ${OLDER}: v1`);
  world.versions("order").published.set("8", `headgate ${P1}: v2`);
  world.versions("order").pointing.set("live", ["8"]);
  return world;
}

const round = (world: World) => retireVersions(world.deps)({});
const versionsIn = (world: World) => [...world.versions("order").published.keys()];
const waiting = (world: World) => world.ledger.list(keys.kept(0, "", "").pk, "");
const trail = async (world: World) =>
  (await loadAudit(world.ledger, P1))
    .filter(({ kind }) => kind === "retired" || kind === "kept")
    .map(({ summary }) => summary);

async function due(options = ONE): Promise<World> {
  const world = await replaced(options);
  world.clock.advance(KEPT_MS);
  return world;
}

describe("a previous version", () => {
  it("is deleted once it was kept for as long as the policy says, which stands in the trail", async () => {
    const world = await replaced();
    world.clock.advance(KEPT_MS - 1);
    expect(await round(world)).toEqual({ done: [], summary: "" });
    expect(versionsIn(world)).toEqual(["7", "8"]);
    world.clock.advance(1);
    const words = "order: version 7 is deleted: nobody points to it any more; not looked at: who calls it by night";
    expect(await round(world)).toEqual({ done: [`prod: ${words}`], summary: `prod: ${words}` });
    expect(versionsIn(world)).toEqual(["8"]);
    expect(await trail(world)).toEqual([words]);
    expect(await round(world)).toEqual({ done: [], summary: "" });
    expect(await waiting(world)).toEqual([]);
  });

  it("stays for ever where the policy does not say so", async () => {
    const world = await due({ plan: { ...ONE.plan, retirePrevious: false } });
    world.clock.advance(100 * KEPT_MS);
    expect(await round(world)).toEqual({ done: [], summary: "" });
    expect(versionsIn(world)).toEqual(["7", "8"]);
    expect(world.versions("order").asked).toBe(0);
  });

  it.each([
    ["the one that traffic goes by", "live", ["7"]],
    ["as its second version", "live", ["8", "7"]],
    ["another one of the function", "beta", ["7"]],
  ])("stays while an alias points to it: %s", async (_which, alias, versions) => {
    const world = await due();
    world.versions("order").pointing.set(alias, versions);
    await round(world);
    expect(versionsIn(world)).toEqual(["7", "8"]);
    expect(await trail(world)).toEqual([`order: version 7 stays: alias ${alias} points to it`]);
    expect(await waiting(world)).toEqual([]);
  });

  it("stays while somebody is set up to call it past every alias, or that may not be looked at", async () => {
    const world = await due();
    world.versions("order").called.set("7", ["event source arn:queue", "arn:rule"]);
    await round(world);
    expect(versionsIn(world)).toEqual(["7", "8"]);
    expect(await trail(world)).toEqual(["order: version 7 stays: event source arn:queue, arn:rule may call it"]);
    const blind = await due();
    blind.versions("order").callersTrouble = new CallRefused("access denied");
    await round(blind);
    expect(versionsIn(blind)).toEqual(["7", "8"]);
    expect(await trail(blind)).toEqual(["order: version 7 stays: who calls it cannot be looked at: access denied"]);
  });

  it.each([
    ["deployed by hand"],
    [""],
    ["headgate"],
    ["headgate shop-v0-9: v0"],
    [`published for headgate ${OLDER}: v1`],
  ])("stays when Headgate did not publish it: %j", async (description) => {
    const world = await due();
    world.versions("order").published.set("7", description);
    await round(world);
    expect(versionsIn(world)).toEqual(["7", "8"]);
    expect(await trail(world)).toEqual(["order: version 7 stays: Headgate did not publish it"]);
  });

  it("stays when the promotion that it names has published another one", async () => {
    const world = await due();
    world.versions("order").published.set("7", `headgate ${P1}: v2`);
    await round(world);
    expect(versionsIn(world)).toEqual(["7", "8"]);
  });

  it("that is gone already is noted as that", async () => {
    const world = await due();
    world.versions("order").published.delete("7");
    await round(world);
    expect(await trail(world)).toEqual(["order: version 7 is gone already"]);
  });

  it("is kept on while an alias was faster than the last look, and deleted in a later round", async () => {
    const world = await due();
    world.versions("order").removeTrouble = new NotReady("an alias references it");
    await expect(round(world)).rejects.toThrow(`could not retire what was replaced by ${P1} in prod`);
    expect(await trail(world)).toEqual([]);
    world.versions("order").removeTrouble = null;
    await round(world);
    expect(versionsIn(world)).toEqual(["8"]);
  });
});

describe("a promotion that is under way keeps the version that it may want", () => {
  const NEXT = "shop-v3";
  const next = (world: World, change: Parameters<typeof targetPlan>[1] = {}, plan = {}) =>
    opened(world, promotionPlan([environmentPlan({ targets: [targetPlan("order", change)], ...plan })]), {
      promotionId: NEXT,
    });

  async function expectKept(world: World): Promise<void> {
    expect(await round(world)).toEqual({ done: [], summary: "" });
    expect(versionsIn(world)).toEqual(["7", "8"]);
    expect(await trail(world)).toEqual([]);
    await world.ledger.write([{ remove: keys.open(NEXT) }]);
    await round(world);
    expect(versionsIn(world)).toEqual(["8"]);
  }

  it("as the version that its release names", async () => {
    const world = await due();
    await next(world, { artifact: { from: "version", version: "7" } });
    await expectKept(world);
  });

  it.each([
    ["baseline", { baseline: { primary: "7", secondary: null }, last: { primary: "9", secondary: null } }],
    [
      "candidate",
      { candidate: "7", baseline: { primary: "9", secondary: null }, last: { primary: "9", secondary: null } },
    ],
    [
      "split",
      { baseline: { primary: "9", secondary: null }, last: { primary: "9", secondary: { version: "7", percent: 10 } } },
    ],
  ] as const)("as its %s, by whatever alias it is reached", async (_what, { baseline, last, ...change }) => {
    const world = await due();
    await next(world, { alias: "beta" });
    const record = asTarget(await must(world.ledger, keys.target(P1, ENV, "order")));
    const state = { revision: "r", marker: "" };
    const theirs = {
      ...record,
      candidate: "9",
      ...change,
      baseline: { ...state, route: baseline },
      last: { ...state, route: last },
    };
    await world.ledger.write([{ put: item(keys.target(NEXT, ENV, "order"), theirs) }]);
    await expectKept(world);
  });

  it("but not one of another account, another function, or another version", async () => {
    const world = await due();
    await next(world, { artifact: { from: "version", version: "7" } }, { account: "999988887777" });
    await opened(world, promotionPlan([environmentPlan({ targets: [targetPlan("cart")] })]), { promotionId: "other" });
    await round(world);
    expect(versionsIn(world)).toEqual(["8"]);
  });

  it("nor in an environment that it has closed: nothing goes back there", async () => {
    const world = await finished(ONE);
    expect(await world.ledger.read(keys.kept(START, P1, ENV))).toBeUndefined();
    const closed = await due();
    await closed.ledger.write([{ put: item(keys.open(P1), { promotionId: P1 }) }]);
    await round(closed);
    expect(versionsIn(closed)).toEqual(["8"]);
  });
});

describe("a round", () => {
  it("goes on with the others when one function refuses", async () => {
    const world = await due();
    const dueAt = world.clock.now();
    await world.ledger.write([
      {
        put: item(keys.kept(dueAt - 1, "a-broken-one", ENV), {
          promotionId: "a-broken-one",
          environment: ENV,
          dueAt: dueAt - 1,
        }),
      },
    ]);
    await expect(round(world)).rejects.toThrow("could not retire what was replaced by a-broken-one in prod");
    expect(versionsIn(world)).toEqual(["8"]);
    expect(world.warnings).toHaveLength(1);
  });

  it("that dies after it has deleted finds that out in the next one, and says so", async () => {
    const world = await due();
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write AUDIT")) throw new ServiceTrouble("throttled");
    };
    await expect(round(world)).rejects.toThrow(AggregateError);
    world.ledger.before = async () => {};
    await round(world);
    expect(await trail(world)).toEqual(["order: version 7 is gone already"]);
    expect(await waiting(world)).toEqual([]);
  });
});
