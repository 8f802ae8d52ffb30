/** What the journal keeps of code: what candidates are made from, and each replacement of it. */
import type { CodeState, Item, Key } from "../ports.ts";

/** How the way back ended. `kept`: the candidate's code stays. `left`: somebody else's code stands there. */
export interface CodeBack {
  readonly state: "verified" | "kept" | "left";
  readonly words: string;
}

/** What candidates of one resource are made from, which several targets may share. */
export interface CodeRecord {
  /** What is locked for it: the function, not the alias. */
  readonly resource: string;
  readonly fence: number;
  /** As it was before this promotion touched it; never changes. */
  readonly previous: CodeState;
  /** Number of the newest replacement; 0: nothing was replaced. */
  readonly sequence: number;
  /** Null: nothing has to go back, or it has not yet. */
  readonly back: CodeBack | null;
}

/** `refused`: the service would not have it, so it never took effect. */
export type ReplacementResult = "applied" | "not-applied" | "refused" | "foreign";

/** One replacement of the code: the intent, then its result. Code is told apart by its hash. */
export interface Replacement {
  readonly resource: string;
  readonly sequence: number;
  readonly purpose: "candidate" | "put-back";
  readonly from: string;
  readonly to: string;
  readonly revision: string;
  readonly fence: number;
  readonly at: number;
  /** The call is given up before this instant (epoch ms). */
  readonly deadline: number;
  readonly result: { readonly outcome: ReplacementResult; readonly found: string; readonly at: number } | null;
}

export const asCode = (item: Item) => item as unknown as CodeRecord & Key;

export const asReplacement = (item: Item) => item as unknown as Replacement & Key;
