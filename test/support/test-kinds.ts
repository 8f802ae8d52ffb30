/**
 * Kinds of the tests' own, for what no kind of the product is yet: one that moves by itself, one that holds nothing between
 * none and all, and one that needs two writes for a way. Mocked over `functions/targets/kinds.ts` where a test asks for it.
 */

import type { Kind } from "../../functions/targets/kind.ts";
import type * as Kinds from "../../functions/targets/kinds.ts";

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
