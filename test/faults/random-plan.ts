/**
 * Small promotions at random: some steps, one or two targets, a good candidate or a bad one, with or without people, and
 * alone or with a second one that wants the same aliases.
 */
import fc from "fast-check";
import { type FaultPlan, faultPlanOf } from "../../sandbox/faults/plans.ts";

interface Shape {
  readonly weights: readonly number[];
  readonly targets: number;
  /** Weight from which on the candidate fails; null: never. */
  readonly bad: number | null;
  readonly approvalAt: "before" | number | null;
  readonly monitored: boolean;
  readonly duplicates: number;
  readonly latencyTimes: number;
  /** From the end of a minute until its figures can be read; and from an alarm's turning to its event. */
  readonly lag: string;
  readonly eventDelay: string;
  readonly second: Second | null;
}

interface Second {
  readonly afterSeconds: number;
  readonly onConflict: "refuse" | "queue" | "supersede";
  readonly hotfix: boolean;
}

const second: fc.Arbitrary<Second> = fc.record({
  afterSeconds: fc.integer({ min: 0, max: 900 }),
  onConflict: fc.constantFrom("refuse", "queue", "supersede"),
  hotfix: fc.boolean(),
});

const weightsBelow = fc.uniqueArray(fc.constantFrom(5, 10, 25, 50, 75), { maxLength: 2 });

const shape: fc.Arbitrary<Shape> = fc
  .record({
    below: weightsBelow,
    targets: fc.constantFrom(1, 2),
    isBad: fc.boolean(),
    asks: fc.constantFrom("nobody", "before", "between"),
    monitored: fc.boolean(),
    duplicates: fc.constantFrom(0, 0.5),
    latencyTimes: fc.constantFrom(0.2, 1, 1, 5, 15),
    lag: fc.constantFrom("5s", "5s", "90s"),
    eventDelay: fc.constantFrom("1s", "3s", "25s"),
    second: fc.option(second),
  })
  .map(({ below, isBad, asks: wished, ...rest }) => {
    // An emergency needs somebody's approval.
    const asks = rest.second?.hotfix === true ? "before" : wished;
    const weights = [...below.toSorted((one, other) => one - other), 100];
    const first = weights[0] ?? 100;
    const approvalAt = asks === "nobody" ? null : asks === "before" ? "before" : first;
    return { ...rest, weights, approvalAt, bad: isBad ? first : null };
  });

export const randomPlan: fc.Arbitrary<FaultPlan> = shape.map((one) => faultPlanOf("random", documentOf(one)));

const NAMES = ["order", "cart"];

/** Figures that come late leave a good release without a verdict, and the second may be in the first one's way. */
const ANY_CHANCE = ["promoted", "rolled-back", "blocked", "superseded"];

function documentOf(one: Shape): unknown {
  const names = NAMES.slice(0, one.targets);
  const starts = [{ afterSeconds: 0, release: releaseOf(names, "v2", false) }, ...secondOf(one, names)];
  return {
    about: "made up",
    badFromWeight: one.bad,
    policy: policyOf(one, names),
    starts,
    expect: starts.map(() => ({ outcome: one.bad === null ? "promoted" : "rolled-back", allow: ANY_CHANCE })),
    scenario: scenarioOf(one),
  };
}

function secondOf({ second }: Shape, names: readonly string[]): unknown[] {
  if (second === null) return [];
  const { afterSeconds, hotfix } = second;
  return [{ afterSeconds, release: releaseOf(names, "v3", hotfix) }];
}

function policyOf({ weights, approvalAt, monitored, second }: Shape, names: readonly string[]): unknown {
  const approvals = approvalAt === null ? [] : [{ when: approvalAt, roles: { lead: 1 }, expiresAfter: "1h" }];
  const metric = { preset: "lambda-error-rate", sequential: false, settle: "0s", rules: [{ max: 5, hard: true }] };
  return {
    apiVersion: "headgate/v1",
    order: ["prod"],
    people: { lead: ["lead@shop.example"] },
    environments: {
      prod: {
        account: "444455556666",
        region: "eu-west-1",
        alarms: ["guard"],
        notices: ["team@shop.example"],
        pageTo: ["oncall@shop.example"],
        approvals,
        onConflict: second?.onConflict ?? "refuse",
        ...(second?.hotfix === true ? { emergency: { skipBakes: true, roles: { lead: 1 } } } : {}),
      },
    },
    services: {
      shop: {
        targets: names.map((name) => ({ name, kind: "lambda-alias", functionName: `shop-${name}`, alias: "live" })),
        rollout: { steps: weights.map((weight) => ({ weight, bake: "3m" })) },
        analysis: { metrics: [metric], reference: "5m", onInconclusive: "roll-back", extendUpTo: "2m" },
        ...(monitored ? { monitorAfter: { for: "3m" } } : {}),
      },
    },
  };
}

function releaseOf(names: readonly string[], version: string, hotfix: boolean): unknown {
  const artifact = (name: string) => ({ bucket: "shop-artifacts", key: `${name}/{version}.zip`, versionId: "abc" });
  return {
    apiVersion: "headgate/v1",
    service: "shop",
    version,
    ...(hotfix ? { emergency: { reason: "Checkout loses orders.", skipBakes: true } } : {}),
    commit: "0a1b2c3d",
    requestedBy: "dev@shop.example",
    risk: "low",
    summary: "Made up.",
    artifacts: Object.fromEntries(names.map((name) => [name, artifact(name)])),
    environments: ["prod"],
  };
}

function scenarioOf({ bad, duplicates, latencyTimes, lag, eventDelay }: Shape): unknown {
  const changes = bad === null ? [] : [{ fromWeight: bad, errorRate: 0.4 }];
  return {
    name: "random",
    startsAt: "2026-01-13T10:00:10Z",
    traffic: [{ perMinute: 300, history: "30m" }],
    behaviour: [
      { version: "baseline", errorRate: 0.001 },
      { version: "candidate", errorRate: 0.001, changes },
    ],
    latencyTimes,
    cloudwatch: { lag, eventDelay, partial: 0, duplicates },
    people: [{ who: "lead", answers: "approve", after: "2m" }],
  };
}
