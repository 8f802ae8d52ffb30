/**
 * How one environment's alpha is spread. Judging 200 targets at alpha each would roll good releases back by the dozen;
 * with shares that sum to 1, "roll back when the weighted sum of the e-values reaches 1/alpha" holds alpha for all of them
 * together, whatever their dependence.
 */

/** Share by what a metric is about, among the metrics that name no share of their own. */
export const CLASS_SHARES = { errors: 0.5, latency: 0.3, other: 0.2 } as const;
export type MetricClass = keyof typeof CLASS_SHARES;

export interface Claim {
  readonly metricClass: MetricClass;
  /** Share that the policy asks for, over all targets, as a fraction. */
  readonly share: number | undefined;
  /** How many targets the metric is judged for. */
  readonly targets: number;
}

const ROUNDING = 1e-9;

/** What is wrong with the shares asked for, or null. */
export function shareProblem(claims: readonly Claim[]): string | null {
  const asked = claims.flatMap((claim) => claim.share ?? []);
  const sum = asked.reduce((total, share) => total + share, 0);
  if (asked.length < claims.length) {
    return sum > 1 - ROUNDING && asked.length > 0
      ? `the weights given sum to ${round(sum)} and leave nothing for the rest`
      : null;
  }
  return claims.length > 0 && Math.abs(sum - 1) > ROUNDING ? `the weights sum to ${round(sum)}, not to 1` : null;
}

/** The weight of each claim for each one of its targets; over all claims and targets they sum to 1. */
export function spreadAlpha(claims: readonly Claim[]): number[] {
  const left = claims.reduce((rest, claim) => rest - (claim.share ?? 0), 1);
  const open = claims.filter((claim) => claim.share === undefined);
  const present = new Set(open.map((claim) => claim.metricClass));
  const whole = [...present].reduce((sum, metricClass) => sum + CLASS_SHARES[metricClass], 0);
  return claims.map((claim) => {
    if (claim.share !== undefined) return claim.share / claim.targets;
    const peers = open.filter((other) => other.metricClass === claim.metricClass).length;
    return (left * CLASS_SHARES[claim.metricClass]) / whole / peers / claim.targets;
  });
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
