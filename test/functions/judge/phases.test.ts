import { describe, expect, it } from "vitest";
import type { ApprovalRecord } from "../../../functions/domain/approval/approval.ts";
import { bindingOf } from "../../../functions/domain/approval/binding.ts";
import { loadAsked } from "../../../functions/domain/approval/load.ts";
import { loadEvidence } from "../../../functions/domain/judge/load.ts";
import { loadAudit } from "../../../functions/domain/ledger/append-audit.ts";
import { item } from "../../../functions/domain/ledger/items.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { loadEnding } from "../../../functions/domain/ledger/note-ending.ts";
import { storePolicy } from "../../../functions/domain/ledger/policies.ts";
import type { EnvironmentPlan } from "../../../functions/domain/plan.ts";
import { judge } from "../../../functions/judge.ts";
import { approvalPlan } from "../../support/approval-scene.ts";
import {
  analysis,
  bake,
  evidenceOf,
  failing,
  headOf,
  healthy,
  phaseInput,
  record,
  silence,
  worldAt,
} from "../../support/baking.ts";
import { ENVIRONMENT, judged, MINUTE, PROMOTION, rule, START, type Traffic } from "../../support/canary-world.ts";

type Analysis = Parameters<typeof analysis>[0];

describe("several steps", () => {
  it("are one run of evidence, and each passes by its own samples", async () => {
    const world = await worldAt(10, healthy);
    await bake(world, "step-10", 35, 2_000);
    world.at(940);
    await world.shift(25);
    const { last } = await bake(world, "step-25", 945, 1_200);
    expect(last.decision).toBe("again");
    const { spans, progress } = await evidenceOf(world);
    expect(spans.map(({ weight }) => weight)).toEqual([10, 25]);
    expect(progress?.monitor?.minutes).toBeGreaterThan(13);
    const [finding] = (await record(world, "step-25")).findings;
    expect(finding?.samples).toBeLessThan(300);
  });

  it("are each judged as the whole alias at 100 %, against what the old version did before", async () => {
    const world = await worldAt(100, (_version, at) => ({ requests: 600, errors: at < START ? 0 : 12 }));
    const { last } = await bake(world, "step-100", 35, 2_000);
    expect(last).toMatchObject({ result: "inconclusive-hold", summary: expect.stringContaining("worse than before") });
    const reads = world.metrics.reads.at(-1)?.queries ?? [];
    expect(reads.map(({ dimensions }) => dimensions.ExecutedVersion)).toEqual([undefined, undefined]);
  });
});

describe("monitoring after the finish", () => {
  const finished = async (traffic: Traffic, over: Partial<EnvironmentPlan> = {}) => {
    const world = await worldAt(100, traffic, over);
    world.at(100);
    await world.finish();
    return world;
  };
  /** After the finish only the alias as a whole is counted. */
  const whole =
    (errors: number): Traffic =>
    (version, at) =>
      version === "alias" ? { requests: 600, errors: at < START ? 0 : errors } : undefined;

  it("reads the alias as a whole, since weights and their dimensions are gone", async () => {
    const world = await finished(whole(0));
    const { last, at } = await bake(world, "monitor", 110, 9_000);
    expect(last).toMatchObject({ result: "passed", weight: 100 });
    expect(at).toBe(110 + 7_200);
    const queries = world.metrics.reads.at(-1)?.queries ?? [];
    expect(queries.map(({ dimensions }) => dimensions)).toEqual([
      { FunctionName: "shop-order", Resource: "shop-order:live" },
      { FunctionName: "shop-order", Resource: "shop-order:live" },
    ]);
  });

  it("trips the journal as the monitor when the candidate breaks a hard rule", async () => {
    const hard = rule({ max: 1, sustainedSeconds: 120, hard: true });
    const world = await finished(whole(12), analysis({ metrics: [judged({ rules: [hard] })] }));
    const { last } = await bake(world, "monitor", 110, 9_000);
    expect(last.result).toBe("failed");
    expect((await headOf(world)).trip).toMatchObject({ by: "monitor" });
  });

  it("only warns where the plan says so", async () => {
    const world = await finished(whole(12), { monitor: { forSeconds: 1_200, onFail: "warn" } });
    const { last } = await bake(world, "monitor", 110, 9_000);
    expect(last.result).toBe("passed");
    expect(last.summary).toContain("monitored for 20m, to warn only: inconclusive, errors@order: worse than");
    expect((await headOf(world)).state).toBe("open");
  });

  it("passes in the end without a verdict, and says what it did not see", async () => {
    const world = await finished(silence, {
      monitor: { forSeconds: 1_200, onFail: "roll-back" },
      ...analysis({ extendSeconds: 0 }),
    });
    const { last } = await bake(world, "monitor", 110, 9_000);
    expect(last).toMatchObject({ result: "passed" });
    expect(last.summary).toContain("inconclusive after 20m: errors@order: no-data");
  });

  it("looks less often as it goes on", async () => {
    const world = await finished(whole(0), { monitor: { forSeconds: 30 * 86_400, onFail: "roll-back" } });
    const { last, looks } = await bake(world, "monitor", 110, 31 * 86_400);
    expect(last.result).toBe("passed");
    expect(looks).toBeLessThan(3_200);
    expect(looks).toBeGreaterThan(2_500);
    const size = JSON.stringify((await loadEvidence(world.ledger, PROMOTION, ENVIRONMENT)).state).length;
    expect(size).toBeLessThan(10_000);
  });
});

describe("a hold", () => {
  const held = async (why: string, until: number | null, traffic: Traffic = healthy, over: Analysis = {}) => {
    const world = await worldAt(10, traffic, analysis({ extendSeconds: 0, ...over }));
    await bake(world, "step-10", 35, 2_000);
    await world.ledger.write([
      { put: item(keys.hold(PROMOTION, ENVIRONMENT, "hold-1"), { why, until, summary: "", at: START }) },
    ]);
    return world;
  };

  it("for the window ends when the window opens", async () => {
    const world = await held("window", START + 5_000_000);
    const { last, at } = await bake(world, "hold-1", 940, 9_000);
    expect(last).toMatchObject({ result: "resumed", summary: "the change window opens" });
    expect(at).toBe(5_000);
  });

  it("by an operator ends when the newest word is no hold", async () => {
    const world = await held("operator", null);
    await world.signal("hold");
    expect((await bake(world, "hold-1", 940, 1_500)).last.decision).toBe("again");
    await world.signal("resume");
    expect(await judge(world.deps)(phaseInput("hold-1"))).toMatchObject({
      result: "resumed",
      summary: "the hold was lifted",
    });
  });

  it.each(["resume", "skip-bake", "promote-now"])(
    "after a verdict ends with %s, said since that bake ended",
    async (kind) => {
      const world = await held("verdict", null);
      world.at(100);
      await world.signal(kind);
      expect((await bake(world, "hold-1", 940, 1_200)).last.decision).toBe("again");
      world.at(935);
      await world.signal(kind, "eve");
      world.at(1_300);
      expect(await judge(world.deps)(phaseInput("hold-1"))).toMatchObject({
        result: "resumed",
        summary: `${kind} by eve: because`,
      });
    },
  );

  it("after a verdict takes traffic back when nobody decides, at the end of its time and not before", async () => {
    const world = await held("verdict", START + 930_000 + 86_400_000);
    const { last, at } = await bake(world, "hold-1", 940, 90_000);
    expect(last).toMatchObject({
      decision: "end",
      result: "tripped",
      summary: expect.stringContaining("nobody decided within 1d"),
    });
    expect(at).toBe(930 + 86_400);
    expect((await headOf(world)).trip).toMatchObject({ by: "gate" });
    expect(await loadEnding(world.ledger, PROMOTION)).toMatchObject({ outcome: "rolled-back" });
  });

  it("for want of evidence ends with the first pass, and no person is needed", async () => {
    const world = await held("evidence", START + 930_000 + 86_400_000);
    const { last, at } = await bake(world, "hold-1", 940, 9_000);
    expect(last).toMatchObject({ decision: "end", result: "passed" });
    expect(last.summary).toBe("the missing evidence has come in, so nobody has to decide");
    expect(at).toBeLessThan(1_900);
    const trail = await loadAudit(world.ledger, PROMOTION);
    expect(trail.at(-1)?.summary).toBe("hold-1: the missing evidence has come in, so nobody has to decide");
  });

  it("that a rule has blocked does not end with a pass", async () => {
    const world = await held("verdict", null);
    expect((await bake(world, "hold-1", 940, 9_000)).last.decision).toBe("again");
    expect((await record(world, "hold-1")).verdict).toBe("pass");
  });

  it("for want of evidence is blocked by a rule that asks for a person", async () => {
    const thin: Traffic = (version, at) =>
      version === "8" ? { requests: 3, errors: at === START + 17 * MINUTE ? 1 : 0 } : healthy(version, at);
    const metrics = [judged({ rules: [rule({ max: 5, onBreach: "block" })] })];
    const world = await held("evidence", null, thin, { metrics });
    expect((await bake(world, "hold-1", 940, 9_000)).last).toMatchObject({
      result: "blocked",
      summary: expect.stringContaining("a person has to look: errors@order"),
    });
  });

  it("is still guarded: a candidate that turns bad goes back", async () => {
    const turns: Traffic = (version, at) => (at > START + 16 * MINUTE ? failing(version, at) : healthy(version, at));
    const world = await held("operator", null, turns);
    await world.signal("hold");
    const { last } = await bake(world, "hold-1", 940, 9_000);
    expect(last.result).toBe("failed");
    expect((await headOf(world)).state).toBe("tripped");
  });
});

describe("an approval in the middle of a rollout", () => {
  const asked = async (state: ApprovalRecord["state"], over: Partial<EnvironmentPlan> = {}) => {
    const world = await worldAt(25, healthy, { approvals: [approvalPlan({ id: "at-25", when: 25 })], ...over });
    const name = { promotionId: PROMOTION, environment: ENVIRONMENT, approval: "at-25" };
    const about = await loadAsked(world.deps, name);
    const approval: ApprovalRecord = {
      ...name,
      state,
      revision: 1,
      generation: 1,
      news: false,
      roles: [{ role: "lead", needed: 1, checklist: [], people: [{ address: "ann@example.com", generation: 1 }] }],
      escalation: null,
      askedAt: START,
      expiresAt: START + 86_400_000,
      remindSeconds: null,
      escalatesAt: null,
      escalatedAt: null,
      gone: null,
      requester: "bob@example.com",
      startedBy: null,
      trail: null,
      binding: bindingOf(world.deps.hash, { ...about, approval: name.approval, gates: [], trail: null }),
      planHash: about.header.planHash,
      linkEpoch: 0,
      gates: [],
      endedAt: START,
      summary: `it is ${state}`,
    };
    await world.ledger.write([{ put: item(keys.approval(PROMOTION, ENVIRONMENT, "at-25"), approval) }]);
    await storePolicy(world.deps, { environments: { [ENVIRONMENT]: { people: { lead: ["ann@example.com"] } } } });
    return world;
  };

  it.each([
    ["approved", "approved"],
    ["rejected", "rejected"],
    ["expired", "rejected"],
  ] as const)("that is %s ends the watch as %s", async (state, result) => {
    const world = await asked(state);
    const { last } = await bake(world, "approval-at-25", 40, 200);
    expect(last).toMatchObject({ decision: "end", result });
  });

  it("is still guarded while people are asked: an alarm that was red for a moment takes traffic back", async () => {
    const world = await asked("waiting", { alarms: ["shop-p95"] });
    world.alarms.flap("shop-p95", START + 60_000, 10_000);
    const { last } = await bake(world, "approval-at-25", 40, 200);
    expect(last).toMatchObject({ decision: "end", result: "tripped" });
  });

  it("fails loudly where nobody was asked", async () => {
    const world = await worldAt(25, healthy);
    await expect(bake(world, "approval-at-25", 40, 200)).rejects.toMatchObject({ name: "BrokenRecord" });
  });
});
