import { describe, expect, it } from "vitest";
import { createRandom } from "../../../../bench/random.ts";
import { rateNoise, valueNoise } from "../../../../functions/domain/judge/statistics/noise-shape.ts";

const MINUTES = 3 * 1_440;
const random = createRandom("noise shape");
/** From 200 requests a minute at night to 1,000 in the afternoon. */
const traffic = (minute: number) => 600 + 400 * Math.sin((2 * Math.PI * minute) / 1_440);
const rates = (bad: (requests: number) => number, requests = traffic) =>
  rateNoise(
    Array.from({ length: MINUTES }, (_, minute) => ({ requests: requests(minute), bad: bad(requests(minute)) })),
  );
const bursts = (expected: number) => 3 * random.poisson(expected / 3);
const wandering = (requests: number) => random.poisson((requests * 0.02 * random.gamma(4)) / 4);

describe("the noise of a rate", () => {
  it("is that of single requests where they fail one by one", () => {
    const { clump, wander } = rates((requests) => random.poisson(requests * 0.02));
    expect(clump).toBeCloseTo(1, 0);
    expect(wander).toBeLessThan(2e-4);
  });

  it("is in clumps where its dispersion is the same by night and by day", () => {
    const { clump, wander } = rates((requests) => bursts(requests * 0.02));
    expect(clump).toBeGreaterThan(2.6);
    expect(clump).toBeLessThan(3.4);
    expect(wander).toBeLessThan(6e-4);
  });

  it("is the rate's own where it grows with traffic: a small arm has less of it", () => {
    const { clump, wander } = rates(wandering);
    // Variance of a gamma of shape 4 about its mean: 1/4 of the squared rate, so 0.02 / 4 for each request.
    expect(wander).toBeGreaterThan(0.004);
    expect(wander).toBeLessThan(0.006);
    expect(clump).toBeLessThan(1.5);
  });

  it("is taken for clumps where traffic never changes, since nothing tells them apart", () => {
    const { clump, wander } = rates(wandering, () => 600);
    expect(wander).toBe(0);
    expect(clump).toBeGreaterThan(3);
  });

  it("is nothing where nothing fails, or nothing was measured", () => {
    expect(rates(() => 0)).toEqual({ clump: 1, wander: 0 });
    expect(rateNoise([null, null])).toEqual({ clump: 1, wander: 0 });
  });
});

describe("the noise of a value", () => {
  const values = (noise: (samples: number) => number, samples = traffic) =>
    valueNoise(
      Array.from({ length: MINUTES }, (_, minute) => ({
        samples: samples(minute),
        value: 5 + noise(samples(minute)) * random.normal(),
      })),
    );

  it("is the grain of few samples where it shrinks with their number", () => {
    const { grain, wander } = values((samples) => Math.sqrt(4 / samples));
    expect(grain).toBeGreaterThan(3.4);
    expect(grain).toBeLessThan(4.6);
    expect(wander).toBeLessThan(0.002);
  });

  it("is the level's own where it does not", () => {
    const { grain, wander } = values(() => 0.1);
    expect(wander).toBeCloseTo(0.01, 2);
    expect(grain).toBeLessThan(1);
  });

  it("is taken for grain where the number of samples never changes", () => {
    const { grain, wander } = values(
      () => 0.1,
      () => 400,
    );
    expect(wander).toBe(0);
    expect(grain).toBeGreaterThan(3.5);
    expect(grain).toBeLessThan(4.5);
  });
});
