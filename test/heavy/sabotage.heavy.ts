/** Headgate broken on purpose, one promise at a time: the fault matrix notices each, by the simulated AWS's own records. */
import { describe, expect, it, vi } from "vitest";
import { beginBake } from "../../functions/begin-bake.ts";
import { checkGates } from "../../functions/check-gates.ts";
import { checkWindow } from "../../functions/check-window.ts";
import { deployCandidate } from "../../functions/deploy-candidate.ts";
import type { EnvironmentPlan } from "../../functions/domain/plan.ts";
import type { Alarms, Dependencies } from "../../functions/domain/ports.ts";
import { enterEnvironment } from "../../functions/enter-environment.ts";
import { judge } from "../../functions/judge.ts";
import { openPromotion } from "../../functions/open-promotion.ts";
import { planMove } from "../../functions/plan-move.ts";
import { recordEnvironment } from "../../functions/record-environment.ts";
import { retireVersions } from "../../functions/retire-versions.ts";
import { shiftTraffic } from "../../functions/shift-traffic.ts";
import { cleanCase, type FaultCase } from "../../sandbox/faults/cases.ts";
import { factsOf } from "../../sandbox/faults/facts.ts";
import { violations } from "../../sandbox/faults/invariants.ts";
import { documentOf, type FaultPlan, faultPlanOf, readFaultPlan } from "../../sandbox/faults/plans.ts";
import { run, type Sabotage } from "../../sandbox/faults/trial.ts";
import { instead, type Spoil, seeingPlan, spoiled, writingOnly } from "../support/sabotage.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

async function found(plan: string | FaultPlan, sabotage: Sabotage, what: Partial<FaultCase> = {}): Promise<string[]> {
  const read = typeof plan === "string" ? readFaultPlan(plan) : plan;
  const trial = await run(read, { ...cleanCase(read.name), ...what }, undefined, sabotage);
  return violations(factsOf(trial));
}

const seeingNo = (part: Partial<EnvironmentPlan>): Spoil => seeingPlan((plan) => ({ ...plan, ...part }));

/** Looks, and does not believe it. */
async function allGreen(alarms: Alarms, names: readonly string[]): ReturnType<Alarms["states"]> {
  const seen = await alarms.states(names);
  return new Map([...seen].map(([name, status]) => [name, { ...status, state: "OK" }]));
}

describe("the matrix notices when", () => {
  it("the change window is ignored", async () => {
    const blind = seeingNo({ window: null });
    const sabotage = instead(spoiled("check-window", checkWindow, blind), spoiled("plan-move", planMove, blind));
    expect(await found("windowed", sabotage)).toContain(
      "the change window is kept: shop-order went from 0 % to 25 % outside the change window",
    );
  });

  it("a window that closes holds nothing back", async () => {
    const sabotage = instead(spoiled("plan-move", planMove, seeingNo({ window: null })));
    expect(await found("windowed", sabotage)).toContain(
      "the change window is kept: shop-order went from 25 % to 100 % outside the change window",
    );
  });

  it("nobody is asked", async () => {
    const alone = seeingNo({ approvals: [] });
    const sabotage = instead(
      spoiled("enter-environment", enterEnvironment, alone),
      spoiled("check-window", checkWindow, alone),
      spoiled("plan-move", planMove, alone),
    );
    expect(await found("mid-approval", sabotage)).toEqual([
      "people have said yes: shop-order went to 50 % with 1 yes too few for before",
      "people have said yes: shop-order went to 100 % with 1 yes too few for before",
      "people have said yes: shop-order went to 100 % with 1 yes too few for at-50",
      "people have said yes: shop-order went to 100 % with 1 yes too few for before",
      "people have said yes: shop-order went to 100 % with 1 yes too few for at-50",
    ]);
  });

  it("checks are skipped", async () => {
    const sabotage = instead(spoiled("check-gates", checkGates, seeingNo({ checks: [] })));
    const notices = await found("checked", sabotage);
    expect(notices).toContain("checks come first: shop-order went to 25 % before alarms OK (2) had looked");
    expect(notices).toContain(
      "checks come first: shop-order went to 25 % before http https://shop.example/health had looked",
    );
    expect(notices).toContain("checks come first: shop-order went to 100 % before metric Depth had looked");
    expect(notices).toContain("checks come first: prod was promoted before alarms OK (3) had looked");
  });

  it("a check passes that is red", async () => {
    const rosy: Spoil = (deps) => ({
      ...deps,
      alarms: (place) => ({ ...deps.alarms(place), states: (names) => allGreen(deps.alarms(place), names) }),
    });
    const sabotage = instead(spoiled("check-gates", checkGates, rosy));
    const opened = { at: "state", machine: "promotion", state: "Open promotion", nth: 1, ms: 0 } as const;
    const happenings = [{ when: opened, deed: { do: "alarm", name: "calm" } as const }];
    expect(await found("checked", sabotage, { kind: "alarm", happenings })).toContain(
      "checks come first: shop-order went to 25 % though alarms OK was red",
    );
  });

  it("the monitor is skipped", async () => {
    const sabotage = instead(spoiled("enter-environment", enterEnvironment, seeingNo({ monitor: null })));
    expect(await found("checked", sabotage)).toEqual(["it was watched: prod was monitored for 0 s of 600 s"]);
  });

  it("the last bake is cut short", async () => {
    const short = seeingPlan((plan) => ({
      ...plan,
      analysis: { ...plan.analysis, metrics: [] },
      steps: plan.steps.map((step) => (step.weight === 100 ? { ...step, bakeSeconds: 60 } : step)),
    }));
    const sabotage = instead(spoiled("begin-bake", beginBake, short), spoiled("judge", judge, short));
    expect(await found("healthy", sabotage)).toEqual(["it was watched: prod was at 100 % for 64 s only"]);
  });

  it("the registry is not flipped", async () => {
    const forgetful = writingOnly((change) => !("put" in change && change.put.pk.startsWith("DEPLOYMENT#")));
    const sabotage = instead(spoiled("record-environment", recordEnvironment, forgetful));
    expect(await found("healthy", sabotage)).toEqual([
      "the registry says what serves: shop-order serves 8; by the registry it serves 7",
    ]);
  });

  it("a good release is rolled back", async () => {
    const strict = seeingPlan((plan) => ({
      ...plan,
      analysis: {
        ...plan.analysis,
        metrics: plan.analysis.metrics.map((metric) => ({
          ...metric,
          rules: metric.rules.map((rule) => ({ ...rule, max: -1 })),
        })),
      },
    }));
    const sabotage = instead(spoiled("judge", judge, strict));
    expect(await found("healthy", sabotage)).toEqual([
      expect.stringMatching(/^it ends as it says: promotion 1 ended rolled-back, not promoted: .* broken by 0 %/),
    ]);
  });

  it("a version is deleted that a promotion may want", async () => {
    const careless: Spoil = (deps) => ({
      ...deps,
      ledger: {
        ...deps.ledger,
        list: async (pk, prefix) => (pk === "OPEN" ? [] : deps.ledger.list(pk, prefix)),
      },
    });
    const sabotage = instead(spoiled("retire-versions", retireVersions, careless));
    expect(await found("three-in-a-row", sabotage)).toContainEqual(
      expect.stringMatching(/^what is kept is there: shop-order lost version 8, which shop-v4-\w+ might have wanted$/),
    );
  });

  it("traffic is moved without a word in the journal", async () => {
    const hasty = writingOnly((change) => !("put" in change && change.put.sk.startsWith("INTENT#")));
    const sabotage = instead(spoiled("shift-traffic", shiftTraffic, hasty));
    expect(await found("healthy", sabotage)).toContain(
      "every write was meant: shop-order was written to, and nothing was written down before",
    );
  });

  it("code is replaced without a word in the journal", async () => {
    const hasty = writingOnly((change) => !("put" in change && change.put.sk.startsWith("REPLACEMENT#")));
    const sabotage = instead(spoiled("deploy-candidate", deployCandidate, hasty));
    expect(await found("healthy", sabotage)).toContain(
      "every write was meant: shop-order got other code, and nothing was written down before",
    );
  });

  it("the requester approves", async () => {
    type Asked = Parameters<ReturnType<typeof openPromotion>>[0];
    const disguised = (deps: Dependencies) => (input: Asked) => {
      const release = { ...(input.release as object), requestedBy: "nobody@shop.example" };
      return openPromotion(deps)({ ...input, release });
    };
    const sabotage = instead(spoiled("open-promotion", disguised, (deps) => deps));
    const document = documentOf("checked");
    for (const { release } of document.starts) release.requestedBy = "lead@shop.example";
    expect(await found(faultPlanOf("checked", document), sabotage)).toContain(
      "people have said yes: shop-order went to 25 % with 1 yes too few for before",
    );
  });

  it("the rejected code stays in $LATEST", async () => {
    // Whoever is left would bring it back as well.
    const idle = ["restore-code", "sweeper", "status-listener"].map((name) =>
      spoiled(
        name,
        () => async (_: unknown) => ({ summary: "nothing was done" }),
        (deps) => deps,
      ),
    );
    expect(await found("regression", instead(...idle))).toContain(
      "rejected code is not left: shop-order serves 7, and $LATEST holds code that was not promoted",
    );
  });
});
