/** Approvals in the ledger: how they are named, and the changes that write them. */
import type * as z from "zod";
import { EnvironmentInput, namePart } from "../inputs.ts";
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { personOf } from "../people.ts";
import type { Change } from "../ports.ts";
import type { ApprovalRecord, Decision } from "./approval.ts";

/** Which approval; also what the machines send. */
export const ApprovalName = EnvironmentInput.extend({ approval: namePart });

export type ApprovalName = Readonly<z.output<typeof ApprovalName>>;

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
