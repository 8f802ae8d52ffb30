/** Time-outs of what serves: read before anybody is asked, and of the candidate that was made. */
import { describe, expect, it } from "vitest";
import { captureBaseline } from "../../functions/capture-baseline.ts";
import { checkGates } from "../../functions/check-gates.ts";
import { deployCandidate } from "../../functions/deploy-candidate.ts";
import { asTarget } from "../../functions/domain/ledger/journal-records.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadHead, must } from "../../functions/domain/ledger/load.ts";
import { loadEnding } from "../../functions/domain/ledger/note-ending.ts";
import { enterEnvironment } from "../../functions/enter-environment.ts";
import { metric } from "../support/canary-world.ts";
import { ENV, environmentPlan, IN_PROD, NEW_CODE, opened, P1, promotionPlan, World } from "../support/deps.ts";

async function worldWith(bakeSeconds: number): Promise<World> {
  const world = new World();
  const { analysis } = environmentPlan();
  const steps = [10, 100].map((weight) => ({ weight, bakeSeconds }));
  const plan = environmentPlan({ steps, alarms: [], analysis: { ...analysis, metrics: [metric()], extendSeconds: 0 } });
  await opened(world, promotionPlan([plan]));
  await enterEnvironment(world.deps)({ promotionId: P1, position: 0 });
  return world;
}

const gates = async (world: World) => {
  const { decision, summary } = await checkGates(world.deps)({ ...IN_PROD, when: "before" });
  const kept = await must(world.ledger, keys.gates(P1, ENV, "before"));
  return { decision, summary, results: kept.results };
};

const deployed = async (world: World) => {
  world.code("order").replaceByHand(NEW_CODE);
  await captureBaseline(world.deps)(IN_PROD);
  return deployCandidate(world.deps)({ ...IN_PROD, target: "order" });
};
const record = async (world: World) => asTarget(await must(world.ledger, keys.target(P1, ENV, "order")));

describe("before anybody is asked", () => {
  it("a function that may run longer than a bake is refused, with the bake that would do", async () => {
    const world = await worldWith(900);
    world.code("order").timeOut = 900;
    const { decision, summary } = await gates(world);
    expect(decision).toBe("stop");
    expect(summary).toContain("bakes hold minutes that count failed: rollout.steps, 10 %: bake 15m end before");
    expect(summary).toContain("(hint: bake 19m or longer, or extendUpTo 4m)");
    expect((await loadEnding(world.ledger, P1))?.outcome).toBe("blocked");
  });

  it.each(["what serves", "what would"])("the time-out of %s counts", async (which) => {
    const world = await worldWith(900);
    if (which === "what serves") world.code("order").timeOuts.set("7", 900);
    else Object.assign(world.code("order"), { timeOut: 900 }).timeOuts.set("7", 3);
    expect((await gates(world)).decision).toBe("stop");
  });

  it("approvers read of a settle that is raised", async () => {
    const world = await worldWith(900);
    world.code("order").timeOut = 180;
    const { decision, results } = await gates(world);
    expect(decision).toBe("go");
    expect(results).toMatchObject([
      { passed: true, found: expect.stringContaining("settle 2m is raised to 5m for what counts for the candidate") },
    ]);
  });

  it("nothing is said where minutes count as soon as `settle` says, or no metric acts", async () => {
    expect((await gates(await worldWith(900))).results).toEqual([]);
  });
});

describe("a candidate", () => {
  it("is made with the longest time-out of its own and the baseline's in the record", async () => {
    const world = await worldWith(900);
    world.code("order").timeOuts.set("7", 180);
    expect(await deployed(world)).toMatchObject({ decision: "go" });
    expect(await record(world)).toMatchObject({ candidate: "8", longestSeconds: 180 });
  });

  it("that turns out to run longer than a bake ends the promotion before it gets traffic", async () => {
    const world = await worldWith(900);
    world.code("order").timeOuts.set("8", 900);
    expect(await deployed(world)).toMatchObject({
      decision: "stop",
      summary: expect.stringContaining("order: rollout.steps, 10 %: bake 15m end before a minute counts"),
    });
    expect((await loadHead(world.ledger, P1, ENV)).firstShiftAt).toBeNull();
    expect((await record(world)).candidate).toBeNull();
  });
});
