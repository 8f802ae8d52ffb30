import { baselineOutcomes, type Exposure, poissonAtLeast } from "./detectable-power.ts";
import { logMean } from "./log-numbers.ts";
import type { SequentialConfig } from "./sequential-config.ts";

/**
 * The chance that a candidate which fails as often as the baseline is passed within a bake, without simulating it.
 *
 * The counterpart of `powerModel`: while traffic is even, the pass bets of T minutes depend on the T-minute sums of
 * errors alone, so a pass takes at most a count c of the candidate's errors that follows from the baseline's, and
 *
 *     P(passed) = sum over x_b of P(X_b = x_b) * P(X_c <= c(x_b)),   X_c, X_b Poisson, in bursts of phi
 *
 * Left out: the cap on what one minute adds where another adds less. Within 6 points of simulation with the real judge
 * (`test/domain/judge/statistics/detectable-pass.simulated.test.ts`; 60 to 6,000 requests a minute, 8 to 60 minutes, phi 1 and 3).
 */
export function passChance(exposure: Omit<Exposure, "logStart">, errorRate: number, config: SequentialConfig): number {
  const { canary, baseline, minutes, phi } = exposure;
  const judged = minutes - config.warmupMinutes;
  const margin = baseline === null ? config.passSlo : config.passDelta;
  if (minutes < config.minPassMinutes || judged <= 0 || canary <= 0 || margin === null) return 0;
  const perBurst = judged / phi;
  const expected = canary * errorRate * perBurst;
  return baselineOutcomes((baseline ?? 0) * errorRate * perBurst)
    .map(
      ({ count, weight }) =>
        weight * atMost(largestPassed({ ...exposure, minutes: judged }, config, margin, count), expected),
    )
    .reduce((sum, share) => sum + share, 0);
}

const atMost = (count: number, expected: number): number => (count < 0 ? 0 : 1 - poissonAtLeast(count + 1, expected));

/** The largest number of canary bursts that still passes; -1 when none does. */
function largestPassed(
  exposure: Omit<Exposure, "logStart">,
  config: SequentialConfig,
  margin: number,
  baselineCount: number,
): number {
  const passes = (count: number): boolean =>
    logPass(exposure, config, margin, count, baselineCount) >= -Math.log(config.passAlpha);
  if (!passes(0)) return -1;
  let [enough, tooMany] = [0, Math.ceil((exposure.canary * exposure.minutes) / exposure.phi) + 1];
  while (tooMany - enough > 1) {
    const middle = Math.floor((enough + tooMany) / 2);
    if (passes(middle)) enough = middle;
    else tooMany = middle;
  }
  return enough;
}

/** ln of the pass evidence (`logPassFactor`) over all of the minutes, with errors counted in bursts of phi. */
function logPass(
  { canary, baseline, minutes, phi }: Omit<Exposure, "logStart">,
  config: SequentialConfig,
  margin: number,
  count: number,
  baselineCount: number,
): number {
  const bets = config.passGrid.map((stake) => {
    const own = count * Math.log(1 - stake) + (stake * canary * minutes * margin) / phi;
    const grown =
      own + (baseline === null ? 0 : baselineCount * Math.log1p((stake * config.passRho * canary) / baseline));
    return Math.min(grown, config.passCapNats * minutes);
  });
  return logMean(bets);
}
