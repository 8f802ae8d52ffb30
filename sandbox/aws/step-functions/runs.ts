/** What the service needs to know of the executions that a world starts in workload machines. */

/** How an execution closes. */
export type Ending = "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";

/** The starts that come in through one alias of one state machine. */
export interface RunStream {
  readonly account: string;
  readonly region: string;
  /** Name of the state machine. */
  readonly machine: string;
  readonly alias: string;
}

/** How an execution goes that somebody started by a call, and what it gives where it succeeds: JSON text. */
export interface CalledFate extends Fate {
  readonly output?: string;
}

/** How long an execution takes (milliseconds) and how it ends, unless it is stopped before. */
export interface Fate {
  readonly ms: number;
  readonly ending: Ending;
  /** Whether the first figures of a late minute show it. */
  readonly early: boolean;
}

/** An execution of a workload machine; it stays on the version that it started on. Instants in epoch ms. */
export interface Run extends Omit<Fate, "ms"> {
  readonly name: string;
  /** Null: it was started without a version or alias. */
  readonly version: string | null;
  readonly alias: string | null;
  readonly startedAt: number;
  readonly endsAt: number;
}

/** How many executions started in a minute; how many closed in it, by their ending, and how long those took (ms). */
export interface RunFigures {
  readonly started: number;
  readonly endings: Readonly<Record<Ending, number>>;
  readonly times: readonly number[];
}

/** One minute of one version, as far as it was started through one alias; `first` is what late figures show of it. */
export interface Tally {
  readonly version: string | null;
  readonly alias: string | null;
  readonly whole: RunFigures;
  readonly first: RunFigures;
}

/** The executions of a world: the same whoever asks, and however often. */
export interface RunSource {
  /**
   * A minute so long before the world begins that nothing of it runs any more: its executions are counted, and not known
   * one by one. Undefined for any later minute.
   */
  talliedIn(stream: RunStream, minute: number): readonly Tally[] | undefined;
  /** Those that start in the minute that begins at `minute`, as far as it has passed, in order. */
  startedIn(stream: RunStream, minute: number): readonly Run[];
  /** Those of them that have started so far and end in that minute, unless they are stopped before. */
  endingIn(stream: RunStream, minute: number): readonly Run[];
  /** Those that have started by `at` (a present or past instant) and end later, unless they are stopped before. */
  runningAt(stream: RunStream, at: number): readonly Run[];
  /** How many state transitions were throttled in that minute, which is over. */
  throttledIn(stream: RunStream, minute: number): number;
  find(stream: RunStream, name: string): Run | undefined;
  /** What becomes of an execution that somebody starts by a call, at `at`. */
  fateOf(
    start: Omit<RunStream, "alias"> & { readonly version: string; readonly name: string; readonly at: number },
  ): CalledFate;
}

/** A world in which nothing starts, and whatever is started by a call succeeds within a second. */
export const NO_RUNS: RunSource = {
  talliedIn: () => undefined,
  startedIn: () => [],
  endingIn: () => [],
  runningAt: () => [],
  throttledIn: () => 0,
  find: () => undefined,
  fateOf: () => ({ ms: 1_000, ending: "SUCCEEDED", early: true }),
};
