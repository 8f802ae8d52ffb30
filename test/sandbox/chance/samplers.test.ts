import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cumulative, quantile } from "../../../sandbox/chance/normal.ts";
import { Random } from "../../../sandbox/chance/random.ts";
import { beta, binomial, bursty, gamma, normal, poisson } from "../../../sandbox/chance/samplers.ts";

const DRAWS = 20_000;

const moments = (draw: (random: Random) => number): { mean: number; variance: number } => {
  const values = Array.from({ length: DRAWS }, (_unused, index) => draw(Random.of(11, "draw", index)));
  const mean = values.reduce((sum, value) => sum + value, 0) / DRAWS;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (DRAWS - 1) };
};

/** Within five standard errors of the mean, and a tenth of the variance. */
const expectMoments = (draw: (random: Random) => number, mean: number, variance: number): void => {
  const seen = moments(draw);
  expect(Math.abs(seen.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / DRAWS));
  expect(Math.abs(seen.variance / variance - 1)).toBeLessThan(0.1);
};

describe("a keyed stream", () => {
  test("depends on its keys alone, not on what was drawn before", () => {
    fc.assert(
      fc.property(fc.nat(), fc.string(), fc.nat(), fc.nat({ max: 20 }), (seed, name, minute, before) => {
        const parent = Random.of(seed, name);
        for (let i = 0; i < before; i += 1) parent.uniform();
        expect(parent.child(minute).uniform()).toBe(Random.of(seed, name, minute).uniform());
      }),
    );
  });

  test("tells apart what differs in seed, name, number or order", () => {
    const streams = [
      Random.of(1, "a", 1),
      Random.of(2, "a", 1),
      Random.of(1, "b", 1),
      Random.of(1, "a", 2),
      Random.of(1, 1, "a"),
      Random.of(1, "a1"),
    ];
    expect(new Set(streams.map((stream) => stream.uniform())).size).toBe(streams.length);
  });

  test("is uniform over neighbouring keys", () => {
    const buckets = new Array<number>(10).fill(0);
    for (let minute = 0; minute < DRAWS; minute += 1) {
      const bucket = Random.of(1, "errors", "orders", 42, 1_795_543_200_000 + minute * 60_000).below(10);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    const expected = DRAWS / 10;
    const chiSquare = buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 9 degrees of freedom: 27.9 is exceeded once in a thousand.
    expect(chiSquare).toBeLessThan(27.9);
  });

  test("makes UUIDs of version 4", () => {
    expect(Random.of(1, "id").uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe("the normal distribution", () => {
  test.each([
    [0, 0.5],
    [1, 0.841344746068543],
    [-1.959963984540054, 0.025],
    [3.5, 0.999767370920964],
    [-6, 9.86587645037698e-10],
  ])("has P(Z <= %f) = %f", (z, p) => {
    expect(cumulative(z) / p).toBeCloseTo(1, 9);
  });

  test("has a quantile function that undoes it", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), (p) => {
        expect(cumulative(quantile(p))).toBeCloseTo(p, 10);
      }),
    );
  });
});

describe("samplers have the mean and variance of their distribution:", () => {
  test("normal", () => expectMoments(normal, 0, 1));
  test.each([0.3, 1, 7, 400])("gamma of shape %d", (shape) => {
    expectMoments((random) => gamma(random, shape), shape, shape);
  });
  test("beta", () => expectMoments((random) => beta(random, 2, 6), 0.25, (2 * 6) / (64 * 9)));
  test.each([
    [10, 0.5],
    [1_000, 0.002],
    [1_000, 0.3],
    [1_000, 0.998],
    [1_000_000, 0.2],
  ])("binomial of %d trials at %d", (n, p) => {
    expectMoments((random) => binomial(random, n, p), n * p, n * p * (1 - p));
  });
  test.each([0.4, 12, 90, 900, 50_000])("Poisson of mean %d", (mean) => {
    expectMoments((random) => poisson(random, mean), mean, mean);
  });
  test("a bursty chance: its mean stays, its variance is the burstiness times p (1 - p)", () => {
    expectMoments((random) => bursty(random, 0.1, 0.05), 0.1, 0.05 * 0.1 * 0.9);
    expect(bursty(Random.of(1), 0.1, 0)).toBe(0.1);
  });
});

test("a binomial number is never outside its range", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (seed, n, p) => {
      const count = binomial(Random.of(seed), n, p);
      expect(Number.isInteger(count) && count >= 0 && count <= n).toBe(true);
    }),
  );
});
