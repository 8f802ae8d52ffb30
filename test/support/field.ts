/** A small shop of one function, 10/50/100 % of 15 minutes each, as people run it: its documents and its world. */
import { type Rehearsed, rehearse } from "../../sandbox/rehearsal.ts";
import { readScenario } from "../../sandbox/world/scenario.ts";

export interface FieldCase {
  /** Beside targets and rollout, what the policy says of the service. */
  readonly service?: object;
  /** What differs from a calm world. */
  readonly scenario?: object;
  readonly environment?: object;
}

const steps = [10, 50, 100].map((weight) => ({ weight, bake: "15m" }));
const target = { name: "order", kind: "lambda-alias", functionName: "shop-{environment}-order", alias: "live" };

export const shopPolicy = ({ service = {}, environment = {} }: FieldCase) => ({
  apiVersion: "headgate/v1",
  order: ["prod"],
  people: { lead: ["lead@shop.example"] },
  environments: {
    prod: {
      account: "111122223333",
      region: "eu-west-1",
      approvals: [{ roles: { lead: 1 }, expiresAfter: "24h" }],
      notices: ["team@shop.example"],
      pageTo: ["oncall@shop.example"],
      ...environment,
    },
  },
  services: {
    shop: { targets: [target], rollout: { steps }, monitorAfter: { for: "1h", onFail: "roll-back" }, ...service },
  },
});

export const SHOP_RELEASE = {
  apiVersion: "headgate/v1",
  service: "shop",
  version: "v1.4.0",
  commit: "0a1b2c3d4e5f",
  requestedBy: "dev@shop.example",
  risk: "low",
  summary: "Order service: cache.",
  artifacts: { order: { bucket: "shop-artifacts", key: "order/{version}.zip", versionId: "abc123" } },
  environments: ["prod"],
};

export const calmWorld = (over: object = {}) => ({
  name: "field",
  startsAt: "2026-11-24T08:00:00Z",
  seed: 1,
  traffic: [{ perMinute: 600, noise: 0.1 }],
  behaviour: [
    { version: "baseline", errorRate: 0.001 },
    { version: "candidate", errorRate: 0.001 },
  ],
  people: [{ who: "lead", answers: "approve", after: "10m" }],
  ...over,
});

/** Rehearses it to its end on the real machines. Throws when the documents have problems. */
export async function rehearseShop(field: FieldCase): Promise<Rehearsed> {
  const scenario = readScenario(calmWorld(field.scenario));
  const result = await rehearse({ policy: shopPolicy(field), release: SHOP_RELEASE, scenario });
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result;
}

/** `Judge: passed ...`: what happened, as the rehearsal tells it. */
export const told = ({ sandbox }: Rehearsed): string[] =>
  sandbox.timeline.lines.map(({ what, text }) => `${what}: ${text}`);
