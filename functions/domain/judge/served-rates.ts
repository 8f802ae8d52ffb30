/**
 * What a share of the traffic that was served would have measured of a rate: bad requests in their clumps, by chance in one
 * arm or the other. The baseline beside it is taken from the minutes around, so that an arm's noise is its own, while what
 * both share lasts longer than a minute and cancels.
 */
import type { ServedPoint, Serving, TrialStep } from "./rule-trial.ts";
import { countLaw, fractionAbove, NODES, partLaw } from "./statistics/clumps.ts";
import { type Counted, type RateNoise, rateNoise } from "./statistics/noise-shape.ts";
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
    const usual = Array.from({ length: count }, (_, index) => expected[(period + index) % length] ?? 0);
    const typical = clumpsOf(
      whole,
      usual.reduce((sum, one) => sum + one, 0),
      noise,
    );
    const thin = step.compared && isThinBeside(whole.requests, step);
    const beside =
      step.compared && !thin
        ? besides(
            NEIGHBOURS.flatMap((offset) => at(period + offset * count) ?? []),
            noise,
            step,
          )
        : [{ value: before[period % length] ?? 0, weight: 1 }];
    return { ...shareOf(whole, typical, noise, step, beside), thin };
  }
}

/** Minutes beside the one that is looked at. */
const NEIGHBOURS = [-2, -1, 1, 2];

function pooled(periods: readonly (Counted | null)[]): Counted | null {
  const measured = periods.filter((one) => one !== null);
  if (measured.length === 0) return null;
  return {
    requests: measured.reduce((sum, one) => sum + one.requests, 0),
    bad: measured.reduce((sum, one) => sum + one.bad, 0),
  };
}

/** Standard deviations above what is usual from which a minute is an incident of its own. */
const INCIDENT = 6;

/** How many bad requests such a minute has, between what is usual and what this one had: by how much its rate wanders. */
function clumpsOf({ requests, bad }: Counted, usual: number, { clump, wander }: RateNoise): number {
  const wandering = wander * requests;
  const dispersion = clump + wandering;
  if (bad > usual + INCIDENT * Math.sqrt(dispersion * Math.max(usual, 1))) return bad;
  return (usual * clump + bad * wandering) / dispersion;
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

function besides(around: readonly Counted[], { clump }: RateNoise, { weight }: TrialStep): ServedPoint["beside"] {
  const share = 1 - weight / 100;
  const measured = around.filter(({ requests }) => requests * share >= 1);
  return measured.flatMap(({ requests, bad }) => {
    const deviation = Math.sqrt(bad * share * (1 - share) * clump);
    return NODES.map(({ z, weight: part }) => ({
      value: (100 * Math.max(0, bad * share + z * deviation)) / (requests * share),
      weight: part / measured.length,
    }));
  });
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
  return periods.map((one, index) => (one?.requests ?? 0) * (rates[Math.floor(index / BLOCK)] ?? 0));
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
