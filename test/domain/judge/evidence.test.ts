import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  combineEvidence,
  evidenceInWords,
  type MetricEvidence,
  oddsInWords,
  shareWeights,
} from "../../../functions/domain/judge/evidence.ts";
import { thousands } from "../../../functions/domain/text.ts";

const metric = (more: Partial<MetricEvidence> = {}): MetricEvidence => ({
  name: "errors",
  weight: 1,
  logE: 0,
  verdict: "continue",
  ...more,
});
const half = (name: string, more: Partial<MetricEvidence> = {}): MetricEvidence =>
  metric({ name, weight: 0.5, ...more });

describe("combining metrics under one alpha", () => {
  it("weighs E, not its logarithm", () => {
    const { logE } = combineEvidence(
      [half("errors", { logE: Math.log(30) }), half("latency", { logE: Math.log(10) })],
      0.05,
    );
    expect(logE).toBeCloseTo(Math.log(20), 12);
  });

  it("fails exactly when the sum reaches 1/alpha", () => {
    const strong = (value: number): MetricEvidence[] => [metric({ logE: value })];
    expect(combineEvidence(strong(-Math.log(0.05)), 0.05).verdict).toBe("fail");
    expect(combineEvidence(strong(-Math.log(0.05) - 1e-9), 0.05).verdict).toBe("continue");
  });

  it("lets one metric fail the environment by itself, at the price of its weight", () => {
    const quiet = half("latency", { logE: -20 });
    expect(combineEvidence([half("errors", { logE: Math.log(41) }), quiet], 0.05).verdict).toBe("fail");
    expect(combineEvidence([half("errors", { logE: Math.log(39) }), quiet], 0.05).verdict).toBe("continue");
  });

  it("adds up what several metrics each see only in part", () => {
    const seen = { logE: Math.log(21) };
    expect(combineEvidence([half("errors", seen), half("latency", seen)], 0.05).verdict).toBe("fail");
  });

  it("says which metric drives it, and by how much", () => {
    const combined = combineEvidence([half("errors", { logE: 0 }), half("latency", { logE: Math.log(3) })], 0.05);
    expect(combined.leading).toBe("latency");
    expect(combined.parts.map(({ name }) => name)).toEqual(["latency", "errors"]);
    expect(combined.parts[0]?.share).toBeCloseTo(0.75, 12);
    expect(combined.parts[1]).toMatchObject({ name: "errors", logE: 0 });
    const third = (name: string, logE: number): MetricEvidence => metric({ name, weight: 1 / 3, logE });
    const three = combineEvidence([third("b", 1), third("c", -4), third("a", 2)], 0.05);
    expect(three.parts.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  });

  it("passes only when every acting metric passes", () => {
    const pass = { verdict: "pass" } as const;
    expect(combineEvidence([half("errors", pass), half("latency", pass)], 0.05).verdict).toBe("pass");
    expect(combineEvidence([half("errors", pass), half("latency")], 0.05).verdict).toBe("continue");
    expect(combineEvidence([half("errors", pass), half("latency", { verdict: "fail" })], 0.05).verdict).toBe(
      "continue",
    );
  });

  it("fails rather than passes when both could be said", () => {
    expect(combineEvidence([metric({ verdict: "pass", logE: 10 })], 0.05).verdict).toBe("fail");
  });

  it("shows dry runs nothing but the door: no weight, no fail, no veto", () => {
    const combined = combineEvidence(
      [metric({ verdict: "pass" }), metric({ name: "trial", logE: 50, dryRun: true })],
      0.05,
    );
    expect(combined).toMatchObject({ verdict: "pass", leading: "errors" });
    expect(combined.parts).toHaveLength(1);
  });

  it("never passes on no metric at all", () => {
    const nothing = { verdict: "continue", logE: 0, leading: null, parts: [] };
    expect(combineEvidence([], 0.05)).toEqual(nothing);
    expect(combineEvidence([metric({ verdict: "pass", dryRun: true })], 0.05)).toEqual(nothing);
  });

  it("refuses weights that would promise more than alpha, or less", () => {
    const bad = [
      [metric({ weight: 1.1 })],
      [half("errors")],
      [metric({ weight: 2 }), metric({ weight: -1 })],
      [metric({ weight: 0 }), metric()],
    ];
    for (const metrics of bad) expect(() => combineEvidence(metrics, 0.05)).toThrow("must be positive and sum to 1");
    const thirds = ["a", "b", "c"].map((name) => metric({ name, weight: 1 / 3 }));
    expect(() => combineEvidence(thirds, 0.05)).not.toThrow();
  });

  it("keeps the mean of fair bets fair for any number of targets", () => {
    const relative = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(relative, (weights) => {
        const metrics = shareWeights(weights).map((weight, i) => metric({ name: String(i), weight }));
        const combined = combineEvidence(metrics, 0.05);
        expect(combined.logE).toBeCloseTo(0, 9);
        expect(combined.parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
      }),
    );
  });

  it("shares relative weights out, and refuses those that are none", () => {
    expect(shareWeights([5, 3, 2])).toEqual([0.5, 0.3, 0.2]);
    expect(() => shareWeights([1, 0])).toThrow(RangeError);
    expect(() => shareWeights([1, Number.NaN])).toThrow("every weight must be positive");
  });
});

describe("evidence in words", () => {
  it("is a bound on how rarely a good candidate shows as much, rounded to the cautious side", () => {
    expect(evidenceInWords(Math.log(3_469))).toBe(
      "evidence against the candidate: were it as good as the baseline, evidence this strong would appear in at most 1 of 3,400 rollouts",
    );
  });

  it("says that there is none while the bound says nothing", () => {
    const none = "no evidence against the candidate: it behaves as the baseline does, within the tolerance";
    expect([evidenceInWords(-3), evidenceInWords(0), evidenceInWords(Math.log(1.99))]).toEqual([none, none, none]);
  });

  it("stops counting where figures stop helping", () => {
    expect(evidenceInWords(700)).toContain("would appear in less than 1 of 1,000,000,000 rollouts");
  });

  it.each([
    [2, "1 in 2"],
    [9.99, "1 in 9"],
    [10, "1 in 10"],
    [20, "1 in 20"],
    [99.9, "1 in 99"],
    [123, "1 in 120"],
    [999_999_000, "1 in 990,000,000"],
    [1e9, "less than 1 in 1,000,000,000"],
  ])("odds of E = %d read %s", (value, words) => {
    expect(oddsInWords(Math.log(value))).toBe(words);
  });

  it("gives no odds below 2", () => {
    expect(oddsInWords(Math.log(2) - 1e-12)).toBeNull();
  });

  it("never overstates: the odds written are at most E", () => {
    fc.assert(
      fc.property(fc.double({ min: 2, max: 1e9, noNaN: true }), (value) => {
        const words = oddsInWords(Math.log(value)) ?? "";
        const written = Number(words.replace(/^.*1 in /, "").replaceAll(",", ""));
        expect(written).toBeLessThanOrEqual(value * (1 + 1e-7));
        expect(written).toBeGreaterThanOrEqual(value * 0.65);
      }),
    );
  });

  it("sets thousands apart", () => {
    expect([0, 999, 1_000, 1_234_567].map(thousands)).toEqual(["0", "999", "1,000", "1,234,567"]);
  });
});
