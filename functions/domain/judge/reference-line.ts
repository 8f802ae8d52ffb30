import type { DurationReference } from "./statistics/duration-reference.ts";
import type { Wander } from "./statistics/wander.ts";
import type { TriedRule } from "./tried-rule.ts";

/**
 * What the old version did before the release, in the few numbers that the judge needs of it.
 */
export interface WatchReference {
  /** Periods with traffic, and the requests and bad ones in them. */
  readonly periods: number;
  readonly requests: number;
  readonly bad: number;
  /** Highest rate of bad requests (a fraction) of any hour with enough requests to tell. */
  readonly worstRate: number;
  /** Mean value in the metric's unit: what a rule compares with where no baseline arm runs. */
  readonly value: number;
  /** For durations: the metric's quantile, ms; the bound that slow requests exceed. */
  readonly quantileMs: number | null;
  /** Dispersion of the bad counts, and the requests per period at which it was measured; see `sequential-lanes.ts`. */
  readonly phi: number;
  readonly requestsPerPeriod: number;
  /** How its rate wandered by itself, in periods; absent where it did not, and from references of before it was measured. */
  readonly wander?: Wander;
  /** Where durations are judged as a distribution; absent where they are not, or could not be counted. */
  readonly durations?: DurationReference;
  /** What came of trying the metric's rules before the start, in their order; absent where they were not. */
  readonly rules?: readonly (TriedRule | null)[];
}

/** By metric of a target (`watchId`); a metric that is absent had no traffic, or was not there. */
export type References = Readonly<Record<string, WatchReference>>;
