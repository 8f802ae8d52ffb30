/**
 * Counts and sums per exposure: orders per request, euros per request, retries per request. They may exceed their
 * exposures, so that no share of requests is bad.
 *
 * The two arms' counts are compared by the sequential judge's own bets. With delta 0 these hang on the ratio of the
 * exposures alone, and are e-values for Poisson counts of any rates as well:
 *
 *     E[(1+lam)^x_c (1 - lam rho k)^x_b] = e^(lam n_c L_c - lam rho n_c L_b) <= 1   while  L_c <= rho L_b,  k = n_c/n_b
 *
 * which is the conditional binomial test: of m counts the candidate's are Bin(m, th). Poisson is what many tiny exposures
 * make, so each exposure is cut into `TINY`, and nothing else of the judge changes. What varies more than Poisson (several
 * orders in a request, bursts, noise that outlasts a minute) is tempered by what the day before the release showed.
 *
 * Amounts of at most 1 (an amount over the `largest`) obey E[(1+lam)^z] <= 1 + lam E[z] and E[(1-a)^z] <= 1 - a E[z], as
 * powers are convex in z: sums of independent amounts in [0, largest] are bet upon by the same formula, whatever their
 * distribution. Where fewer is worse the arms change places: the baseline's rate is what must not exceed rho times the
 * candidate's, rho = 1/(1 - tolerated loss).
 */
import { kindOf } from "../../targets/kinds.ts";
import type { ExposurePlan, QueryPlan, TargetPlan } from "../plan.ts";
import { thousands } from "../text.ts";
import type { StepCounts } from "./doubt.ts";
import { type AskedArm, type AskedParts, type AskedSeries, filledFor } from "./explicit.ts";
import type { Minute } from "./statistics/sequential.ts";
import { type ArmCounts, SILENT } from "./statistics/sequential-lanes.ts";

/** Into how many an exposure is cut: at a billionth of an order each, Poisson and binomial are the same. */
const TINY = 1e9;

/**
 * Stakes on a pass. That of the likelihood ratio of a candidate that loses none is 1 - th1/th, with th the share of the counts
 * at the pass margin and th1 the share of the exposures: where less than 30 % may be lost, .003 at 1 % of the traffic, .03 at
 * 10 %, .15 at 50 %.
 */
export const EXPOSURE_PASS_GRID: readonly number[] = [0.003, 0.01, 0.03, 0.075, 0.15, 0.3];

/** What a count or sum per exposure is said of: orders per 1,000 requests. */
export const PER = 1_000;

/** One arm's counts as the judge takes them. */
export const tinyCounts = ({ requests, errors }: ArmCounts): ArmCounts => ({ requests: requests * TINY, errors });

/** A period as the judge takes it; without a baseline beside the candidate it says nothing. */
export function exposureMinute(
  { direction }: ExposurePlan,
  step: number,
  candidate: ArmCounts,
  baseline: ArmCounts | null,
): Minute {
  if (baseline === null) return { step, canary: SILENT, baseline: null };
  const [worse, better] = direction === "decrease" ? [baseline, candidate] : [candidate, baseline];
  return { step, canary: tinyCounts(worse), baseline: tinyCounts(better) };
}

/**
 * What the points of one arm come to: exposures, counts in units of the largest, and the amount per 1,000 exposures. Null:
 * nothing was measured.
 */
export function exposureSample(
  { largest, absent }: ExposurePlan,
  { samples, bad }: { readonly samples?: number | undefined; readonly bad?: number | undefined },
): readonly [samples: number, bad: number, value: number] | null {
  const amount = bad ?? (absent === "zero" ? 0 : undefined);
  if (samples === undefined || samples <= 0 || amount === undefined) return null;
  return [samples, Math.max(0, amount) / largest, (PER * amount) / samples];
}

/** The series of one arm: what is counted, over its exposures. */
export function exposureParts(
  per: ExposurePlan,
  query: AskedSeries,
  target: TargetPlan | null,
  asked: AskedArm,
): AskedParts {
  const samples = per.of === "requests" ? requestsOf(target, asked) : [filledFor(per.of, asked)];
  if (samples.length === 0 || samples.some((one) => one === null)) return {};
  return { samples: samples.filter((one) => one !== null), bad: [capped(per, query)] };
}

/** The requests that an arm got, by its kind's own count. */
function requestsOf(target: TargetPlan | null, { version, mode }: AskedArm): readonly QueryPlan[] {
  if (target === null) return [];
  const { usual, series, armsVanish } = kindOf(target.kind);
  const counted = mode === "whole" && armsVanish ? null : version;
  return series(target, { preset: usual, version: counted, thresholdMs: null }).samples ?? [];
}

/**
 * Amounts above the largest count as it: the trimmed sum up to it, and it for each one beyond. All three statistics have a
 * point wherever there was an amount.
 */
function capped({ largest }: ExposurePlan, query: AskedSeries): AskedSeries {
  if (largest === 1 || !("statistic" in query)) return query;
  const within = `:${largest}`;
  return {
    expression: `low + ${largest} * (all - within)`,
    required: ["low", "all", "within"],
    inputs: {
      low: { ...query, statistic: `TS(${within})` },
      within: { ...query, statistic: `TC(${within})` },
      all: { ...query, statistic: "SampleCount" },
    },
  };
}

/** Counts that would have spoken, had the candidate lost all of them: as `SPEAKS` of `doubt.ts`, 20 to 1. */
const SPEAKS = Math.log(20);
/** Of a count where more is worse: as many have to be expected of the candidate that a multiple would have shown. */
const EXPECTED = 5;

/** Why nothing that speaks against the candidate means nothing; null: there were counts enough. */
export function doubtInCounts({ direction }: ExposurePlan, { canary, baseline }: StepCounts): string | null {
  const beside = `${thousands(Math.round(baseline.errors))} on the baseline`;
  if (canary.requests === 0 || baseline.requests === 0) return "there is nothing to hold its counts against";
  const share = canary.requests / (canary.requests + baseline.requests);
  if (direction === "decrease") {
    return -baseline.errors * Math.log1p(-share) >= SPEAKS ? null : `too few to show that all are lost: ${beside}`;
  }
  const expected = (baseline.errors * canary.requests) / baseline.requests;
  return expected >= EXPECTED ? null : `too few to show that they have multiplied: ${beside}`;
}
