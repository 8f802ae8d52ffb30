/** Promotions that wait for days: in a queue, for a window, for people who never answer. */
import { faultPlanOf, worldPlanOf } from "../../sandbox/faults/plans.ts";
import { itemsOf } from "../../sandbox/faults/table-dump.ts";
import { MACHINES, machineArn } from "../../sandbox/host/deployment.ts";
import { Sandbox, type SandboxOptions } from "../../sandbox/sandbox.ts";

const STARTS_AT = "2026-01-13T10:00:10Z";

/** Needs no history, and no more than one minute that counts. */
const METRIC = { preset: "lambda-error-rate", sequential: false, settle: "0s", rules: [{ max: 5, hard: true }] };

export interface Promoted {
  readonly outcome: unknown;
  readonly summary: unknown;
  readonly hours: number;
}

export interface Waited {
  /** In order of their starts. */
  readonly promotions: readonly Promoted[];
  /** Most events of one execution's history, by machine. */
  readonly longest: Readonly<Record<string, number>>;
  /** How many executions each machine had. */
  readonly executions: Readonly<Record<string, number>>;
}

/** Promotes one release after the other, a minute apart, each with these settings; nothing goes wrong. */
export async function wait(
  environment: object,
  starts: readonly object[],
  options: Partial<SandboxOptions> = {},
): Promise<Waited> {
  const plan = faultPlanOf("waits", documentOf(environment, starts));
  const { scenario, policy } = plan;
  const sweepEveryMs = 86_400_000;
  const sandbox = new Sandbox({ scenario, policy, plan: worldPlanOf(plan), sweepEveryMs, ...options });
  const hours: number[] = [];
  await sandbox.live(async () => {
    const arns = plan.starts.map((_, index) => sandbox.arnOf(`wait-${index}`));
    for (const [index, { release }] of plan.starts.entries()) {
      sandbox.start(release, `wait-${index}`);
      await sandbox.clock.sleep(60_000);
    }
    for (const [index, arn] of arns.entries()) {
      await sandbox.executions.closed(arn).wait();
      hours[index] = (sandbox.clock.now() - scenario.startsAt) / 3_600_000;
    }
  });
  const headers = itemsOf(sandbox, "PROMOTION#", "HEADER").toSorted((a, b) => Number(a.openedAt) - Number(b.openedAt));
  return {
    promotions: headers.map(({ outcome, summary }, index) => ({ outcome, summary, hours: hours[index] ?? 0 })),
    ...countsOf(sandbox),
  };
}

function countsOf({ executions, place }: Sandbox): Pick<Waited, "longest" | "executions"> {
  const lengths = MACHINES.map((machine) => {
    const listed = executions.listExecutions({ stateMachineArn: machineArn(place, machine), maxResults: 1_000 });
    return [machine, listed.executions.map(({ executionArn }) => executions.usage(executionArn).events)] as const;
  });
  return {
    longest: Object.fromEntries(lengths.map(([machine, events]) => [machine, Math.max(0, ...events)])),
    executions: Object.fromEntries(lengths.map(([machine, events]) => [machine, events.length])),
  };
}

function documentOf(environment: object, starts: readonly object[]) {
  const target = { name: "order", kind: "lambda-alias", functionName: "shop-order", alias: "live" };
  return {
    about: "Long waits.",
    badFromWeight: null,
    expect: starts.map(() => ({ outcome: "promoted" })),
    policy: {
      apiVersion: "headgate/v1",
      order: ["prod"],
      people: { "tech-lead": ["lead@shop.example"] },
      environments: {
        prod: {
          account: "444455556666",
          region: "eu-west-1",
          notices: ["team@shop.example"],
          pageTo: ["oncall@shop.example"],
          ...environment,
        },
      },
      services: {
        shop: {
          targets: [target],
          rollout: { steps: [{ weight: 100, bake: "5m" }] },
          analysis: { metrics: [METRIC], onInconclusive: "proceed" },
        },
      },
    },
    starts: starts.map((change, index) => ({
      afterSeconds: index * 60,
      release: { ...releaseOf(index + 2), ...change },
    })),
    scenario: {
      name: "waits",
      about: "",
      startsAt: STARTS_AT,
      traffic: [{ perMinute: 300, history: "30m" }],
      cloudwatch: { lag: "5s", partial: 0 },
      people: [{ who: "lead@shop.example", answers: "never" }],
    },
  };
}

function releaseOf(number: number) {
  return {
    apiVersion: "headgate/v1",
    service: "shop",
    version: `v${number}`,
    commit: "0a1b2c3d",
    requestedBy: "dev@shop.example",
    risk: "low",
    summary: "Faster checkout.",
    artifacts: { order: { bucket: "shop-artifacts", key: "order/{version}.zip", versionId: `abc${number}` } },
    environments: ["prod"],
  };
}

/** A later start, so many days after the world's. */
export const startsAfter = (days: number) => ({
  tighten: { prod: { notBefore: new Date(Date.parse(STARTS_AT) + days * 86_400_000).toISOString() } },
});
