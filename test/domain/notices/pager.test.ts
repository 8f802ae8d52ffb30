import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { ServiceTrouble } from "../../../functions/domain/errors.ts";
import { page, sendPending } from "../../../functions/domain/notices/pager.ts";
import type { Dependencies } from "../../../functions/domain/ports.ts";
import { P1, World } from "../../support/deps.ts";
import { type Actor, chosenBy, race } from "../../support/race.ts";

const [ANN, BOB] = ["ann@shop.example", "bob@shop.example"];
const WORDING = { subject: "order was moved", body: "by somebody else" };
const MOVED = { environment: "prod", about: ["moved-order"] };
const CLAIM_MS = 2 * 60_000;

let world: World;
beforeEach(() => {
  world = new World();
});

const pageOf = (about: readonly string[], wording = WORDING, to = [ANN]) =>
  page(world.deps, P1, { environment: "prod", about }, wording, to);
const subjects = () => world.inbox.map(({ to, subject }) => `${to}: ${subject}`);

describe("a page", () => {
  it("goes to each address once for one fact, whoever pages and in whatever words", async () => {
    expect(await page(world.deps, P1, MOVED, WORDING, [ANN, BOB])).toEqual({ everybody: true, somebody: true });
    expect(await page(world.deps, P1, MOVED, { subject: "not restored", body: "left alone" }, [ANN, BOB])).toEqual({
      everybody: true,
      somebody: true,
    });
    expect(subjects()).toEqual([`${ANN}: order was moved`, `${BOB}: order was moved`]);
  });

  it("is one mail for several facts, of which one that is new is enough", async () => {
    await pageOf(["moved-order"]);
    await pageOf(["moved-cart", "moved-order", "unsafe"], { ...WORDING, subject: "more of it" });
    await pageOf(["unsafe", "moved-cart"]);
    expect(subjects()).toEqual([`${ANN}: order was moved`, `${ANN}: more of it`]);
  });

  it("is of one promotion and one environment", async () => {
    await pageOf(["unsafe"]);
    await page(world.deps, P1, { environment: "sit", about: ["unsafe"] }, WORDING, [ANN]);
    await page(world.deps, "shop-v3", { environment: "prod", about: ["unsafe"] }, WORDING, [ANN]);
    expect(world.inbox).toHaveLength(3);
  });

  it("that did not go out is tried again by the next call, and sent to who does not have it yet", async () => {
    world.mailTrouble = new ServiceTrouble("sns is away");
    expect(await pageOf(["unsafe"], WORDING, [ANN, BOB])).toEqual({ everybody: false, somebody: false });
    expect(world.warnings).toHaveLength(2);
    world.mailTrouble = null;
    expect(await pageOf(["unsafe"], { ...WORDING, subject: "other words" }, [ANN, BOB])).toMatchObject({
      everybody: true,
    });
    expect(subjects()).toEqual([`${ANN}: order was moved`, `${BOB}: order was moved`]);
  });

  it("that reached one of two is sent to the other alone", async () => {
    const mailer = world.deps.mailer;
    const half: Dependencies = {
      ...world.deps,
      mailer: {
        ...mailer,
        send: (mail) => (mail.to === BOB ? Promise.reject(new Error("bounced")) : mailer.send(mail)),
      },
    };
    expect(await page(half, P1, MOVED, WORDING, [ANN, BOB])).toEqual({ everybody: false, somebody: true });
    expect(await sendPending(world.deps, P1, "running")).toBe(true);
    expect(world.inbox.map(({ to }) => to)).toEqual([ANN, BOB]);
  });

  it("goes out although the ledger does not answer: twice is better than never", async () => {
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write")) throw new ServiceTrouble("throttled");
    };
    expect(await pageOf(["unsafe"])).toMatchObject({ everybody: true });
    expect(world.inbox).toHaveLength(1);
    expect(world.warnings).toHaveLength(2);
  });

  it("whose claim was lost is noted once it went out, so that it goes out once", async () => {
    let writes = 0;
    world.ledger.before = async (operation) => {
      if (operation.startsWith("write") && ++writes === 1) throw new ServiceTrouble("throttled");
    };
    await pageOf(["unsafe"]);
    await pageOf(["unsafe"]);
    expect(world.inbox).toHaveLength(1);
  });

  it("to nobody is no page", async () => {
    expect(await pageOf(["unsafe"], WORDING, [])).toEqual({ everybody: true, somebody: true });
    expect(world.ledger.items()).toEqual([]);
  });
});

/** Claims the page, and dies before its mail goes out. */
async function crash(wording: Parameters<typeof page>[3] = WORDING): Promise<void> {
  const stuck: Dependencies = {
    ...world.deps,
    mailer: { ...world.deps.mailer, send: () => new Promise<void>(() => {}) },
  };
  void page(stuck, P1, MOVED, wording, [ANN]);
  await new Promise((resolve) => setImmediate(resolve));
}

describe("a page whose sender died between the ledger and the mail", () => {
  it("is left to it for two minutes, then sent by whoever finds it", async () => {
    await crash();
    world.clock.advance(CLAIM_MS - 1);
    expect(await page(world.deps, P1, MOVED, WORDING, [ANN])).toEqual({ everybody: false, somebody: false });
    expect(await sendPending(world.deps, P1, "running")).toBe(false);
    expect(world.inbox).toEqual([]);
    world.clock.advance(1);
    expect(await sendPending(world.deps, P1, "running")).toBe(true);
    expect(await sendPending(world.deps, P1, "running")).toBe(true);
    expect(subjects()).toEqual([`${ANN}: order was moved`]);
  });

  it("is sent after the promotion's end too, unless it asks for what is moot by then", async () => {
    await crash();
    world.clock.advance(CLAIM_MS);
    expect(await sendPending(world.deps, P1, "ended")).toBe(true);
    expect(world.inbox).toHaveLength(1);

    world = new World();
    await crash({ ...WORDING, asks: true });
    world.clock.advance(CLAIM_MS);
    expect(await sendPending(world.deps, P1, "ended")).toBe(true);
    expect(world.inbox).toEqual([]);
    expect(await sendPending(world.deps, P1, "running")).toBe(true);
    expect(world.inbox).toHaveLength(1);
  });

  it("takes several facts of the same words out as one mail", async () => {
    world.mailTrouble = new ServiceTrouble("sns is away");
    await pageOf(["moved-order", "moved-cart"]);
    world.mailTrouble = null;
    await sendPending(world.deps, P1, "running");
    expect(world.inbox).toHaveLength(1);
  });
});

describe("several who page of one fact at the same moment", () => {
  it("send one mail, in whatever order they come", async () => {
    const pager: Actor = (deps) => page(deps, P1, MOVED, WORDING, [ANN]);
    const sweep: Actor = (deps) => sendPending(deps, P1, "running");
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(11)), async (stream) => {
        const fresh = new World();
        await race(fresh, chosenBy(stream), [pager, pager, sweep]);
        expect(fresh.inbox).toHaveLength(1);
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });
});
