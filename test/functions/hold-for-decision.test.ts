/** A bake without a verdict: the next move holds, and people are told what to decide. */
import { describe, expect, it } from "vitest";
import { beginBake } from "../../functions/begin-bake.ts";
import { captureReference } from "../../functions/domain/judge/capture-reference.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { must } from "../../functions/domain/ledger/load.ts";
import { asHold } from "../../functions/domain/ledger/pauses.ts";
import type { EnvironmentPlan } from "../../functions/domain/plan.ts";
import { judge } from "../../functions/judge.ts";
import { planMove } from "../../functions/plan-move.ts";
import {
  canaryWorld,
  ENVIRONMENT,
  environmentPlan,
  judged,
  metric,
  PROMOTION,
  rule,
  START,
  type Traffic,
  type World,
} from "../support/canary-world.ts";

const where = { promotionId: PROMOTION, environment: ENVIRONMENT };
const thin: Traffic = (version) => ({ requests: version === "8" ? 6 : 54, errors: version === "8" ? 0 : 1 });
const ADVICE = {
  lines: [],
  warnings: [],
  refused: false,
  slowest: { order: { requestsPerMinute: 60, errorRate: 0.001 } },
};
const people = { notices: ["team@example.com", "oncall@example.com"], pageTo: ["oncall@example.com"] };

/** 10 % on the candidate, and its bake over after 15 minutes. */
async function bakedAt10(traffic: Traffic, over: Partial<EnvironmentPlan> = {}): Promise<World> {
  const given = environmentPlan({ ...people, ...over });
  const plan = { ...given, analysis: { ...given.analysis, extendSeconds: 0 } };
  const world = await canaryWorld(plan, traffic);
  await captureReference(world.deps, plan, PROMOTION);
  world.at(30);
  await world.shift(10);
  const input = { ...where, phase: "step-10", chunk: 1 };
  await beginBake(world.deps)(input);
  for (let at = 60; ; at += 60) {
    world.at(at);
    if ((await judge(world.deps)(input)).decision === "end") return world;
  }
}

const move = (world: World) => planMove(world.deps)(where);

describe("a bake that ends inconclusive", () => {
  it("holds traffic for as long as the plan waits for a person", async () => {
    const world = await bakedAt10(thin);
    expect(await move(world)).toMatchObject({
      kind: "watch",
      phase: "hold-1",
      summary: "step-10 ended inconclusive-hold: waits for a pass, or a person",
    });
    const hold = asHold(await must(world.ledger, keys.hold(PROMOTION, ENVIRONMENT, "hold-1")));
    expect(hold).toMatchObject({ why: "evidence", until: START + 960_000 + 86_400_000 });
  });

  it("tells everybody named in the plan once, however often the move is asked for", async () => {
    const world = await bakedAt10(thin);
    await move(world);
    await move(world);
    await beginBake(world.deps)({ ...where, phase: "hold-1", chunk: 1 });
    await move(world);
    expect(world.inbox.map(({ to }) => to)).toEqual(["oncall@example.com", "team@example.com"]);
    const asked = (await loadAudit(world.ledger, PROMOTION)).filter(({ kind }) => kind === "decision-asked");
    expect(asked.map(({ summary }) => summary)).toEqual([
      "oncall@example.com, team@example.com: step-10 ended inconclusive-hold: waits for a pass, or a person",
    ]);
  });

  it("says in the mail what was measured in both arms, what was missing, what can be done, and by when", async () => {
    const world = await bakedAt10(thin);
    await move(world);
    expect(world.inbox[0]?.subject).toBe("shop v8: 10 % in prod waits for a decision");
    const lines = world.inbox[0]?.body.split("\n") ?? [];
    const hasLine = (line: RegExp) => expect(lines).toContainEqual(expect.stringMatching(line));
    hasLine(/^The bake of 10 % in prod has no verdict, so traffic holds at 10 %/);
    hasLine(/^ {2}Why {7}inconclusive after 15m30s: errors@order: not enough evidence yet$/);
    hasLine(/^ {2}Evidence {2}no evidence against the candidate/);
    hasLine(/^ {12}ln E is -\d\.\d\d; at 3\.00 the judge would have rolled back$/);
    hasLine(
      /^ {2}errors@order: 0 % against 1\.85 % of the baseline over \d\d samples, -1\.9 points, between -\S+ and \+\S+$/,
    );
    hasLine(/^ {6}inconclusive: not enough evidence yet$/);
    hasLine(/^If neither happens by Wednesday 4 March 2026, 18:16 UTC, it goes back\.$/);
    for (const verb of ["resume", "promote-now", "roll-back", "hold"]) {
      hasLine(new RegExp(`npm run headgate -- ${verb} ${PROMOTION} --reason "\\.\\.\\."$`));
    }
  });

  it("says in the mail when the missing evidence can have come, where last week's traffic is known", async () => {
    const unknown = await bakedAt10(thin);
    await move(unknown);
    expect(unknown.inbox[0]?.body).not.toContain("Missing");
    const world = await bakedAt10(thin);
    await world.ledger.write([{ put: item(keys.advice(PROMOTION, ENVIRONMENT), ADVICE) }]);
    await move(world);
    expect(world.inbox[0]?.body).toMatch(
      /\n {2}Missing {3}some \d+ more candidate requests without a new error, at last week's traffic by Tue 2026-03-03 \d\d:\d\d UTC\n/,
    );
  });

  it("names the rules that keep it, and what is only shown", async () => {
    const metrics = [
      judged({ rules: [rule({ max: 5, minSamples: 5_000 })] }),
      metric({ name: "dry", dryRun: true, rules: [rule({ max: 5 })] }),
    ];
    const world = await bakedAt10(thin, { analysis: { ...environmentPlan().analysis, metrics } });
    await move(world);
    const body = world.inbox[0]?.body ?? "";
    expect(body).toMatch(/\n {6}at most 5 %: \d\d of 5000 samples needed\n/);
    expect(body).toMatch(/\n {2}dry@order: .*\n {6}pass, a dry run\n/);
  });

  it("is held although no mail goes out, and the page is tried again", async () => {
    const world = await bakedAt10(thin);
    const down = { ...world.deps, mailer: { ...world.deps.mailer, send: () => Promise.reject(new Error("down")) } };
    expect(await planMove(down)(where)).toMatchObject({ kind: "watch" });
    await move(world);
    expect(world.inbox.map(({ to }) => to)).toEqual(["oncall@example.com"]);
  });
});

describe("a bake that is blocked", () => {
  it("asks as well, with the rule that asks for a person", async () => {
    const metrics = [metric({ rules: [rule({ max: 1, onBreach: "block" })] })];
    const bad: Traffic = (version) => ({ requests: 60, errors: version === "8" ? 3 : 0 });
    const world = await bakedAt10(bad, { analysis: { ...environmentPlan().analysis, metrics } });
    await move(world);
    expect(world.inbox).toHaveLength(2);
    expect(world.inbox[0]?.body).toContain("at most 1 %: broken by 5 %, above 1 %");
  });
});

describe("a hold that a person asked for", () => {
  it("asks nobody for a decision", async () => {
    const world = await bakedAt10(thin);
    await world.signal("hold");
    expect(await move(world)).toMatchObject({ kind: "watch" });
    expect(world.inbox).toEqual([]);
  });
});
