import { describe, expect, it } from "vitest";
import { type ServedPoint, type Serving, type TrialStep, tryRule } from "../../../functions/domain/judge/rule-trial.ts";
import { rule } from "../../support/canary-world.ts";

/** Points above 5 with a chance of their own for each period, and so many samples. */
function serving(chances: readonly number[], over: Partial<ServedPoint> = {}): Serving {
  const samples = over.samples ?? 100;
  return {
    periods: chances.length,
    periodSeconds: 60,
    samples: (_, weight) => (samples * weight) / 100,
    point: (period, count, { weight }) => {
      const chance = chances[period] ?? 0;
      const exceeds = (ceiling: number) => (ceiling < 5 ? 1 : chance);
      return { silent: 0, beside: [], ...over, samples: (count * samples * weight) / 100, exceeds };
    },
  };
}
const step = (periods: number, over: Partial<TrialStep> = {}): TrialStep => {
  return { weight: 50, periods, compared: true, consequence: "rolls-back", alone: "holds", ...over };
};
const even = serving([0.5]);
const twice = rule({ max: 5, sustainedSeconds: 120 });
const rollback = (...given: Parameters<typeof tryRule>) => tryRule(...given).chances["rolls-back"];

describe("a rule that must be broken for two periods in a row", () => {
  it("is broken as often as two heads come in a row", () => {
    expect(rollback(twice, even, [step(1)], [0])).toBe(0);
    expect(rollback(twice, even, [step(2)], [0])).toBeCloseTo(1 / 4, 12);
    // HHH, HHT, THH of 8; and 8 of 16.
    expect(rollback(twice, even, [step(3)], [0])).toBeCloseTo(3 / 8, 12);
    expect(rollback(twice, even, [step(4)], [0])).toBeCloseTo(8 / 16, 12);
  });

  it("goes on from one step into the next, and does there what that step says", () => {
    const steps = [step(1), step(1, { consequence: "holds" })];
    expect(tryRule(twice, even, steps, [0]).chances).toEqual({ "rolls-back": 0, holds: 0.25, notes: 0 });
  });

  it("waits for its samples, however long the breach has lasted", () => {
    const needs = (minSamples: number) => rollback({ ...twice, minSamples }, even, [step(3)], [0]);
    expect(needs(100)).toBeCloseTo(3 / 8, 12);
    expect(needs(101)).toBeCloseTo(1 / 8, 12);
    expect(needs(151)).toBe(0);
  });

  it("is not ended by a silent period, which adds nothing to it either", () => {
    const gaps = serving([0.25], { silent: 0.5 });
    // A breach of 1/4, a silence of 1/2: two in a row; after another; or with the silence between them. A silence of more
    // than five minutes would end a run, so that a little is lost.
    expect(rollback(twice, gaps, [step(2)], [0])).toBeCloseTo(1 / 16, 2);
    const three = 1 / 16 + (3 / 4) * (1 / 16) + (1 / 4) * (1 / 2) * (1 / 4);
    expect(rollback(twice, gaps, [step(3)], [0])).toBeCloseTo(three, 2);
    expect(rollback(twice, gaps, [step(3)], [0])).toBeLessThan(three);
  });

  it("is tried from each start, over the past as it was, which begins anew at its end", () => {
    const past = serving([1, 0, 0, 1]);
    expect(tryRule(twice, past, [step(2)], [0, 1, 2, 3]).rollsBack).toEqual([0, 0, 0, 1]);
    expect(rollback(twice, past, [step(2)], [0, 1, 2, 3])).toBe(0.25);
  });
});

describe("a rule that acts on its first point", () => {
  const once = rule({ max: 5 });

  it("is broken by any period", () => {
    expect(rollback(once, even, [step(3)], [0])).toBeCloseTo(7 / 8, 12);
  });

  it("pools periods until they hold its samples, anew in each step", () => {
    const pooling = { ...once, minSamples: 100 };
    expect(rollback(pooling, even, [step(5)], [0])).toBeCloseTo(3 / 4, 12);
    expect(rollback(pooling, even, [step(3), step(1)], [0])).toBeCloseTo(1 / 2, 12);
  });
});

describe("a rule that compares", () => {
  const increase = rule({ maxIncreasePoints: 2 });

  it("holds the candidate against every value that the baseline may have", () => {
    const beside = [
      { value: 1, weight: 0.25 },
      { value: 4, weight: 0.75 },
    ];
    // Above 3 always, above 6 half of the time.
    expect(rollback(increase, serving([0.5], { beside }), [step(1)], [0])).toBeCloseTo(0.25 + 0.75 * 0.5, 12);
  });

  it("holds where the arm beside it was too small to compare with; a ceiling of its own needs none", () => {
    const thin = serving([0.5], { beside: [{ value: 4, weight: 1 }], thin: true });
    expect(tryRule(increase, thin, [step(1)], [0]).chances).toEqual({ "rolls-back": 0, holds: 0.5, notes: 0 });
    expect(tryRule(rule({ max: 5 }), thin, [step(1)], [0]).chances["rolls-back"]).toBe(0.5);
  });
});

it("says nothing of a past in which nothing was measured", () => {
  const silent: Serving = { ...even, point: () => null };
  expect(rollback(twice, silent, [step(9)], [0])).toBe(0);
  expect(rollback(twice, even, [step(9)], [])).toBe(0);
});
