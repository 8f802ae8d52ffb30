/** A decision as the trail keeps it. */
import type { AuditEntry } from "../ledger/audit.ts";
import { personOf } from "../people.ts";
import { oneLine } from "../text.ts";
import type { Decision } from "./approval.ts";
import type { ApprovalName } from "./store.ts";

/** The decision as the trail keeps it: all of it, once, whoever reports it. */
export function decisionEntry({ environment, approval }: ApprovalName, decision: Decision): AuditEntry {
  const { role, address, comment } = decision;
  const said = comment === "" ? "" : `: "${oneLine(comment)}"`;
  return {
    id: `decision#${environment}#${approval}#${decision.round}#${role}#${personOf(address)}`,
    kind: decision.decision,
    summary: `${address} ${decision.decision} ${environment} as ${role}${said}`,
    environment,
    data: { approval, ...decision },
  };
}
