/** What the journal keeps: its head for each environment, its targets, their intents, and the locks on their resources. */
import type { Outcome, TrippedBy } from "../outcomes.ts";
import type { Item, Key, Route, RouteState } from "../ports.ts";

export interface Trip {
  readonly by: TrippedBy;
  readonly reason: string;
  /** Names of the targets for which it was stopped, where they are known: they go back first. */
  readonly first?: readonly string[];
  readonly at: number;
}

/** Head of one environment's journal. `closed` is for good: nothing of this promotion writes here any more. */
export interface Head {
  readonly promotionId: string;
  readonly environment: string;
  readonly state: "open" | "tripped" | "closed";
  readonly enteredAt: number;
  /** First instant at which candidate traffic was intended; null: untouched. */
  readonly firstShiftAt: number | null;
  readonly trip: Trip | null;
  /** How this environment ended, once closed. */
  readonly outcome: Outcome | null;
  readonly summary: string;
}

/** What is known of one traffic target. Its baseline never changes within a promotion. */
export interface TargetRecord {
  readonly target: string;
  /** Its kind's name: whoever has the record alone can read its routes. */
  readonly kind: string;
  readonly resource: string;
  readonly fence: number;
  readonly baseline: RouteState;
  readonly candidate: string | null;
  readonly candidateSha256: string | null;
  /**
   * Longest that a request may be under way on baseline or candidate, in seconds, known with the candidate; null: without a
   * limit that is known. Absent before that, and in records of 0.1.0.
   */
  readonly longestSeconds?: number | null;
  /** True where the candidate's environments were up before its first request: its steps have no warm-up. */
  readonly startsWarm?: boolean;
  /** Number of the newest intent. */
  readonly sequence: number;
  /** The last journalled read-back: its revision is the one the next write must use. */
  readonly last: RouteState;
  readonly restored: "verified" | "refused" | null;
}

/** `drive`: a service was told to move by itself, by one intent for the whole of its movement. */
export type Purpose = "shift" | "finish" | "drive" | "restore";

/**
 * `moving`: the service is on its way by itself, and was last seen where `found` says. `overtaken`: a restore wrote after
 * it, and looked again once it could no longer take effect.
 */
export type IntentResult = "applied" | "moving" | "not-applied" | "moved" | "foreign" | "overtaken";

export interface Intent {
  readonly target: string;
  readonly sequence: number;
  readonly purpose: Purpose;
  readonly from: Route;
  readonly to: Route;
  readonly revision: string | null;
  readonly marker: string;
  readonly fence: number;
  readonly at: number;
  /** The call is given up before this instant (epoch ms). */
  readonly deadline: number;
  readonly result: { readonly outcome: IntentResult; readonly found: RouteState; readonly at: number } | null;
}

export interface Lock {
  /** Promotion that holds it; null: free. The item stays, so that the fence only ever grows. */
  readonly owner: string | null;
  readonly environment: string | null;
  readonly executionArn: string | null;
  readonly fence: number;
}

export const asHead = (item: Item) => item as unknown as Head & Key;

export const asTarget = (item: Item) => item as unknown as TargetRecord & Key;

export const asIntent = (item: Item) => item as unknown as Intent & Key;

export const asLock = (item: Item) => item as unknown as Lock & Key;
