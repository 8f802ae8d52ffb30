/** What the bakes can see, as a promotion finds out before it starts. */
import { beforeEach, describe, expect, it } from "vitest";
import { checkGates } from "../../functions/check-gates.ts";
import { CallRefused, ServiceTrouble } from "../../functions/domain/errors.ts";
import { loadAdvice } from "../../functions/domain/judge/load-advice.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import type { AnalysisPlan } from "../../functions/domain/plan.ts";
import type { Metrics } from "../../functions/domain/ports.ts";
import {
  canaryWorld,
  ENVIRONMENT,
  environmentPlan,
  judged,
  PROMOTION,
  type Traffic,
  type World,
} from "../support/canary-world.ts";

const HOURLY: Traffic = () => ({ requests: 40 * 60, errors: 2 });

async function worldWith(analysis: Partial<AnalysisPlan>, traffic: Traffic = HOURLY): Promise<World> {
  const plan = environmentPlan();
  return canaryWorld({ ...plan, analysis: { ...plan.analysis, ...analysis } }, traffic);
}

const check = (world: World, when = "before") =>
  checkGates(world.deps)({ promotionId: PROMOTION, environment: ENVIRONMENT, when });
const given = (world: World) => loadAdvice(world.ledger, PROMOTION, ENVIRONMENT);
const entries = async (world: World) =>
  (await loadAudit(world.ledger, PROMOTION)).filter(({ kind }) => kind === "advice");

describe("the checks before a rollout", () => {
  it("advise from last week's traffic, and keep it for approvers and for the record", async () => {
    const world = await worldWith({ mustSeePoints: 1 });
    const { decision, summary } = await check(world);
    expect(decision).toBe("go");
    expect(summary).toContain("warning: what the bakes can see: order: the bake at 10 % cannot see");
    const advice = await given(world);
    expect(advice?.lines[0]).toMatch(
      /^order: 10 % for 15 minutes, the last 2 unread, at 40 requests a minute: sees an error rise of/,
    );
    expect(advice?.refused).toBe(false);
    expect(advice?.warnings[0]).toContain("cannot see the rise of +1 point");
    const { slowest, ...data } = advice ?? {};
    expect(slowest).toMatchObject({ order: { requestsPerMinute: 40 } });
    expect((await entries(world)).map(({ environment, data }) => ({ environment, data }))).toEqual([
      { environment: ENVIRONMENT, data },
    ]);
  });

  it("say that all is well where each bake sees enough", async () => {
    const world = await worldWith({}, () => ({ requests: 6_000 * 60, errors: 360 }));
    expect(await check(world)).toEqual({ decision: "go", summary: "1 of 1 checks passed" });
    expect((await entries(world)).map(({ summary }) => summary)).toEqual(["each bake sees what it must"]);
  });

  it("block a plan that asks to be refused when it is blind", async () => {
    const world = await worldWith({ mustSeePoints: 1, ifBlind: "refuse" });
    expect(await check(world)).toMatchObject({ decision: "stop", summary: expect.stringContaining("cannot see") });
  });

  it("ask CloudWatch once, however often they run", async () => {
    const world = await worldWith({ mustSeePoints: 1 });
    const first = await check(world);
    world.metrics.traffic = () => ({ requests: 1, errors: 0 });
    expect(await check(world)).toEqual(first);
    expect(world.metrics.reads.map(({ from, to }) => (to - from) / 3_600_000)).toEqual([7 * 24, 24]);
    expect(await entries(world)).toHaveLength(1);
  });

  it("give no advice at later points, or where no error rate is judged", async () => {
    const world = await worldWith({ mustSeePoints: 1 });
    await check(world, "at-0");
    expect(world.metrics.reads).toEqual([]);
    const latency = judged({ source: { preset: "lambda-duration-p95" } });
    const silent = await worldWith({ metrics: [latency] });
    expect(await check(silent)).toEqual({ decision: "go", summary: "0 of 0 checks passed" });
    expect(await given(silent)).toBeNull();
    expect(await entries(silent)).toEqual([]);
  });
});

describe("last week's traffic that cannot be read", () => {
  let world: World;
  beforeEach(async () => {
    world = await worldWith({ mustSeePoints: 1, ifBlind: "refuse" });
  });

  it.each([new ServiceTrouble("throttled"), new CallRefused("access denied")])("is a warning: %s", async (error) => {
    world.metrics.fail = error;
    expect(await check(world)).toEqual({
      decision: "go",
      summary: `0 of 1 checks passed; warning: what the bakes can see: last week's traffic could not be read: ${error.message}`,
    });
    expect(await given(world)).toBeNull();
  });

  it("is asked for again the next time", async () => {
    world.metrics.fail = new ServiceTrouble("throttled");
    await check(world);
    world.metrics.fail = null;
    expect(await check(world)).toMatchObject({ decision: "stop" });
  });

  it("hides no mistake of our own", async () => {
    const broken: Metrics = { read: () => Promise.reject(new TypeError("undefined is not a function")) };
    const before = { promotionId: PROMOTION, environment: ENVIRONMENT, when: "before" };
    await expect(checkGates({ ...world.deps, metrics: () => broken })(before)).rejects.toThrow(TypeError);
  });
});
