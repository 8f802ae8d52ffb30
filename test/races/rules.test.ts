/**
 * Each race of the journal, held to the rule that closes it, in every order that can be found. Nothing is swept up
 * afterwards: what a call says it has done has to be so when it says it, and to stay so.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alarmListener } from "../../functions/alarm-listener.ts";
import { LedgerBusy, Transient } from "../../functions/domain/errors.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { asLock } from "../../functions/domain/ledger/journal-records.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadIntents, loadPlan, loadTargets, must } from "../../functions/domain/ledger/load.ts";
import type { Route } from "../../functions/domain/ports.ts";
import { bringBack } from "../../functions/domain/promotion/bring-back.ts";
import { closePromotion } from "../../functions/domain/promotion/close.ts";
import { markerOf } from "../../functions/domain/traffic/journal.ts";
import { finishRollout } from "../../functions/finish-rollout.ts";
import { shiftTraffic } from "../../functions/shift-traffic.ts";
import type { AliasRoute } from "../../functions/targets/lambda-alias/kind.ts";
import {
  BASELINE,
  deployed,
  ENV,
  environmentPlan,
  IN_PROD,
  opened,
  P1,
  promotionPlan,
  rollingOut,
  targetPlan,
  type World,
} from "../support/deps.ts";
import { type Actor, type Choose, chosenBy, parkings, race } from "../support/race.ts";

const TARGETS = ["cart", "order"];
const P2 = "shop-v3-2";

const SERVICES = [
  { locked: true, service: "with an optimistic lock" },
  { locked: false, service: "without one" },
];

const at = (percent: number): AliasRoute => ({ primary: "7", secondary: { version: "8", percent } });
const routes = (world: World) => TARGETS.map((name) => world.target(name).route);
const effects = (world: World) => TARGETS.map((name) => world.target(name).effects.map(({ route }) => route));

const shift =
  (weight: number): Actor =>
  (deps) =>
    shiftTraffic(deps)({ ...IN_PROD, weight });
const finish: Actor = (deps) => finishRollout(deps)(IN_PROD);

const TURNS = 33;
const RANDOM = { numRuns: 40, endOnFailure: true };

/** Plays it in every order in which one of two parks for long, and in some at random. */
async function inManyOrders(play: (choose: Choose) => Promise<void>): Promise<void> {
  for (const choose of parkings(TURNS)) await play(choose);
  const property = fc.asyncProperty(fc.infiniteStream(fc.nat(11)), (stream) => play(chosenBy(stream)));
  await fc.assert(property, RANDOM);
}

/** As a machine's Retry does. */
async function again<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Transient) || tries === 8) throw error;
    }
  }
}

/** What had been done to the targets when a call gave its word; null: it never did. */
interface Word {
  given: Route[][] | null;
}

/** A restore that is asked until it says that traffic is back, and notes what had been done to the targets by then. */
const backIn =
  (world: World, word: Word): Actor =>
  (deps) =>
    again(async () => {
      const back = await bringBack(deps, P1, { by: "operator", reason: "back with it" });
      if (back.again) throw new LedgerBusy(back.summary);
      word.given = effects(world);
    });

/** What has been done to the targets since that word. */
function since(world: World, { given }: Word): Route[] {
  return effects(world).flatMap((done, index) => done.slice(given?.[index]?.length ?? 0));
}

describe.each(SERVICES)("a shift in flight when traffic goes back, on a service $service", ({ locked }) => {
  it.each([
    { from: 0, to: 10, when: "the first one" },
    { from: 10, to: 50, when: "a later one" },
  ])("moves nothing once traffic is said to be back: $when", async ({ from, to }) => {
    await inManyOrders(async (choose) => {
      const world = await rollingOut(from, { target: { locked } });
      const word: Word = { given: null };
      await race(world, choose, [shift(to), backIn(world, word)]);
      expect(word.given).not.toBeNull();
      expect(since(world, word).filter((route) => route.secondary !== null)).toEqual([]);
      expect(routes(world)).toEqual([BASELINE, BASELINE]);
    });
  });

  it("moves nothing once the alarm's one invocation is over", async () => {
    let played = 0;
    await inManyOrders(async (choose) => {
      const world = await rollingOut(10, { target: { locked } });
      const word: Word = { given: null };
      const red = {
        account: "111122223333",
        region: "af-south-1",
        detail: {
          alarmName: "errors",
          state: { value: "ALARM", timestamp: new Date(world.clock.now()).toISOString() },
        },
      };
      const alarm: Actor = async (deps) => {
        await alarmListener(deps)(red);
        word.given = effects(world);
      };
      await race(world, choose, [shift(50), alarm]);
      // A write of its own that was held back past its deadline: it says so, and Lambda sends the event again.
      if (word.given === null) return;
      played += 1;
      expect(routes(world)).toEqual([BASELINE, BASELINE]);
      expect(since(world, word).filter((route) => route.secondary !== null)).toEqual([]);
    });
    expect(played).toBeGreaterThan(TURNS);
  });
});

describe("a refreshed revision", () => {
  it("is never what a shift writes with: whoever moved the target in between keeps what they set", async () => {
    const pinned: AliasRoute = { primary: "6", secondary: null };
    await inManyOrders(async (choose) => {
      const world = await rollingOut(10);
      const person: Actor = async (deps) => {
        await deps.ledger.read({ pk: "a person", sk: "looks" });
        world.target("order").moveByHand(pinned, "hotfix by jo");
      };
      await race(world, choose, [shift(50), person]);
      expect(world.target("order").route).toEqual(pinned);
    });
  });
});

describe.each(SERVICES)("a lost answer, on a service $service", ({ locked }) => {
  const CUTS = Array.from({ length: 40 }, (_, turns) => turns);

  it("is found by its own mark, wherever the call was cut off: the next one finds the work done, or does it", async () => {
    const inOrder = () => 0;
    for (const turns of CUTS) {
      const world = await rollingOut(0, { target: { locked } });
      await race(world, inOrder, [shift(10)], { 0: turns });
      const { results } = await race(world, inOrder, [(deps) => again(() => shift(10)(deps))]);
      expect(results[0]).toMatchObject({ status: "fulfilled", value: { decision: "go" } });
      expect(effects(world)).toEqual([[at(10)], [at(10)]]);
      expect(world.mailsTo("oncall@shop.example")).toEqual([]);
    }
  });

  it("of a call that the SDK repeated is no move by somebody else", async () => {
    const world = await rollingOut(0, { target: { locked } });
    for (const name of TARGETS) world.target(name).faults.push({ kind: "repeated" });
    expect(await shift(10)(world.deps)).toMatchObject({ decision: "go" });
    expect(world.mailsTo("oncall@shop.example")).toEqual([]);
  });

  it("is not what somebody else's mark stands for, though they wished for the same weight", async () => {
    const world = await rollingOut(0, { target: { locked } });
    world.target("cart").before = (operation) => {
      if (operation !== "write") return;
      world.target("cart").before = () => {};
      world.target("cart").moveByHand(at(10), "canary by jo");
    };
    world.target("cart").faults.push({ kind: "fails", error: new LedgerBusy("no answer") });
    await again(() => shift(10)(world.deps)).catch(() => {});
    expect(await again(() => shift(10)(world.deps))).toMatchObject({ decision: "stop" });
    expect(world.target("cart").state).toMatchObject({ route: at(10), marker: "canary by jo" });
  });
});

describe("a late write to a service without a lock", () => {
  it.each([
    { late: shift(10), next: [shift(10), shift(50)], ends: at(50), what: "does not follow the next step" },
    {
      late: shift(10),
      next: [shift(10), finish],
      ends: { primary: "8", secondary: null },
      what: "splits nothing again",
    },
  ])("$what", async ({ late, next: steps, ends }) => {
    await inManyOrders(async (choose) => {
      const world = await rollingOut(0, { target: { locked: false } });
      const onwards: Actor = async (deps) => {
        for (const step of steps) await again(() => step(deps));
      };
      await race(world, choose, [late, onwards]);
      expect(routes(world)).toEqual([ends, ends]);
    });
  });
});

/** The next release takes the locks and shifts its first tenth. */
async function releaseNext(world: World): Promise<void> {
  const plan = promotionPlan([environmentPlan({ targets: TARGETS.map((name) => targetPlan(name, { artifact: V3 })) })]);
  for (const name of TARGETS) world.code(name).versions.set("9", "code of v3");
  await opened(world, { ...plan, version: "v3" }, { promotionId: P2 });
  await deployed(world, P2);
  expect(await shiftTraffic(world.deps)({ promotionId: P2, environment: ENV, weight: 10 })).toMatchObject({
    decision: "go",
  });
}

const V3 = { from: "version", version: "9" } as const;
const NEXT_AT_10: Route = { primary: "7", secondary: { version: "9", percent: 10 } };

describe.each(SERVICES)("an old restore over a new release, on a service $service", ({ locked }) => {
  const zombie: Actor = (deps) => bringBack(deps, P1, { by: "sweeper", reason: "a word of long ago" });

  function expectNextToStand(world: World, word: Word): void {
    expect(word.given).not.toBeNull();
    expect(since(world, word)).toEqual([]);
    expect(routes(world)).toEqual([NEXT_AT_10, NEXT_AT_10]);
    for (const name of TARGETS) expect(world.target(name).state.marker).toBe(markerOf(P2, 2));
  }

  it("leaves the new one alone, whenever it wakes up", async () => {
    await inManyOrders(async (choose) => {
      const world = await rollingOut(50, { target: { locked }, uploaded: true });
      const word: Word = { given: null };
      const next: Actor = async (deps) => {
        // As the sweeper does, until it is closed: the zombie may have begun to write anew meanwhile.
        await again(async () => {
          await bringBack(deps, P1, { by: "alarm", reason: "red" });
          const { outcome } = await closePromotion(deps, P1, null);
          if (outcome !== "rolled-back") throw new LedgerBusy(outcome);
        });
        await releaseNext(world);
        word.given = effects(world);
      };
      await race(world, choose, [zombie, next]);
      expectNextToStand(world, word);
    });
  });

  it("leaves the new one alone, even where a person brought traffic back and gave the lock away meanwhile", async () => {
    let played = 0;
    await inManyOrders(async (choose) => {
      const world = await rollingOut(50, { target: { locked }, uploaded: true });
      const word: Word = { given: null };
      const next: Actor = async (deps) => {
        await deps.ledger.read({ pk: "a person", sk: "looks" });
        // What has an intent may still arrive: from that only the wait until its deadline keeps a person.
        if ((await loadIntents(world.ledger, P1, ENV)).some(({ result }) => result === null)) return;
        for (const name of TARGETS) world.target(name).moveByHand(BASELINE, "back by jo");
        await freeLocks(world);
        await releaseNext(world);
        word.given = effects(world);
      };
      await race(world, choose, [zombie, next]);
      if (word.given === null) return;
      played += 1;
      expectNextToStand(world, word);
    });
    expect(played).toBeGreaterThan(0);
  });
});

async function freeLocks(world: World): Promise<void> {
  const names = new Set((await loadTargets(world.ledger, P1, ENV)).map(({ target }) => target));
  const { targets } = await loadPlan(world.deps, P1, ENV);
  for (const resource of targets.filter(({ name }) => names.has(name)).flatMap(({ resources }) => resources)) {
    const lock = asLock(await must(world.ledger, keys.lock(resource)));
    const free = { ...lock, owner: null, environment: null, executionArn: null };
    await world.ledger.write([{ put: item(keys.lock(resource), free) }]);
  }
}
