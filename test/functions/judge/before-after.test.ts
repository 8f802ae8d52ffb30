/** What speaks against a candidate with no baseline beside it: people are told, and traffic stays until they decide. */
import { describe, expect, it } from "vitest";
import { loadAudit } from "../../../functions/domain/ledger/append-audit.ts";
import type { EnvironmentPlan } from "../../../functions/domain/plan.ts";
import { analysis, bake, headOf, record, worldAt } from "../../support/baking.ts";
import { PROMOTION, START, type Traffic, type World } from "../../support/canary-world.ts";

const people = { notices: ["team@example.com", "oncall@example.com"], pageTo: ["oncall@example.com"] };
const DAY = 86_400;

/** Of the alias as a whole: one error in a thousand, and 5 % in between (seconds after the start). */
const badBetween =
  (from: number, to: number): Traffic =>
  (version, at) => {
    const seconds = (at - START) / 1000;
    if (version !== "alias") return undefined;
    return { requests: 6_000, errors: seconds >= from && seconds < to ? 300 : 6 };
  };

async function monitored(traffic: Traffic, over: Partial<EnvironmentPlan> = {}): Promise<World> {
  const world = await worldAt(100, traffic, {
    monitor: { forSeconds: 1_800, onFail: "roll-back" },
    ...people,
    ...over,
  });
  world.at(100);
  await world.finish();
  return world;
}

describe("monitoring that finds the candidate worse than before the release", () => {
  it("pages people once, with what they can say, and leaves traffic where it is", async () => {
    const world = await monitored(badBetween(400, 10 * DAY));
    const { last } = await bake(world, "monitor", 110, 3_000);
    expect(last.decision).toBe("again");
    expect((await headOf(world)).state).toBe("open");
    expect(world.inbox.map(({ to }) => to)).toEqual(["oncall@example.com", "team@example.com"]);
    expect(world.inbox[0]?.subject).toBe("shop v8: 100 % in prod is worse than before the release");
    const body = world.inbox[0]?.body ?? "";
    expect(body).toContain("Nothing goes back for it by itself: no baseline runs beside it");
    expect(body).toContain("If it lasts to the end of the monitoring, people have 1d to decide; then it goes back.");
    for (const verb of ["roll-back", "promote-now", "hold"])
      expect(body).toContain(`npm run headgate -- ${verb} ${PROMOTION} --reason "..."`);
    const asked = (await loadAudit(world.ledger, PROMOTION)).filter(({ kind }) => kind === "decision-asked");
    expect(asked).toHaveLength(1);
  });

  it("ends well once that is over, though nobody has decided", async () => {
    const world = await monitored(badBetween(400, 3_000));
    const { last, at } = await bake(world, "monitor", 110, DAY);
    expect(last.result).toBe("passed");
    expect(at).toBeGreaterThan(3_000);
    expect((await headOf(world)).state).toBe("open");
  });

  it("ends with a person's word that the candidate stays", async () => {
    const world = await monitored(badBetween(400, 10 * DAY));
    await bake(world, "monitor", 110, 3_000);
    await world.signal("promote-now");
    expect((await bake(world, "monitor", 3_010, DAY)).last.result).toBe("passed");
  });

  it("goes back after a day in which nobody decides and it lasts: the baseline is what is known to be good", async () => {
    const world = await monitored(badBetween(400, 10 * DAY), analysis({ extendSeconds: 600 }));
    const { last, at } = await bake(world, "monitor", 110, 3 * DAY);
    expect(last).toMatchObject({ result: "tripped", summary: expect.stringMatching(/^nobody decided within 1d: /) });
    expect(at).toBe(110 + 1_800 + 600 + DAY);
    expect((await headOf(world)).trip).toMatchObject({ by: "gate" });
  });

  it("does not go back for silence while somebody holds it", async () => {
    const world = await monitored(badBetween(400, 10 * DAY), analysis({ extendSeconds: 600 }));
    await bake(world, "monitor", 110, 3_000);
    await world.signal("hold");
    expect((await bake(world, "monitor", 3_010, 3 * DAY)).last.decision).toBe("again");
    await world.signal("resume");
    expect((await bake(world, "monitor", 3 * DAY, 4 * DAY)).last.result).toBe("tripped");
  });

  it("goes back at its end where the policy says so of what has not passed", async () => {
    const world = await monitored(badBetween(400, 10 * DAY), analysis({ onInconclusive: "roll-back" }));
    expect((await bake(world, "monitor", 110, 3 * DAY)).last.result).toBe("failed");
    expect(world.inbox[0]?.body).toContain("If it lasts to the end of the monitoring, it goes back");
  });

  it("tells nobody where the policy asks to be warned alone", async () => {
    const world = await monitored(badBetween(400, 10 * DAY), { monitor: { forSeconds: 1_800, onFail: "warn" } });
    expect((await bake(world, "monitor", 110, DAY)).last.result).toBe("passed");
    expect(world.inbox).toEqual([]);
  });
});

describe("a bake at 100 % that finds it so", () => {
  it("tells people at once, bakes to its end, and then holds", async () => {
    const world = await worldAt(100, badBetween(0, DAY), people);
    const early = await bake(world, "step-100", 35, 600);
    expect(early.last.decision).toBe("again");
    expect(world.inbox).toHaveLength(2);
    const { last } = await bake(world, "step-100", early.at, 3_000);
    expect(last.result).toBe("inconclusive-hold");
    expect(world.inbox).toHaveLength(2);
    expect((await record(world, "step-100")).findings[0]?.beforeAfter).toBe(true);
  });
});
