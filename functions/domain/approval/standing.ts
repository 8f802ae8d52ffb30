/** How an approval stands, and how long it can be left alone. */
import type { ApprovalOutcome, ApprovalState } from "./approval.ts";
import type { Settlement } from "./settlement.ts";

/** How an approval stands, in the words of the machines. */
export interface Standing {
  readonly state: ApprovalState;
  /** Null while it waits. */
  readonly outcome: ApprovalOutcome | null;
  /** Until the next reminder, escalation or expiry; at least a second, as `TimeoutSecondsPath` wants it. */
  readonly wait: { readonly seconds: number; readonly until: number };
  readonly summary: string;
}

export function standing({ state, summary, nextAt }: Settlement, now: number): Standing {
  const seconds = Math.max(1, Math.ceil((nextAt - now) / 1_000));
  return { state, outcome: state === "waiting" ? null : state, wait: { seconds, until: nextAt }, summary };
}
