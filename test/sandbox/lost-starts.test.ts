/** Children whose start is never heard of: by the time that it is tried again they have ended under their name. */
import { describe, expect, it, vi } from "vitest";
import { faultPlanOf, worldPlanOf } from "../../sandbox/faults/plans.ts";
import { Starts } from "../../sandbox/faults/starts.ts";
import { itemsOf } from "../../sandbox/faults/table-dump.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 60_000;

/** Needs no history. */
const METRIC = { preset: "lambda-error-rate", sequential: false, settle: "0s", rules: [{ max: 5, hard: true }] };

interface Story {
  readonly mute: readonly string[];
  readonly environment?: object;
  readonly answers?: "approve" | "reject";
  readonly scenario?: object;
}

/** A good candidate in one step, under a machine that nobody hears of. */
async function promote({ mute, environment = {}, answers = "approve", scenario = {} }: Story) {
  const target = { name: "order", kind: "lambda-alias", functionName: "shop-order", alias: "live" };
  const plan = faultPlanOf("mute", {
    about: "One step.",
    badFromWeight: null,
    expect: [{ outcome: "promoted" }],
    policy: {
      apiVersion: "headgate/v1",
      order: ["prod"],
      people: { "tech-lead": ["lead@shop.example"] },
      environments: {
        prod: {
          account: "444455556666",
          region: "eu-west-1",
          notices: ["team@shop.example"],
          pageTo: ["oncall@shop.example"],
          ...environment,
        },
      },
      services: {
        shop: {
          targets: [target],
          rollout: { steps: [{ weight: 100, bake: "5m" }] },
          analysis: { metrics: [METRIC] },
        },
      },
    },
    starts: [
      {
        afterSeconds: 0,
        release: {
          apiVersion: "headgate/v1",
          service: "shop",
          version: "v2",
          commit: "0a1b2c3d",
          requestedBy: "dev@shop.example",
          risk: "low",
          summary: "Faster checkout.",
          artifacts: { order: { bucket: "shop-artifacts", key: "order/{version}.zip", versionId: "abc" } },
          environments: ["prod"],
        },
      },
    ],
    scenario: {
      name: "mute",
      about: "",
      startsAt: "2026-01-13T10:00:10Z",
      traffic: [{ perMinute: 300, history: "30m" }],
      cloudwatch: { lag: "5s", partial: 0 },
      people: [{ who: "lead@shop.example", answers, after: "20s", comment: "as I said" }],
      ...scenario,
    },
  });
  const { scenario: world, policy } = plan;
  const faults = mute.map((machine) => ({ machine, nth: "always", action: "answer lost" }) as const);
  const { before, after } = new Starts(faults, () => 0);
  const nestedStarts = { beforeNestedStart: before, afterNestedStart: after };
  const sandbox = new Sandbox({ scenario: world, policy, plan: worldPlanOf(plan), nestedStarts });
  const ended = await sandbox.promote(plan.starts[0]?.release, "mute");
  const [header] = itemsOf(sandbox, "PROMOTION#", "HEADER");
  return { ...ended, header };
}

const ASKED = { approvals: [{ when: "before", roles: { "tech-lead": 1 }, expiresAfter: "1h" }] };

describe("a child that ended before its start was heard of", () => {
  it("a given approval counts", { timeout: PATIENCE_MS }, async () => {
    const scenario = { operators: [{ at: "3m", verb: "skip-bake", reason: "seen enough" }] };
    const ended = await promote({ mute: ["approval"], environment: ASKED, scenario });
    expect(ended.outcome).toBe("promoted");
  });

  it("a refused one too: nothing is touched", { timeout: PATIENCE_MS }, async () => {
    const ended = await promote({ mute: ["approval"], environment: ASKED, answers: "reject" });
    expect(ended.outcome).toBe("rejected");
    expect(ended.summary).not.toContain("AlreadyExists");
  });

  it("a rollout whose bake was skipped, and which came to its end, is promoted", { timeout: PATIENCE_MS }, async () => {
    const scenario = { operators: [{ at: "50s", verb: "skip-bake", reason: "seen enough" }] };
    expect(await promote({ mute: ["rollout"], scenario })).toMatchObject({ outcome: "promoted" });
  });

  it("a rollout that was stopped ends by its own reason", { timeout: PATIENCE_MS }, async () => {
    const scenario = { operators: [{ at: "60s", verb: "abort", reason: "not today" }] };
    const ended = await promote({ mute: ["rollout"], scenario });
    expect(ended.outcome).toBe("aborted");
    expect(ended.summary).toContain("not today");
  });

  it("a rollback that paged says what it paged of", { timeout: PATIENCE_MS }, async () => {
    const operators = [{ at: "70s", verb: "roll-back", reason: "odd" }];
    const scenario = {
      operators,
      moves: [{ at: "60s", account: "444455556666", function: "shop-order", version: "6" }],
    };
    const ended = await promote({ mute: ["rollback"], scenario });
    expect(ended.outcome).toBe("rollback-failed");
    expect(ended.summary).toContain("somebody else moved it");
    expect(ended.summary).not.toContain("AlreadyExists");
  });

  it("a bake that was skipped has no such way: traffic goes back", { timeout: PATIENCE_MS }, async () => {
    const scenario = { operators: [{ at: "50s", verb: "skip-bake", reason: "seen enough" }] };
    const ended = await promote({ mute: ["bake"], scenario });
    expect(ended.outcome).toBe("rolled-back");
    expect(ended.summary).toContain("ExecutionAlreadyExists");
  });
});
