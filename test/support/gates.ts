import type { GATES, GateKind } from "../../functions/domain/gates/kinds/table.ts";
import type { GatePlan } from "../../functions/domain/plan.ts";

/** What a gate of any kind holds beside name, point and consequence. */
export type AnyGate = { [K in GateKind]: { kind: K } & ReturnType<(typeof GATES)[K]["resolve"]> }[GateKind];

export const named = (gate: AnyGate, change: Partial<Pick<GatePlan, "when" | "onFail" | "name">> = {}): GatePlan => ({
  name: "the check",
  when: "at-0",
  onFail: "block",
  ...gate,
  ...change,
});
