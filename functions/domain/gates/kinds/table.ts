/** The kinds of gates, by the word that policies use, in the order in which schemas and messages name them. */
import { BrokenRecord } from "../../errors.ts";
import { alarmsOk } from "./alarms-ok.ts";
import { evidence } from "./evidence.ts";
import type { Gate } from "./gate.ts";
import { http } from "./http.ts";
import { invoke } from "./invoke.ts";
import { metric } from "./metric.ts";
import { soaked } from "./soaked.ts";

export const GATES = {
  "alarms-ok": alarmsOk,
  http,
  invoke,
  metric,
  soaked,
  evidence,
} satisfies Readonly<Record<string, Gate>>;

export type GateKind = keyof typeof GATES;

const byKind: Readonly<Record<string, Gate>> = GATES;

/** The gate of this kind. Throws `BrokenRecord` for a kind that is none: plans come from the ledger. */
export function gateOf(kind: string): Gate {
  const gate = Object.hasOwn(byKind, kind) ? byKind[kind] : undefined;
  if (gate === undefined) throw new BrokenRecord(`there is no kind of check "${kind}"`);
  return gate;
}

/** Every kind with its gate, in the table's order. */
export const everyGate = (): readonly (readonly [kind: string, gate: Gate])[] => Object.entries(byKind);
