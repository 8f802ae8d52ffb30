/** A short policy and release that fit each other, to be spoilt in one place per test. */
import { expect } from "vitest";
import type { Problem } from "../../../functions/domain/documents/problems.ts";
import { resolvePlan } from "../../../functions/domain/plan/resolve.ts";
import type { EnvironmentPlan, PromotionPlan } from "../../../functions/domain/plan.ts";

/** Monday 5 January 2026, 10:00 in Johannesburg. */
export const NOW = Date.parse("2026-01-05T08:00:00Z");

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const POLICY = {
  apiVersion: "headgate/v1",
  order: ["sit", "prod"],
  people: { "tech-lead": ["jane@shop.example"], operations: ["john@shop.example", "joan@shop.example"] },
  callers: { verifiedRoles: ["arn:aws:iam::111122223333:role/approvers"] },
  environments: {
    sit: { account: "111122223333", region: "af-south-1", pageTo: ["oncall@shop.example"] },
    prod: {
      account: "444455556666",
      region: "af-south-1",
      pageTo: ["oncall@shop.example"],
      approvals: [{ roles: { "tech-lead": 1 } }],
    },
  },
  services: {
    shop: {
      targets: [
        { name: "order", kind: "lambda-alias", functionName: "shop-{environment}-order", alias: "live" },
        { name: "cart", kind: "lambda-alias", functionName: "shop-{environment}-cart", alias: "live" },
      ],
    },
  },
};

const RELEASE = {
  apiVersion: "headgate/v1",
  service: "shop",
  version: "v1.2.3",
  commit: "0a1b2c3d",
  requestedBy: "dev@shop.example",
  risk: "low",
  summary: "Faster checkout.",
  artifacts: {
    order: { bucket: "shop-artifacts", key: "order/{version}.zip", versionId: "abc" },
    cart: { version: "42" },
  },
  environments: ["prod"],
};

/** Values by path (`policy.order`, `policy.environments.prod.window`); undefined takes the value away. */
export type Changes = Readonly<Record<string, Json | undefined>>;

export interface Documents {
  policy: Json;
  release: Json;
}

export function documents(changes: Changes = {}): Documents {
  const spoilt: Documents = structuredClone({ policy: POLICY, release: RELEASE });
  for (const [path, value] of Object.entries(changes)) put(spoilt, path.split("."), value);
  return spoilt;
}

function put(root: object, keys: readonly string[], value: Json | undefined): void {
  const [key = "", ...rest] = keys;
  if (rest.length > 0) {
    if (!Object.hasOwn(root, key)) Reflect.set(root, key, {});
    put(Reflect.get(root, key), rest, value);
  } else if (value === undefined) Reflect.deleteProperty(root, key);
  else Reflect.set(root, key, value);
}

export function resolve(changes: Changes = {}, now = NOW) {
  const { policy, release } = documents(changes);
  return resolvePlan(policy, release, { now });
}

/** The problems of the spoilt documents; fails where they resolve. */
export function problems(changes: Changes, now = NOW): readonly Problem[] {
  const resolution = resolve(changes, now);
  if (resolution.ok) throw new Error("the documents resolve");
  return resolution.problems;
}

/** The one problem there is: nothing else may follow from it. */
export function expectProblem(changes: Changes, wanted: Problem): void {
  expect(problems(changes)).toEqual([wanted]);
}

export function plan(changes: Changes = {}, now = NOW): PromotionPlan {
  const resolution = resolve(changes, now);
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems, null, 1));
  return resolution.plan;
}

/** The plan of one environment, production unless said otherwise. */
export function environment(changes: Changes = {}, name = "prod", now = NOW): EnvironmentPlan {
  const found = plan(changes, now).environments.find((one) => one.environment === name);
  if (found === undefined) throw new Error(`no ${name} in the plan`);
  return found;
}

export function warnings(changes: Changes, now = NOW): readonly Problem[] {
  const resolution = resolve(changes, now);
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems, null, 1));
  return resolution.warnings;
}
