/**
 * What a candidate is held against where the arm beside it is small: a baseline that keeps 1 % of the traffic has six
 * requests in a minute of six hundred. Their counts are counts, and the sequential test weighs them as what they are. Their
 * p95 is the slowest of the six and lies far below the p95 of the other 594, so that a rule which compares the two would
 * be broken by two arms that are alike, and so would a test of ranks. And where errors are rare, its few show for hours that
 * nothing is better than it: there a candidate passes by what the old version did before as well, as at 100 %.
 */
import { hasBaseline, type Span } from "./sampling.ts";
import type { Measured } from "./thresholds.ts";

/** Requests of a period from which on its figures are those of the arm, and not of their number. */
export const FEWEST_BESIDE = 50;
/** An arm that is less than this many times smaller errs as the other does, and no worse. */
const MUCH_SMALLER = 4;

/** Whether the arm beside the candidate is too small, and too much smaller, to compare figures with. */
export const isThin = (candidate: Measured, beside: Measured): boolean =>
  beside.samples < FEWEST_BESIDE && beside.samples * MUCH_SMALLER < candidate.samples;

/** Percent on the candidate from which on the arm beside it is a small one: what a holdback leaves. */
const SMALL_FROM = 80;

export const leavesSmallArm = (weight: number): boolean => weight >= SMALL_FROM && weight < 100;

/** Whether a metric's points are ranked against those of the arm beside them. */
export const isRanked = (span: Span): boolean => hasBaseline(span) && !leavesSmallArm(span.weight);
