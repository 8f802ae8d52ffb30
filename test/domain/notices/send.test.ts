import { beforeEach, describe, expect, it } from "vitest";
import { ServiceTrouble } from "../../../functions/domain/errors.ts";
import { send } from "../../../functions/domain/notices/send.ts";
import { P1, World } from "../../support/deps.ts";

const NOTICE = { name: "shifted-prod-10", subject: "10 % in prod", body: "read back" };
const [ANN, BOB] = ["ann@shop.example", "bob@shop.example"];

const BEFORE = { mark: "before" } as const;
const AFTER = { mark: "after" } as const;

let world: World;
beforeEach(() => {
  world = new World();
});

describe("a notice", () => {
  it("goes to each address once, under its name", async () => {
    await send(world.deps, P1, NOTICE, [ANN, BOB], BEFORE);
    await send(world.deps, P1, NOTICE, [ANN, BOB], BEFORE);
    expect(world.inbox).toEqual([
      { to: ANN, subject: "10 % in prod", body: "read back" },
      { to: BOB, subject: "10 % in prod", body: "read back" },
    ]);
    await send(world.deps, P1, { ...NOTICE, name: "shifted-prod-50" }, [ANN], BEFORE);
    expect(world.mailsTo(ANN)).toHaveLength(2);
  });

  it("that cannot be sent is logged, stops nothing, and is not sent again: a second mail is worse than a lost one", async () => {
    world.mailTrouble = new ServiceTrouble("sns is away");
    await send(world.deps, P1, NOTICE, [ANN], BEFORE);
    expect(world.warnings).toEqual([
      'a notice could not be sent {"notice":"shifted-prod-10","error":"ServiceTrouble: sns is away"}',
    ]);
    world.mailTrouble = null;
    await send(world.deps, P1, NOTICE, [ANN], BEFORE);
    expect(world.inbox).toEqual([]);
    expect(world.warnings).toHaveLength(1);
  });

  it("stops nothing, too, when the ledger throws", async () => {
    world.ledger.before = async () => {
      throw new ServiceTrouble("throttled");
    };
    await send(world.deps, P1, NOTICE, [ANN], BEFORE);
    expect(world.warnings).toHaveLength(1);
  });
});

describe("a notice that has to arrive", () => {
  it("goes to each address once, and says whether everybody has it", async () => {
    expect(await send(world.deps, P1, NOTICE, [ANN, BOB], AFTER)).toEqual({ failed: [] });
    expect(await send(world.deps, P1, NOTICE, [ANN, BOB], AFTER)).toEqual({ failed: [] });
    expect(world.inbox.map(({ to }) => to)).toEqual([ANN, BOB]);
    expect(await send(world.deps, P1, NOTICE, [], AFTER)).toEqual({ failed: [] });
  });

  it("is sent again to who did not get it", async () => {
    await send(world.deps, P1, NOTICE, [ANN], AFTER);
    world.mailTrouble = new ServiceTrouble("sns is away");
    expect(await send(world.deps, P1, NOTICE, [ANN, BOB], AFTER)).toMatchObject({ failed: [{ to: BOB }] });
    world.mailTrouble = null;
    expect(await send(world.deps, P1, NOTICE, [ANN, BOB], AFTER)).toEqual({ failed: [] });
    expect(world.inbox.map(({ to }) => to)).toEqual([ANN, BOB]);
  });

  it("goes out although the ledger does not answer", async () => {
    world.ledger.before = async () => {
      throw new ServiceTrouble("throttled");
    };
    expect(await send(world.deps, P1, NOTICE, [ANN], AFTER)).toEqual({ failed: [] });
    expect(world.mailsTo(ANN)).toHaveLength(1);
  });
});
