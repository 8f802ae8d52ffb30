/** Approvals in the trail: a decision as it is kept there, and what an approver is shown of the rest. */

import type { AuditEntry, AuditRecord } from "../ledger/audit.ts";
import { personOf } from "../people.ts";
import { oneLine } from "../text.ts";
import { type Decision, type GateResult, signerInWords } from "./approval.ts";
import type { ApprovalName } from "./records.ts";

/** The decision as the trail keeps it: all of it, once, whoever reports it. */
export function decisionEntry({ environment, approval }: ApprovalName, decision: Decision): AuditEntry {
  const { role, address, comment } = decision;
  const said = comment === "" ? "" : `: "${oneLine(comment)}"`;
  const signer = signerInWords(decision);
  const signed = signer === null ? "" : `, signed by ${signer}`;
  return {
    id: `decision#${environment}#${approval}#${decision.round}#${role}#${personOf(address)}`,
    kind: decision.decision,
    summary: `${address} ${decision.decision} ${environment} as ${role}${signed}${said}`,
    environment,
    data: { approval, ...decision },
  };
}

/** Kind of the trail's entries that carry the result of a check; `data` holds its name, whether it passed, what it found. */
export const CHECKED = "checked";

/** The newest result of each check of the environment, in the order in which they were first made. */
export function gateResults(trail: readonly AuditRecord[], environment: string): GateResult[] {
  const newest = new Map<string, GateResult>();
  for (const { kind, environment: where, data, summary } of trail) {
    if (kind !== CHECKED || where !== environment) continue;
    const name = textOf(data?.name, summary);
    newest.set(name, { name, passed: data?.passed === true, found: textOf(data?.found, summary) });
  }
  return [...newest.values()];
}

const textOf = (value: unknown, otherwise: string) => (typeof value === "string" ? value : otherwise);
