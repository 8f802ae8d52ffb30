/** What of the trail an approver is shown. */

import type { AuditRecord } from "../ledger/audit.ts";
import type { GateResult } from "./approval.ts";

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
