import { describe, expect, it } from "vitest";
import { beginBake } from "../../../functions/begin-bake.ts";
import { MOST_TICKS } from "../../../functions/domain/chunks.ts";
import { ServiceTrouble } from "../../../functions/domain/errors.ts";
import { loadAudit } from "../../../functions/domain/ledger/append-audit.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { loadEnding } from "../../../functions/domain/ledger/note-ending.ts";
import { type Judged, judge } from "../../../functions/judge.ts";
import { bake, evidenceOf, failing, headOf, healthy, phaseInput, record, worldAt } from "../../support/baking.ts";
import { PROMOTION } from "../../support/canary-world.ts";

describe("people", () => {
  it.each([
    ["abort", "aborted"],
    ["roll-back", "rolled-back"],
    ["supersede", "superseded"],
  ])("who say %s trip the journal, and the promotion ends as %s", async (kind, outcome) => {
    const world = await worldAt(10, healthy);
    await world.signal(kind);
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last).toMatchObject({ result: "tripped", summary: "ann: because" });
    expect((await headOf(world)).trip).toMatchObject({ by: "operator", reason: "ann: because" });
    expect(await world.ledger.read(keys.ending(PROMOTION))).toMatchObject({ outcome });
  });

  it.each(["skip-bake", "promote-now"])(
    "who say %s during the bake end it as passed, and the record says so",
    async (kind) => {
      const world = await worldAt(10, healthy);
      await bake(world, "step-10", 35, 200);
      await world.signal(kind);
      const last = await judge(world.deps)(phaseInput("step-10"));
      expect(last).toMatchObject({ result: "passed", summary: `not baked to its end: ${kind} by ann: because` });
    },
  );

  it("who skipped an earlier bake have not skipped this one", async () => {
    const world = await worldAt(10, healthy);
    world.at(29);
    await world.signal("skip-bake");
    expect((await bake(world, "step-10", 35, 200)).last.decision).toBe("again");
  });
});

describe("the journal", () => {
  it.each(["tripped", "closed"] as const)("that is %s ends the bake as that", async (state) => {
    const world = await worldAt(10, healthy);
    await world.head(state);
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last).toMatchObject({ decision: "end", result: state });
    expect(last.summary).toBe(state === "tripped" ? "the alarm listener" : "stopped: the promotion is over here");
    expect(world.metrics.reads.filter(({ queries }) => queries[0]?.dimensions.ExecutedVersion)).toEqual([]);
  });
});

describe("a call that is repeated", () => {
  it("after the end gives the same answer and changes nothing", async () => {
    const world = await worldAt(10, failing);
    const { last } = await bake(world, "step-10", 35, 2_000);
    const before = world.ledger.items();
    const reads = world.metrics.reads.length;
    const again = await judge(world.deps)({ ...phaseInput("step-10"), ticks: last.ticks - 1 });
    expect(again).toEqual(last);
    expect(world.ledger.items()).toEqual(before);
    expect(world.metrics.reads).toHaveLength(reads);
  });

  it("at the same moment confirms no minute by itself", async () => {
    const world = await worldAt(10, healthy);
    world.at(35);
    await beginBake(world.deps)(phaseInput("step-10"));
    world.at(245);
    for (let call = 0; call < 3; call++) await judge(world.deps)(phaseInput("step-10"));
    expect((await evidenceOf(world)).progress?.totals.samples).toBe(0);
    world.at(275);
    await judge(world.deps)(phaseInput("step-10"));
    expect((await evidenceOf(world)).progress?.totals.samples).toBe(60);
  });

  it("and overtaken by another is told that the ledger is busy", async () => {
    const world = await worldAt(10, healthy);
    await bake(world, "step-10", 35, 200);
    let other: Promise<Judged> | undefined;
    world.ledger.before = async (operation) => {
      if (!operation.startsWith("write BAKE#") || other !== undefined) return;
      other = judge(world.deps)(phaseInput("step-10"));
      await other;
    };
    await expect(judge(world.deps)(phaseInput("step-10"))).rejects.toMatchObject({ name: "LedgerBusy" });
    expect((await other)?.decision).toBe("again");
  });

  it("after a crash between trip and record says that the journal is tripped", async () => {
    const world = await worldAt(10, failing);
    world.ledger.before = async (operation) => {
      const trippedAlready = (await world.ledger.items(({ state }) => state === "tripped")).length > 0;
      if (trippedAlready && operation.startsWith("write BAKE#")) throw new Error("killed");
    };
    await expect(bake(world, "step-10", 35, 2_000)).rejects.toThrow("killed");
    expect((await headOf(world)).state).toBe("tripped");
    world.ledger.before = async () => {};
    expect(await judge(world.deps)(phaseInput("step-10"))).toMatchObject({ decision: "end", result: "tripped" });
  });

  it("writes one entry per change into the trail, not one per minute", async () => {
    const world = await worldAt(10, healthy);
    const { looks } = await bake(world, "step-10", 35, 2_000);
    const trail = await loadAudit(world.ledger, PROMOTION);
    expect(looks).toBeGreaterThan(10);
    expect(trail.map(({ data }) => [data?.what, data?.verdict])).toEqual([
      ["verdict", "inconclusive"],
      ["verdict", "pass"],
      ["passed", "pass"],
    ]);
  });
});

describe("an execution that has had its ticks", () => {
  it("ends and names the one that goes on, while the phase does not end", async () => {
    const world = await worldAt(10, healthy);
    await bake(world, "step-10", 35, 200);
    const before = await judge(world.deps)({ ...phaseInput("step-10"), ticks: MOST_TICKS - 2 });
    expect(before).toMatchObject({ decision: "again", result: null, ticks: MOST_TICKS - 1 });
    const last = await judge(world.deps)({ ...phaseInput("step-10"), ticks: MOST_TICKS - 1 });
    expect(last).toMatchObject({ decision: "end", result: "continue", ticks: MOST_TICKS, nextChunk: 2 });
    expect(last.nextName).toMatch(/^p-1-prod-step-10-2-[0-9a-f]{10}$/);
    expect(await record(world, "step-10")).toMatchObject({ result: null, chunk: 1 });
    expect(await beginBake(world.deps)({ ...phaseInput("step-10"), chunk: 2 })).toMatchObject({ chunk: 2, ends: "at" });
  });
});

describe("an alias that is moved by hand", () => {
  const back = { primary: "7", secondary: null };
  const paged = { pageTo: ["oncall@example.com"] };

  it("is noticed within five looks: the rollout stops, people are paged, and the bake ends", async () => {
    const world = await worldAt(10, healthy, paged);
    const before = await bake(world, "step-10", 35, 100);
    expect(before.last.decision).toBe("again");
    world.aliases.moved = back;

    const { last, looks } = await bake(world, "step-10", 160, 2_000);

    expect(looks).toBeLessThanOrEqual(5);
    expect(last).toMatchObject({ decision: "end", result: "tripped" });
    expect(last.summary).toBe('order: somebody else moved it; expected version 7, 10 % on 8, found version 7 ("")');
    expect(await headOf(world)).toMatchObject({ state: "tripped", trip: { by: "conflict", reason: last.summary } });
    expect(await loadEnding(world.ledger, PROMOTION)).toMatchObject({ outcome: "rolled-back", summary: last.summary });
    expect(world.inbox.map(({ subject }) => subject)).toEqual([
      "Headgate stopped in prod: order was moved by somebody else",
    ]);
  });

  it("is noticed after the finish as well, while it is monitored", async () => {
    const world = await worldAt(100, healthy, paged);
    await world.finish();
    world.aliases.moved = back;
    const { last } = await bake(world, "monitor", 100, 7_400);
    expect(last).toMatchObject({ result: "tripped", summary: expect.stringContaining("expected version 8, found") });
  });

  it("by a restore of ours is not somebody else's move", async () => {
    const world = await worldAt(10, healthy, paged);
    await beginBake(world.deps)(phaseInput("step-10"));
    // Between the look at the journal and the look at the alias, an operator's restore trips the one and moves the other.
    const read = world.deps.target;
    const deps = {
      ...world.deps,
      target: (...which: Parameters<typeof read>) => {
        world.aliases.moved = back;
        return read(...which);
      },
      clock: {
        ...world.deps.clock,
        sleep: () => world.head("tripped"),
      },
    };

    const last = await judge(deps)({ ...phaseInput("step-10"), ticks: 4 });

    expect(last).toMatchObject({ result: "tripped", summary: "the alarm listener" });
    expect(world.inbox).toEqual([]);
  });

  it("costs no bake: where aliases cannot be read, the metrics still are", async () => {
    const world = await worldAt(10, healthy, paged);
    world.aliases.fail = new ServiceTrouble("throttled");
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last.result).toBe("passed");
    expect(world.aliases.reads).toBeGreaterThanOrEqual(2);
  });

  it("is asked for at every fifth look, since the service answers few calls a second", async () => {
    const world = await worldAt(10, healthy, paged);
    const { looks } = await bake(world, "step-10", 35, 2_000);
    expect(world.aliases.reads).toBe(Math.floor(looks / 5));
  });
});
