/** A hard alarm that is red for two minutes while looks lie minutes apart: it counts, whatever becomes of its event. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Fault } from "../../sandbox/aws/faults.ts";
import { cleanCase, type FaultCase, type Happening } from "../../sandbox/faults/cases.ts";
import { type FaultPlan, faultPlanOf } from "../../sandbox/faults/plans.ts";
import { run } from "../../sandbox/faults/trial.ts";
import { judgeTrial } from "../../sandbox/faults/verdict.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 60_000;
const MINUTE_MS = 60_000;

const HEALTHY = JSON.parse(readFileSync(new URL("../faults/plans/healthy.json", import.meta.url), "utf8"));

/** The healthy plan with other bakes, and monitoring. */
function lasting([first, last]: readonly [string, string], monitor: object = {}): FaultPlan {
  const { shop } = HEALTHY.policy.services;
  const steps = [
    { weight: 10, bake: first },
    { weight: 100, bake: last },
  ];
  const services = { shop: { ...shop, rollout: { steps }, ...monitor } };
  return faultPlanOf("lasting", { ...HEALTHY, policy: { ...HEALTHY.policy, services } });
}

const BAKED_FOR_HOURS = lasting(["6h", "10m"]);
const MONITORED_FOR_HOURS = lasting(["5m", "5m"], { monitorAfter: { for: "6h", onFail: "warn" } });

const LOSE_EVENTS: Happening = { when: { at: "time", ms: 0 }, deed: { do: "alarm-events", are: "lost" } };

/** From a minute after a look for two minutes: the looks lie five minutes and more apart by then. */
const RED: Happening = {
  when: { at: "state", machine: "bake", state: "Judge", nth: 140, ms: MINUTE_MS },
  deed: { do: "alarm", name: "guard" },
  afterwards: { ms: 2 * MINUTE_MS, deed: { do: "alarm", name: "guard", to: "OK" } },
};

/** How it ended; times in minutes since the world's beginning. */
async function ended(plan: FaultPlan, what: Partial<FaultCase>) {
  const trial = await run(plan, { ...cleanCase("lasting"), kind: "alarm", ...what });
  const minuteOf = ({ at }: { readonly at: number }) => (at - plan.scenario.startsAt) / MINUTE_MS;
  const [redAt = 0, greenAt = 0] = trial.done.filter(({ deed }) => deed.do === "alarm").map(minuteOf);
  const looks = trial.visits.filter(({ state }) => state === "Judge").map(minuteOf);
  return {
    ...judgeTrial(trial),
    heard: trial.sandbox.host.counts.get("alarm-listener") ?? 0,
    redAt,
    greenAt,
    /** From the red on. */
    looks: looks.filter((at) => at >= redAt),
    /** When traffic moved last. */
    back: Math.max(...trial.changes.map(minuteOf)),
  };
}

/** Nothing answers from the red on, for so many minutes. */
function silent(service: string, which: Partial<Fault>, redAt: number, minutes: number): Fault {
  const [from, to] = [redAt * MINUTE_MS, (redAt + minutes) * MINUTE_MS];
  return { service, action: { kind: "throttle" }, nth: "always", from, to, ...which };
}

const ROLLED_BACK = { outcomes: ["rolled-back"], violations: [] };

describe("an alarm that is red for two minutes of a long bake", () => {
  let lost: Awaited<ReturnType<typeof ended>>;
  beforeAll(async () => {
    lost = await ended(BAKED_FOR_HOURS, { happenings: [LOSE_EVENTS, RED] });
  }, PATIENCE_MS);

  it("takes traffic back at the first look after it when every event is lost", () => {
    expect(lost).toMatchObject({ ...ROLLED_BACK, heard: 0, looks: [expect.any(Number)] });
    expect(lost.looks[0]).toBeGreaterThan(lost.greenAt);
    expect(lost.back).toBeLessThan(lost.greenAt + 6);
  });

  it(
    "takes traffic back ahead of any look when its event arrives at a ledger throttled for 40 s",
    async () => {
      const calls = [silent("dynamodb", { handler: "alarm-listener" }, lost.redAt, 40 / 60)];
      const end = await ended(BAKED_FOR_HOURS, { happenings: [RED], calls });
      // Once in vain, and once more by Lambda; then for the turn to green.
      expect(end).toMatchObject({ ...ROLLED_BACK, redAt: lost.redAt, heard: 3 });
      expect(end.back).toBeLessThan(end.redAt + 1.5);
    },
    PATIENCE_MS,
  );

  it(
    "takes traffic back later when the alarms' history is throttled, too",
    async () => {
      const calls = [silent("monitoring", { operation: "DescribeAlarmHistory" }, lost.redAt, 20)];
      const end = await ended(BAKED_FOR_HOURS, { happenings: [LOSE_EVENTS, RED], calls });
      expect(end).toMatchObject({ ...ROLLED_BACK, redAt: lost.redAt });
      expect(end.looks.length).toBeGreaterThan(1);
      expect(end.back).toBeGreaterThan(end.redAt + 20);
    },
    PATIENCE_MS,
  );

  it(
    "counts in hours of monitoring that only warns",
    async () => {
      const end = await ended(MONITORED_FOR_HOURS, { happenings: [LOSE_EVENTS, RED] });
      expect(end).toMatchObject({ ...ROLLED_BACK, heard: 0, looks: [expect.any(Number)] });
      expect(end.looks[0]).toBeGreaterThan(end.greenAt);
    },
    PATIENCE_MS,
  );
});
