import { describe, expect, it } from "vitest";
import { beginBake } from "../../../functions/begin-bake.ts";
import { ServiceTrouble } from "../../../functions/domain/errors.ts";
import { loadAudit } from "../../../functions/domain/ledger/append-audit.ts";
import { item } from "../../../functions/domain/ledger/items.ts";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import type { EnvironmentPlan } from "../../../functions/domain/plan.ts";
import { judge } from "../../../functions/judge.ts";
import { analysis, bake, failing, headOf, healthy, phaseInput, record, worldAt } from "../../support/baking.ts";
import { ENVIRONMENT, metric, PROMOTION, rule, START, type World } from "../../support/canary-world.ts";

const guarded = { alarms: ["shop-errors", "shop-p95"] };

/** 10 % on the candidate since 30 s after the start, and two alarms that are green. */
async function quiet(over: Partial<EnvironmentPlan> = {}): Promise<World> {
  const world = await worldAt(10, healthy, { ...guarded, ...over });
  world.alarms.red.set("shop-errors", "OK").set("shop-p95", "OK");
  return world;
}

const instant = (seconds: number) => START + seconds * 1_000;

/** One look at the phase, so many seconds after the start. */
async function look(world: World, phase: string, seconds: number) {
  world.at(seconds);
  return judge(world.deps)(phaseInput(phase));
}

async function begin(world: World, phase: string, seconds: number): Promise<void> {
  world.at(seconds);
  await beginBake(world.deps)(phaseInput(phase));
}

describe("alarms", () => {
  it("trip the journal when one is red", async () => {
    const world = await worldAt(10, healthy, guarded);
    world.alarms.red.set("shop-errors", "OK").set("shop-p95", "ALARM");
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last).toMatchObject({ result: "tripped", summary: "alarm shop-p95 is red" });
    expect((await headOf(world)).trip).toMatchObject({ by: "alarm" });
  });

  it("let the bake be when they are green or have no data", async () => {
    const world = await worldAt(10, healthy, guarded);
    world.alarms.red.set("shop-errors", "OK").set("shop-p95", "INSUFFICIENT_DATA");
    expect((await bake(world, "step-10", 35, 2_000)).last.result).toBe("passed");
  });

  it("that are gone are never taken for green ones", async () => {
    const world = await worldAt(10, healthy, { ...guarded, ...analysis({ extendSeconds: 0 }) });
    world.alarms.red.set("shop-errors", "OK");
    const { last } = await bake(world, "step-10", 35, 2_000);
    expect(last).toMatchObject({ result: "inconclusive-hold", summary: "error after 15m: there is no alarm shop-p95" });
  });

  it("that cannot be read are an error, while a failing candidate still goes back", async () => {
    const world = await worldAt(10, healthy, { ...guarded, ...analysis({ extendSeconds: 0 }) });
    world.alarms.fail = new ServiceTrouble("throttled");
    expect((await bake(world, "step-10", 35, 2_000)).last.summary).toContain("the alarms could not be read");
    const bad = await worldAt(10, failing, guarded);
    bad.alarms.fail = new ServiceTrouble("throttled");
    expect((await bake(bad, "step-10", 35, 2_000)).last.result).toBe("failed");
    const rules = [rule({ max: 5 })];
    const broken = await worldAt(10, failing, { ...guarded, ...analysis({ metrics: [metric({ rules })] }) });
    broken.alarms.fail = new ServiceTrouble("throttled");
    expect((await bake(broken, "step-10", 35, 2_000)).last.result).toBe("failed");
  });
});

describe("an alarm that loses its data in the middle of a rollout", () => {
  it("is told once to everybody in the plan, and the rollout goes on", async () => {
    const world = await quiet({ notices: ["team@example.com"], pageTo: ["oncall@example.com"] });
    await bake(world, "step-10", 35, 200);
    world.alarms.red.set("shop-p95", "INSUFFICIENT_DATA");
    world.alarms.since.set("shop-p95", instant(240));
    expect((await look(world, "step-10", 500)).decision).toBe("again");
    expect(world.inbox).toEqual([]);
    for (const seconds of [600, 660, 720]) expect((await look(world, "step-10", seconds)).decision).toBe("again");
    expect(world.inbox.map(({ to }) => to)).toEqual(["oncall@example.com", "team@example.com"]);
    expect(world.inbox[0]?.subject).toBe("shop v8: alarm shop-p95 has lost its data in prod");
    const said = (await loadAudit(world.ledger, PROMOTION)).filter(({ kind }) => kind === "alarm-silent");
    expect(said.map(({ summary }) => summary)).toEqual([
      "alarm shop-p95 has lost its data, and guards nothing until it has some",
    ]);
  });

  it("is told at the start, not here, where it never had any", async () => {
    const world = await quiet({ notices: ["team@example.com"] });
    world.alarms.red.set("shop-p95", "INSUFFICIENT_DATA");
    await bake(world, "step-10", 35, 600);
    expect(world.inbox).toEqual([]);
  });
});

describe("an alarm that was red between two looks", () => {
  it("trips the journal though it is green again, and the record says when", async () => {
    const world = await quiet();
    await bake(world, "step-10", 35, 200);
    world.alarms.flap("shop-p95", instant(260), 10_000);
    const last = await look(world, "step-10", 300);
    const summary = "alarm shop-p95 turned red at 2026-03-03 18:04:20 UTC, and is not red any more";
    expect(last).toMatchObject({ decision: "end", result: "tripped", summary });
    expect((await headOf(world)).trip).toMatchObject({ by: "alarm", reason: summary });
  });

  it("counts in every phase that watches traffic", async () => {
    for (const phase of ["step-10", "monitor", "hold-1"]) {
      const world = await quiet({ monitor: { forSeconds: 7_200, onFail: "warn" } });
      const hold = { why: "operator", until: null, summary: "held" };
      await world.ledger.write([{ put: item(keys.hold(PROMOTION, ENVIRONMENT, "hold-1"), hold) }]);
      await world.signal("hold");
      await begin(world, phase, 40);
      expect((await look(world, phase, 100)).decision, phase).toBe("again");
      world.alarms.flap("shop-errors", instant(130), 20_000);
      expect((await look(world, phase, 160)).result, phase).toBe("tripped");
    }
  });

  it("counts when it turned between two bakes", async () => {
    const world = await quiet();
    await bake(world, "step-10", 35, 2_000);
    world.alarms.flap("shop-p95", instant(935), 3_000);
    await world.shift(25);
    await begin(world, "step-25", 945);
    expect((await look(world, "step-25", 1_000)).result).toBe("tripped");
  });

  it("is not the candidate's doing when it turned before the first shift", async () => {
    const world = await quiet();
    world.alarms.flap("shop-p95", START - 1, 60_000);
    await begin(world, "step-10", 35);
    expect((await look(world, "step-10", 100)).decision).toBe("again");
    expect(world.alarms.historyReads).toEqual([{ names: ["shop-p95"], from: START }]);
  });

  it("has no past that counts while nothing was shifted", async () => {
    const world = await quiet();
    const key = keys.head(PROMOTION, ENVIRONMENT);
    await world.ledger.write([{ put: item(key, { ...(await headOf(world)), firstShiftAt: null }) }]);
    world.alarms.flap("shop-p95", instant(50), 10_000);
    await begin(world, "step-10", 35);
    expect((await look(world, "step-10", 100)).decision).toBe("again");
    expect((await record(world, "step-10")).alarmsReadTo).toBeNull();
  });
});

describe("the alarms' history", () => {
  it("is not asked for while none of them changed", async () => {
    const world = await quiet();
    await bake(world, "step-10", 35, 2_000);
    expect(world.alarms.historyReads).toEqual([]);
    expect((await record(world, "step-10")).alarmsReadTo).toBe(instant(930));
  });

  it("is read on by the next bake from where the last one stopped", async () => {
    const world = await quiet();
    await begin(world, "step-10", 35);
    expect((await record(world, "step-10")).alarmsReadTo).toBeNull();
    await bake(world, "step-10", 35, 2_000);
    await begin(world, "step-25", 945);
    expect((await record(world, "step-25")).alarmsReadTo).toBe(instant(930));
  });

  it("is asked of those alone that changed, do not say when, or are gone; a minute of it twice", async () => {
    const world = await quiet({ alarms: ["shop-errors", "shop-p95", "shop-old", "shop-gone"] });
    world.alarms.red.set("shop-old", "OK");
    world.alarms.since.set("shop-p95", instant(200)).set("shop-errors", null);
    await begin(world, "step-10", 35);
    await look(world, "step-10", 180);
    await look(world, "step-10", 240);
    await look(world, "step-10", 300);
    expect(world.alarms.historyReads).toEqual([
      { names: ["shop-errors", "shop-p95", "shop-gone"], from: START },
      { names: ["shop-errors", "shop-p95", "shop-gone"], from: instant(120) },
      { names: ["shop-errors", "shop-p95", "shop-gone"], from: instant(180) },
    ]);
    await look(world, "step-10", 360);
    expect(world.alarms.historyReads.at(-1)?.names).toEqual(["shop-errors", "shop-gone"]);
  });

  it("that is throttled is said, and its span read again by the next look", async () => {
    const world = await quiet();
    await begin(world, "step-10", 35);
    await look(world, "step-10", 100);
    world.alarms.flap("shop-p95", instant(130), 10_000);
    world.alarms.failHistory = new ServiceTrouble("throttled");
    expect((await look(world, "step-10", 160)).decision).toBe("again");
    const since = "since 2026-03-03 18:00:40 UTC";
    expect(await record(world, "step-10")).toMatchObject({
      verdict: "error",
      reasons: expect.arrayContaining([`the history of alarm shop-p95 ${since} could not be read`]),
      alarmsReadTo: instant(100),
    });
    expect((await look(world, "step-10", 400)).decision).toBe("again");
    world.alarms.failHistory = null;
    expect((await look(world, "step-10", 460)).result).toBe("tripped");
  });

  it("that could not be read is no pass, and the next bake reads what the last one could not", async () => {
    const world = await quiet(analysis({ extendSeconds: 0 }));
    world.alarms.flap("shop-p95", instant(130), 10_000);
    world.alarms.failHistory = new ServiceTrouble("throttled");
    expect((await bake(world, "step-10", 35, 2_000)).last.result).toBe("inconclusive-hold");
    const hold = { why: "verdict", until: null, summary: "a person has to decide" };
    await world.ledger.write([{ put: item(keys.hold(PROMOTION, ENVIRONMENT, "hold-1"), hold) }]);
    await begin(world, "hold-1", 940);
    world.alarms.failHistory = null;
    expect((await look(world, "hold-1", 1_000)).result).toBe("tripped");
  });

  it("is read from the first shift on for a bake that began before Headgate knew of it", async () => {
    const world = await quiet();
    await begin(world, "step-10", 35);
    const key = keys.bake(PROMOTION, ENVIRONMENT, "step-10");
    const { alarmsReadTo: _unknown, ...begun } = await record(world, "step-10");
    await world.ledger.write([{ put: item(key, begun) }]);
    world.alarms.flap("shop-p95", instant(60), 10_000);
    expect((await look(world, "step-10", 100)).result).toBe("tripped");
  });

  it("that is refused lets the error through: no number of tries helps", async () => {
    const world = await quiet();
    world.alarms.since.set("shop-p95", null);
    world.alarms.failHistory = new Error("AccessDenied");
    await begin(world, "step-10", 35);
    await expect(look(world, "step-10", 100)).rejects.toThrow("AccessDenied");
  });

  it("is left alone in a look that finds an alarm red, or the alarms unreadable", async () => {
    const world = await quiet();
    world.alarms.since.set("shop-errors", null);
    world.alarms.fail = new ServiceTrouble("throttled");
    await begin(world, "step-10", 35);
    await look(world, "step-10", 100);
    expect((await record(world, "step-10")).alarmsReadTo).toBeNull();
    world.alarms.fail = null;
    world.alarms.red.set("shop-p95", "ALARM");
    expect((await look(world, "step-10", 160)).summary).toBe("alarm shop-p95 is red");
    expect(world.alarms.historyReads).toEqual([]);
  });
});
