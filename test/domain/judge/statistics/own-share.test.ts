import { describe, expect, it } from "vitest";
import { rolloutsOf } from "../../../../bench/judge/measure.ts";
import type { Cell } from "../../../../bench/judge/traffic.ts";
import { NOTHING_TOLD, ownShare, type Trace, told } from "../../../../functions/domain/judge/statistics/own-share.ts";
import { createMonitor } from "../../../../functions/domain/judge/statistics/sequential.ts";
import type { ArmCounts } from "../../../../functions/domain/judge/statistics/sequential-lanes.ts";
import type { Wander } from "../../../../functions/domain/judge/statistics/wander.ts";

const wander: Wander = { perRequest: 0.0025, variance: 0.25, minutes: 10 };
const cell: Cell = {
  requestsPerMinute: 60_000,
  baselineRate: 0.01,
  candidateRate: 0.01,
  noise: "shared drift",
  bakeMinutes: 15,
  incident: null,
  wander: { deviation: 0.5, minutes: 10 },
};
const ROLLOUTS = 40;

/** Share of rollouts in which this much is still believed to be the arms' own at the end of the first bake. */
function believed(over: Partial<Cell>, share: number): number {
  let still = 0;
  for (const { minutes } of rolloutsOf({ ...cell, ...over }, ROLLOUTS, "own")) {
    let traces: readonly Trace[] = NOTHING_TOLD;
    for (const { canary, baseline } of minutes.slice(0, 15)) traces = told(traces, wander, canary, baseline);
    if (ownShare(traces) >= share) still += 1;
  }
  return still / ROLLOUTS;
}

describe("how much of what wanders is each arm's own", () => {
  it("is all of it before two arms were seen", () => {
    expect(ownShare(NOTHING_TOLD)).toBe(1);
  });

  it("is soon none where both arms drift alike", () => {
    expect(believed({}, 1)).toBeLessThanOrEqual(0.1);
    expect(believed({}, 0.25)).toBeLessThanOrEqual(0.7);
  });

  it("is none of a bad candidate's either that drifts with its baseline: its ratio stays", () => {
    expect(believed({ candidateRate: 0.05 }, 1)).toBeLessThanOrEqual(0.05);
  });

  it("stays all of it where each arm wanders by itself", () => {
    expect(believed({ noise: "wandering" }, 1)).toBeGreaterThanOrEqual(0.95);
  });

  it("is all of it again when a candidate turns bad: it might have wandered there", () => {
    const calm: ArmCounts = { requests: 6_000, errors: 60 };
    const beside: ArmCounts = { requests: 54_000, errors: 540 };
    let traces: readonly Trace[] = NOTHING_TOLD;
    for (let minute = 0; minute < 15; minute++) traces = told(traces, wander, calm, beside);
    expect(ownShare(traces)).toBe(0);
    traces = told(traces, wander, { requests: 6_000, errors: 180 }, beside);
    expect(ownShare(traces)).toBe(1);
  });

  it("is not told by arms with too few errors for the logarithm of a rate", () => {
    let traces: readonly Trace[] = NOTHING_TOLD;
    for (let minute = 0; minute < 100; minute++) {
      traces = told(traces, wander, { requests: 600, errors: 4 }, { requests: 5_400, errors: 54 });
      traces = told(traces, wander, { requests: 5_400, errors: 54 }, { requests: 600, errors: 4 });
    }
    expect(ownShare(traces)).toBe(1);
  });
});

describe("a judge that hears both arms", () => {
  const caught = (over: Partial<Cell>): number => {
    let failed = 0;
    for (const { reference, minutes } of rolloutsOf({ ...cell, ...over }, ROLLOUTS, "judged")) {
      const monitor = createMonitor({ alpha: 0.05 }, reference);
      for (const minute of minutes) monitor.push(minute);
      if (monitor.judgement().verdict === "fail") failed += 1;
    }
    return failed / ROLLOUTS;
  };

  it("catches twice the errors though both drift, where it took the drift for each arm's own", () => {
    expect(caught({ candidateRate: 0.02 })).toBeGreaterThanOrEqual(0.9);
  });

  it("leaves good candidates alone, whether they drift with the baseline or wander by themselves", () => {
    expect(caught({ noise: "wandering", wander: { deviation: 0.5, minutes: 3 } })).toBeLessThanOrEqual(0.025);
    expect(caught({})).toBe(0);
  });
});
