/**
 * Whether requests reach the candidate at all: an arm without a request beside a busy one is evidence, not missing data.
 *
 * Only closed periods count that were read in full, twice alike, and not a step's first one; only of what AWS counts by
 * version where the kind draws an arm for each request.
 */
import { thousands } from "../text.ts";
import { hasBaseline, showsReach, type Watch } from "./sampling.ts";
import type { Period } from "./state.ts";
import { EMPTY_ALPHA, type EmptyArm, emptyLogE, watchArm } from "./statistics/empty-arm.ts";
import { logMean } from "./statistics/log-numbers.ts";

/** The bet after one more certain period. */
export function reachAfter(watch: Watch, before: EmptyArm | null, { at, span, sample }: Period): EmptyArm | null {
  const settled = at - span.from >= watch.metric.periodSeconds * 1000;
  const { candidate, baseline } = sample;
  if (!settled || !hasBaseline(span) || !showsReach(watch) || candidate === null || baseline === null) return before;
  return watchArm(before, span.from, span.weight, { candidate: candidate[0], baseline: baseline[0] });
}

/** One watch's bet. */
export interface Reach {
  readonly watch: Watch;
  readonly arm: EmptyArm | null;
}

/**
 * The watches that requests do not reach, with what to say of them; empty while the mean of all E is below its line. A mean
 * of e-processes is one, so that the stated chance is the environment's, whatever the number of watches.
 */
export function withoutRequests(all: readonly Reach[]): ReadonlyMap<string, string> {
  const line = -Math.log(EMPTY_ALPHA);
  const shown = all.filter(({ watch }) => showsReach(watch) && !watch.metric.dryRun);
  if (logMean(shown.map(({ arm }) => emptyLogE(arm))) < line) return new Map();
  const empty = shown.flatMap(({ watch, arm }) => (arm !== null && emptyLogE(arm) >= line ? [{ watch, arm }] : []));
  return new Map(empty.map(({ watch, arm }) => [watch.id, reachInWords(arm)]));
}

/** "no request reached the candidate while 1,620 reached the baseline". */
const reachInWords = ({ baseline }: Pick<EmptyArm, "baseline">): string =>
  `no request reached the candidate while ${thousands(baseline)} reached the baseline`;
