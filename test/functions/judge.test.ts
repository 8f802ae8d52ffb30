import { describe, expect, it } from "vitest";
import { beginBake } from "../../functions/begin-bake.ts";
import { loadBake, loadEvidence, loadLooks } from "../../functions/domain/assessment-store.ts";
import { loadAudit } from "../../functions/domain/audit.ts";
import { ServiceTrouble } from "../../functions/domain/errors.ts";
import { item, keys, loadHead } from "../../functions/domain/ledger.ts";
import type { EnvironmentPlan } from "../../functions/domain/plan.ts";
import { captureReference, loadReferences } from "../../functions/domain/reference.ts";
import { type Judged, judge } from "../../functions/judge.ts";
import {
  canaryWorld,
  ENVIRONMENT,
  environmentPlan,
  judged,
  MINUTE,
  metric,
  PROMOTION,
  rule,
  START,
  type Traffic,
  type World,
} from "../support/canary-world.ts";

const where = { promotionId: PROMOTION, environment: ENVIRONMENT };
const phaseInput = (phase: string) => ({ ...where, phase, chunk: 1 });

/** 600 requests a minute, one error in a thousand on average, evenly. */
const healthy: Traffic = (version, at) => {
  const even = Math.round(at / MINUTE) % 2;
  if (version === "8") return { requests: 60, errors: 0 };
  return { requests: 540, errors: even };
};
const failing: Traffic = (version, at) => (version === "8" ? { requests: 60, errors: 4 } : healthy(version, at));

/** Begins the phase and looks until it ends, or until so many seconds have gone by; returns the last answer. */
async function bake(
  world: World,
  phase: string,
  from: number,
  until: number,
): Promise<{ last: Judged; at: number; looks: number }> {
  world.at(from);
  let { seconds } = (await beginBake(world.deps)(phaseInput(phase))).tick;
  let at = from;
  for (let looks = 1; ; looks++) {
    at += seconds;
    world.at(at);
    const last = await judge(world.deps)({ ...phaseInput(phase), ticks: looks - 1 });
    if (last.decision === "end" || at >= until) return { last, at, looks };
    seconds = last.tick.seconds;
  }
}

const worldAt = async (weight: number, traffic: Traffic, over: Partial<EnvironmentPlan> = {}): Promise<World> => {
  const world = await canaryWorld(environmentPlan(over), traffic);
  await captureReference(world.deps, environmentPlan(over), PROMOTION);
  world.at(30);
  await world.shift(weight);
  return world;
};

describe("the judge", () => {
  it("passes a healthy candidate at the planned end of its bake", async () => {
    const world = await worldAt(10, healthy);
    const { last, at } = await bake(world, "step-10", 35, 2_000);
    expect(last).toMatchObject({ decision: "end", result: "passed", weight: 10 });
    expect(at).toBe(30 + 900);
    expect((await loadHead(world.ledger, PROMOTION, ENVIRONMENT)).state).toBe("open");
  });

  it("trips the journal within a few closed minutes when the candidate fails", async () => {
    const world = await worldAt(10, failing);
    const { last, at } = await bake(world, "step-10", 35, 2_000);
    expect(last).toMatchObject({ decision: "end", result: "failed" });
    // The first whole minute starts 60 s in; each is read two minutes after it closed.
    expect((at - 60 - 120) / 60).toBeLessThanOrEqual(4);
    const head = await loadHead(world.ledger, PROMOTION, ENVIRONMENT);
    expect(head.trip).toMatchObject({ by: "judge" });
    expect(head.trip?.reason).toContain("evidence against the candidate");
    expect(await loadBake(world.ledger, PROMOTION, ENVIRONMENT, "step-10")).toMatchObject({
      acted: "judge",
      verdict: "fail",
    });
  });
});
