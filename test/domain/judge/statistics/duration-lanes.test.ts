import { describe, expect, it } from "vitest";
import { judgeOf } from "../../../../bench/latency/judge.ts";
import { simulateDurations, slowedBy } from "../../../../bench/latency/traffic.ts";
import { createRandom } from "../../../../bench/random.ts";
import {
  type DurationLane,
  logAlone,
  logScored,
  logShownFaster,
  normalScores,
  stakesOf,
} from "../../../../functions/domain/judge/statistics/duration-lanes.ts";

const usual = { requestsPerMinute: 600, sigma: 0.5, noise: { name: "none" }, effect: slowedBy(1) };
const { lanes } = judgeOf(simulateDurations(usual, createRandom("lanes")));

describe("a bet on durations", () => {
  /** ln E over one minute of so many requests, for an arm's shares by bin: requests are independent. */
  const expected = (
    lane: DurationLane,
    stake: number,
    split: number,
    own: readonly number[],
    other: readonly number[],
  ) => {
    const one = (arm: "candidate" | "baseline", bin: number) => {
      const bins = lane.scores.map((_, place) => (place === bin ? 1 : 0));
      return Math.exp(
        arm === "candidate"
          ? logScored(lane.scores, stake, split, bins, [])
          : logScored(lane.scores, stake, split, [], bins),
      );
    };
    const mean = (arm: "candidate" | "baseline", shares: readonly number[]) =>
      shares.reduce((sum, share, bin) => sum + share * one(arm, bin), 0);
    return split * Math.log(mean("candidate", own)) + Math.log(mean("baseline", other));
  };

  it("gains nothing on average while the candidate is no slower, whatever the durations and the split", () => {
    const random = createRandom("no gain");
    for (let draw = 0; draw < 500; draw++) {
      const weights = lanes[0]?.scores.map(() => random.next() ** 4) ?? [];
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const shares = weights.map((weight) => weight / total);
      const split = 10 ** (2 * random.next() - 2);
      for (const lane of lanes) {
        for (const stake of stakesOf(lane, split, 1)) {
          expect(expected(lane, stake, split, shares, shares)).toBeLessThan(1e-12);
        }
      }
    }
  });

  it("gains on average when the candidate is slower", () => {
    const usualShares = [0.5, 0.25, 0.2, 0.04, 0.0099, 0.0001];
    const slower = [0.42, 0.25, 0.24, 0.07, 0.0199, 0.0001];
    const [body] = lanes;
    if (body === undefined) throw new Error("there is a lane for the body");
    const [smallest = 0] = stakesOf(body, 60, 540);
    expect(expected(body, smallest, 1 / 9, slower, usualShares)).toBeGreaterThan(0.0005);
  });

  it("never falls from bin to bin, or a faster candidate could look slower", () => {
    for (const { scores } of lanes) expect(scores).toEqual(scores.toSorted((a, b) => a - b));
    const empty = normalScores([0.5, 0.5, 0.05, 0.05, 0]);
    expect(empty).toEqual(empty.toSorted((a, b) => a - b));
  });

  it("cannot lose all in one request, at any split", () => {
    for (const split of [0.001, 0.1, 1, 9, 99]) {
      for (const lane of lanes) {
        for (const stake of stakesOf(lane, split, 1)) {
          for (const score of lane.scores) {
            expect(1 + stake * score).toBeGreaterThan(0);
            expect(1 - stake * split * score).toBeGreaterThan(0);
          }
        }
      }
    }
  });

  it("of an arm alone gains nothing on average below its ceiling", () => {
    const scores = [-0.8, 0.3, 1, 2];
    const shares = [0.5, 0.3, 0.15, 0.05];
    const mean = scores.reduce((sum, score, bin) => sum + score * (shares[bin] ?? 0), 0);
    const won = shares.reduce((sum, share, bin) => {
      const bins = scores.map((_, place) => (place === bin ? 1 : 0));
      return sum + share * Math.exp(logAlone(scores, 0.4, mean, bins));
    }, 0);
    expect(won).toBeLessThanOrEqual(1);
    expect(won).toBeGreaterThan(0.9);
  });

  it("for a pass gains nothing on average at the pass margin", () => {
    const [n, margin, centre] = [100, 0.02, 0.5];
    const arm = (errors: number) => ({ requests: 1, errors });
    for (const rate of [0.05, 0.5, 0.9]) {
      for (const stake of [0.05, 0.35, 0.99]) {
        // One request of each arm at a time: with n of each the bet is their product.
        const own = (errors: number) => logShownFaster(arm(errors), null, stake, centre, margin);
        const both = (errors: number, others: number) =>
          logShownFaster(arm(errors), arm(others), stake, centre, margin);
        const other = (others: number) => Math.exp(both(0, others) - own(0));
        const p = Math.min(1, rate + margin);
        const won = p * Math.exp(own(1)) + (1 - p) * Math.exp(own(0));
        const held = rate * other(1) + (1 - rate) * other(0);
        expect(n * (Math.log(won) + Math.log(held))).toBeLessThan(1e-9);
      }
    }
  });
});
