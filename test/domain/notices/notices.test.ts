import { beforeEach, describe, expect, it } from "vitest";
import { ServiceTrouble } from "../../../functions/domain/errors.ts";
import { deliver, notify } from "../../../functions/domain/notices/notices.ts";
import { P1, World } from "../../support/deps.ts";

const NOTICE = { name: "shifted-prod-10", subject: "10 % in prod", body: "read back" };
const [ANN, BOB] = ["ann@shop.example", "bob@shop.example"];

let world: World;
beforeEach(() => {
  world = new World();
});

describe("a notice", () => {
  it("goes to each address once, under its name", async () => {
    await notify(world.deps, P1, NOTICE, [ANN, BOB]);
    await notify(world.deps, P1, NOTICE, [ANN, BOB]);
    expect(world.inbox).toEqual([
      { to: ANN, subject: "10 % in prod", body: "read back" },
      { to: BOB, subject: "10 % in prod", body: "read back" },
    ]);
    await notify(world.deps, P1, { ...NOTICE, name: "shifted-prod-50" }, [ANN]);
    expect(world.mailsTo(ANN)).toHaveLength(2);
  });

  it("that cannot be sent is logged, stops nothing, and is not sent again: a second mail is worse than a lost one", async () => {
    world.mailTrouble = new ServiceTrouble("sns is away");
    await notify(world.deps, P1, NOTICE, [ANN]);
    expect(world.warnings).toEqual([
      'a notice could not be sent {"notice":"shifted-prod-10","error":"ServiceTrouble: sns is away"}',
    ]);
    world.mailTrouble = null;
    await notify(world.deps, P1, NOTICE, [ANN]);
    expect(world.inbox).toEqual([]);
    expect(world.warnings).toHaveLength(1);
  });

  it("stops nothing, too, when the ledger throws", async () => {
    world.ledger.before = async () => {
      throw new ServiceTrouble("throttled");
    };
    await notify(world.deps, P1, NOTICE, [ANN]);
    expect(world.warnings).toHaveLength(1);
  });
});

describe("a notice that has to arrive", () => {
  it("goes to each address once, and says whether everybody has it", async () => {
    expect(await deliver(world.deps, P1, NOTICE, [ANN, BOB])).toBe(true);
    expect(await deliver(world.deps, P1, NOTICE, [ANN, BOB])).toBe(true);
    expect(world.inbox.map(({ to }) => to)).toEqual([ANN, BOB]);
    expect(await deliver(world.deps, P1, NOTICE, [])).toBe(true);
  });

  it("is sent again to who did not get it", async () => {
    await deliver(world.deps, P1, NOTICE, [ANN]);
    world.mailTrouble = new ServiceTrouble("sns is away");
    expect(await deliver(world.deps, P1, NOTICE, [ANN, BOB])).toBe(false);
    world.mailTrouble = null;
    expect(await deliver(world.deps, P1, NOTICE, [ANN, BOB])).toBe(true);
    expect(world.inbox.map(({ to }) => to)).toEqual([ANN, BOB]);
  });

  it("goes out although the ledger does not answer", async () => {
    world.ledger.before = async () => {
      throw new ServiceTrouble("throttled");
    };
    expect(await deliver(world.deps, P1, NOTICE, [ANN])).toBe(true);
    expect(world.mailsTo(ANN)).toHaveLength(1);
  });
});
