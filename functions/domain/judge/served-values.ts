/**
 * What a share of the traffic that was served would have measured of a value: a quantile of durations, or the mean of
 * something. With fewer samples it is grainier; how much is read off the periods themselves (`noise-shape.ts`).
 */

import type { ServedPoint, Serving, TrialStep } from "./rule-trial.ts";
import { isThinBeside } from "./served-rates.ts";
import { countLaw, exceeds, NODES } from "./statistics/clumps.ts";
import { type Valued, type ValueNoise, valueNoise } from "./statistics/noise-shape.ts";
import { normalBelow, normalQuantile } from "./statistics/normal.ts";
import { nth } from "./statistics/nth.ts";

interface Values {
  /** Null: not measured. */
  readonly periods: readonly (Valued | null)[];
  readonly periodSeconds: number;
  /** Periods before a rollout whose mean it is compared with where no baseline runs. */
  readonly reference: number;
  /** The quantile that the values are of, as a fraction; null: they are means. */
  readonly quantile: number | null;
  /** No arm can be told apart: whatever the weight, all of it is measured. */
  readonly whole: boolean;
}

const BLOCK = 15;

/** From what was measured, all arms together. */
export function servedValues({ periods, periodSeconds, reference, quantile, whole }: Values): Serving {
  const length = periods.length;
  const scale = quantile === null ? PLAIN : LOGARITHMIC;
  const noise = valueNoise(
    periods.map((one) => (one === null ? null : { samples: one.samples, value: scale.to(one.value) })),
  );
  const centres = centresOf(periods, scale);
  const levels = levelsOf(periods, centres, scale, noise);
  const before = meansBefore(periods, reference);
  const at = (period: number): Valued | null => periods[((period % length) + length) % length] ?? null;
  const level = (period: number): number => nth(levels, ((period % length) + length) % length);
  // What both arms share: the quarter of an hour's level, or what stands out of it.
  const shared = (period: number): number => {
    const [own, usual] = [level(period), nth(centres, period % length)];
    return Math.abs(own - usual) > INCIDENT * Math.sqrt(noise.wander) ? own : usual;
  };
  const alone = (period: number) => [{ value: nth(before, period % length), weight: 1 }];
  return {
    periods: length,
    periodSeconds,
    samples: (period, weight) => ((at(period)?.samples ?? 0) * (whole ? 100 : weight)) / 100,
    point: (period, count, step) => {
      const pool = Array.from({ length: count }, (_, index) => at(period + index)).filter((one) => one !== null);
      const samples = pool.reduce((sum, one) => sum + one.samples, 0);
      if (samples === 0) return null;
      if (whole || step.weight === 100) {
        const value = pool.reduce((sum, one) => sum + one.value * one.samples, 0) / samples;
        return { samples, silent: 0, exceeds: (ceiling) => (value > ceiling ? 1 : 0), beside: alone(period) };
      }
      const arm = { centre: level(period), samples: (samples * step.weight) / 100, noise, quantile, scale };
      const beside = spread(shared(period), (samples * (100 - step.weight)) / 100, noise, scale);
      const thin = step.compared && isThinBeside(samples, step);
      return { ...armPoint(arm, step.compared && !thin ? beside : alone(period)), thin };
    },
  };
}

/** On which values are noisy alike, however high they are. */
interface Scale {
  to(value: number): number;
  from(value: number): number;
}

const PLAIN: Scale = { to: (value) => value, from: (value) => value };
const LOGARITHMIC: Scale = { to: (value) => Math.log(Math.max(value, Number.MIN_VALUE)), from: Math.exp };

interface Arm {
  /** On the scale: what it would measure with samples without end. */
  readonly centre: number;
  readonly samples: number;
  readonly noise: ValueNoise;
  readonly quantile: number | null;
  readonly scale: Scale;
}

function armPoint({ centre, samples, noise, quantile, scale }: Arm, beside: ServedPoint["beside"]): ServedPoint {
  const silent = Math.exp(-samples);
  if (noise.grain === 0) {
    return { samples, silent, exceeds: (ceiling) => (centre > scale.to(ceiling) ? 1 - silent : 0), beside };
  }
  const chance =
    quantile === null
      ? (gap: number) => normalBelow(-gap / Math.sqrt(noise.grain / samples))
      : slowerThan(quantile, samples, noise.grain);
  return { samples, silent, exceeds: (ceiling) => (1 - silent) * chance(scale.to(ceiling) - centre), beside };
}

/**
 * A quantile is above a ceiling when more requests are slower than it than the quantile leaves room for. How many are
 * follows from the slope of the distribution there, which the grain tells: a quantile of n samples has the variance
 * q(1-q) / (n density^2), and density = phi(z) / sigma where the logarithm is normal about the quantile.
 */
function slowerThan(quantile: number, samples: number, grain: number): (gap: number) => number {
  const z = normalQuantile(quantile);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const sigma = density * Math.sqrt(grain / (quantile * (1 - quantile)));
  const counts = NODES.map(({ z: node, weight }) => ({
    requests: Math.max(1, Math.round(samples + node * Math.sqrt(samples))),
    weight,
  }));
  return (gap) => {
    const slow = 1 - normalBelow(z + gap / sigma);
    return counts.reduce((sum, { requests, weight }) => {
      const room = requests - Math.ceil(quantile * requests - ROUNDING);
      return sum + weight * exceeds(countLaw(requests * slow, 1), room);
    }, 0);
  };
}

const ROUNDING = 1e-9;

function spread(centre: number, samples: number, { grain, wander }: ValueNoise, scale: Scale): ServedPoint["beside"] {
  const deviation = Math.sqrt(wander + grain / Math.max(1, samples));
  return NODES.map(({ z, weight }) => ({ value: scale.from(centre + z * deviation), weight }));
}

/** Standard deviations from which a period is an incident of its own, that both arms share. */
const INCIDENT = 6;

/** For each period the mean of its quarter of an hour, on the scale. */
function centresOf(periods: readonly (Valued | null)[], scale: Scale): number[] {
  return periods.map((_, index) => {
    const start = Math.floor(index / BLOCK) * BLOCK;
    const block = periods.slice(start, start + BLOCK).flatMap((each) => (each === null ? [] : [scale.to(each.value)]));
    return block.reduce((sum, value) => sum + value, 0) / Math.max(1, block.length);
  });
}

/** Each period's own level: what its samples said, drawn to its quarter of an hour by as much as is their grain. */
function levelsOf(
  periods: readonly (Valued | null)[],
  centres: readonly number[],
  scale: Scale,
  { grain, wander }: ValueNoise,
): number[] {
  return periods.map((one, index) => {
    const centre = nth(centres, index);
    if (one === null || one.samples === 0) return centre;
    const own = wander + grain / one.samples;
    return own === 0 ? scale.to(one.value) : centre + Math.sqrt(wander / own) * (scale.to(one.value) - centre);
  });
}

/** For each period the mean of so many before it; the first ones take the end for what was before. */
function meansBefore(periods: readonly (Valued | null)[], reference: number): number[] {
  const length = periods.length;
  const span = Math.min(reference, length);
  const sums = [{ samples: 0, value: 0 }];
  for (let index = 0; index < 2 * length; index++) {
    const last = sums.at(-1) ?? { samples: 0, value: 0 };
    const { samples, value } = periods[index % length] ?? { samples: 0, value: 0 };
    sums.push({ samples: last.samples + samples, value: last.value + samples * value });
  }
  return periods.map((_, index) => {
    const [from, to] = [sums[index + length - span], sums[index + length]];
    const samples = (to?.samples ?? 0) - (from?.samples ?? 0);
    return samples === 0 ? 0 : ((to?.value ?? 0) - (from?.value ?? 0)) / samples;
  });
}

/** What is known of a week's durations. */
export interface SteadyValues {
  /** Samples in a period. */
  readonly samples: number;
  readonly value: number;
  /** Standard deviation of the logarithm of one duration about the quantile. */
  readonly sigma: number;
  readonly quantile: number;
}

/** From what is known of a week: each period alike, with no noise but that of few samples. */
export function steadyValues({ samples, value, sigma, quantile }: SteadyValues, periodSeconds: number): Serving {
  const z = normalQuantile(quantile);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const noise = { grain: (quantile * (1 - quantile) * sigma ** 2) / density ** 2, wander: 0 };
  const centre = Math.log(value);
  const of = (weight: number) => (samples * weight) / 100;
  return {
    periods: 1,
    periodSeconds,
    samples: (_, weight) => of(weight),
    point: (_, count, step: TrialStep) => {
      const arm = { centre, samples: count * of(step.weight), noise, quantile, scale: LOGARITHMIC };
      const thin = step.compared && isThinBeside(count * samples, step);
      const beside =
        step.compared && !thin
          ? spread(centre, count * of(100 - step.weight), noise, LOGARITHMIC)
          : [{ value, weight: 1 }];
      return { ...armPoint(arm, beside), thin };
    },
  };
}

/** From what is known of a week: a count of each period, such as throttles a minute, whatever the weight. */
export function steadyCounts(
  week: { readonly perPeriod: number; readonly dispersion: number; readonly samples: number },
  periodSeconds: number,
): Serving {
  const { perPeriod, dispersion, samples } = week;
  return {
    periods: 1,
    periodSeconds,
    samples: () => samples,
    point: (_, count) => {
      const law = countLaw(perPeriod * count, dispersion);
      const exceedsMean = (ceiling: number) => exceeds(law, ceiling * count);
      return { samples: samples * count, silent: 0, exceeds: exceedsMean, beside: [{ value: perPeriod, weight: 1 }] };
    },
  };
}
