import { describe, expect, it } from "vitest";
import { type Assessment, assess } from "../../../functions/domain/judge/assess.ts";
import { NOTHING_BESIDE } from "../../../functions/domain/judge/before-after.ts";
import { nothingSpeaksAgainst } from "../../../functions/domain/judge/ending.ts";
import type { References, WatchReference } from "../../../functions/domain/judge/reference-line.ts";
import { type ArmSample, NO_BOUNDS, type Span, watchId } from "../../../functions/domain/judge/sampling.ts";
import { type EvidenceState, NO_EVIDENCE, withSpan } from "../../../functions/domain/judge/state.ts";
import type { MetricPlan } from "../../../functions/domain/plan.ts";
import { environmentPlan, judged, MINUTE, metric, rule, sequential } from "../../support/canary-world.ts";

const BESIDE: Span = { from: 0, weight: 50, finished: false };
const HELD_BACK: Span = { from: 0, weight: 99, finished: false };
const WHOLE: Span = { from: 0, weight: 100, finished: false };
const FINISHED: Span = { ...WHOLE, finished: true };

const REFERENCE: WatchReference = {
  periods: 1_440,
  requests: 8_640_000,
  bad: 43_200,
  worstRate: 0.006,
  value: 0.5,
  quantileMs: null,
  phi: 1,
  requestsPerPeriod: 6_000,
};
const references: References = { "errors@order": REFERENCE };

/** Share of failed requests in each minute, of both arms alike or of one. */
type Rates = (minute: number) => {
  readonly candidate: number;
  readonly baseline: number;
  readonly requests?: number;
};
const shared =
  (...minutes: readonly [from: number, to: number]): Rates =>
  (minute) => {
    const rate = minute >= minutes[0] && minute < minutes[1] ? 0.1 : 0.005;
    return { candidate: rate, baseline: rate };
  };

const arm = (requests: number, rate: number): ArmSample => [requests, Math.round(requests * rate), 100 * rate];

/** Looks once a minute at 6,000 requests a minute, and returns every look. */
function looksAt(
  span: Span,
  minutes: number,
  rates: Rates,
  metrics: readonly MetricPlan[] = [judged()],
  state: EvidenceState = withSpan(NO_EVIDENCE, span),
): Assessment[] {
  const found: Assessment[] = [];
  let known = state;
  for (let minute = 1; minute <= minutes; minute++) {
    const seen = assess({
      analysis: { ...environmentPlan().analysis, metrics },
      watches: metrics.map((plan) => ({ id: watchId(plan), metric: plan, arms: null, bounds: NO_BOUNDS })),
      references,
      state: known,
      readings: {
        at: (_watch, { weight, finished }, at) => {
          const { candidate, baseline, requests = 6_000 } = rates((at - span.from) / MINUTE);
          const alone = weight === 100 || finished;
          const of = (share: number, rate: number) => arm((requests * share) / 100, rate);
          return { candidate: of(weight, candidate), baseline: alone ? null : of(100 - weight, baseline) };
        },
      },
      troubles: [],
      synthetic: {},
      now: span.from + (minute + 2) * MINUTE,
    });
    known = seen.state;
    found.push(seen);
  }
  return found;
}

const verdicts = (looks: readonly Assessment[]) => [...new Set(looks.map(({ verdict }) => verdict))];
const last = (looks: readonly Assessment[]): Assessment => {
  const newest = looks.at(-1);
  if (newest === undefined) throw new Error("at least one look");
  return newest;
};

describe("an incident shared by all", () => {
  it("is no evidence while a baseline runs beside the candidate, were it 1 % alone", () => {
    for (const span of [BESIDE, HELD_BACK]) {
      const { evidence, findings } = last(looksAt(span, 12, shared(3, 12)));
      expect(evidence.maxLogE).toBeLessThan(1);
      expect(findings[0]?.beforeAfter).toBeUndefined();
    }
  });

  it("holds at 100 % and after the finish, fails nobody, and says why it does no more", () => {
    for (const span of [WHOLE, FINISHED]) {
      const looks = looksAt(span, 12, shared(3, 12));
      expect(verdicts(looks)).not.toContain("fail");
      const { verdict, acted, reasons, findings, evidence } = last(looks);
      expect({ verdict, acted }).toEqual({ verdict: "inconclusive", acted: null });
      expect(reasons[0]).toBe(
        `errors@order: worse than before the release: were it as good, evidence this strong would appear in less than 1 of 1,000,000,000 rollouts; ${NOTHING_BESIDE}`,
      );
      expect(findings[0]).toMatchObject({ beforeAfter: true, logE: 0 });
      expect(evidence.words).toContain(NOTHING_BESIDE);
      expect(evidence.maxLogE).toBe(0);
    }
  });

  it("holds no longer once it is over", () => {
    const looks = looksAt(WHOLE, 60, shared(3, 9));
    expect(looks[11]?.findings[0]?.beforeAfter).toBe(true);
    expect(last(looks).findings[0]?.beforeAfter).toBeUndefined();
  });
});

describe("evidence of an arm alone", () => {
  const bad: Rates = () => ({ candidate: 0.02, baseline: 0.005 });

  it("leaves what the comparison found at an earlier step as it was, and the other way round", () => {
    const good: Rates = (minute) => ({ candidate: minute === 1 ? 0.008 : 0.005, baseline: 0.005 });
    const before = last(looksAt(BESIDE, 6, good));
    // The first whole minute of the step comes right after the last that was read.
    const span = { ...WHOLE, from: 6 * MINUTE };
    const turnsBad: Rates = (minute) => (minute < 0 ? good(minute) : bad(minute));
    const after = last(looksAt(span, 12, turnsBad, [judged()], withSpan(before.state, span)));
    expect(after.findings[0]).toMatchObject({ beforeAfter: true, logE: before.findings[0]?.logE });
    expect(after.state.maxLogE).toBe(before.state.maxLogE);
  });

  it("keeps a bake from going on without proof long before it crosses its line", () => {
    const slightly: Rates = () => ({ candidate: 0.0079, baseline: 0.005 });
    const looks = looksAt(WHOLE, 4, slightly);
    const doubtful = looks.find(({ findings }) => findings[0]?.doubt?.startsWith("worse than before the release"));
    expect(doubtful?.findings[0]?.beforeAfter).toBeUndefined();
    expect(doubtful && nothingSpeaksAgainst(doubtful)).toBe(false);
  });

  it("is read back from what an older Headgate has left, which knew no such lane", () => {
    const { state } = last(looksAt(BESIDE, 6, shared(0, 0)));
    expect(JSON.stringify(state)).not.toContain('"alone"');
    const span = { ...WHOLE, from: 6 * MINUTE };
    const turnsBad: Rates = (minute) => (minute < 0 ? shared(0, 0)(minute) : bad(minute));
    expect(last(looksAt(span, 12, turnsBad, [judged()], withSpan(state, span))).findings[0]?.beforeAfter).toBe(true);
  });
});

describe("a broken rule", () => {
  const high: Rates = () => ({ candidate: 0.02, baseline: 0.02 });
  const withRule = (hard: boolean, source: MetricPlan["source"] = { preset: "lambda-error-rate" }) => [
    metric({ source, rules: [rule({ max: 1, sustainedSeconds: 120, hard })] }),
  ];

  it("rolls back beside a baseline, and without one only where it is hard", () => {
    const acted = (span: Span, hard: boolean) => last(looksAt(span, 4, high, withRule(hard))).acted;
    expect([acted(BESIDE, false), acted(BESIDE, true)]).toEqual(["threshold", "hard-rule"]);
    expect([acted(HELD_BACK, false), acted(WHOLE, true), acted(FINISHED, true)]).toEqual([
      "threshold",
      "hard-rule",
      "hard-rule",
    ]);
    expect([acted(WHOLE, false), acted(FINISHED, false)]).toEqual([null, null]);
  });

  it("holds with its own words where it does not", () => {
    const { findings, blocked } = last(looksAt(WHOLE, 4, high, withRule(false)));
    expect(findings[0]).toMatchObject({
      verdict: "inconclusive",
      beforeAfter: true,
      reason: `at most 1 % (for 2m): broken by 2 %, above 1 % for 4m; ${NOTHING_BESIDE}`,
    });
    expect(blocked).toBe(false);
  });

  it("of a metric that tells no arms apart is one without a baseline at any step", () => {
    const source = { query: { namespace: "AWS/SQS", metricName: "Age", dimensions: {}, statistic: "Maximum" } };
    expect(last(looksAt(BESIDE, 4, high, withRule(false, source))).findings[0]?.beforeAfter).toBe(true);
    expect(last(looksAt(BESIDE, 4, high, withRule(true, source))).acted).toBe("hard-rule");
  });
});

describe("a rule that compares", () => {
  const slower = metric({ rules: [rule({ maxIncreasePercent: 10, sustainedSeconds: 120 })] });
  const twice: Rates = () => ({ candidate: 0.01, baseline: 0.005 });

  it("is held against the reference where the arm beside it is far too small, and then holds", () => {
    const thin = (requests: number) =>
      last(looksAt(HELD_BACK, 4, (minute) => ({ ...twice(minute), requests }), [slower])).findings[0];
    // Of 6,000 requests 1 % is 60 a minute, of 3,000 it is 30.
    expect(thin(6_000)).toMatchObject({ verdict: "fail" });
    expect(thin(3_000)).toMatchObject({ verdict: "inconclusive", beforeAfter: true });
  });

  it("is kept there by two arms that are alike, whatever the few requests show", () => {
    const lucky: Rates = () => ({ candidate: 0.005, baseline: 0, requests: 3_000 });
    expect(last(looksAt(HELD_BACK, 4, lucky, [slower])).findings[0]).toMatchObject({ verdict: "pass" });
  });

  it("is held against a small arm that is no smaller than the candidate", () => {
    const few: Rates = (minute) => ({ ...twice(minute), requests: 80 });
    const rules = [rule({ maxIncreasePercent: 10, sustainedSeconds: 120 })];
    expect(last(looksAt(BESIDE, 4, few, [metric({ rules })])).findings[0]?.beforeAfter).toBeUndefined();
  });
});

describe("a pass beside a small arm", () => {
  // Of 600 requests 1 % is six a minute: for hours they show no error of their own.
  const rates =
    (rate: number, requests: number): Rates =>
    () => ({ candidate: rate, baseline: rate, requests });

  it("comes by what the old version did before, as it does at 100 %", () => {
    const metrics = [judged({ sequential: sequential({ passDelta: 0.01 }) })];
    const verdictAt = (span: Span) => last(looksAt(span, 20, rates(0.005, 600), metrics)).verdict;
    expect([verdictAt(WHOLE), verdictAt(HELD_BACK)]).toEqual(["pass", "pass"]);
  });

  it("does not come while both are worse than before, nor does that hold the candidate", () => {
    const { verdict, findings, evidence } = last(looksAt(HELD_BACK, 20, rates(0.05, 2_000)));
    expect(verdict).toBe("inconclusive");
    expect(findings[0]?.beforeAfter).toBeUndefined();
    expect(evidence.maxLogE).toBeLessThan(1);
  });
});
