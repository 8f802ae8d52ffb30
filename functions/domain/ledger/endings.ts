/** How a promotion ends, worked out from what the ledger holds. */

import type { Outcome } from "../outcomes.ts";
import type { Ending } from "./header.ts";
import type { Head } from "./journal-records.ts";

/** What is known of one environment at the end. */
export interface EnvironmentEnd {
  readonly head: Head;
  /** How the restore stands: `nothing` where no traffic was ever moved. */
  readonly restored: "nothing" | "verified" | "refused" | "open";
  /** The code that candidates are made from has still to go back. */
  readonly owesCode: boolean;
}

/** Whether something is still to be done there, under the journal and the locks. It is no word about traffic. */
export function isUnfinished({ restored, owesCode }: EnvironmentEnd): boolean {
  return restored === "open" || owesCode;
}

export interface Conclusion {
  readonly outcome: Outcome;
  readonly summary: string;
}

/**
 * The outcome of a promotion.
 *
 * Traffic that is not known to be safe outweighs everything. Then: traffic was moved and brought back (`rolled-back`, or
 * `aborted` when an operator gave it up); all environments done, whatever word came after; nothing was moved and the
 * reason was noted; an error.
 */
export function conclude(facts: {
  readonly ending: Ending | null;
  readonly ends: readonly EnvironmentEnd[];
  readonly wanted: readonly string[];
  readonly error: string | null;
}): Conclusion {
  const unsafe = facts.ends.find(({ restored }) => restored === "open" || restored === "refused");
  if (unsafe !== undefined) return { outcome: "rollback-failed", summary: unsafeSummary(unsafe, facts) };
  const taken = facts.ends.find(({ head, restored }) => restored === "verified" && head.outcome !== "promoted");
  if (taken !== undefined) return takenBack(taken, facts);
  if (isDone(facts)) return { outcome: "promoted", summary: `promoted to ${facts.wanted.join(", ")}` };
  if (facts.ending !== null) return { outcome: facts.ending.outcome, summary: facts.ending.summary };
  const tripped = facts.ends.find(({ head }) => head.trip !== null && head.outcome !== "promoted");
  if (tripped?.head.trip) return { outcome: untouchedOutcome(tripped.head), summary: tripped.head.trip.reason };
  return { outcome: "errored", summary: facts.error ?? "the execution ended before the promotion was done" };
}

type Facts = Parameters<typeof conclude>[0];

/** A refused release wants no environment, and has promoted none. */
function isDone({ wanted, ends }: Facts): boolean {
  const promoted = ends.filter(({ head }) => head.outcome === "promoted").map(({ head }) => head.environment);
  return wanted.length > 0 && wanted.every((name) => promoted.includes(name));
}

function reasonOf(head: Head, { ending, error }: Facts): string {
  return head.trip?.reason ?? ending?.summary ?? error ?? "no reason was noted";
}

function unsafeSummary({ head, restored }: EnvironmentEnd, facts: Facts): string {
  const state =
    restored === "refused"
      ? "was left alone, because somebody else moved it"
      : "could not be brought back to the baseline yet; the sweeper keeps trying";
  return `traffic in ${head.environment} ${state}. Why it had to go back: ${reasonOf(head, facts)}`;
}

function takenBack({ head }: EnvironmentEnd, facts: Facts): Conclusion {
  const aborted = facts.ending?.outcome === "aborted";
  const summary = `traffic in ${head.environment} is back on the baseline, read back: ${reasonOf(head, facts)}`;
  return { outcome: aborted ? "aborted" : "rolled-back", summary };
}

function untouchedOutcome(head: Head): Outcome {
  const by = head.trip?.by;
  return by === "operator" ? "cancelled" : by === "error" || by === "sweeper" ? "errored" : "blocked";
}
