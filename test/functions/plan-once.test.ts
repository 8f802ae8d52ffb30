/** The plan is written once, and held against what was written then wherever anything goes forward by it. */
import { describe, expect, it } from "vitest";
import { BrokenRecord } from "../../functions/domain/errors.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadHeader, loadPlan, loadPlanHeader } from "../../functions/domain/ledger/load.ts";
import { planChanges } from "../../functions/domain/ledger/plan-parts.ts";
import { Conflict } from "../../functions/domain/ports.ts";
import { bringBack } from "../../functions/domain/promotion/bring-back.ts";
import { closePromotion } from "../../functions/domain/promotion/close.ts";
import { shiftTraffic } from "../../functions/shift-traffic.ts";
import {
  BASELINE,
  ENV,
  environmentPlan,
  IN_PROD,
  opened,
  P1,
  promotionPlan,
  rollingOut,
  World,
} from "../support/deps.ts";
import { rewritePlan, rewritePlanAndHeader } from "../support/tampering.ts";

const PROD = { promotionId: P1, environment: ENV };
const WHOLE = { promotionId: P1, environment: "" };
const otherAlias = (json: string) => json.replaceAll('"alias":"live"', '"alias":"dead"');
const otherVersion = (json: string) => json.replace('"version":"v2"', '"version":"v9"');

describe("the plan", () => {
  it("is never written a second time", async () => {
    const world = new World();
    const plan = promotionPlan([environmentPlan()]);
    await opened(world, plan);
    await expect(world.ledger.write(planChanges(P1, plan))).rejects.toThrow(Conflict);
  });

  it("that was changed is a broken record: an environment's, and the promotion's own part", async () => {
    const world = new World();
    await opened(world);
    await rewritePlan(world.ledger, PROD, otherAlias);
    await rewritePlan(world.ledger, WHOLE, otherVersion);
    await expect(loadPlan(world.deps, P1, ENV)).rejects.toThrow(BrokenRecord);
    await expect(loadPlanHeader(world.deps, P1)).rejects.toThrow(/not the one that the promotion began with/);
  });

  it.each([
    ["has another hash of that part", { planHashes: { [ENV]: "0".repeat(64) } }],
    ["has no hashes any more", { planHashes: undefined }],
    ["has another hash of the whole", { planHash: "0".repeat(64) }],
  ])("is a broken record where the header %s", async (_what, change) => {
    const world = new World();
    await opened(world);
    const header = await loadHeader(world.ledger, P1);
    await world.ledger.write([{ put: item(keys.header(P1), { ...header, ...change }) }]);
    await expect(loadPlan(world.deps, P1, ENV)).rejects.toThrow(BrokenRecord);
  });

  it("is taken from no other partition once its own is filled", async () => {
    const world = new World();
    await opened(world);
    const part = keys.planPart(P1, ENV, 0);
    const forged = { ...environmentPlan(), account: "999999999999" };
    const elsewhere = { pk: keys.header(P1).pk, sk: part.sk };
    await world.ledger.write([{ put: item(elsewhere, { parts: 1, json: JSON.stringify(forged) }) }]);
    expect((await loadPlan(world.deps, P1, ENV)).account).toBe(environmentPlan().account);
  });
});

describe("a plan that is changed in the middle of a rollout", () => {
  it("shifts nothing more", async () => {
    const world = await rollingOut(25);
    const before = world.target("order").route;
    await rewritePlan(world.ledger, PROD, otherAlias);
    await expect(shiftTraffic(world.deps)({ ...IN_PROD, weight: 50 })).rejects.toThrow(BrokenRecord);
    expect(world.target("order").route).toEqual(before);
  });

  it.each([
    ["alone", rewritePlan],
    ["with the header's hashes", rewritePlanAndHeader],
  ])("keeps no traffic from its baseline, nor the promotion from its end, changed %s", async (_how, hand) => {
    const world = await rollingOut(25);
    await hand(world.ledger, PROD, otherAlias);
    await rewritePlan(world.ledger, WHOLE, otherVersion);
    const back = await bringBack(world.deps, P1, { by: "error", reason: "the plan is not the plan" });
    expect(back.state).toBe("verified");
    expect(world.target("order").route).toEqual(BASELINE);
    expect(await closePromotion(world.deps, P1, null)).toMatchObject({ outcome: "rolled-back" });
  });
});
