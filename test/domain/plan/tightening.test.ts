import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration } from "../../../functions/domain/durations.ts";
import type { ApprovalPlan, EnvironmentPlan, StepPlan } from "../../../functions/domain/plan.ts";
import { type Changes, environment, type Json, resolve } from "./documents.ts";

/** Whatever a release asks for, tightening or loosening: either it is refused, or nothing got looser. */

const minutes = (from: number, to: number) =>
  fc.integer({ min: from, max: to }).map((value) => formatDuration(value * 60));
const weights = fc
  .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 4 })
  .map((list) => [...list.sort((a, b) => a - b), 100]);
const stepLists = weights.chain((list) =>
  fc.tuple(...list.map((weight) => minutes(4, 40).map((bake) => ({ weight, bake })))).map((steps): Json => [...steps]),
);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const roles = fc.dictionary(fc.constantFrom("tech-lead", "operations"), fc.integer({ min: 1, max: 2 }), { minKeys: 1 });
const when = fc.constantFrom<Json>("before", "at-0", "after", 100);
const names = fc.uniqueArray(fc.constantFrom("a", "b", "c"), { maxLength: 2 });

function filled(fields: Record<string, Json | undefined>): { [key: string]: Json } {
  const given = Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  return Object.fromEntries(given);
}

const policies = fc
  .record({
    steps: stepLists,
    monitor: optional(minutes(0, 200)),
    keep: optional(minutes(0, 2_000)),
    roles,
    when,
    expiresAfter: minutes(10, 4_000),
    alarms: names,
  })
  .map(
    ({ steps, monitor, keep, roles: asked, when: moment, expiresAfter, alarms }): Changes => ({
      "policy.people.tech-lead": ["jane@shop.example", "kim@shop.example"],
      "policy.people.operations": ["john@shop.example", "joan@shop.example"],
      "policy.services.shop.rollout": { steps },
      "policy.services.shop.monitorAfter": monitor === undefined ? undefined : { for: monitor },
      "policy.services.shop.keepPreviousFor": keep,
      "policy.services.shop.alarms": alarms,
      "policy.environments.prod.checks": [{ kind: "alarms-ok", prefix: "shop", name: "red" }],
      "policy.environments.prod.approvals": [{ when: moment, roles: asked, expiresAfter }],
    }),
  );

const asked = fc.record({
  steps: optional(stepLists),
  bakeAtLeast: optional(minutes(0, 60)),
  monitorFor: optional(minutes(0, 300)),
  keepPreviousFor: optional(minutes(0, 3_000)),
  alarms: optional(names),
  notBefore: optional(fc.constantFrom("2026-01-05T12:00:00Z", "2026-01-01T00:00:00Z")),
  approvals: optional(
    fc.array(
      fc
        .record({ roles, when, expiresAfter: optional(minutes(10, 4_000)), validFor: optional(minutes(600, 12_000)) })
        .map((fields): Json => filled(fields)),
      { maxLength: 2 },
    ),
  ),
  checks: optional(fc.constant<Json>([{ kind: "alarms-ok", names: ["x"], name: "mine" }])),
});

/** The policy's own steps, each baked for some minutes more (or fewer), so that many of them pass. */
const nearby = fc.tuple(policies, asked, fc.array(fc.integer({ min: -2, max: 20 }), { minLength: 5, maxLength: 5 }));

describe("a release", () => {
  it("never loosens the policy it is merged into", () => {
    let merged = 0;
    fc.assert(
      fc.property(nearby, ([policy, wishes, more]) => {
        const base = environment(policy);
        const steps = wishes.steps === undefined ? undefined : longer(base.steps, more);
        const changes = { ...policy, "release.tighten": { prod: filled({ ...wishes, steps }) } };
        if (!resolve(changes).ok) return;
        merged += 1;
        expectNothingLooser(base, environment(changes));
      }),
      { numRuns: 400 },
    );
    expect(merged).toBeGreaterThan(30);
  });

  it("with steps of its own is refused, or visits every weight of the policy as long", () => {
    fc.assert(
      fc.property(policies, stepLists, (policy, steps) => {
        const changes = { ...policy, "release.tighten": { prod: { steps } } };
        if (!resolve(changes).ok) return;
        expectNothingLooser(environment(policy), environment(changes));
      }),
      { numRuns: 200 },
    );
  });

  it("that asks for nothing changes nothing", () => {
    fc.assert(
      fc.property(policies, (policy) => {
        expect(environment({ ...policy, "release.tighten": { prod: {} } })).toEqual(environment(policy));
      }),
      { numRuns: 50 },
    );
  });
});

function longer(steps: readonly StepPlan[], more: readonly number[]): Json {
  return steps.map(({ weight, bakeSeconds }, index) => {
    const seconds = Math.max(180, bakeSeconds + (more[index] ?? 0) * 60);
    return { weight, bake: formatDuration(seconds) };
  });
}

function expectNothingLooser(base: EnvironmentPlan, now: EnvironmentPlan): void {
  for (const { at } of steps(base)) expect(weightAt(now, at)).toBeLessThanOrEqual(weightAt(base, at));
  for (const { at } of steps(now)) expect(weightAt(now, at)).toBeLessThanOrEqual(weightAt(base, at));
  for (const step of base.steps) {
    const same = now.steps.find((other) => other.weight === step.weight);
    expect(same?.bakeSeconds ?? 0).toBeGreaterThanOrEqual(step.bakeSeconds);
  }
  expect(now.monitor?.forSeconds ?? 0).toBeGreaterThanOrEqual(base.monitor?.forSeconds ?? 0);
  expect(now.keepPreviousSeconds).toBeGreaterThanOrEqual(base.keepPreviousSeconds);
  expect(now.notBefore ?? 0).toBeGreaterThanOrEqual(base.notBefore ?? 0);
  expect(now.alarms).toEqual(expect.arrayContaining([...base.alarms]));
  expect(now.checks.slice(0, base.checks.length)).toEqual(base.checks);
  for (const approval of base.approvals)
    expectNoEasier(
      approval,
      now.approvals.find(({ id }) => id === approval.id),
    );
  expect([now.analysis, now.window, now.targets, now.onConflict]).toEqual([
    base.analysis,
    base.window,
    base.targets,
    base.onConflict,
  ]);
}

function expectNoEasier(base: ApprovalPlan, now: ApprovalPlan | undefined): void {
  expect(now?.expiresSeconds).toBeLessThanOrEqual(base.expiresSeconds);
  expect(now?.validSeconds).toBeLessThanOrEqual(base.validSeconds);
  for (const role of base.roles) {
    const same = now?.roles.find((other) => other.role === role.role);
    expect(same?.needed).toBeGreaterThanOrEqual(role.needed);
    expect(same?.people).toEqual(role.people);
  }
}

/** Start of each step in seconds after the first shift. */
function steps(plan: EnvironmentPlan): { readonly at: number; readonly weight: number }[] {
  let at = 0;
  return plan.steps.map(({ weight, bakeSeconds }) => {
    const step = { at, weight };
    at += bakeSeconds;
    return step;
  });
}

function weightAt(plan: EnvironmentPlan, second: number): number {
  return steps(plan).findLast(({ at }) => at <= second)?.weight ?? 0;
}
