import { describe, expect, it } from "vitest";
import { judgeDurations, judgeOf } from "../../../../bench/latency/judge.ts";
import {
  type Cell,
  medianDoubled,
  type Rollout,
  simulateDurations,
  slowedBy,
  someSlowedBy,
} from "../../../../bench/latency/traffic.ts";
import { createRandom } from "../../../../bench/random.ts";
import { binsOf } from "../../../../functions/domain/judge/statistics/duration-lanes.ts";
import {
  afterMinute,
  type DurationState,
  durationJudgement,
  freshDurations,
} from "../../../../functions/domain/judge/statistics/duration-monitor.ts";
import { durationBounds, measureDurations } from "../../../../functions/domain/judge/statistics/duration-reference.ts";

const usual: Cell = { requestsPerMinute: 600, sigma: 0.5, noise: { name: "none" }, effect: slowedBy(1) };
const rollout = (over: Partial<Cell>, seed = "durations"): Rollout =>
  simulateDurations({ ...usual, ...over }, createRandom(seed));
const rolledBackAt = (over: Partial<Cell>, times = 20): (number | null)[] => {
  const random = createRandom(`durations/${JSON.stringify(over.requestsPerMinute ?? 600)}`);
  return Array.from({ length: times }, () => judgeDurations(simulateDurations({ ...usual, ...over }, random)).failedAt);
};
const median = (minutes: readonly (number | null)[]): number =>
  minutes.map((minute) => minute ?? 999).toSorted((a, b) => a - b)[Math.floor(minutes.length / 2)] ?? 999;

describe("durations judged as a distribution", () => {
  it("leave a candidate alone that is as slow as before, or 10 % slower", () => {
    expect(rolledBackAt({ effect: slowedBy(1) })).toEqual(Array(20).fill(null));
    expect(rolledBackAt({ effect: slowedBy(1.1) })).toEqual(Array(20).fill(null));
  });

  it("show +20 % at 600 requests a minute within 15 minutes", () => {
    expect(median(rolledBackAt({ effect: slowedBy(1.2) }))).toBeLessThanOrEqual(15);
  });

  it("show a median that doubles under the same p95", () => {
    expect(median(rolledBackAt({ effect: medianDoubled(0.5) }))).toBeLessThanOrEqual(5);
  });

  it("show 3 % of the requests that take 20 times as long", () => {
    expect(median(rolledBackAt({ effect: someSlowedBy(0.03, 20) }))).toBeLessThanOrEqual(10);
  });

  it("take a slowness that both arms share for no evidence, and find the candidate's own beneath it", () => {
    const noise = { name: "drift", shared: { sd: 0.15, memory: 0.9 } };
    expect(rolledBackAt({ noise })).toEqual(Array(20).fill(null));
    // By the reference's dispersion alone this took 11 minutes and more.
    expect(median(rolledBackAt({ noise, effect: slowedBy(1.5), requestsPerMinute: 6_000 }))).toBeLessThanOrEqual(8);
  });

  it("pass a candidate that is as fast, and none that is at the margin", () => {
    const passed = (over: Partial<Cell>) => judgeDurations(rollout({ requestsPerMinute: 6_000, ...over })).passedAt;
    expect(passed({})).toBe(5);
    expect(passed({ effect: slowedBy(1.2) })).toBeNull();
  });

  it("go on from JSON to the bit, and take the start of a new step for a new start", () => {
    const found = rollout({});
    const judge = judgeOf(found);
    const minutes = found.minutes.map(({ step, candidate, baseline }) => {
      return { step, canary: { ...candidate, errors: 0 }, baseline: { ...baseline, errors: 0 } };
    });
    const through = (again: (state: DurationState) => DurationState) =>
      minutes.reduce((state, minute) => again(afterMinute(judge, state, minute)), freshDurations(judge));
    const parsed = through((state) => JSON.parse(JSON.stringify(state)));
    expect(parsed).toEqual(through((state) => state));
    expect(JSON.stringify(parsed).length).toBeLessThan(1_600);
    expect([parsed.minutes, parsed.minutesInStep]).toEqual([45, 15]);
  });

  it("take nothing for evidence in the warm-up, from a silent arm, or from counts without bounds", () => {
    const found = rollout({ effect: slowedBy(3) });
    const judge = judgeOf(found);
    const [first] = found.minutes;
    if (first === undefined) throw new Error("there is a minute");
    const { candidate, baseline } = first;
    const evidence = (canary: object, cold = false) => {
      const minute = { step: 0, canary: { errors: 0, ...canary } as never, baseline: { ...baseline, errors: 0 } };
      return afterMinute(judge, freshDurations(judge), minute, cold).logE;
    };
    expect(evidence(candidate)).toBeGreaterThan(1);
    expect(evidence(candidate, true)).toBeCloseTo(0, 12);
    expect(evidence({ requests: 0, slower: [0, 0, 0, 0, 0] })).toBeCloseTo(0, 12);
    expect(evidence({ requests: 60 })).toBeCloseTo(0, 12);
  });

  it("never pass without a reference to take bounds from", () => {
    const judge = { ...judgeOf(rollout({})), lanes: [], reference: { shares: [], worst: [] } };
    const minute = { step: 0, canary: { requests: 600, errors: 0 }, baseline: { requests: 600, errors: 0 } };
    const after = Array.from({ length: 60 }).reduce<DurationState>(
      (state) => afterMinute(judge, state, minute),
      freshDurations(judge),
    );
    expect(durationJudgement(judge, after)).toMatchObject({ verdict: "continue", failedAt: null });
    expect(after.logE).toBeLessThanOrEqual(0);
  });
});

describe("the bounds", () => {
  it("are the old version's quantiles, and one far beyond them", () => {
    expect(durationBounds([100, 140, 230, 320])).toEqual([100, 140, 230, 320, 920]);
    expect(durationBounds([100, 140, 230, 900])).toEqual([100, 140, 230, 900, 1_800]);
  });

  it("rise, also where most requests take the same time; none where they take no time", () => {
    const bounds = durationBounds([5, 5, 5, 5]) ?? [];
    expect(bounds).toEqual([...new Set(bounds)].toSorted((a, b) => a - b));
    expect(durationBounds([0, 0, 0, 0])).toBeNull();
  });

  it("put requests into bins that are never negative, whatever was read", () => {
    expect(binsOf({ requests: 100, slower: [50, 25, 5, 1, 0] })).toEqual([50, 25, 20, 4, 1, 0]);
    expect(binsOf({ requests: 10, slower: [12, 3] })).toEqual([0, 9, 3]);
  });

  it("come with the reference's shares, its worst hour and its noise", () => {
    const hour = (slow: number) =>
      Array.from({ length: 60 }, () => ({ requests: 100, slower: [50 + slow, 25 + slow, 5 + slow, 1, 0] }));
    const measured = measureDurations([1, 2, 3, 4, 5], [...hour(0), ...hour(10)], 60);
    expect(measured?.shares).toEqual([0.55, 0.3, 0.1, 0.01, 0]);
    expect(measured?.worst).toEqual([0.6, 0.35, 0.15, 0.01, 0]);
    // Every minute is like its neighbours; nothing is seen beyond the last bound, and what is not seen is guessed.
    expect(measured?.phi).toEqual([1, 1, 1, 3]);
    expect(measureDurations([1, 2, 3, 4, 5], [], 60)).toBeNull();
  });
});
