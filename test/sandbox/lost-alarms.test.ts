/** A hard alarm that is red for two minutes while looks lie minutes apart: it counts, whatever becomes of its event. */
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { cleanCase, type FaultCase } from "../../sandbox/faults/cases.ts";
import { type FaultPlan, faultPlanOf } from "../../sandbox/faults/plans.ts";
import { run } from "../../sandbox/faults/trial.ts";
import { judgeTrial } from "../../sandbox/faults/verdict.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 60_000;
const MINUTE_MS = 60_000;
/** Looks lie six minutes apart by then. */
const RED_FROM = 299;
const RED_UNTIL = 301;

const HEALTHY = JSON.parse(readFileSync(new URL("../faults/plans/healthy.json", import.meta.url), "utf8"));

/** The healthy plan with other bakes, and an alarm that is red for two minutes in the long one. */
function flapping(bakes: readonly [string, string], monitor: object = {}): FaultPlan {
  const { shop } = HEALTHY.policy.services;
  const [first, last] = bakes;
  const steps = [
    { weight: 10, bake: first },
    { weight: 100, bake: last },
  ];
  const turns = [
    { at: `${RED_FROM}m`, to: "ALARM" },
    { at: `${RED_UNTIL}m`, to: "OK" },
  ];
  return faultPlanOf("flapping", {
    ...HEALTHY,
    policy: { ...HEALTHY.policy, services: { shop: { ...shop, rollout: { steps }, ...monitor } } },
    scenario: { ...HEALTHY.scenario, alarms: [{ name: "guard", account: "444455556666", threshold: 1, turns }] },
  });
}

const IN_THE_BAKE = flapping(["6h", "10m"]);
const IN_THE_MONITORING = flapping(["5m", "5m"], { monitorAfter: { for: "6h", onFail: "warn" } });

const LOST: FaultCase["happenings"] = [{ when: { at: "time", ms: 0 }, deed: { do: "alarm-events", are: "lost" } }];

/** Throttled from just before the red until so many minutes after the world's beginning. */
function throttled(service: string, more: object, until: number): FaultCase["calls"] {
  const from = (RED_FROM - 1) * MINUTE_MS;
  return [{ service, action: { kind: "throttle" }, nth: "always", from, to: until * MINUTE_MS, ...more }];
}

/** How it ended, in minutes since the world's beginning: looks during the red, the last look, the last move of traffic. */
async function ended(plan: FaultPlan, what: Partial<FaultCase>) {
  const trial = await run(plan, { ...cleanCase("flapping"), kind: "alarm", ...what });
  const minuteOf = ({ at }: { readonly at: number }) => (at - plan.scenario.startsAt) / MINUTE_MS;
  const minutes = trial.visits.filter(({ state }) => state === "Judge").map(minuteOf);
  return {
    ...judgeTrial(trial),
    heard: trial.sandbox.host.counts.get("alarm-listener") ?? 0,
    looksWhileRed: minutes.filter((at) => at >= RED_FROM && at <= RED_UNTIL),
    lastLook: minutes.at(-1) ?? 0,
    back: Math.max(...trial.changes.map(minuteOf)),
  };
}

const ROLLED_BACK = { outcomes: ["rolled-back"], violations: [], looksWhileRed: [] };

describe("an alarm that is red for two minutes of a long bake", () => {
  it("takes traffic back at the next look when every event is lost", { timeout: PATIENCE_MS }, async () => {
    const end = await ended(IN_THE_BAKE, { happenings: LOST });
    expect(end).toMatchObject({ ...ROLLED_BACK, heard: 0 });
    expect(end.lastLook).toBeLessThan(RED_UNTIL + 6);
  });

  it("takes traffic back when the ledger is throttled for 40 s as its event arrives", async () => {
    const calls = throttled("dynamodb", { handler: "alarm-listener" }, RED_FROM + 40 / 60);
    const end = await ended(IN_THE_BAKE, { calls });
    expect(end).toMatchObject(ROLLED_BACK);
    // Once in vain, and once more by Lambda, ahead of any look; then for the turn to green.
    expect(end.heard).toBe(3);
    expect(end.back).toBeLessThan(RED_FROM + 1.5);
  });

  it("takes traffic back later when the alarms' history is throttled too", { timeout: PATIENCE_MS }, async () => {
    const calls = throttled("monitoring", { operation: "DescribeAlarmHistory" }, RED_UNTIL + 20);
    const end = await ended(IN_THE_BAKE, { happenings: LOST, calls });
    expect(end).toMatchObject(ROLLED_BACK);
    expect(end.lastLook).toBeGreaterThan(RED_UNTIL + 20);
  });

  it("counts in hours of monitoring that only warns", { timeout: PATIENCE_MS }, async () => {
    expect(await ended(IN_THE_MONITORING, { happenings: LOST })).toMatchObject({ ...ROLLED_BACK, heard: 0 });
  });
});
