/**
 * Two targets of one kind in a whole sandbox: the simulated service, the kind's own adapter, and the handlers that move
 * traffic, called one by one as a test wants it. What serves is read from the service's own record.
 */
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import type { TargetPlan } from "../../functions/domain/plan.ts";
import type { Fault } from "../../sandbox/aws/faults.ts";
import { simulated } from "../../sandbox/host/targets.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import { readScenario } from "../../sandbox/world/scenario.ts";
import type { ContractRow } from "./contract-rows.ts";

export const TARGETS = ["cart", "order"] as const;
const ENVIRONMENT = "prod";

const SCENARIO = { name: "contract", startsAt: "2026-01-12T09:00:00Z", seed: 3, traffic: [{ perMinute: 60 }] };

export interface Bench {
  readonly sandbox: Sandbox;
  /** Percent of each version that the service sends traffic to now. */
  serves(target: string): Record<string, number>;
  /** Names of the errors that handlers threw, in order: a machine's Retry would have met them. */
  readonly thrown: readonly string[];
  /** From now on, until it has struck so often; for ever where left out. */
  fault(fault: Omit<Fault, "from" | "nth">, nth?: number): void;
  invoke(step: string, more?: object): Promise<Record<string, unknown>>;
  /** Again and again as a machine does it, until it answers; throws what it throws at last. */
  persist(step: string, more?: object): Promise<Record<string, unknown>>;
  /** Everything before the first shift. */
  deployed(): Promise<void>;
  shift(weight: number): Promise<Record<string, unknown>>;
  finish(): Promise<Record<string, unknown>>;
  restore(): Promise<Record<string, unknown>>;
  calls(operation: string): number;
}

const RETRIES = 40;
const RETRY_MS = 20_000;

/** Opens and enters a promotion of two targets, and lets a test play with it in virtual time. */
export async function onBench(kind: string, row: ContractRow, play: (bench: Bench) => Promise<void>): Promise<void> {
  const policy = policyOf(kind, row);
  const release = releaseOf();
  const scenario = readScenario(SCENARIO);
  const resolution = resolvePlan(policy, release, { now: scenario.startsAt });
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems));
  const sandbox = new Sandbox({ scenario, policy, plan: resolution.plan });
  const targets = resolution.plan.environments[0]?.targets ?? [];
  await sandbox.live(async () => play(await benchOf(sandbox, targets, release)));
}

async function benchOf(sandbox: Sandbox, targets: readonly TargetPlan[], release: unknown): Promise<Bench> {
  const { host, clock, aws, place } = sandbox;
  const thrown: string[] = [];
  let promotionId = "";
  const invoke = async (step: string, more: object = {}) => {
    try {
      return (await host.invoke(step, { promotionId, environment: ENVIRONMENT, ...more })) as Record<string, unknown>;
    } catch (error) {
      thrown.push(error instanceof Error ? error.name : String(error));
      throw error;
    }
  };
  const persist = async (step: string, more: object = {}) => {
    for (let tries = 1; ; tries++) {
      try {
        return await invoke(step, more);
      } catch (error) {
        if (tries === RETRIES) throw error;
        await clock.sleep(RETRY_MS);
      }
    }
  };
  const opened = await host.invoke("open-promotion", {
    release,
    executionArn: sandbox.arnOf("contract"),
    executionName: "contract",
    startedAt: new Date(clock.now()).toISOString(),
  });
  promotionId = String((opened as { promotionId: string }).promotionId);
  await host.invoke("enter-environment", { promotionId, position: 0 });
  const planOf = (name: string) => {
    const found = targets.find((target) => target.name === name);
    if (found === undefined) throw new Error(`there is no target ${name}`);
    return found;
  };
  return {
    sandbox,
    thrown,
    serves: (name) => {
      const where = { account: "111122223333", region: place.region };
      const weights = simulated(planOf(name)).history(sandbox, where, planOf(name)).at(-1)?.weights ?? {};
      const shares = Object.entries(weights).map(([version, share]) => [version, Math.round(share * 100)] as const);
      return Object.fromEntries(shares.filter(([, percent]) => percent > 0));
    },
    fault: (fault, nth) => aws.faults.add({ ...fault, from: clock.now(), ...(nth === undefined ? {} : { nth }) }),
    invoke,
    persist,
    deployed: async () => {
      await persist("capture-baseline");
      for (const target of TARGETS) await persist("deploy-candidate", { target });
    },
    shift: (weight) => persist("shift-traffic", { weight }),
    finish: () => persist("finish-rollout"),
    restore: async () => {
      const input = { promotionId, error: { Error: "none" } };
      for (let tries = 1; ; tries++) {
        try {
          return (await host.invoke("restore-traffic", input)) as Record<string, unknown>;
        } catch (error) {
          if (tries === RETRIES) throw error;
          await clock.sleep(RETRY_MS);
        }
      }
    },
    calls: (operation) => aws.calls.filter((call) => call.operation === operation).length,
  };
}

function policyOf(kind: string, row: ContractRow): unknown {
  return {
    apiVersion: "headgate/v1",
    order: [ENVIRONMENT],
    environments: {
      [ENVIRONMENT]: { account: "111122223333", region: "eu-west-1", pageTo: ["oncall@shop.example"] },
    },
    services: {
      shop: {
        targets: TARGETS.map((name) => ({ name, kind, ...row.policyTarget(name) })),
        rollout: { steps: [10, 50, 100].map((weight) => ({ weight, bake: "15m" })) },
      },
    },
  };
}

function releaseOf(): unknown {
  return {
    apiVersion: "headgate/v1",
    service: "shop",
    version: "v2",
    commit: "0a1b2c3d",
    requestedBy: "dev@shop.example",
    risk: "low",
    summary: "Faster checkout.",
    environments: [ENVIRONMENT],
    artifacts: Object.fromEntries(
      TARGETS.map((name) => [name, { bucket: "artifacts", key: `${name}/v2.zip`, versionId: "one" }]),
    ),
  };
}
