import { describe, expect, it } from "vitest";
import { ServiceTrouble } from "../../../functions/domain/errors.ts";
import { bringBack } from "../../../functions/domain/promotion/bring-back.ts";
import { BASELINE, P1, rollingOut, type World } from "../../support/deps.ts";

const DAY_MS = 24 * 3_600_000;
const AWAKE = "cart: back on version 7, read back; order: back on version 7, read back";

/** Half of the traffic is on the candidates, and the baseline of one has gone to sleep since. */
async function watched(days: number): Promise<World> {
  const world = await rollingOut(50);
  world.code("order").notReady.set("7", { is: "inactive", why: "Inactive (Idle)" });
  world.clock.advance(days * DAY_MS);
  return world;
}

const back = (world: World) => bringBack(world.deps, P1, { by: "monitor", reason: "errors" });

describe("traffic that goes back after weeks", () => {
  it("is back, and the words say which baseline sleeps", async () => {
    const world = await watched(30);
    expect(await back(world)).toMatchObject({
      state: "verified",
      summary: "cart: back on version 7, read back; order: back on version 7 (inactive: Inactive (Idle)), read back",
    });
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("is back all the same where that cannot be looked at", async () => {
    const world = await watched(30);
    world.code("order").before = () => Promise.reject(new ServiceTrouble("throttled"));
    expect(await back(world)).toMatchObject({ state: "verified", summary: AWAKE });
  });

  it("costs no look where the baseline served within the last days", async () => {
    const world = await watched(6);
    const looks: string[] = [];
    world.code("order").before = (operation) => void looks.push(operation);
    expect(await back(world)).toMatchObject({ state: "verified", summary: AWAKE });
    expect(looks).toEqual([]);
  });
});
