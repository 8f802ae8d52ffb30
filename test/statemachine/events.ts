/**
 * How many events a definition writes into an execution's history.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
import { type Graph, isChild, isTokenWait, type Named, nextOf, reachableFrom, type State } from "./definition.ts";

/** Whether every call succeeds, or fails as often as its retry policy has another try for it. */
export type Luck = "good" | "bad";

/** Entered and exited; a state that does work adds its own. */
const VISIT = 2;
/** Scheduled, started, failed. */
const FAILED_TRY = 3;
/** Scheduled, started, submitted, succeeded or timed out; a plain call is not submitted. */
const AWAITED_TRY = 4;
const PLAIN_TRY = 3;
/** Of a Map: started, succeeded; and the same of each iteration. */
const MAP = 2;

/** Events of one visit to a state; a Map has so many `items`. */
export function eventsOf(state: State, luck: Luck, items = 0): number {
  if (state.ItemProcessor !== undefined) {
    const iteration = MAP + eventsIn(Object.values(state.ItemProcessor.States), luck);
    return VISIT + MAP + items * iteration;
  }
  if (state.Type !== "Task") return VISIT;
  const named = { state } as Named;
  const last = isTokenWait(named) || isChild(named) ? AWAITED_TRY : PLAIN_TRY;
  return VISIT + last + (luck === "bad" ? retriesOf(state) * FAILED_TRY : 0);
}

const retriesOf = ({ Retry = [] }: State): number => Retry.reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 0);

export const eventsIn = (states: readonly State[], luck: Luck, items = 0): number =>
  states.reduce((sum, state) => sum + eventsOf(state, luck, items), 0);

/** The states that a machine can come back to: its lap; and all others, which it visits once at most. */
export function lapIn(graph: Graph): { readonly lap: State[]; readonly once: State[] } {
  const entries = Object.entries(graph.States);
  const returns = (name: string, state: State) => nextOf(state).some((next) => reachableFrom(graph, next).has(name));
  return {
    lap: entries.filter(([name, state]) => returns(name, state)).map(([, state]) => state),
    once: entries.filter(([name, state]) => !returns(name, state)).map(([, state]) => state),
  };
}
