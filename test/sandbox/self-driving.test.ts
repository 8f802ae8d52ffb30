/** A service that moves by itself, through the whole of it: real machines and handlers, and an alias that a service moves. */
import { describe, expect, it, vi } from "vitest";
import type { AliasRoute } from "../../functions/targets/lambda-alias/kind.ts";
import { documentOf, type FaultPlan, faultPlanOf, worldPlanOf } from "../../sandbox/faults/plans.ts";
import { itemsOf } from "../../sandbox/faults/table-dump.ts";
import { type Ended, Sandbox } from "../../sandbox/sandbox.ts";
import type { ScenarioFile } from "../../sandbox/world/scenario.ts";
import { Escalator } from "../support/escalator.ts";
import { DRIVE_FUNCTIONS, DRIVE_STATES } from "../support/self-driving.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
const moving = vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
  return { service: null as Escalator | null, mark: null as string | null };
});

vi.mock("../../functions/targets/kinds.ts", async (original) =>
  (await import("../support/test-kinds.ts")).withMovingAlias(original),
);
vi.mock("../../functions/targets/adapters.ts", async (original) =>
  (await import("../support/test-kinds.ts")).withDriver(original, moving),
);

const PATIENCE_MS = 30_000;
const MINUTE = 60_000;
const NAME = "self-driving-1";

function planWith(scenario: Partial<ScenarioFile>): FaultPlan {
  const document = documentOf("healthy");
  const { shop } = document.policy.services as Record<string, { rollout: unknown }>;
  if (shop !== undefined) shop.rollout = { steps: [{ weight: 100, bake: "3m" }] };
  return faultPlanOf("self-driving", {
    ...document,
    scenario: { ...(document.scenario as ScenarioFile), ...scenario },
  });
}

interface Story {
  readonly sandbox: Sandbox;
  readonly service: Escalator;
  readonly ended: Ended;
  /** States that the rollout came through. */
  readonly states: readonly string[];
}

/** `meanwhile` happens so many ms after the service was told to start. */
async function promote(scenario: Partial<ScenarioFile>, meanwhile?: { ms: number; deed: (sandbox: Sandbox) => void }) {
  const plan = planWith(scenario);
  const states: string[] = [];
  const sandbox: Sandbox = new Sandbox({
    scenario: plan.scenario,
    policy: plan.policy,
    plan: worldPlanOf(plan),
    onEvent: ({ stateEnteredEventDetails: { name = "" } = {} }, arn) => {
      if (arn.includes("headgate-rollout")) states.push(name);
      if (name !== "Start drive" || meanwhile === undefined) return;
      sandbox.clock.after(meanwhile.ms, "meanwhile", () => meanwhile.deed(sandbox));
    },
  });
  const service = new Escalator({
    later: (ms, run) => sandbox.clock.after(ms, "the escalator", run),
    set: (route, mark) => moveAlias(sandbox, route, mark),
  });
  Object.assign(moving, { service, mark: null });
  const ended = await sandbox.promote(plan.starts[0]?.release, NAME);
  return { sandbox, service, ended, states } satisfies Story;
}

function moveAlias(sandbox: Sandbox, { primary, secondary }: AliasRoute, mark: string | null): void {
  const [fn] = sandbox.lambda.functions();
  if (fn === undefined) throw new Error("the world has no function");
  moving.mark = mark;
  const weights = secondary === null ? {} : { [secondary.version]: secondary.percent / 100 };
  const { name: functionName, account, region } = fn;
  sandbox.lambda.moveByHand({ functionName, account, region, alias: "live" }, { version: primary, weights });
}

const turnRed = (sandbox: Sandbox): void => {
  const alarm = sandbox.cloudWatch.alarms.find("444455556666", "eu-west-1", "guard");
  if (alarm === undefined) throw new Error("the world has no alarm");
  sandbox.cloudWatch.alarms.set(alarm, "ALARM", "the test says so");
};

const alias = ({ sandbox }: Story) => sandbox.lambda.functions()[0]?.aliases.get("live")?.current;
const bakes = ({ sandbox }: Story) =>
  itemsOf(sandbox, "PROMOTION#", "BAKE#prod#").flatMap(({ phase, result }) =>
    phase === undefined ? [] : [`${phase} ${result}`],
  );
const intents = ({ sandbox }: Story) =>
  itemsOf(sandbox, "PROMOTION#", "INTENT#").map(({ purpose, result }) => [
    purpose,
    (result as { outcome: string } | undefined)?.outcome,
  ]);

describe("a service that moves by itself", () => {
  it("is told once, followed leg by leg, baked at its end, and promoted", { timeout: PATIENCE_MS }, async () => {
    const story = await promote({});
    expect(story.ended).toMatchObject({ status: "SUCCEEDED" });
    expect(alias(story)).toMatchObject({ version: "8", additional: {} });
    expect(story.service.told).toHaveLength(1);
    expect(story.service.stops).toBe(0);
    expect(intents(story)).toEqual([["drive", "applied"]]);
    expect(bakes(story)).toEqual([
      "drive-1 followed",
      "drive-2 followed",
      "drive-3 followed",
      "drive-4 followed",
      "drive-5 followed",
      "step-100 passed",
    ]);
    expect(story.states).toEqual(expect.arrayContaining(DRIVE_STATES));
    expect([...story.sandbox.host.counts.keys()]).toEqual(expect.arrayContaining(DRIVE_FUNCTIONS));
    expect(story.states).not.toContain("Finish rollout");
  });

  it("is the same movement when its start is asked for twice", { timeout: PATIENCE_MS }, async () => {
    const story = await promote({ handlerFaults: [{ handler: "start-drive", action: "duplicate" }] });
    expect(story.ended).toMatchObject({ status: "SUCCEEDED" });
    expect(story.service.movements).toHaveLength(1);
    expect(intents(story)).toEqual([["drive", "applied"]]);
  });

  it("is told to stop and followed back when an alarm turns red on its way", { timeout: PATIENCE_MS }, async () => {
    const story = await promote({}, { ms: 2.5 * MINUTE, deed: turnRed });
    expect(story.ended).toMatchObject({ status: "FAILED", outcome: expect.stringContaining("rolled-back") });
    expect(story.service.stops).toBeGreaterThan(0);
    expect(alias(story)).toMatchObject({ version: "7", additional: {} });
    expect(intents(story)[0]).toEqual(["drive", "moving"]);
    expect(intents(story).at(-1)).toEqual(["restore", "applied"]);
    expect(itemsOf(story.sandbox, "PROMOTION#", "HEAD#")).toMatchObject([{ state: "closed" }]);
  });

  it("is judged on its way: a bad candidate is brought back from a part of the traffic", {
    timeout: PATIENCE_MS,
  }, async () => {
    const behaviour = [
      { version: "baseline", errorRate: 0.001 },
      { version: "candidate", errorRate: 0.3 },
    ];
    const story = await promote({ behaviour });
    expect(story.ended).toMatchObject({ status: "FAILED", outcome: expect.stringContaining("rolled-back") });
    expect(bakes(story).at(-1)).toMatch(/^drive-\d failed$/);
    expect(alias(story)).toMatchObject({ version: "7", additional: {} });
  });

  it("is promoted once it is done although the follower died on its way", { timeout: PATIENCE_MS }, async () => {
    const story = await promote({
      handlerFaults: [
        { handler: "follow-drive", nth: 2, action: "crash-after" },
        { handler: "start-drive", action: "crash-after" },
      ],
    });
    expect(story.ended).toMatchObject({ status: "SUCCEEDED" });
    expect(story.service.movements).toHaveLength(1);
  });
});
