/**
 * What a share of the traffic that was served would have measured of a rate: bad requests in their clumps, by chance in one
 * arm or the other. The baseline beside it is at the level of the quarter of an hour with noise of its own, so that what
 * both share cancels: a daily rhythm, and an incident that stands out of it.
 */

import type { ServedPoint, Serving, TrialStep } from "./rule-trial.ts";
import { countLaw, fractionAbove, NODES, partLaw } from "./statistics/clumps.ts";
import { type Counted, type RateNoise, rateNoise } from "./statistics/noise-shape.ts";
import { nth } from "./statistics/nth.ts";
import { isThin } from "./thin-arm.ts";

interface Rates {
  /** Null: not measured. */
  readonly periods: readonly (Counted | null)[];
  readonly periodSeconds: number;
  /** Periods before a rollout whose mean it is compared with where no baseline runs. */
  readonly reference: number;
}

/** From what was counted, all arms together. */
export function servedRates({ periods, periodSeconds, reference }: Rates): Serving {
  const noise = rateNoise(periods);
  const expected = expectedBad(periods);
  const before = meansBefore(periods, reference);
  const length = periods.length;
  const known = new Map<string, ServedPoint | null>();
  const at = (period: number): Counted | null => periods[((period % length) + length) % length] ?? null;
  return {
    periods: length,
    periodSeconds,
    samples: (period, weight) => ((at(period)?.requests ?? 0) * weight) / 100,
    point: (period, count, step) => {
      // Several rules look at the same periods.
      const key = `${period} ${count} ${step.weight} ${step.compared}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      const found = pointOf(period, count, step);
      known.set(key, found);
      return found;
    },
  };

  function pointOf(period: number, count: number, step: TrialStep): ServedPoint | null {
    const whole = pooled(Array.from({ length: count }, (_, index) => at(period + index)));
    if (whole === null) return null;
    const usual = Array.from({ length: count }, (_, index) => nth(expected, (period + index) % length));
    const usually = usual.reduce((sum, one) => sum + one, 0);
    const typical = clumpsOf(whole, usually, noise);
    const thin = step.compared && isThinBeside(whole.requests, step);
    const beside =
      step.compared && !thin
        ? besides(levelOf(whole, usually, noise), whole.requests, noise, step)
        : [{ value: nth(before, period % length), weight: 1 }];
    return { ...shareOf(whole, typical, noise, step, beside), thin };
  }
}

function pooled(periods: readonly (Counted | null)[]): Counted | null {
  const measured = periods.filter((one) => one !== null);
  if (measured.length === 0) return null;
  return {
    requests: measured.reduce((sum, one) => sum + one.requests, 0),
    bad: measured.reduce((sum, one) => sum + one.bad, 0),
  };
}

/** Standard deviations above what is usual from which a minute is an incident of its own, that both arms share. */
const INCIDENT = 6;

const isIncident = ({ requests, bad }: Counted, usual: number, { clump, wander }: RateNoise): boolean =>
  bad > usual + INCIDENT * Math.sqrt((clump + wander * requests) * Math.max(usual, 1));

/** How many bad requests such a minute has, between what is usual and what this one had: by how much its rate wanders. */
function clumpsOf(counted: Counted, usual: number, noise: RateNoise): number {
  if (isIncident(counted, usual, noise)) return counted.bad;
  const wandering = noise.wander * counted.requests;
  return (usual * noise.clump + counted.bad * wandering) / (noise.clump + wandering);
}

/** The rate that both arms share, as a fraction: that of the quarter of an hour, or of the incident. */
function levelOf(counted: Counted, usual: number, noise: RateNoise): number {
  const bad = isIncident(counted, usual, noise) ? counted.bad : usual;
  return counted.requests === 0 ? 0 : Math.min(1, bad / counted.requests);
}

function shareOf(
  { requests, bad }: Counted,
  expected: number,
  { clump }: RateNoise,
  step: TrialStep,
  beside: ServedPoint["beside"],
): ServedPoint {
  const share = step.weight / 100;
  if (share === 1) {
    const value = requests === 0 ? 0 : (100 * bad) / requests;
    const exceeds = (ceiling: number) => (value > ceiling ? 1 : 0);
    return { samples: requests, silent: requests === 0 ? 1 : 0, exceeds, beside };
  }
  const law = partLaw(bad, share, clump, expected);
  const mean = (requests - bad) * share;
  const above = fractionAbove(law, { mean, variance: mean * (1 - share) });
  return {
    samples: requests * share,
    silent: (1 - share) ** requests,
    exceeds: (ceiling) => above(ceiling / 100),
    beside,
  };
}

/** The baseline's part of so many requests at a level, with noise of its own. */
function besides(
  level: number,
  requests: number,
  { clump, wander }: RateNoise,
  { weight }: TrialStep,
): ServedPoint["beside"] {
  const samples = requests * (1 - weight / 100);
  const deviation = Math.sqrt((level * (1 - level) * (clump + wander * samples)) / Math.max(1, samples));
  return NODES.map((node) => ({ value: 100 * Math.max(0, level + node.z * deviation), weight: node.weight }));
}

/** Whether the baseline's share of so many requests is too small to compare with. */
export const isThinBeside = (samples: number, { weight }: TrialStep): boolean => {
  const share = weight / 100;
  return isThin({ samples: samples * share, value: 0 }, { samples: samples * (1 - share), value: 0 });
};

const BLOCK = 15;

/** Bad requests that each period has by the rate of its quarter of an hour. */
function expectedBad(periods: readonly (Counted | null)[]): number[] {
  const rates: number[] = [];
  for (let start = 0; start < periods.length; start += BLOCK) {
    const block = pooled(periods.slice(start, start + BLOCK));
    rates.push(block === null || block.requests === 0 ? 0 : block.bad / block.requests);
  }
  return periods.map((one, index) => (one?.requests ?? 0) * nth(rates, Math.floor(index / BLOCK)));
}

/** For each period the rate in percent of so many periods before it; the first ones take the end for what was before. */
function meansBefore(periods: readonly (Counted | null)[], reference: number): number[] {
  const length = periods.length;
  const span = Math.min(reference, length);
  const sums = [{ requests: 0, bad: 0 }];
  for (let index = 0; index < 2 * length; index++) {
    const last = sums.at(-1) ?? { requests: 0, bad: 0 };
    const { requests, bad } = periods[index % length] ?? { requests: 0, bad: 0 };
    sums.push({ requests: last.requests + requests, bad: last.bad + bad });
  }
  return periods.map((_, index) => {
    const [from, to] = [sums[index + length - span], sums[index + length]];
    const requests = (to?.requests ?? 0) - (from?.requests ?? 0);
    return requests === 0 ? 0 : (100 * ((to?.bad ?? 0) - (from?.bad ?? 0))) / requests;
  });
}

/** From what is known of a week: each period alike, with its errors in clumps. */
export function steadyRates(
  week: { readonly requests: number; readonly rate: number; readonly dispersion: number },
  periodSeconds: number,
): Serving {
  const { requests, rate, dispersion } = week;
  const samples = (_: number, weight: number) => (requests * weight) / 100;
  return {
    periods: 1,
    periodSeconds,
    samples,
    point: (period, count, step) => {
      const [arm, other] = [count * samples(period, step.weight), count * samples(period, 100 - step.weight)];
      const law = countLaw(arm * rate, dispersion);
      const mean = arm * (1 - rate);
      const above = fractionAbove(law, { mean, variance: mean });
      const deviation = Math.sqrt(other * rate * dispersion);
      return {
        samples: arm,
        silent: Math.exp(-arm),
        exceeds: (ceiling) => above(ceiling / 100),
        thin: step.compared && isThinBeside(count * requests, step),
        beside:
          !step.compared || isThinBeside(count * requests, step)
            ? [{ value: 100 * rate, weight: 1 }]
            : NODES.map(({ z, weight }) => ({
                value: (100 * Math.max(0, other * rate + z * deviation)) / Math.max(other, 1),
                weight,
              })),
      };
    },
  };
}
