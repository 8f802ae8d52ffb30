/**
 * How much of a wait one execution takes on before the next goes on with it. A history holds 25,000 events, and the one
 * after ends the execution whatever it does (Step Functions' quota "Maximum execution event history size"). These numbers
 * stay below even where every call of every lap is tried again as often as its retry policy lets it;
 * `test/statemachine/history.test.ts` adds that up from the definitions.
 */

/** Looks of a bake: a lap of [wait, judge] costs 8 events, and 51 at its worst. */
export const MOST_TICKS = 400;

/** Looks at an approval, or at a lock: a lap of [pause, look] costs 13 events, and 97 at its worst. */
export const MOST_LOOKS = 250;

/** What a lap of a wait comes to: another one here, an end with the wait's own word, or an end of this execution alone. */
export type Lap<Word extends string> =
  | { readonly decision: "again"; readonly outcome: null }
  | { readonly decision: "end"; readonly outcome: Word | "continue" };

/** `outcome` is the wait's own end, null while it lasts; `looks` counts those of this execution, with the one at hand. */
export function lapOf<Word extends string>(outcome: Word | null, looks: number): Lap<Word> {
  if (outcome !== null) return { decision: "end", outcome };
  return looks < MOST_LOOKS ? { decision: "again", outcome } : { decision: "end", outcome: "continue" };
}
