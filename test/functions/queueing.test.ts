/** Queueing for a lock that another promotion holds, for as long as it takes. */
import { describe, expect, it } from "vitest";
import { MOST_LOOKS } from "../../functions/domain/chunks.ts";
import { executionName } from "../../functions/domain/inputs.ts";
import { loadEnding } from "../../functions/domain/ledger/note-ending.ts";
import { LIFE_SECONDS } from "../../functions/domain/life.ts";
import { enterEnvironment } from "../../functions/enter-environment.ts";
import { settleApproval } from "../../functions/settle-approval.ts";
import { type Scene, scene, sha256 } from "../support/approval-scene.ts";
import { environmentPlan, opened, P1, promotionPlan, World } from "../support/deps.ts";

const SECOND = "shop-v3";

async function withTwo(): Promise<World> {
  const world = new World();
  await opened(world);
  world.clock.advance(1);
  await opened(world, promotionPlan([environmentPlan({ onConflict: "queue" })]), { promotionId: SECOND });
  await enterEnvironment(world.deps)({ promotionId: P1, position: 0 });
  return world;
}

describe("a queued promotion", () => {
  it("looks less and less often, and hands over to the next execution when this one has had its looks", async () => {
    const world = await withTwo();
    const look = (looks: number, promotionId = SECOND) =>
      enterEnvironment(world.deps)({ promotionId, position: 0, turn: 2, looks });
    expect(await look(9)).toMatchObject({ decision: "queue", queue: { turn: 3, looks: 10 }, wait: { seconds: 707 } });
    expect(await look(MOST_LOOKS - 1)).toMatchObject({
      decision: "continue",
      summary: expect.stringContaining("held"),
    });
    expect(await look(MOST_LOOKS - 1, P1)).toMatchObject({ decision: "enter" });
  });

  it("queues under another name each time that it comes back, and under the same when asked again", async () => {
    const world = await withTwo();
    const come = (turn: number) => enterEnvironment(world.deps)({ promotionId: SECOND, position: 0, turn });
    const [first, again, second] = [await come(0), await come(0), await come(1)];
    expect(first.queue.name).toBe(executionName(sha256, SECOND, "prod", "queue", 1));
    expect(again.queue.name).toBe(first.queue.name);
    expect(second.queue.name).not.toBe(first.queue.name);
    expect(second.queue.name.length).toBeLessThanOrEqual(80);
  });

  it("expires in the queue when less of its execution's year is left than the environment may last", async () => {
    const world = await withTwo();
    world.clock.advance(LIFE_SECONDS * 1_000);
    expect(await enterEnvironment(world.deps)({ promotionId: SECOND, position: 0 })).toMatchObject({
      decision: "stop",
    });
    expect(await loadEnding(world.ledger, SECOND)).toMatchObject({
      outcome: "expired",
      summary: expect.stringContaining("of the year that an execution has only 0s are left"),
    });
  });
});

describe("an approval that waits for long", () => {
  async function asked(): Promise<Scene> {
    const on = await scene();
    await on.ask();
    return on;
  }
  const settle = ({ deps, name }: Scene, looks: number) => settleApproval(deps)({ ...name, chunk: 4, looks });

  it("goes on in the next execution when this one has had its looks", async () => {
    const on = await asked();
    expect(await settle(on, MOST_LOOKS - 2)).toMatchObject({ decision: "again", outcome: null, looks: MOST_LOOKS - 1 });
    const last = await settle(on, MOST_LOOKS - 1);
    expect(last).toMatchObject({ decision: "end", outcome: "continue", nextChunk: 5 });
    expect(last.nextName).toBe(executionName(sha256, on.name.promotionId, "prod", "approval", 5));
    expect(await loadEnding(on.ledger, on.name.promotionId)).toBeNull();
  });

  it("ends by its own word when that comes with the last look", async () => {
    const on = await asked();
    on.now += 30 * 86_400_000;
    expect(await settle(on, MOST_LOOKS - 1)).toMatchObject({ decision: "end", outcome: "expired" });
  });
});
