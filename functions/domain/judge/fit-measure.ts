/**
 * By what a plan's bakes are fitted: by the minutes that they last, or, where a policy counts in events, by the requests
 * that a candidate has to have had, however long they take to come.
 */
import type { StepPlan } from "../plan.ts";
import { reachedAt } from "./forecast.ts";
import {
  chanceOfRequests,
  chanceToPass,
  type Judged,
  latestMinutes,
  minutesToPass,
  requestsToPass,
  withPassDelta,
} from "./pass-time.ts";
import { least } from "./statistics/detectable.ts";
import { HOURS } from "./week-of-traffic.ts";

export interface FitMeasure {
  /** The same metric under the narrowest margin that every step shows as it is planned, of those that a pass may have. */
  margined(judged: Judged, steps: readonly StepPlan[]): Judged;
  /** Minutes that a step takes to pass a good candidate with this chance; null: more than anybody waits. */
  minutes(judged: Judged, weight: number, chance: number): number | null;
  /** Minutes that a bake may be extended by. */
  readonly longest: number;
}

/** Margins are fractions of requests, in steps of a tenth of a point. */
const GRAIN = 0.001;
/** No pass need show less than half a point. */
const NARROWEST = 5;
/** Share of good candidates that the bakes should pass as they are planned. */
const AS_PLANNED = 0.9;

/** The narrowest of these margins under which each step passes a good candidate with that chance. */
function narrowest(
  judged: Judged,
  steps: readonly StepPlan[],
  widest: number,
  chance: (judged: Judged, step: StepPlan) => number,
): Judged {
  const under = (grains: number) => withPassDelta(judged, Number((grains * GRAIN).toFixed(3)));
  const shows = (grains: number) => steps.every((step) => chance(under(grains), step) >= AS_PLANNED);
  return under(least(NARROWEST, widest, shows) ?? widest);
}

/** No pass may show less than two points, unless the policy says which, or says how few events shall do. */
const WIDEST = 20;

export const byMinutes: FitMeasure = {
  margined: (judged, steps) =>
    narrowest(judged, steps, WIDEST, (one, { weight, bakeSeconds }) => chanceToPass(one, weight, bakeSeconds / 60)),
  // The first pass ends an extension, so that one for requests that hang costs a good candidate nothing.
  minutes: (judged, weight, chance) => {
    const minutes = minutesToPass(judged, weight, chance);
    return minutes === null ? null : minutes + latestMinutes(judged);
  },
  longest: 6 * 60,
};

const ANY = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Minutes that a step may take where nothing is known of its traffic. */
const UNKNOWN = 7 * 24 * 60;

export const byEvents = (events: number): FitMeasure => ({
  margined: (judged, steps) =>
    narrowest(judged, steps, ANY, (one, { weight }) => chanceOfRequests(one, weight, events)),
  minutes: (judged, weight, chance) => {
    const requests = requestsToPass(judged, weight, chance);
    return requests === null ? null : longestWait(judged, (Math.max(events, requests) * 100) / weight);
  },
  longest: 14 * 24 * 60,
});

/** Minutes until so many requests of both arms have come, from the hour of the week on that takes longest; null: months. */
function longestWait({ traffic }: Judged, requests: number): number | null {
  if (traffic.requestsPerMinute === 0) return UNKNOWN;
  const waits = Array.from({ length: HOURS }, (_, hour) => reachedAt(traffic, hour * HOUR_MS, requests)).map(
    (at, hour) => (at === null ? Number.POSITIVE_INFINITY : at - hour * HOUR_MS),
  );
  const longest = Math.max(...waits) / MINUTE_MS;
  return Number.isFinite(longest) ? Math.ceil(longest) : null;
}
