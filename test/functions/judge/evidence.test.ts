import { describe, expect, it } from "vitest";
import { ServiceTrouble } from "../../../functions/domain/errors.ts";
import { captureReference, loadReferences } from "../../../functions/domain/judge/capture-reference.ts";
import { loadLooks } from "../../../functions/domain/judge/load.ts";
import { item } from "../../../functions/domain/ledger/items.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import type { EnvironmentPlan } from "../../../functions/domain/plan.ts";
import type { Target } from "../../../functions/domain/ports.ts";
import { analysis, bake, CANARY, failing, healthy, worldAt } from "../../support/baking.ts";
import {
  ENVIRONMENT,
  environmentPlan,
  judged,
  MINUTE,
  PROMOTION,
  START,
  sequential,
  type Traffic,
} from "../../support/canary-world.ts";

describe("latency", () => {
  const p95 = judged({
    name: "p95",
    source: { preset: "lambda-duration-p95" },
    sequential: sequential({ delta: 0, latencyMargin: 0.1 }),
  });
  /** 5 % of the old version's requests take longer than 300 ms; of the new one's `share` longer than 330 ms. */
  const slower =
    (share: number): Traffic =>
    (version) => ({
      requests: version === "8" ? 60 : 540,
      p95: version === "8" ? 400 : 300,
      slower: (bound) => (version === "8" ? share : bound === 300 ? 0.05 : 1),
    });

  it("is judged by two thresholds, one for each arm, around the p95 of before", async () => {
    const world = await worldAt(10, slower(0.4), analysis({ metrics: [p95] }));
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last.result).toBe("failed");
    expect(last.summary).toContain("p95@order: 400 ms against 300 ms of the baseline");
    const statistics = world.metrics.reads.at(-1)?.queries.map(({ statistic }) => statistic);
    expect(statistics).toEqual(["SampleCount", "p95", "TC(:330)", "SampleCount", "p95", "TC(:300)"]);
  });

  it("within the margin is tolerated", async () => {
    const world = await worldAt(10, slower(0.05), analysis({ metrics: [p95] }));
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last.result).not.toBe("failed");
  });
});

describe("requests of our own", () => {
  const asking = async (ok: boolean, over: Partial<EnvironmentPlan["analysis"]>) => {
    const thin: Traffic = (version) => ({ requests: version === "8" ? 2 : 18, errors: 0 });
    const base = environmentPlan();
    const probe = { payload: {}, expect: {}, timeoutSeconds: 3 };
    const targets = base.targets.map((target) => ({ ...target, probe }));
    const world = await worldAt(10, thin, { ...analysis({ extendSeconds: 0, ...over }), targets });
    let sent = 0;
    const prober = {
      invoke: async () => {
        sent += 1;
        if (over.alpha === 0.04) throw new ServiceTrouble("throttled");
        return { ok, found: "", ms: 1 };
      },
    };
    const traffic = { read: async () => CANARY, settleMs: 0 };
    const deps = {
      ...world.deps,
      remainingMs: () => 100_000,
      target: () => ({ prober, traffic }) as unknown as Target,
    };
    return { world: { ...world, deps }, sent: () => sent };
  };

  it("let a bake pass that real traffic is too thin for", async () => {
    const without = await asking(true, {});
    expect((await bake(without.world, "step-10", 35, 2_000)).last.result).toBe("inconclusive-hold");
    expect(without.sent()).toBe(0);
    const { world, sent } = await asking(true, { syntheticPerMinute: 60 });
    expect((await bake(world, "step-10", 35, 2_000)).last.result).toBe("passed");
    expect(sent()).toBeGreaterThan(500);
  });

  it("hold a candidate that does not answer them, even where a policy goes on without proof", async () => {
    const { world } = await asking(false, { syntheticPerMinute: 60, onInconclusive: "proceed" });
    expect((await bake(world, "step-10", 35, 2_000)).last.result).toBe("inconclusive-hold");
  });

  it("that could not be sent are no evidence either way", async () => {
    const { world, sent } = await asking(true, { syntheticPerMinute: 60, alpha: 0.04 });
    expect((await bake(world, "step-10", 35, 2_000)).last.result).toBe("inconclusive-hold");
    expect(sent()).toBeGreaterThan(10);
  });

  it("are sent while a step is baked, not while somebody is waited for", async () => {
    const { world, sent } = await asking(true, { syntheticPerMinute: 60 });
    await world.ledger.write([
      {
        put: item(keys.hold(PROMOTION, ENVIRONMENT, "hold-1"), { why: "verdict", until: null, summary: "", at: START }),
      },
    ]);
    await bake(world, "hold-1", 35, 400);
    expect(sent()).toBe(0);
  });
});

describe("what is kept", () => {
  it("holds every judged minute of both arms, for reports and replay", async () => {
    const world = await worldAt(10, healthy);
    await bake(world, "step-10", 35, 2_000);
    const looks = await loadLooks(world.ledger, PROMOTION, ENVIRONMENT);
    const minutes = new Set(looks.flatMap(({ periods }) => (periods["errors@order"] ?? []).map(([at]) => at)));
    expect([...minutes].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, index) => START + (index + 1) * MINUTE),
    );
    expect(looks[0]?.periods["errors@order"]?.[0]?.slice(1)).toEqual([
      [60, 0, 0],
      [540, 1, 100 / 540],
    ]);
    const [stored] = world.ledger.items(({ sk }) => sk.startsWith("SAMPLE#"));
    expect(stored?.expiresAtSeconds).toBeGreaterThan(START / 1000 + 89 * 86_400);
  });

  it("keeps the minutes that failed the candidate, though they were read once only", async () => {
    const world = await worldAt(10, failing);
    const { at } = await bake(world, "step-10", 35, 2_000);
    const looks = await loadLooks(world.ledger, PROMOTION, ENVIRONMENT);
    const newest = Math.max(...looks.flatMap(({ periods }) => (periods["errors@order"] ?? []).map(([start]) => start)));
    expect(newest).toBe(START + at * 1000 - 3 * MINUTE);
    expect(looks.at(-1)).toMatchObject({ verdict: "fail", line: -Math.log(0.05) });
  });

  it("captures the reference once", async () => {
    const world = await worldAt(10, healthy);
    const before = await loadReferences(world.ledger, PROMOTION, ENVIRONMENT);
    const reads = world.metrics.reads.length;
    expect(await captureReference(world.deps, environmentPlan(), PROMOTION)).toEqual(before);
    expect(world.metrics.reads).toHaveLength(reads);
  });
});
