/** What the simulated services need to know of the traffic that a world sends them. */

import type { Samples } from "../chance/samples.ts";

/** A stream of requests: those that come in through one alias of one function. */
export interface Stream {
  readonly account: string;
  readonly functionName: string;
  readonly alias: string;
}

/** What became of requests. */
export interface Portion {
  readonly invocations: number;
  readonly errors: number;
  readonly throttles: number;
  /** Milliseconds. */
  readonly durations: Samples;
}

/** The requests of a minute that one version served in one stretch of constant weights. */
export interface Served {
  readonly version: string;
  /** Whether the alias had two versions then. */
  readonly weighted: boolean;
  readonly whole: Portion;
  /** Those of them that the first figures of a late minute show. */
  readonly first: Portion;
  /** For how long (ms) each of them runs, where that is so long that it is counted when it ends, and not before. */
  readonly countedAfter?: number;
}

/** The traffic of functions, minute by minute: the same figures whoever asks, and however often. */
export interface TrafficSource {
  /** What was served in the minute that begins at `minute` (epoch ms, a whole minute that is over), stream by stream. */
  minutesOf(stream: Stream): (minute: number) => readonly Served[];
}
