/** A promotion opens with settings that fit the traffic: written into its plan, once, or refused. */
import { beforeEach, describe, expect, it } from "vitest";
import { CallRefused, ServiceTrouble } from "../../functions/domain/errors.ts";
import { loadPlan } from "../../functions/domain/ledger/load.ts";
import { loadEnding } from "../../functions/domain/ledger/note-ending.ts";
import { storePolicy } from "../../functions/domain/ledger/policies.ts";
import type { Metrics, SeriesQuery } from "../../functions/domain/ports.ts";
import { openPromotion } from "../../functions/open-promotion.ts";
import { type Changes, documents } from "../domain/plan/documents.ts";
import { SimulatedMetrics } from "../support/canary-world.ts";
import { World } from "../support/deps.ts";

const HOUR = 60;
/** The same all week, read by the hour or by the minute. */
function steady(perMinute: number, errorsPerMinute: number): Metrics {
  const over = (minutes: number) =>
    new SimulatedMetrics(() => ({ requests: perMinute * minutes, errors: errorsPerMinute * minutes }));
  return {
    read(queries: readonly SeriesQuery[], from: number, to: number) {
      return over(queries[0]?.periodSeconds === 60 ? 1 : HOUR).read(queries, from, to);
    },
  };
}

let world: World;
beforeEach(() => {
  world = new World();
});

const OBJECTS = { "release.artifacts": { order: { version: "41" }, cart: { version: "42" } } };

async function open(metrics: Metrics, changes: Changes = {}) {
  const { policy, release } = documents({ ...OBJECTS, ...changes });
  await storePolicy(world.deps, policy);
  const deps = { ...world.deps, metrics: () => metrics };
  const start = { release, executionArn: "arn:one", executionName: "one", startedAt: "2026-11-26T08:00:00Z" };
  return openPromotion(deps)(start);
}

const analysisOf = async (promotionId: string) => (await loadPlan(world.deps, promotionId, "prod")).analysis;

describe("opening a promotion whose policy leaves its judging to the traffic", () => {
  it("writes what fits into the plan, where approvals are bound to it", async () => {
    const { promotionId, decision } = await open(steady(600, 0.6));
    expect(decision).toBe("go");
    const { metrics, extendSeconds, chosen, left } = await analysisOf(promotionId);
    expect(metrics.flatMap(({ sequential }) => sequential?.passDelta ?? [])).toEqual([0.013, 0.013]);
    expect(extendSeconds).toBe(1_500);
    expect(chosen).toHaveLength(3);
    expect(left).toBeUndefined();
  });

  it("keeps the first plan, whatever the traffic is when it is tried again", async () => {
    const { promotionId } = await open(steady(600, 0.6));
    const first = await analysisOf(promotionId);
    expect(await open(steady(60_000, 60))).toMatchObject({ promotionId });
    expect(await analysisOf(promotionId)).toEqual(first);
  });

  it("is refused before anything is touched where no setting would pass a good candidate", async () => {
    const { promotionId, decision } = await open(steady(3, 0.003));
    expect(decision).toBe("stop");
    const { outcome, summary } = (await loadEnding(world.ledger, promotionId)) ?? {};
    expect(outcome).toBe("blocked");
    expect(summary).toContain("policy.services.shop.analysis (not set)");
    expect(summary).toContain('hint: write extendUpTo: "');
  });

  it.each([new ServiceTrouble("throttled"), new CallRefused("access denied")])(
    "opens all the same when the traffic cannot be read, and says so: %s",
    async (error) => {
      const { promotionId, decision } = await open({ read: () => Promise.reject(error) });
      expect(decision).toBe("go");
      expect(await analysisOf(promotionId)).toMatchObject({
        extendSeconds: 0,
        chosen: [`the bakes are not fitted to the traffic, since last week's could not be read: ${error.message}`],
      });
    },
  );

  it("hides no mistake of our own", async () => {
    await expect(open({ read: () => Promise.reject(new TypeError("undefined is no function")) })).rejects.toThrow(
      TypeError,
    );
  });

  it("asks CloudWatch nothing where the policy leaves nothing open", async () => {
    const said = {
      metrics: [{ preset: "lambda-error-rate", sequential: { passDelta: 0.02 } }],
      extendUpTo: "15m",
      onInconclusive: "hold",
    };
    const untouched: Metrics = { read: () => Promise.reject(new Error("was asked")) };
    expect(await open(untouched, { "policy.services.shop.analysis": said })).toMatchObject({ decision: "go" });
  });
});
