/** Approvals in the ledger: how they are named, and the changes that write them. */
import * as z from "zod";
import { BrokenRecord } from "../errors.ts";
import { EnvironmentInput, namePart } from "../inputs.ts";
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { personOf } from "../people.ts";
import type { Change, Item, Key } from "../ports.ts";
import { APPROVAL_OUTCOMES, type ApprovalRecord, type Decision } from "./approval.ts";

/** Which approval; also what the machines send. */
export const ApprovalName = EnvironmentInput.extend({ approval: namePart });

export type ApprovalName = Readonly<z.output<typeof ApprovalName>>;

/** What of a record everything that counts people relies on; the rest is shown, or compared with itself. */
const Whole = z.looseObject({
  ...ApprovalName.shape,
  state: z.enum(["waiting", ...APPROVAL_OUTCOMES]),
  roles: z.array(z.looseObject({ role: z.string(), people: z.array(z.looseObject({ address: z.string() })) })),
  requester: z.string(),
  startedBy: z.string().nullable(),
  gates: z.array(z.unknown()),
});

/** A record that was read. Throws `BrokenRecord` where it is none that Headgate wrote. */
export function asApproval(found: Item): ApprovalRecord & Key {
  if (!Whole.safeParse(found).success) throw new BrokenRecord(`${found.sk} under ${found.pk} is no approval`);
  return found as unknown as ApprovalRecord & Key;
}

const WholeDecision = z.looseObject({
  role: z.string(),
  address: z.string(),
  decision: z.enum(["approved", "rejected"]),
  checklist: z.array(z.string()),
  unticked: z.array(z.string()),
  at: z.number(),
  caller: z.string().nullable(),
});

/** A decision that was read. Throws `BrokenRecord` where it is none that Headgate wrote. */
export function asDecision(found: Item): Decision & Key {
  if (!WholeDecision.safeParse(found).success) throw new BrokenRecord(`${found.sk} under ${found.pk} is no decision`);
  return found as unknown as Decision & Key;
}

/** A record changed under the condition that nobody changed it since it was read. */
export function changeApproval(record: ApprovalRecord, change: Partial<ApprovalRecord>): Change {
  const key = keys.approval(record.promotionId, record.environment, record.approval);
  return {
    put: item(key, { ...record, ...change, revision: record.revision + 1 }),
    if: { revision: record.revision, state: record.state },
  };
}

/** The changes that write a decision once per seat, per person, and per principal. */
export function decisionChanges(name: ApprovalName, decision: Decision): Change[] {
  const { promotionId, environment, approval } = name;
  const { role, address } = decision;
  const decider = (who: string): Change => ({
    put: item(keys.decider(promotionId, environment, approval, who), { role, address, at: decision.at }),
    if: "absent",
  });
  return [
    { put: item(keys.decision(promotionId, environment, approval, role, personOf(address)), decision), if: "absent" },
    decider(personOf(address)),
    ...(decision.signer == null ? [] : [decider(decision.signer.principal.toLowerCase())]),
  ];
}
