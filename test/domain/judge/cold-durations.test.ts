import { describe, expect, it } from "vitest";
import { withColdTail } from "../../../functions/domain/judge/cold-durations.ts";
import { durationMonitor } from "../../../functions/domain/judge/duration-lane.ts";
import { createMonitor, type Minute } from "../../../functions/domain/judge/statistics/sequential.ts";

const SETTINGS = { alpha: 0.05, delta: 0, rho: 1 };
const COLD = { delta: 0.25 };
const LINE = Math.log(20);
const SHARES = [0.5, 0.25, 0.05, 0.01, 0.001];

/** Durations of 600 requests a minute, 60 of them the candidate's, of which so many are beyond the tail's bound. */
const minute = (slow: number, step = 0): Minute => ({
  step,
  canary: { requests: 60, errors: slow, slower: SHARES.map((share) => Math.max(60 * share, slow)) } as never,
  baseline: { requests: 540, errors: 27, slower: SHARES.map((share) => 540 * share) } as never,
});

const first = { ...createMonitor(SETTINGS, []).state(), phi: 1 };
const tested = (saved: Parameters<typeof durationMonitor>[2] = null) =>
  withColdTail(durationMonitor(SETTINGS, null, saved), SETTINGS, COLD, first);

describe("durations of steps that begin cold", () => {
  it("fail where all are slow from the first request on, in the second cold minute", () => {
    const monitor = tested();
    const logs = [0, 1].map(() => {
      monitor.push(minute(60), true);
      return monitor.judgement().logE;
    });
    expect(logs[0]).toBeLessThan(LINE);
    expect(logs[1]).toBeGreaterThan(LINE);
  });

  it("do not where a quarter more are slow while it is cold", () => {
    const monitor = tested();
    for (let at = 0; at < 6; at++) monitor.push(minute(18, Math.floor(at / 2)), true);
    expect(monitor.judgement().logE).toBeLessThan(0);
  });

  it("go on from JSON to the bit", () => {
    const [whole, kept] = [tested(), tested()];
    for (const slow of [20, 40]) for (const one of [whole, kept]) one.push(minute(slow), true);
    const resumed = tested(JSON.parse(JSON.stringify(kept.state())));
    for (const one of [whole, resumed]) one.push(minute(9), false);
    expect(resumed.judgement()).toEqual(whole.judgement());
    expect(resumed.state()).toEqual(whole.state());
  });

  it("go on from a record that knows no such monitor without a jump of the evidence", () => {
    const before = durationMonitor(SETTINGS, null, null);
    before.push(minute(3), false);
    expect(tested(before.state()).judgement().logE).toBeCloseTo(before.judgement().logE, 12);
  });
});
