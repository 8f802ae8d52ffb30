import { describe, expect, it } from "vitest";
import { checkGates } from "../../functions/check-gates.ts";
import { runGates } from "../../functions/domain/gates/run.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadHead } from "../../functions/domain/ledger/load.ts";
import { loadEnding } from "../../functions/domain/ledger/note-ending.ts";
import type { GatePlan } from "../../functions/domain/plan.ts";
import {
  ENV,
  environmentPlan,
  finished,
  IN_PROD,
  opened,
  P1,
  promotionPlan,
  rollingOut,
  World,
} from "../support/deps.ts";
import { named } from "../support/gates.ts";

let world: World;

describe("check-gates", () => {
  const red = { kind: "alarms-ok" as const, names: ["slow"] };
  const green = { kind: "alarms-ok" as const, names: ["errors"] };

  async function withChecks(weight: number, ...checks: GatePlan[]) {
    world = await rollingOut(weight, { plan: { checks } });
    world.alarms.set("slow", "ALARM");
  }
  const call = (when: string) => checkGates(world.deps)({ ...IN_PROD, when });

  it("goes on when all of a point's checks pass, and keeps what they found", async () => {
    await withChecks(0, named(green), named(red, { when: 50 }));
    expect(await call("at-0")).toEqual({ decision: "go", summary: "1 of 1 checks passed" });
    const before = world.dump();
    expect(await call("at-0")).toMatchObject({ decision: "go" });
    expect(world.dump()).toEqual(before);
    expect(await world.ledger.read(keys.gates(P1, ENV, "at-0"))).toMatchObject({
      results: [{ name: "the check", passed: true, found: "1 alarm, none red", onFail: "block" }],
    });
    expect((await loadAudit(world.ledger, P1)).at(-1)).toMatchObject({
      kind: "checked",
      summary: "the check passed: 1 alarm, none red",
      data: { point: "at-0" },
    });
  });

  it("goes on with a warning where a failure only warns", async () => {
    await withChecks(0, named(green, { name: "one" }), named(red, { name: "two", onFail: "warn" }));
    expect(await call("at-0")).toEqual({
      decision: "go",
      summary: "1 of 2 checks passed; warning: two: in alarm: slow",
    });
  });

  it("is blocked before the first shift, without a trip", async () => {
    await withChecks(0, named(red));
    expect(await call("at-0")).toEqual({
      decision: "stop",
      summary: "prod, at-0: the check failed: in alarm: slow",
    });
    expect((await loadEnding(world.ledger, P1))?.outcome).toBe("blocked");
    expect((await loadHead(world.ledger, P1, ENV)).state).toBe("open");
    expect((await loadAudit(world.ledger, P1)).at(-1)?.summary).toBe("the check failed (block): in alarm: slow");
  });

  it("trips the journal after it, so that traffic comes back", async () => {
    await withChecks(50, named(red, { when: 50 }));
    expect(await call("at-50")).toMatchObject({ decision: "stop" });
    expect((await loadHead(world.ledger, P1, ENV)).trip).toMatchObject({ by: "gate" });
    expect(await loadEnding(world.ledger, P1)).toBeNull();
    const before = world.dump();
    expect(await call("at-50")).toEqual({ decision: "stop", summary: "stopped: traffic has to go back" });
    expect(world.dump()).toEqual(before);
  });

  it("asks for the rollout's own alarms before it starts, whether or not the plan has checks", async () => {
    await withChecks(0);
    world.alarms.set("errors", "ALARM");
    expect(await call("before")).toEqual({
      decision: "stop",
      summary: "prod, before: rollback alarms are armed failed: in alarm: errors",
    });
    world.alarms.set("errors", "OK");
    expect(await call("at-0")).toEqual({ decision: "go", summary: "0 of 0 checks passed" });
  });

  it("goes on after the rollout only with all traffic on the candidate", async () => {
    world = await rollingOut(100, { plan: { checks: [] } });
    expect(await call("after")).toEqual({
      decision: "stop",
      summary: "the rollout in prod ended before all traffic was on the candidate",
    });
    expect((await loadEnding(world.ledger, P1))?.outcome).toBe("errored");
    world = await finished({ plan: { checks: [] } });
    expect(await call("after")).toEqual({ decision: "go", summary: "0 of 0 checks passed" });
  });

  it("needs none where the plan names none", async () => {
    world = new World();
    await opened(world, promotionPlan([environmentPlan({ alarms: [] })]));
    const scene = { promotionId: P1, service: "shop", version: "v2", plan: environmentPlan({ alarms: [] }) };
    expect(await runGates(world.deps, scene, "before")).toEqual([]);
  });

  it("records a finding once, and another finding too", async () => {
    await withChecks(0, named(red, { onFail: "warn" }));
    await call("at-0");
    await call("at-0");
    world.alarms.delete("slow");
    await call("at-0");
    const found = (await loadAudit(world.ledger, P1)).filter(({ kind }) => kind === "checked");
    expect(found.map(({ data }) => data?.found)).toEqual(["in alarm: slow", "no such alarm: slow"]);
  });
});
