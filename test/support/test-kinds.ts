/**
 * Kinds of the tests' own, for what no kind of the product is yet: one that moves by itself, one that holds nothing between
 * none and all, and one that needs two writes for a way. Mocked over `functions/targets/kinds.ts` where a test asks for it.
 */

import type { Target } from "../../functions/domain/ports.ts";
import type * as Adapters from "../../functions/targets/adapters.ts";
import type { Kind } from "../../functions/targets/kind.ts";
import type * as Kinds from "../../functions/targets/kinds.ts";
import { driverOf, type Escalator } from "./escalator.ts";

/** The table of kinds with the tests' own beside the product's. */
export async function withTestKinds(original: () => Promise<unknown>): Promise<typeof Kinds> {
  const kinds = (await original()) as typeof Kinds;
  const alias: Kind = kinds.KINDS["lambda-alias"];
  const own: Readonly<Record<string, Kind>> = {
    escalator: { ...alias, name: "escalator", drive: "self-driving", presets: [] },
    "front-door": { ...alias, name: "front-door", restoreOrder: 1, presets: [] },
    switch: { ...alias, name: "switch", weights: "all-or-nothing", presets: [] },
  };
  return {
    ...kinds,
    kindOf: (name) => (Object.hasOwn(own, name) ? (own[name] as Kind) : kinds.kindOf(name)),
    everyKind: () => [...kinds.everyKind(), ...Object.values(own)],
  };
}

/** The product's table, but for aliases that a service moves by itself: the sandbox can make those. */
export const withMovingAlias = (original: () => Promise<unknown>): Promise<typeof Kinds> =>
  withChangedAlias(original, { drive: "self-driving" });

/** The product's table, but for aliases that send all of their traffic one way. */
export const withStrictAlias = (original: () => Promise<unknown>): Promise<typeof Kinds> =>
  withChangedAlias(original, { weights: "all-or-nothing" });

async function withChangedAlias(original: () => Promise<unknown>, change: Partial<Kind>): Promise<typeof Kinds> {
  const kinds = (await original()) as typeof Kinds;
  const changed = (kind: Kind): Kind => (kind.name === "lambda-alias" ? { ...kind, ...change } : kind);
  return {
    ...kinds,
    kindOf: (name) => changed(kinds.kindOf(name)),
    everyKind: () => kinds.everyKind().map(changed),
  };
}

/** Adapters whose targets are moved by the service of the hour, and bear its mark while it has moved them. */
export async function withDriver(
  original: () => Promise<unknown>,
  moving: { readonly service: Escalator | null; readonly mark: string | null },
): Promise<typeof Adapters> {
  const adapters = (await original()) as typeof Adapters;
  return {
    ...adapters,
    makeTarget: (tools, plan): Target => {
      const target = adapters.makeTarget(tools, plan);
      if (moving.service === null) return target;
      const read = async () => {
        const state = await target.traffic.read();
        return { ...state, marker: moving.mark ?? state.marker };
      };
      return { ...target, traffic: { ...target.traffic, read }, driver: driverOf(moving.service, read) };
    },
  };
}
