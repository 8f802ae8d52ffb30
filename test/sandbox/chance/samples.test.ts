import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../../sandbox/chance/random.ts";
import { constant, listed, logNormal, merged, type Samples } from "../../../sandbox/chance/samples.ts";

const shape = { median: 120, sigma: 0.5 };

const set = (seed: number, count: number): Samples => logNormal(Random.of(seed, "set"), count, shape);

describe("log-normal values that are never drawn", () => {
  test("answer every question alike, in whatever order it is put", () => {
    const limits = fc.array(fc.double({ min: 1, max: 2_000, noNaN: true }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 50_000 }), limits, (seed, count, asked) => {
        const samples = set(seed, count);
        const forward = asked.map((limit) => samples.atMost(limit));
        const backward = [...asked].reverse().map((limit) => set(seed, count).atMost(limit));
        expect(backward.reverse()).toEqual(forward);
      }),
    );
  });

  test("count up: at most a higher value there are at least as many, and at infinity all", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 5_000 }), (seed, count) => {
        const samples = set(seed, count);
        const counts = [0, 10, 60, 119, 120, 121, 300, 5_000, 1e9].map((limit) => samples.atMost(limit));
        expect(counts).toEqual([...counts].sort((a, b) => a - b));
        expect([counts.at(0), counts.at(-1)]).toEqual([0, count]);
      }),
    );
  });

  test("rank as they count: exactly `rank` of them are at most the value of that rank", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 3_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, count, q) => {
          const samples = set(seed, count);
          const rank = Math.max(1, Math.ceil(q * count));
          const value = samples.ranked(rank);
          expect(samples.atMost(value * (1 + 1e-9))).toBeGreaterThanOrEqual(rank);
          expect(samples.atMost(value * (1 - 1e-9))).toBeLessThan(rank);
        },
      ),
    );
  });

  test("lie as log-normal values do: binomially around the share that belongs below a limit", () => {
    // P(X <= 198.0) = P(Z <= 1.0017) = 0.8417 for median 120 and sigma 0.5.
    const below = Array.from({ length: 400 }, (_unused, seed) => set(seed, 1_000).atMost(198));
    const mean = below.reduce((sum, count) => sum + count, 0) / below.length;
    const variance = below.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (below.length - 1);
    expect(Math.abs(mean - 841.7)).toBeLessThan(3);
    expect(variance / (1_000 * 0.8417 * 0.1583)).toBeGreaterThan(0.75);
    expect(variance / (1_000 * 0.8417 * 0.1583)).toBeLessThan(1.3);
  });

  test("have the sum that belongs to them: the mean of a log-normal is median x e^(sigma^2/2)", () => {
    const sum = set(5, 200_000).sum / 200_000;
    expect(sum / (120 * Math.exp(0.125))).toBeCloseTo(1, 2);
    const one = set(5, 1);
    expect(one.sum).toBe(one.ranked(1));
  });
});

describe("sets put together", () => {
  test("count and rank as one set would", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 300 }), fc.nat({ max: 300 }), (seed, left, right) => {
        const parts = [set(seed, left), set(seed + 1, right), constant(3, 77), listed([5, 900])];
        const whole = merged(parts);
        const values = parts.flatMap((part) => Array.from({ length: part.count }, (_unused, i) => part.ranked(i + 1)));
        const sorted = values.sort((a, b) => a - b);
        expect(whole.count).toBe(sorted.length);
        for (const rank of [1, 2, Math.ceil(sorted.length / 2), sorted.length]) {
          expect(whole.ranked(rank) / (sorted[rank - 1] ?? Number.NaN)).toBeCloseTo(1, 6);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("of nothing are empty", () => {
    expect(merged([constant(0, 1), listed([])]).count).toBe(0);
  });
});
