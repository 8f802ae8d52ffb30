import { describe, expect, it } from "vitest";
import {
  type Advice,
  adviceInWords,
  adviseDetectable,
  type DetectableInput,
  riseInWords,
  type StepAdvice,
} from "../../../../functions/domain/judge/statistics/detectable.ts";
import { baselineOutcomes, poissonAtLeast } from "../../../../functions/domain/judge/statistics/detectable-power.ts";

const advise = (more: Partial<DetectableInput> = {}): Advice =>
  adviseDetectable({
    traffic: { requestsPerMinute: 600, errorRate: 0.001 },
    steps: [{ weight: 10, bakeMinutes: 15 }],
    config: { alpha: 0.05 },
    ...more,
  });

const firstStep = (more: Partial<DetectableInput> = {}): StepAdvice => {
  const [step] = advise(more).steps;
  if (step === undefined) throw new Error("no step");
  return step;
};

const rise = (more: Partial<DetectableInput> = {}): number => firstStep(more).smallestRise ?? Number.POSITIVE_INFINITY;

describe("what a bake can see", () => {
  it("is smaller with more traffic, longer bakes, more weight, less noise and fewer baseline errors", () => {
    const usual = rise();
    expect(rise({ traffic: { requestsPerMinute: 6_000, errorRate: 0.001 } })).toBeLessThan(usual);
    expect(rise({ steps: [{ weight: 10, bakeMinutes: 60 }] })).toBeLessThan(usual);
    expect(rise({ steps: [{ weight: 25, bakeMinutes: 15 }] })).toBeLessThan(usual);
    expect(rise({ traffic: { requestsPerMinute: 600, errorRate: 0.001, phi: 4 } })).toBeGreaterThan(usual);
    expect(rise({ traffic: { requestsPerMinute: 600, errorRate: 0.02 } })).toBeGreaterThan(usual);
  });

  it("is larger again where little of the baseline is left to compare with", () => {
    const at = (weight: number) => rise({ steps: [{ weight, bakeMinutes: 15 }] });
    expect(at(50)).toBeLessThan(at(10));
    expect(at(99)).toBeGreaterThan(at(50));
  });

  it("is nothing without a request, in less than a minute, or with nothing at all to compare with", () => {
    const config = { alpha: 0.05, slo: 0.01 };
    const steps = [{ weight: 100, bakeMinutes: 15 }];
    expect(firstStep({ steps, config }).smallestRise).not.toBeNull();
    expect(firstStep({ steps }).smallestRise).toBeNull();
    expect(firstStep({ steps, config, traffic: { requestsPerMinute: 0, errorRate: 0.001 } }).smallestRise).toBeNull();
    expect(firstStep({ steps: [{ weight: 10, bakeMinutes: 0.5 }] }).smallestRise).toBeNull();
  });

  it("is smaller with a laxer alpha or certainty and larger with a margin or a share of the evidence", () => {
    const usual = rise();
    expect(rise({ config: { alpha: 0.2 } })).toBeLessThan(usual);
    expect(rise({ certainty: 0.5 })).toBeLessThan(usual);
    expect(rise({ config: { alpha: 0.05, delta: 0.02 } })).toBeGreaterThan(usual + 0.01);
    expect(rise({ config: { alpha: 0.05, rho: 3 } })).toBeGreaterThan(usual);
    expect(rise({ share: 0.01 })).toBeGreaterThan(usual);
    expect(rise({ share: 0.5, config: { alpha: 0.1 } })).toBeCloseTo(usual, 12);
  });

  it("takes a dispersion below 1 for 1, as the judge does", () => {
    expect(rise({ traffic: { requestsPerMinute: 600, errorRate: 0.001, phi: 0.2 } })).toBe(rise());
  });

  it("is less in a later step, whose start mass is smaller", () => {
    const same = { weight: 10, bakeMinutes: 15 };
    const [first, second, third] = advise({ steps: [same, same, same] }).steps.map((step) => step.smallestRise ?? 1);
    expect(second).toBeGreaterThan(first ?? 1);
    expect(third).toBeGreaterThan(second ?? 1);
  });

  it("is nothing without traffic, without a bake, or in a bake of one minute, which cannot roll back", () => {
    expect(firstStep({ traffic: { requestsPerMinute: 0, errorRate: 0.001 } }).smallestRise).toBeNull();
    expect(firstStep({ steps: [{ weight: 10, bakeMinutes: 0 }] }).smallestRise).toBeNull();
    expect(
      firstStep({ traffic: { requestsPerMinute: 6_000, errorRate: 0.001 }, steps: [{ weight: 10, bakeMinutes: 1 }] })
        .smallestRise,
    ).toBeNull();
    expect(firstStep({ steps: [{ weight: 10, bakeMinutes: 2 }] }).smallestRise).not.toBeNull();
    expect(firstStep({ traffic: { requestsPerMinute: 1, errorRate: 0.01 } }).smallestRise).toBeNull();
  });

  it("needs an SLO at 100 %, where no baseline is left", () => {
    const whole = { steps: [{ weight: 100, bakeMinutes: 15 }] };
    expect(firstStep(whole)).toMatchObject({ smallestRise: null, minutesForWanted: null, weightForWanted: null });
    const held = firstStep({ ...whole, config: { alpha: 0.05, slo: 0.005 } });
    expect(held.smallestRise).toBeGreaterThan(0.004);
    expect(held.smallestRise).toBeLessThan(0.02);
    expect(held.weightForWanted).toBeNull();
  });

  it("refuses settings that void the judge's promise", () => {
    expect(() => advise({ config: { alpha: 2 } })).toThrow(RangeError);
  });
});

describe("what would see the wanted rise", () => {
  it("is the shortest bake and the smallest weight that do, and no shorter or smaller one", () => {
    const wantedRise = 0.008;
    const step = firstStep({ wantedRise });
    const minutes = step.minutesForWanted ?? Number.NaN;
    const weight = step.weightForWanted ?? Number.NaN;
    expect(step.seesWanted).toBe(false);
    expect(rise({ steps: [{ weight: 10, bakeMinutes: minutes }] })).toBeLessThanOrEqual(wantedRise);
    expect(rise({ steps: [{ weight: 10, bakeMinutes: minutes - 1 }] })).toBeGreaterThan(wantedRise);
    expect(rise({ steps: [{ weight, bakeMinutes: 15 }] })).toBeLessThanOrEqual(wantedRise);
    expect(rise({ steps: [{ weight: weight - 1, bakeMinutes: 15 }] })).toBeGreaterThan(wantedRise);
  });

  it("is the least traffic at which this step sees it, too", () => {
    const requests =
      firstStep({ traffic: { requestsPerMinute: 300, errorRate: 0.001 } }).trafficForWanted ?? Number.NaN;
    const at = (requestsPerMinute: number) => rise({ traffic: { requestsPerMinute, errorRate: 0.001 } });
    expect(at(requests)).toBeLessThanOrEqual(0.01);
    expect(at(requests * 0.88)).toBeGreaterThan(0.01);
    expect(firstStep({ steps: [{ weight: 100, bakeMinutes: 15 }] }).trafficForWanted).toBeNull();
    expect(firstStep({ wantedRise: 0.05 })).toMatchObject({ seesWanted: true, trafficForWanted: null });
  });

  it("is one point in 80 % of cases unless asked otherwise", () => {
    expect(advise()).toMatchObject({ wantedRise: 0.01, certainty: 0.8 });
    expect(firstStep({ wantedRise: 0.05 }).seesWanted).toBe(true);
  });

  it("is nothing within a week where traffic is too thin, and no weight beyond half", () => {
    const thin = firstStep({ traffic: { requestsPerMinute: 1, errorRate: 0.01 } });
    expect(thin).toMatchObject({ minutesForWanted: null, weightForWanted: null, seesWanted: false });
    const wide = { steps: [{ weight: 60, bakeMinutes: 15 }], traffic: { requestsPerMinute: 60, errorRate: 0.001 } };
    expect(firstStep(wide).weightForWanted).toBeNull();
    const half = { steps: [{ weight: 50, bakeMinutes: 15 }] };
    expect(firstStep(half).weightForWanted).toBe(50);
  });
});

describe("the advice in words", () => {
  const step: StepAdvice = {
    weight: 10,
    bakeMinutes: 15,
    smallestRise: 0.06,
    seesWanted: false,
    minutesForWanted: 118,
    weightForWanted: 25,
    trafficForWanted: null,
  };
  const say = (more: Partial<StepAdvice>, requestsPerMinute = 40): string | undefined =>
    adviceInWords({
      traffic: { requestsPerMinute, errorRate: 0.001 },
      wantedRise: 0.01,
      certainty: 0.8,
      steps: [{ ...step, ...more }],
    })[0];
  const where = "10 % for 15 minutes at 40 requests a minute: ";
  const sees = `${where}sees an error rise of +6 points or more in 80 % of cases`;

  it("says what the step sees and what would see the wanted rise", () => {
    expect(say({})).toBe(`${sees}; to see +1 point bake 2 h, or start at 25 %`);
    expect(say({ weightForWanted: null })).toBe(`${sees}; to see +1 point bake 2 h`);
    expect(say({ minutesForWanted: null })).toBe(`${sees}; to see +1 point start at 25 %`);
    expect(say({ trafficForWanted: 1_234 })).toBe(
      `${sees}; to see +1 point bake 2 h, or start at 25 %, or have 1,300 requests a minute`,
    );
    expect(say({ seesWanted: true, minutesForWanted: 9 })).toBe(`${sees}, and +1 point within 9 minutes`);
    expect(say({ seesWanted: true, minutesForWanted: null })).toBe(sees);
  });

  it("says so when nothing is seen, and when nothing would", () => {
    expect(say({ smallestRise: null })).toBe(
      `${where}sees no error rise at all; to see +1 point bake 2 h, or start at 25 %`,
    );
    expect(say({ smallestRise: null, minutesForWanted: null, weightForWanted: null })).toBe(
      `${where}sees no error rise at all; no bake of up to 7 d sees +1 point at this traffic`,
    );
  });

  it("counts the minutes that have not settled into the bake that is planned, and into the one that would do", () => {
    const advice = { traffic: { requestsPerMinute: 40, errorRate: 0.001 }, wantedRise: 0.01, certainty: 0.8 };
    expect(adviceInWords({ ...advice, steps: [{ ...step, minutesForWanted: 55 }] }, 8)[0]).toMatch(
      /^10 % for 23 minutes, the last 8 unread, at 40 .*; to see \+1 point bake 90 minutes, or start at 25 %$/,
    );
  });

  it("speaks of shifting, not of starting, in later steps", () => {
    const advice = { traffic: { requestsPerMinute: 40, errorRate: 0 }, wantedRise: 0.01, certainty: 0.8 };
    expect(adviceInWords({ ...advice, steps: [step, step] })[1]).toContain("bake 2 h, or shift to 25 %");
  });

  it.each([
    [4, "5 minutes"],
    [58, "60 minutes"],
    [60, "60 minutes"],
    [61, "90 minutes"],
    [121, "2 h 30 min"],
    [360, "6 h"],
    [361, "7 h"],
    [2_880, "48 h"],
    [2_881, "3 d"],
    [10_080, "7 d"],
  ])("rounds a bake of %i minutes up to what one would plan: %s", (minutes, words) => {
    expect(say({ minutesForWanted: minutes, weightForWanted: null })?.split("bake ")[1]).toBe(
      words.replace("48 h", "2 d"),
    );
  });

  it.each([
    [1, "10 % for 1 minute at"],
    [120, "10 % for 2 h at"],
    [90, "10 % for 90 minutes at"],
    [4_320, "10 % for 3 d at"],
    [1_500, "10 % for 25 h at"],
  ])("writes a planned bake of %i minutes as it is", (bakeMinutes, words) => {
    expect(say({ bakeMinutes })).toContain(words);
  });

  it.each([
    [0.061, "+6.1 points"],
    [0.0611, "+6.2 points"],
    [0.01, "+1 point"],
    [0.5, "+50 points"],
    [0.605, "+61 points"],
    [0.00094, "+0.094 points"],
  ])("rounds a rise of %d up: %s", (value, words) => {
    expect(riseInWords(value)).toBe(words);
  });

  it.each([
    [1, "at 1 request a minute"],
    [0.25, "at 15 requests an hour"],
    [0.005, "at 0.3 requests an hour"],
    [2.54, "at 2.5 requests a minute"],
    [12.4, "at 12 requests a minute"],
    [60_000, "at 60,000 requests a minute"],
  ])("says %d requests a minute as people do: %s", (requestsPerMinute, words) => {
    expect(say({}, requestsPerMinute)).toContain(words);
  });
});

describe("Poisson tails", () => {
  it("are sums where counts are small", () => {
    expect(poissonAtLeast(0, 3)).toBe(1);
    expect(poissonAtLeast(1, 3)).toBeCloseTo(1 - Math.exp(-3), 12);
    expect(poissonAtLeast(3, 2)).toBeCloseTo(1 - Math.exp(-2) * (1 + 2 + 2), 12);
    expect([poissonAtLeast(1, 0), poissonAtLeast(Number.POSITIVE_INFINITY, 5)]).toEqual([0, 0]);
  });

  it("stay within a thousandth of the sum where they are approximated", () => {
    const direct = (count: number, expected: number): number => {
      let [term, below] = [Math.exp(-expected), 0];
      for (let k = 0; k < count; k++) {
        below += term;
        term *= expected / (k + 1);
      }
      return 1 - below;
    };
    for (const expected of [60, 75, 80, 85, 100, 130]) {
      for (const count of [79, 80, 81, 90, 120]) {
        expect(Math.abs(poissonAtLeast(count, expected) - direct(count, expected))).toBeLessThan(1e-3);
      }
    }
  });
});

describe("the baseline's outcomes", () => {
  it("are none but zero errors where none are expected", () => {
    expect(baselineOutcomes(0)).toEqual([{ count: 0, weight: 1 }]);
  });

  it.each([0.2, 3, 30, 400, 90_000])("are few, sure together, and keep mean and spread (%d expected)", (expected) => {
    const outcomes = baselineOutcomes(expected);
    const mean = outcomes.reduce((sum, { count, weight }) => sum + count * weight, 0);
    const variance = outcomes.reduce((sum, { count, weight }) => sum + (count - mean) ** 2 * weight, 0);
    expect(outcomes.length).toBeLessThanOrEqual(33);
    expect(outcomes.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(Math.abs(mean - expected)).toBeLessThan(0.01 * Math.max(1, expected));
    expect(variance / expected).toBeGreaterThan(0.97);
    expect(variance / expected).toBeLessThan(1.03);
  });
});
