import { describe, expect, it } from "vitest";
import {
  type CountLaw,
  clumpSize,
  countLaw,
  exceeds,
  fractionAbove,
  partLaw,
} from "../../../../functions/domain/judge/statistics/clumps.ts";

const chancesOf = (law: CountLaw): readonly number[] => {
  if (!("chances" in law)) throw new Error("the law is exact");
  return law.chances;
};
const meanOf = (law: CountLaw) => chancesOf(law).reduce((sum, chance, k) => sum + k * chance, 0);
const varianceOf = (law: CountLaw) =>
  chancesOf(law).reduce((sum, chance, k) => sum + (k - meanOf(law)) ** 2 * chance, 0);

describe("a count that comes in clumps", () => {
  it("has the mean and the dispersion that it was given", () => {
    const law = countLaw(12, 5);
    expect(meanOf(law)).toBeCloseTo(12, 6);
    expect(varianceOf(law) / 12).toBeCloseTo(5, 4);
    expect(clumpSize(5)).toBe(3);
  });

  it("is Poisson with clumps of one", () => {
    expect(chancesOf(countLaw(2, 1)).slice(0, 3)).toEqual([
      expect.closeTo(Math.exp(-2), 12),
      expect.closeTo(2 * Math.exp(-2), 12),
      expect.closeTo(2 * Math.exp(-2), 12),
    ]);
  });

  it("is taken for normal where it is large", () => {
    expect(countLaw(1_000, 4)).toEqual({ mean: 1_000, deviation: Math.sqrt(4_000) });
    expect(exceeds(countLaw(1_000, 1), 1_031)).toBeCloseTo(0.16, 2);
    expect(exceeds(countLaw(2, 1), 2)).toBeCloseTo(1 - 5 * Math.exp(-2), 12);
  });
});

describe("an arm's part of what was counted", () => {
  it("is binomial where errors come one by one, whatever was expected", () => {
    for (const expected of [0.5, 3, 40]) {
      const law = chancesOf(partLaw(3, 0.1, 1, expected));
      expect(law).toEqual([0.729, 0.243, 0.027, 0.001].map((chance) => expect.closeTo(chance, 9)));
    }
  });

  it("is all or nothing of a single burst", () => {
    const [none = 0, one = 0, two = 0, all = 0] = chancesOf(partLaw(3, 0.1, 99, 0.001));
    expect(none).toBeCloseTo(0.9, 3);
    expect(all).toBeCloseTo(0.1, 3);
    expect(one + two).toBeLessThan(0.001);
  });

  it("has its share of all errors, and both arms together have all of them", () => {
    const ours = partLaw(20, 0.25, 5, 12);
    expect(meanOf(ours)).toBeCloseTo(5, 9);
    const theirs = chancesOf(partLaw(20, 0.75, 5, 12)).toReversed();
    expect(chancesOf(ours)).toEqual(theirs.map((chance) => expect.closeTo(chance, 9)));
  });
});

describe("a fraction above a ceiling", () => {
  /** Of 3 errors and 5 others, each one the arm's with chance 1/2: errors out of all, by going through every case. */
  const enumerated = (ceiling: number): number => {
    let chance = 0;
    for (let cases = 0; cases < 2 ** 8; cases++) {
      const drawn = Array.from({ length: 8 }, (_, bit) => (cases >> bit) & 1);
      const [bad, all] = [drawn.slice(0, 3), drawn].map((some) => some.reduce((sum, one) => sum + one, 0));
      if (bad !== undefined && all !== undefined && all > 0 && bad / all > ceiling) chance += 2 ** -8;
    }
    return chance;
  };

  it.each([0, 0.2, 0.25, 0.5, 0.9])("counts every case, at %d", (ceiling) => {
    const above = fractionAbove(partLaw(3, 0.5, 1, 3), { mean: 2.5, variance: 1.25 });
    expect(above(ceiling)).toBeCloseTo(enumerated(ceiling), 9);
  });

  it("is never above all of it", () => {
    expect(fractionAbove(partLaw(3, 0.5, 1, 3), { mean: 2.5, variance: 1.25 })(1)).toBe(0);
    expect(fractionAbove(countLaw(500, 1), { mean: 500, variance: 500 })(0.5)).toBeCloseTo(0.5, 6);
  });
});
