import { describe, expect, it } from "vitest";
import { type Assessment, assess } from "../../../functions/domain/judge/assess.ts";
import {
  type ArmSample,
  armsOf,
  NO_BOUNDS,
  type Sample,
  type Span,
  watchId,
} from "../../../functions/domain/judge/sampling.ts";
import { type EvidenceState, NO_EVIDENCE, withSpan } from "../../../functions/domain/judge/state.ts";
import { coldConfigOf, doubtWithCold, isCold, warmUpInWords } from "../../../functions/domain/judge/warm-up.ts";
import type { MetricPlan } from "../../../functions/domain/plan.ts";
import { environmentPlan, judged, MINUTE, sequential } from "../../support/canary-world.ts";

const STEP: Span = { from: 0, weight: 10, finished: false };
const errors = (n: number, x: number): ArmSample => [n, x, (100 * x) / n];
const warm = judged({ sequential: sequential({ warmupMinutes: 2 }) });
const p95 = judged({
  name: "p95",
  source: { preset: "lambda-duration-p95" },
  sequential: sequential({ warmupMinutes: 2, delta: 0, warmupDelta: 0.25, latencyMargin: 0.1 }),
});

interface Case {
  /** Bad requests of the candidate's 600, by the minute of its step. */
  readonly bad: (minute: number) => number;
  readonly metric?: MetricPlan;
  readonly minutes?: number;
  readonly from?: EvidenceState;
}

/** Looks once a minute, each minute of ten being read, until the candidate fails. */
function looked({ bad, metric = warm, minutes = 10, from = withSpan(NO_EVIDENCE, STEP) }: Case): Assessment {
  const baseline = metric === p95 ? 270 : 5;
  const sample = (at: number): Sample => ({
    candidate: errors(600, bad(at / MINUTE)),
    baseline: errors(5400, baseline),
  });
  const watches = [{ id: watchId(metric), metric, arms: null, bounds: NO_BOUNDS }];
  let state = from;
  let last: Assessment | undefined;
  for (let minute = 1; minute <= minutes && last?.verdict !== "fail"; minute++) {
    last = assess({
      analysis: { ...environmentPlan().analysis, metrics: [metric] },
      watches,
      references: {},
      state,
      readings: { at: (_watch, _span, at) => sample(at) },
      troubles: [],
      synthetic: {},
      now: (minute + 2) * MINUTE,
    });
    state = last.state;
  }
  if (last === undefined) throw new Error("at least one look");
  return last;
}

const minutesSeen = ({ state }: Assessment) => (state.readAt ?? 0) / MINUTE - 2;

describe("a candidate that fails only when cold", () => {
  it("is not failed within the bound, and is told as exactly that", () => {
    const { verdict, findings } = looked({ bad: (minute) => (minute < 2 ? 29 : 1) });
    expect(verdict).toBe("pass");
    expect(findings[0]?.cold).toBe(
      "fails 4.8 % in the first 2 minutes of each step, 0.17 % after: cold starts, within the 5 points that they may add",
    );
  });

  it("is failed beyond the bound, in the same words", () => {
    const seen = looked({ bad: (minute) => (minute < 2 ? 72 : 1) });
    expect([seen.verdict, seen.acted, minutesSeen(seen)]).toEqual(["fail", "judge", 2]);
    expect(seen.findings[0]?.reason).toBe(
      "fails 12 % in the first 2 minutes of each step: cold starts, more than the 5 points that they may add",
    );
    expect(seen.reasons[0]).toContain("fails 12 % in the first 2 minutes of each step: cold starts, more than");
  });

  it("crashes as soon as without a warm-up", () => {
    const plain = judged({ sequential: sequential({ warmupMinutes: 0 }) });
    const crash = { bad: () => 300 };
    expect(minutesSeen(looked(crash))).toBe(minutesSeen(looked({ ...crash, metric: plain })));
  });
});

describe("a candidate that is bad later too", () => {
  it("is failed when its step is warm, and not told of as cold", () => {
    const seen = looked({ bad: () => 12 });
    expect(seen.verdict).toBe("fail");
    expect(minutesSeen(seen)).toBeLessThanOrEqual(4);
    expect(seen.findings[0]?.cold).toBeNull();
  });

  it("and not when cold is nothing special either", () => {
    const seen = looked({ bad: (minute) => (minute < 2 ? 1 : 12) });
    expect([seen.verdict, seen.findings[0]?.cold]).toEqual(["fail", null]);
  });
});

describe("a slow start", () => {
  it("is tolerated up to a quarter more slow requests", () => {
    const { verdict, findings } = looked({ metric: p95, bad: (minute) => (minute < 2 ? 150 : 29) });
    expect(verdict).not.toBe("fail");
    expect(findings[0]?.cold).toMatch(
      /^25 % of requests are slow in the first 2 minutes of each step, 4.8 % after: cold starts, w/,
    );
  });

  it("that never ends fails once it should be over", () => {
    const seen = looked({ metric: p95, bad: () => 150 });
    expect([seen.verdict, minutesSeen(seen)]).toEqual(["fail", 4]);
  });
});

describe("requests of the warm-up", () => {
  const plan = sequential({ warmupMinutes: 2 });
  const both = (requests: number, bad = 0) => ({
    canary: { requests, errors: bad },
    baseline: { requests: 9 * requests, errors: 0 },
  });

  it("could have spoken too, where a short bake has few others", () => {
    expect(doubtWithCold(plan, both(5), { step: both(60) }, {})).toBeNull();
    expect(doubtWithCold(plan, both(5), { step: both(5) }, {})).toMatch(/^too little to show a rise .*10 requests$/);
    expect(doubtWithCold(plan, both(5), { step: both(60, 15) }, {})).toBe("15 bad of 65 requests");
  });

  it("excuse nobody whose others speak", () => {
    expect(doubtWithCold(plan, both(60, 6), { step: both(600) }, {})).toBe("6 bad of 60 requests");
    expect(doubtWithCold(sequential(), both(5), { step: both(60) }, {})).toMatch(/^too little/);
  });
});

describe("which warm-up holds is said before the start", () => {
  const [target] = environmentPlan().targets;
  const said = (over: Partial<MetricPlan>) =>
    warmUpInWords(judged(over), { targets: target === undefined ? [] : [target] });
  const why = "a share of traffic starts new environments, whose first requests come cold";

  it("with the reason, where the kind of target gives it", () => {
    expect(said({ sequential: sequential({ warmupMinutes: 2 }) })).toBe(
      `the first 2 minutes of each step may add 5 points: ${why}`,
    );
  });

  it("and that the policy gives it, or wants none", () => {
    expect(said({ sequential: sequential({ warmupMinutes: 1, warmupDelta: 0.01 }) })).toBe(
      "the first minute of each step may add 1 point: as the policy says",
    );
    expect(said({ sequential: sequential() })).toMatch(/^no warm-up, as the policy says/);
  });

  it("of no metric that the sequential test does not look at, or that has no target", () => {
    const { sequential: _none, ...rest } = warm;
    expect(warmUpInWords(rest, environmentPlan())).toBeNull();
    expect(said({ target: null })).toBeNull();
  });
});

describe("the warm-up", () => {
  it("is the first whole minutes after a shift, however long a period is", () => {
    const of = (from: number, at: number, periodSeconds = 60) =>
      isCold({ metric: { ...warm, periodSeconds } }, { ...STEP, from }, at * MINUTE);
    expect([0, 1, 2].map((at) => of(0, at))).toEqual([true, true, false]);
    expect([1, 2, 3].map((at) => of(10, at))).toEqual([true, true, false]);
    expect([0, 5].map((at) => of(0, at, 300))).toEqual([true, false]);
  });

  it("is none where what runs the candidate was up before its first request", () => {
    const [target] = environmentPlan().targets;
    if (target === undefined) throw new Error("the plan has a target");
    const baseline = { route: { primary: "7", secondary: null }, revision: "0", marker: "" };
    const armsFor = (over: { startsWarm?: boolean }) =>
      armsOf(target, { kind: "lambda-alias", baseline, candidate: "8", ...over });
    expect(isCold({ metric: warm, arms: armsFor({ startsWarm: true }) }, STEP, 0)).toBe(false);
    expect(isCold({ metric: warm, arms: armsFor({}) }, STEP, 0)).toBe(true);
  });

  it("puts its bound in the place of the tolerated rise, above an SLO as well", () => {
    expect(coldConfigOf(sequential({ warmupMinutes: 2, delta: 0.01 }), 0.03)).toEqual({ delta: 0.05, slo: 0.07 });
    expect(coldConfigOf(sequential({ warmupMinutes: 2, delta: 0.1 }), null)).toEqual({ delta: 0.1, slo: null });
    expect(coldConfigOf(sequential(), 0.03)).toBeNull();
  });

  it("begins in the middle of a rollout whose record knows none, without a jump of the evidence", () => {
    const plain = judged({ sequential: sequential({ warmupMinutes: 0 }) });
    const before = looked({ metric: plain, bad: (minute) => minute % 3, minutes: 4 });
    const stored: EvidenceState = JSON.parse(JSON.stringify(before.state));
    expect(stored.watches["errors@order"]?.progress.monitor).not.toHaveProperty("through");
    const after = looked({ bad: (minute) => minute % 3, minutes: 5, from: stored });
    const without = looked({ metric: plain, bad: (minute) => minute % 3, minutes: 5, from: stored });
    expect(Math.abs(after.evidence.logE - without.evidence.logE)).toBeLessThan(0.1);
  });
});
