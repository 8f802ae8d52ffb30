/** A version that was taken back comes again where a person says so, and only where the promotion went. */
import { describe, expect, it } from "vitest";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadHeader } from "../../functions/domain/ledger/load.ts";
import { operate } from "../../functions/operate.ts";
import { fromGateway } from "../../functions/runtime/http.ts";
import { apiEvent } from "../../sandbox/host/gateway.ts";
import { P1, rollingOut, type World } from "../support/deps.ts";

async function releaseIn(world: World, environment: string, request?: string) {
  const event = apiEvent({
    method: "POST",
    path: `/promotions/${P1}/signals`,
    pathParameters: { promotionId: P1 },
    contentType: "application/json",
    body: JSON.stringify({ verb: "release-hold", environment, reason: "the cause is mended", request }),
    caller: "arn:aws:sts::111122223333:assumed-role/operator/olga",
  });
  const { status, body } = await operate(world.deps)(fromGateway(event));
  return { status, body: JSON.parse(body) as Record<string, unknown> };
}

async function heldIn(environment: string) {
  const world = await rollingOut(50);
  const { service, version } = await loadHeader(world.ledger, P1);
  const key = keys.held(environment, service, version);
  await world.ledger.write([{ put: item(key, { reason: "rolled back" }) }]);
  const released = async () => {
    const trail = await loadAudit(world.ledger, P1);
    return trail.filter(({ kind }) => kind === "released").map(({ environment: where }) => where);
  };
  return { world, isHeld: async () => (await world.ledger.read(key)) !== undefined, released };
}

describe("release-hold", () => {
  it("lifts the hold in an environment of the promotion, and stands in the trail", async () => {
    const { world, isHeld, released } = await heldIn("prod");
    expect((await releaseIn(world, "prod")).status).toBe(200);
    expect(await isHeld()).toBe(false);
    expect(await released()).toEqual(["prod"]);
  });

  it("is refused for an environment that the promotion has not, with those it has, and releases and records nothing", async () => {
    const { world, isHeld, released } = await heldIn("prdo");
    expect(await releaseIn(world, "prdo")).toEqual({
      status: 404,
      body: { error: 'the promotion has no environment "prdo", and nothing is released (hint: it has prod)' },
    });
    expect(await isHeld()).toBe(true);
    expect(await released()).toEqual([]);
  });

  it("says so where nothing was held, and records nothing", async () => {
    const { world, released } = await heldIn("prod");
    await releaseIn(world, "prod");
    expect(await releaseIn(world, "prod")).toEqual({
      status: 200,
      body: { promotionId: P1, did: "nothing was held: v2 may go to prod" },
    });
    expect(await released()).toEqual(["prod"]);
  });

  it("says the same again where its own answer was lost, and is made good where it was cut off", async () => {
    const { world, isHeld, released } = await heldIn("prod");
    const once = await releaseIn(world, "prod", "command-1");
    expect(await releaseIn(world, "prod", "command-1")).toEqual(once);

    const other = await heldIn("prod");
    other.world.ledger.before = async (operation) => {
      if (operation.startsWith("write HELD")) throw new Error("cut off");
    };
    await expect(releaseIn(other.world, "prod", "command-1")).rejects.toThrow("cut off");
    other.world.ledger.before = async () => {};
    expect((await releaseIn(other.world, "prod", "command-1")).body).toEqual(once.body);
    expect([await isHeld(), await other.isHeld()]).toEqual([false, false]);
    expect([await released(), await other.released()]).toEqual([["prod"], ["prod"]]);
  });
});
