import type { ArmCounts } from "./sequential-lanes.ts";
import type { Wander } from "./wander.ts";

/**
 * How much of what wandered before the release is each arm's own. One arm alone cannot tell; two can: what both share
 * leaves the ratio of their rates in place, whatever that ratio is, and what is their own moves it.
 *
 * Each share of ownness that is tried foretells how far ln(rate_c / rate_b) moves from minute to minute, and is held
 * against what it did: a local-level filter (Harvey, "Forecasting, structural time series models and the Kalman filter",
 * 1989) gives its likelihood. The first ratio is taken as it comes, so that a bad candidate's counts for nothing; one that
 * turns bad later looks like own wandering, which is the cautious side. While a share is not out by 20 to 1 it is
 * believed: arms that do wander by themselves are taken for sharing it in fewer than 1 rollout of 20, if all else of the
 * model is right.
 */
export type Trace = {
  /** Of the log ratio, as this share sees it; null before the first minute that tells. */
  readonly level: number | null;
  readonly variance: number;
  readonly logLikelihood: number;
};

/** Shares of the variance that are tried. */
const SHARES: readonly number[] = [1, 0.25, 0];
/** ln of the odds at which a share is out. */
const OUT = Math.log(20);
/** Below this many errors in an arm the logarithm of its rate is no normal variable. */
const FEWEST_ERRORS = 5;

/** Before anything was seen: all of it is the arms' own. */
export const NOTHING_TOLD: readonly Trace[] = SHARES.map(() => ({ level: null, variance: 0, logLikelihood: 0 }));

/** The largest share that is not out. */
export function ownShare(traces: readonly Trace[]): number {
  const likeliest = Math.max(...traces.map(({ logLikelihood }) => logLikelihood));
  return SHARES.find((_, i) => (traces[i]?.logLikelihood ?? 0) >= likeliest - OUT) ?? 1;
}

/** After a minute of both arms. */
export function told(
  traces: readonly Trace[],
  wander: Wander,
  canary: ArmCounts,
  baseline: ArmCounts,
): readonly Trace[] {
  const step = stepVariance(wander);
  const ratio = logRatioOf(canary, baseline);
  return traces.map((trace, i) => {
    const before = { ...trace, variance: trace.variance + step * (SHARES[i] ?? 1) };
    return ratio === null ? before : seen(before, ratio.value, ratio.variance);
  });
}

/** Variance of the change in a minute of the difference of two such rates, each with correlation a: 2 * 2(1-a) Var(u). */
const stepVariance = ({ variance, minutes }: Wander): number => 4 * variance * -Math.expm1(-1 / minutes);

/** ln of the arms' ratio, and its variance if requests are independent: noise beyond that looks like own wandering. */
function logRatioOf(
  canary: ArmCounts,
  baseline: ArmCounts,
): { readonly value: number; readonly variance: number } | null {
  if (canary.errors < FEWEST_ERRORS || baseline.errors < FEWEST_ERRORS) return null;
  const rate = ({ requests, errors }: ArmCounts): number => (errors + 0.5) / requests;
  return {
    value: Math.log(rate(canary) / rate(baseline)),
    variance: 1 / (canary.errors + 0.5) + 1 / (baseline.errors + 0.5),
  };
}

function seen({ level, variance, logLikelihood }: Trace, value: number, noise: number): Trace {
  if (level === null) return { level: value, variance: noise, logLikelihood };
  const total = variance + noise;
  const surprise = value - level;
  const gain = variance / total;
  return {
    level: level + gain * surprise,
    variance: variance * (1 - gain),
    logLikelihood: logLikelihood - (Math.log(total) + surprise ** 2 / total) / 2,
  };
}
