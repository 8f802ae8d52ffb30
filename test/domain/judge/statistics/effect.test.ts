import { describe, expect, it } from "vitest";
import { createRandom } from "../../../../bench/random.ts";
import { SHAPE_QUANTILES } from "../../../../functions/domain/judge/statistics/duration-reference.ts";
import {
  addBets,
  differenceBounds,
  type EffectBets,
  effectBets,
  stakesFor,
} from "../../../../functions/domain/judge/statistics/effect.ts";
import { quantileEffect } from "../../../../functions/domain/judge/statistics/effect-quantiles.ts";
import { normalBelow } from "../../../../functions/domain/judge/statistics/normal.ts";

const stakes = stakesFor("errors");
const arm = (requests: number, errors: number) => ({ requests, errors });
const bounded = (minutes: readonly (readonly [number, number, number, number])[], centre = 0.01, phi = 1) =>
  differenceBounds(
    minutes.reduce<EffectBets>(
      (sum, [n, x, others, y]) =>
        addBets(sum, effectBets(stakes, { candidate: arm(n, x), baseline: arm(others, y), centre, phi })),
      [],
    ),
  );
const same = (minute: readonly [number, number, number, number], times: number) => Array(times).fill(minute);

describe("the bounds on a difference", () => {
  it("gain nothing on average at the true difference, whatever the rates, the centre and the split", () => {
    const random = createRandom("fair");
    for (let draw = 0; draw < 300; draw++) {
      const [own, other, centre] = [random.next() ** 3, random.next() ** 3, random.next() ** 3];
      const split = 10 ** (3 * random.next() - 2);
      // One request of each arm, weighed as `split` and 1 of them: their bets are independent, so that ln E adds up.
      const shares = [1, 0].map((bad) =>
        [1, 0].map((worse) =>
          effectBets(stakes, { candidate: arm(split, split * bad), baseline: arm(1, worse), centre, phi: 1 }),
        ),
      );
      stakes.forEach((_, index) => {
        const at = (bad: number, worse: number) => shares[1 - bad]?.[1 - worse]?.[index] ?? [0, 0];
        const weight = at(0, 0)[1];
        const mean = (rate: number, of: (bad: number) => number) =>
          Math.log(rate * Math.exp(of(1)) + (1 - rate) * Math.exp(of(0)));
        const quiet = at(0, 0)[0];
        const candidate = split * mean(own, (bad) => (at(bad, 0)[0] - quiet) / split);
        const baseline = mean(other, (worse) => at(0, worse)[0] - quiet);
        expect(quiet + candidate + baseline - weight * (own - other)).toBeLessThan(1e-9);
      });
    }
  });

  it("hold what is true, and narrow with the requests", () => {
    const few = bounded(same([60, 1, 540, 5], 10));
    const many = bounded(same([60, 1, 540, 5], 300));
    const truth = 1 / 60 - 5 / 540;
    for (const { low, high } of [few, many]) {
      expect(low).toBeLessThan(truth);
      expect(high).toBeGreaterThan(truth);
    }
    expect(many.high - many.low).toBeLessThan((few.high - few.low) / 4);
  });

  it("of a candidate that fails more lie above zero, of one that fails less below", () => {
    expect(bounded(same([60, 3, 540, 5], 15)).low).toBeGreaterThan(0.005);
    expect(bounded(same([300, 3, 300, 12], 15)).high).toBeLessThan(-0.005);
  });

  it("turn round with the arms", () => {
    const { low, high } = bounded(same([300, 9, 300, 3], 20));
    const turned = bounded(same([300, 3, 300, 9], 20));
    expect(low).toBeCloseTo(-turned.high, 3);
    expect(high).toBeCloseTo(-turned.low, 3);
  });

  it("stay where they are while both arms fail together", () => {
    const quiet = same([60, 1, 540, 9] as const, 15);
    const { low, high } = bounded([...quiet, ...same([60, 20, 540, 180] as const, 10)]);
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
  });

  it("are wider where errors come in bursts", () => {
    const plain = bounded(same([60, 3, 540, 5], 15));
    const bursty = bounded(same([60, 3, 540, 5], 15), 0.01, 3);
    expect(bursty.high - bursty.low).toBeGreaterThan(1.5 * (plain.high - plain.low));
  });

  it("say nothing before the first request", () => {
    expect(differenceBounds([])).toEqual({ low: -1, high: 1 });
  });
});

describe("the bounds on a quantile", () => {
  const lognormal = (median: number, boundsMs: readonly number[]) => ({
    boundsMs,
    shares: boundsMs.map((bound) => 1 - normalBelow(Math.log(bound / median) / 0.5)),
  });
  const bounds = [100, 140, 228, 320, 912];
  const baseline = lognormal(100, bounds);
  const exact = (candidate: { readonly shares: readonly number[] }, by: number) =>
    candidate.shares.slice(0, 4).map((share, index) => {
      const difference = share - (baseline.shares[index] ?? 0);
      return { low: difference - by, high: difference + by };
    });

  it.each([1, 1.18, 0.8, 2.1])("find the times that a lognormal duration is longer: %d", (times) => {
    const candidate = lognormal(
      100 * times,
      bounds.map((bound) => 1.1 * bound),
    );
    for (const share of [0.5, 0.05]) {
      const found = quantileEffect(share, candidate, baseline, exact(candidate, 0.002));
      expect(found.times).toBeCloseTo(times, 2);
      expect(found.low).toBeLessThan(times);
      expect(found.high).toBeGreaterThan(times);
      expect(found.high / found.low).toBeLessThan(1.1);
    }
  });

  it("follow the shape of the day before where that is no lognormal", () => {
    // Six of seven as fast as ever, and one that takes six times as long.
    const tail = (ms: number) =>
      (6 * (1 - normalBelow(Math.log(ms / 100) / 0.3)) + 1 - normalBelow(Math.log(ms / 600) / 0.3)) / 7;
    const quantileOf = (share: number) => {
      let [low, high] = [1, 10_000];
      for (let halving = 0; halving < 60; halving++) {
        if (tail((low + high) / 2) > 1 - share) low = (low + high) / 2;
        else high = (low + high) / 2;
      }
      return low;
    };
    const boundsMs = [0.5, 0.75, 0.95, 0.99].map(quantileOf);
    const before = { boundsMs, shares: boundsMs.map(tail) };
    const slower = {
      boundsMs: boundsMs.map((bound) => 1.1 * bound),
      shares: boundsMs.map((bound) => tail((1.1 * bound) / 2)),
    };
    const differences = slower.shares.map((share, index) => {
      const difference = share - (before.shares[index] ?? 0);
      return { low: difference - 0.002, high: difference + 0.002 };
    });
    const shape = SHAPE_QUANTILES.map(quantileOf);
    for (const share of [0.5, 0.05]) {
      expect(quantileEffect(share, slower, before, differences, shape).times).toBeCloseTo(2, 1);
      expect(Math.abs(quantileEffect(share, slower, before, differences).times - 2)).toBeGreaterThan(0.1);
    }
  });

  it("are told in milliseconds too", () => {
    const candidate = lognormal(
      210,
      bounds.map((bound) => 1.1 * bound),
    );
    const { candidateMs, baselineMs } = quantileEffect(0.5, candidate, baseline, exact(candidate, 0.01));
    expect([Math.round(candidateMs), Math.round(baselineMs)]).toEqual([210, 100]);
  });

  it("stay in order where chance has put more requests above a higher bound than above a lower one", () => {
    const odd = { boundsMs: bounds, shares: [0.5, 0.2, 0.06, 0.07, 0] };
    const { low, high } = quantileEffect(0.05, odd, odd, Array(4).fill({ low: -0.001, high: 0.001 }));
    expect(low).toBeLessThanOrEqual(high);
    expect(Number.isFinite(high)).toBe(true);
  });
});
