import * as z from "zod";
import type { Gate, GateInput } from "../gates/kinds/gate.ts";
import { everyGate } from "../gates/kinds/table.ts";
import { consequenceSchema, whenSchema } from "../schema-parts.ts";

/** How a policy asks for gates: under `checks`, each of a kind. */

const shared = {
  when: whenSchema.optional().describe('"before" (default), "at-0", "after", or a weight of one of the steps'),
  name: z.string().trim().min(1).max(80).optional().describe("what reports call the check; made up where absent"),
  onFail: consequenceSchema.optional().describe('default "block" before the rollout and "rollback" from then on'),
};

/** A gate's fields: its kind, those of its kind, and those that all have. */
const schemaOf = ([kind, { description, fields }]: readonly [string, Gate]) =>
  z.strictObject({ kind: z.literal(kind).describe(description), ...fields, ...shared });

const kinds = everyGate().map(([kind]) => kind);
const [first, ...others] = everyGate().map(schemaOf);
if (first === undefined) throw new RangeError("there is no kind of gate");

/** Each kind's schema has the fields of `GateInput`, which zod cannot see through a table. */
export const gateSchema = z.discriminatedUnion("kind", [first, ...others]).meta({
  description: `a check: ${kinds.slice(0, -1).join(", ")} or ${kinds.at(-1)}`,
  examples: [{ kind: "alarms-ok", prefix: "shop-{environment}" }],
}) as unknown as z.ZodType<GateInput>;
