/**
 * Why the absence of evidence against a candidate means nothing: too few requests to show any, or counts that speak for
 * themselves once the caution for bursts is left out. It fails nobody; it keeps a bake from going on without proof.
 */
import { thousands } from "../text.ts";
import { poissonAtLeast } from "./statistics/detectable-power.ts";
import { logMean } from "./statistics/log-numbers.ts";
import { completeConfig, type SequentialConfig } from "./statistics/sequential-config.ts";
import { type ArmCounts, logFactor } from "./statistics/sequential-lanes.ts";

/** Requests of a step, its warm-up left out, and how many of them were bad. */
export interface StepCounts {
  readonly canary: ArmCounts;
  readonly baseline: ArmCounts;
}

/** A candidate this much worse than tolerated (a fraction of requests) has to have had its chance to show. */
export const MUST_HAVE_SHOWN = 0.2;
/** Untempered evidence that speaks: a tolerable candidate shows it in at most 1 of 20 steps, if requests are independent. */
const SPEAKS = Math.log(20);
/** How surely `MUST_HAVE_SHOWN` would have been seen. */
const SURELY = 0.95;

/** In words; null: there were requests enough, and they do not speak against the candidate. */
export function doubtIn(counts: StepCounts, overrides: Partial<SequentialConfig>): string | null {
  const config = completeConfig(overrides);
  const { canary } = counts;
  const baseline = counts.baseline.requests > 0 ? counts.baseline : null;
  const tolerated = toleratedRate(baseline, config);
  if (tolerated === null) return "there is nothing to hold its requests against";
  const speaks = (errors: number): boolean => untempered({ ...canary, errors }, baseline, config) >= SPEAKS;
  if (speaks(canary.errors)) {
    return `${thousands(Math.round(canary.errors))} bad of ${inWords(canary.requests)}`;
  }
  const needed = fewest(canary.requests, speaks);
  const bad = Math.min(1, tolerated + MUST_HAVE_SHOWN);
  if (needed !== null && poissonAtLeast(needed, canary.requests * bad) >= SURELY) return null;
  return `too little to show a rise of ${100 * MUST_HAVE_SHOWN} points: ${inWords(canary.requests)}`;
}

function inWords(requests: number): string {
  const count = Math.round(requests);
  return count === 1 ? "1 request" : `${thousands(count)} requests`;
}

function toleratedRate(baseline: ArmCounts | null, { rho, delta, slo }: SequentialConfig): number | null {
  return baseline === null ? slo : (rho * baseline.errors) / baseline.requests + delta;
}

/** ln E of the whole step as one bet of each ratio, without phi: at most 1 on average if requests are independent. */
export function untempered(
  canary: ArmCounts,
  baseline: ArmCounts | null,
  { grid, rho, delta, slo }: SequentialConfig,
): number {
  if (canary.requests === 0) return 0;
  const margin = baseline === null ? (slo ?? 0) : delta;
  return logMean(grid.map((ratio) => logFactor(canary, baseline, ratio, rho, margin)));
}

/** The fewest bad requests that speak, of so many; null: not even all of them do. */
function fewest(requests: number, speaks: (errors: number) => boolean): number | null {
  let [silent, enough] = [0, Math.floor(requests)];
  if (!speaks(enough)) return null;
  while (enough - silent > 1) {
    const middle = Math.floor((silent + enough) / 2);
    if (speaks(middle)) enough = middle;
    else silent = middle;
  }
  return enough;
}
