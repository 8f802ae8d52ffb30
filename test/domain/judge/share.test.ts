import { describe, expect, it } from "vitest";
import { createRandom } from "../../../bench/random.ts";
import { type Assessment, assess } from "../../../functions/domain/judge/assess.ts";
import { nothingSpeaksAgainst } from "../../../functions/domain/judge/ending.ts";
import { NO_BOUNDS, type Sample, type Span, watchId } from "../../../functions/domain/judge/sampling.ts";
import { NO_EVIDENCE, withSpan } from "../../../functions/domain/judge/state.ts";
import {
  betOnShare,
  SHARE_ALPHA,
  type ShareBets,
  shareLogE,
} from "../../../functions/domain/judge/statistics/share.ts";
import type { MetricPlan } from "../../../functions/domain/plan.ts";
import { environmentPlan, judged, MINUTE } from "../../support/canary-world.ts";

const STEP: Span = { from: 0, weight: 10, finished: false };
const [target] = environmentPlan().targets;
const split = (candidate: number, baseline: number): Sample => ({
  candidate: [candidate, 0, 0],
  baseline: [baseline, 0, 0],
});

/** Looks once a minute for so many minutes. */
function lookOn(
  sample: (minute: number) => Sample,
  minutes = 15,
  metrics: readonly MetricPlan[] = [judged()],
  span: Span | readonly Span[] = STEP,
) {
  let state = NO_EVIDENCE;
  let last: Assessment | undefined;
  if (target === undefined) throw new Error("the plan has a target");
  const arms = { target, baseline: "7", candidate: "8" };
  for (let minute = 1; minute <= minutes; minute++) {
    for (const one of [span].flat()) if (one.from < minute * MINUTE) state = withSpan(state, one);
    last = assess({
      analysis: { ...environmentPlan().analysis, metrics },
      watches: metrics.map((plan) => ({ id: watchId(plan), metric: plan, arms, bounds: NO_BOUNDS })),
      references: {},
      state,
      readings: { at: (_watch, _span, at) => sample(at / MINUTE) },
      troubles: [],
      synthetic: {},
      now: (minute + 2) * MINUTE,
    });
    state = last.state;
  }
  if (last === undefined) throw new Error("there was no look");
  return last;
}

describe("a candidate that gets half of its share", () => {
  it("is a finding of its own, which keeps the bake from passing and rolls nothing back", () => {
    const found = lookOn(() => split(300, 5_700));
    const reason = "the candidate gets 5 % of 78,000 requests, and 10 % were set";
    expect(found).toMatchObject({ verdict: "inconclusive", acted: null, reasons: [`share@order: ${reason}`] });
    expect(found.findings.map(({ watch, verdict }) => [watch, verdict])).toEqual([
      ["errors@order", "pass"],
      ["share@order", "inconclusive"],
    ]);
    expect(nothingSpeaksAgainst(found)).toBe(false);
  });

  it("is told once for a target, however many of its metrics count", () => {
    const sequential = { ...judged().sequential, weight: 0.5 } as never;
    const found = lookOn(() => split(300, 5_700), 15, [judged({ sequential }), judged({ name: "again", sequential })]);
    expect(found.findings.filter(({ metric }) => metric === "share of requests")).toHaveLength(1);
  });

  it("is told as one that gets too much is, such as one whose failures are tried again", () => {
    expect(lookOn(() => split(1_500, 5_400)).reasons).toEqual([
      "share@order: the candidate gets 22 % of 89,700 requests, and 10 % were set",
    ]);
  });
});

describe("a candidate of which two requests in five are throttled", () => {
  it("is told by its share at half of the traffic, where three quarters of it arrive", () => {
    const step = { ...STEP, weight: 50 };
    const { reasons } = lookOn(() => split(180, 300), 12, [judged()], step);
    expect(reasons).toEqual(["share@order: the candidate gets 38 % of 4,800 requests, and 50 % were set"]);
  });
});

describe("a share is no finding", () => {
  it.each<[string, Sample, Span]>([
    ["a fifth below what was set", split(480, 5_520), STEP],
    ["a fifth above", split(720, 5_280), STEP],
    ["of a few requests", split(1, 19), STEP],
    ["of none at all, which is the reach lane's", split(0, 6_000), STEP],
    ["without a baseline beside it", split(300, 5_700), { ...STEP, weight: 100 }],
  ])("%s", (_, sample, span) => {
    const found = lookOn(() => sample, 15, [judged()], span);
    expect(found.findings.map(({ metric }) => metric)).toEqual(["errors"]);
  });

  it("once traffic was set anew, so that no baseline is beside it", () => {
    const all = { from: 15 * MINUTE, weight: 100, finished: false };
    const during = lookOn(() => split(300, 5_700), 15, [judged()], [STEP, all]);
    expect(during.findings.map(({ metric }) => metric)).toContain("share of requests");
    const after = lookOn(() => split(300, 5_700), 18, [judged()], [STEP, all]);
    expect(after.findings.map(({ metric }) => metric)).toEqual(["errors"]);
  });

  it("of a step that is over: its requests are counted anew, and what was staked goes on", () => {
    let bets: ShareBets | null = null;
    for (const [step, weight] of [
      [0, 10],
      [0, 10],
      [1, 25],
    ] as const) {
      bets = betOnShare(bets, step, weight, { candidate: 10 * weight, baseline: 10 * (100 - weight) });
    }
    expect(bets).toMatchObject({ step: 1, candidate: 250, baseline: 750 });
    expect(shareLogE(bets)).toBeLessThan(0);
  });
});

describe("the bets on a share", () => {
  it.each([0.077, 0.1, 0.129])("are fair where it is %d of 10 %% set: the mean of a minute's is at most 1", (share) => {
    let mean = 0;
    let chance = (1 - share) ** 40;
    for (let candidate = 0; candidate <= 40; candidate++) {
      mean += chance * Math.exp(shareLogE(betOnShare(null, 0, 10, { candidate, baseline: 40 - candidate })));
      chance *= ((40 - candidate) / (candidate + 1)) * (share / (1 - share));
    }
    expect(mean).toBeLessThanOrEqual(1 + 1e-9);
    expect(mean).toBeGreaterThan(0.4);
  });

  it("cross their line in none of 500 rollouts at the edge of what is tolerated, and in all at half the share", () => {
    const crossed = (share: number, minutes = 45) => {
      const random = createRandom(`share ${share}`);
      return Array.from({ length: 500 }).filter(() => {
        let [bets, highest]: [ShareBets | null, number] = [null, 0];
        for (let minute = 0; minute < minutes; minute++) {
          const requests = { candidate: random.poisson(600 * share), baseline: random.poisson(600 * (1 - share)) };
          bets = betOnShare(bets, 0, 10, requests);
          highest = Math.max(highest, shareLogE(bets));
        }
        return highest >= -Math.log(SHARE_ALPHA);
      }).length;
    };
    expect(crossed(0.077)).toBe(0);
    expect(crossed(0.129)).toBe(0);
    expect(crossed(0.05, 12)).toBe(500);
  });
});
