import { describe, expect, it } from "vitest";
import { type Assessment, assess } from "../../../functions/domain/judge/assess.ts";
import { findingInWords } from "../../../functions/domain/judge/finding.ts";
import { configOf } from "../../../functions/domain/judge/fold.ts";
import { ranked as rankedBy, unranked } from "../../../functions/domain/judge/rank-lane.ts";
import type { WatchReference } from "../../../functions/domain/judge/reference-line.ts";
import {
  type ArmSample,
  NO_BOUNDS,
  type Sample,
  type Span,
  type Watch,
  watchId,
} from "../../../functions/domain/judge/sampling.ts";
import {
  type EvidenceState,
  FOLD_AFTER_MS,
  NO_EVIDENCE,
  READ_AGAIN_MS,
  spansWithin,
  stretchToRead,
  withSpan,
} from "../../../functions/domain/judge/state.ts";
import type { ColdState } from "../../../functions/domain/judge/statistics/cold-start.ts";
import { judge } from "../../../functions/domain/judge/statistics/sequential.ts";
import type { MetricPlan } from "../../../functions/domain/plan.ts";
import { environmentPlan, judged, MINUTE, metric, rule, sequential } from "../../support/canary-world.ts";

const STEP: Span = { from: 0, weight: 10, finished: false };
const watchOf = (plan: MetricPlan): Watch => ({ id: watchId(plan), metric: plan, arms: null, bounds: NO_BOUNDS });
const both = (candidate: ArmSample | null, baseline: ArmSample | null): Sample => ({ candidate, baseline });
const errors = (n: number, x: number): ArmSample => [n, x, (100 * x) / n];
const good = both(errors(60, 0), errors(540, 1));

/** By metric, the sample of each minute; undefined: CloudWatch did not answer in full. */
type Samples = Readonly<Record<string, (minute: number) => Sample | undefined>>;

interface Look {
  readonly now: number;
  readonly samples?: Samples | null;
  readonly metrics?: readonly MetricPlan[];
  readonly over?: Partial<Parameters<typeof assess>[0]>;
}

function look(state: EvidenceState, { now, samples = {}, metrics = [judged()], over = {} }: Look): Assessment {
  return assess({
    analysis: { ...environmentPlan().analysis, metrics },
    watches: metrics.map(watchOf),
    references: {},
    state,
    readings:
      samples === null
        ? null
        : { at: (watch, _span, at) => (samples[watch.id] ?? (() => both(null, null)))(at / MINUTE) },
    troubles: [],
    synthetic: {},
    now,
    ...over,
  });
}

/** Looks once a minute, from the first readable one on, until so many minutes are readable. */
function looks(minutes: number, samples: Samples, metrics?: readonly MetricPlan[], over?: Look["over"]): Assessment {
  let state = withSpan(NO_EVIDENCE, STEP);
  let last: Assessment | undefined;
  for (let minute = 1; minute <= minutes; minute++) {
    const given = { now: (minute + 2) * MINUTE, samples, ...(metrics ? { metrics } : {}), ...(over ? { over } : {}) };
    last = look(state, given);
    state = last.state;
  }
  if (last === undefined) throw new Error("at least one look");
  return last;
}

const watchState = ({ state }: Assessment, id = "errors@order") => {
  const found = new Map(Object.entries(state.watches)).get(id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};

describe("a minute", () => {
  it("counts for a pass only when it was read twice with the same value", () => {
    const first = look(withSpan(NO_EVIDENCE, STEP), { now: 3 * MINUTE, samples: { "errors@order": () => good } });
    expect(watchState(first)).toMatchObject({ next: 0, tail: [{ at: 0, certain: false }] });
    expect(first.reasons).toEqual(["errors@order: not yet read twice"]);
    const second = look(first.state, { now: 4 * MINUTE, samples: { "errors@order": () => good } });
    expect(watchState(second)).toMatchObject({ next: MINUTE, tail: [{ at: MINUTE }] });
    expect(second.folded["errors@order"]).toEqual([{ at: 0, span: STEP, sample: good }]);
  });

  it("that is revised is read a third time, and counts as it is then", () => {
    const late = [both(errors(50, 0), errors(400, 1)), good, good];
    let state = withSpan(NO_EVIDENCE, STEP);
    const folded = late.map((sample, index) => {
      const seen = look(state, {
        now: (3 + index) * MINUTE,
        samples: { "errors@order": (minute) => (minute === 0 ? sample : good) },
      });
      state = seen.state;
      return seen.folded["errors@order"]?.length;
    });
    // Minute 1 was certain before, but minutes are folded in order.
    expect(folded).toEqual([0, 0, 2]);
    expect(watchState({ state } as Assessment).progress.totals.samples).toBe(120);
  });

  it.each(["candidate", "baseline"] as const)("is not certain while only one arm, the %s, is revised", (arm) => {
    let state = withSpan(NO_EVIDENCE, STEP);
    for (const now of [3, 4, 5]) {
      const revised = both(errors(60, arm === "candidate" ? now : 1), errors(540, arm === "baseline" ? now : 1));
      const seen = look(state, { now: now * MINUTE, samples: { "errors@order": () => revised } });
      expect(seen.folded["errors@order"]).toEqual([]);
      state = seen.state;
    }
  });

  it("that is revised for ever is folded by its worst reading when it gets old", () => {
    let state = withSpan(NO_EVIDENCE, STEP);
    const sampleAt = (now: number) => both(errors(60, (now / MINUTE + 1) % 4), errors(540, ((now / MINUTE) % 2) + 3));
    let kept: readonly unknown[] = [];
    for (let now = 3 * MINUTE; now <= MINUTE + FOLD_AFTER_MS; now += MINUTE) {
      const seen = look(state, {
        now,
        samples: { "errors@order": (minute) => (minute === 0 ? sampleAt(now) : undefined) },
      });
      expect(kept).toEqual([]);
      kept = seen.folded["errors@order"] ?? [];
      state = seen.state;
    }
    expect(kept).toEqual([{ at: 0, span: STEP, sample: both(errors(60, 3), errors(540, 3)) }]);
  });

  it("keeps the reading it has when a later one is missing an arm", () => {
    let state = withSpan(NO_EVIDENCE, STEP);
    const sampleAt = (now: number) =>
      (now / MINUTE) % 2 === 0 ? both(null, errors(540, 5)) : both(errors(60, 2), null);
    let kept: readonly unknown[] = [];
    for (let now = 3 * MINUTE; now <= MINUTE + FOLD_AFTER_MS; now += MINUTE) {
      const seen = look(state, {
        now,
        samples: { "errors@order": (minute) => (minute === 0 ? sampleAt(now) : undefined) },
      });
      kept = seen.folded["errors@order"] ?? [];
      state = seen.state;
    }
    expect(kept).toEqual([{ at: 0, span: STEP, sample: both(errors(60, 2), errors(540, 5)) }]);
  });

  it("keeps the reading that has requests when another read saw none", () => {
    let state = withSpan(NO_EVIDENCE, STEP);
    const sampleAt = (now: number) =>
      both((now / MINUTE) % 2 === 0 ? errors(60, 0) : [0, 0, 0], errors(540, (now / MINUTE) % 3));
    let kept: readonly unknown[] = [];
    for (let now = 3 * MINUTE; now <= MINUTE + FOLD_AFTER_MS; now += MINUTE) {
      const samples: Samples = { "errors@order": (minute) => (minute === 0 ? sampleAt(now) : undefined) };
      const seen = look(state, { now, samples });
      kept = seen.folded["errors@order"] ?? [];
      state = seen.state;
    }
    expect(kept).toEqual([{ at: 0, span: STEP, sample: both(errors(60, 0), errors(540, 0)) }]);
  });

  it("that was never read in full is an error, and in the end a minute without data", () => {
    const never: Samples = { "errors@order": (minute) => (minute === 0 ? undefined : good) };
    const early = looks(5, never);
    expect(early).toMatchObject({ verdict: "error", reasons: ["errors@order: CloudWatch answered in part only"] });
    expect(watchState(early).progress.totals.samples).toBe(0);
    const late = looks(FOLD_AFTER_MS / MINUTE, never);
    expect(watchState(late).progress.totals.samples).toBe(60 * (FOLD_AFTER_MS / MINUTE - 2));
    expect(watchState(late).progress.monitor?.minutes).toBe(FOLD_AFTER_MS / MINUTE - 1);
  });

  it("is confirmed only by a reading that is half a minute later", () => {
    const samples: Samples = { "errors@order": () => good };
    const first = look(withSpan(NO_EVIDENCE, STEP), { now: 3 * MINUTE, samples });
    expect(look(first.state, { now: 3 * MINUTE + READ_AGAIN_MS - 1, samples }).folded["errors@order"]).toEqual([]);
    expect(look(first.state, { now: 3 * MINUTE + READ_AGAIN_MS, samples }).folded["errors@order"]).toHaveLength(1);
  });

  it("is neither lost nor confirmed by a look that could not read", () => {
    const samples: Samples = { "errors@order": () => good };
    const first = look(withSpan(NO_EVIDENCE, STEP), { now: 3 * MINUTE, samples });
    const blind = look(first.state, { now: 4 * MINUTE, samples: null });
    expect(blind).toMatchObject({ verdict: "error", reasons: ["errors@order: CloudWatch could not be read"] });
    expect(blind.state.readAt).toBe(3 * MINUTE);
    expect(watchState(blind).tail.map(({ newest }) => newest)).toEqual([good, null]);
    expect(look(blind.state, { now: 5 * MINUTE, samples }).folded["errors@order"]).toHaveLength(1);
  });
});

describe("the evidence", () => {
  const bad = both(errors(60, 4), errors(540, 1));

  it("is to the bit that of the sequential judge over the same minutes", () => {
    const series = (minute: number) => both(errors(60, minute % 7 === 3 ? 1 : 0), errors(540, minute % 2));
    const { evidence } = looks(14, { "errors@order": series });
    const minutes = Array.from({ length: 14 }, (_, minute) => {
      const { candidate, baseline } = series(minute);
      const counts = (arm: ArmSample | null) => ({ requests: arm?.[0] ?? 0, errors: arm?.[1] ?? 0 });
      return { step: 0, canary: counts(candidate), baseline: counts(baseline) };
    });
    const config = configOf(sequential(), 0.05, null);
    expect(evidence.logE).toBe(judge({ reference: [], minutes, config }).logE);
    expect(evidence.line).toBe(-Math.log(0.05));
  });

  it("fails the candidate on minutes that were read once", () => {
    const { verdict, acted, findings, reasons, state } = looks(4, { "errors@order": () => bad });
    expect({ verdict, acted }).toEqual({ verdict: "fail", acted: "judge" });
    expect(findings[0]).toMatchObject({
      verdict: "fail",
      reason: "the evidence against the candidate crossed its line",
    });
    expect(reasons[0]).toMatch(
      /^errors@order: 6.67 % against 0.185 % of the baseline over 240 samples, \+6 points, between \+1 and \+21; evidence against/,
    );
    expect(state.maxLogE).toBeGreaterThan(Math.log(20));
  });

  it("remembers its highest point", () => {
    const burst: Samples = { "errors@order": (minute) => (minute === 0 ? both(errors(60, 2), errors(540, 0)) : good) };
    const first = looks(1, burst);
    const later = looks(12, burst);
    expect(later.evidence.maxLogE).toBeGreaterThanOrEqual(first.evidence.logE);
    expect(later.evidence.logE).toBeLessThan(later.evidence.maxLogE);
    expect(later.verdict).not.toBe("fail");
  });

  it("is weighed over all metrics: half of alpha takes twice the evidence", () => {
    const metrics = [
      judged({ sequential: sequential({ weight: 0.5 }) }),
      judged({ name: "other", sequential: sequential({ weight: 0.5 }) }),
    ];
    const one = looks(6, { "errors@order": () => bad });
    const half = looks(6, { "errors@order": () => bad, "other@order": () => both(null, null) }, metrics);
    expect(one.evidence.logE - half.evidence.logE).toBeCloseTo(Math.LN2, 1);
    expect(() => looks(1, {}, [judged({ sequential: sequential({ weight: 0.7 }) })])).toThrow("sum to 1");
  });

  it("of a dry run is shown and left out", () => {
    const metrics = [judged(), judged({ name: "dry", dryRun: true })];
    const { verdict, findings, evidence } = looks(12, { "errors@order": () => good, "dry@order": () => bad }, metrics);
    expect(verdict).not.toBe("fail");
    expect(evidence.logE).toBeLessThan(0.5);
    expect(findings.find(({ metric: name }) => name === "dry")?.logE).toBeGreaterThan(5);
  });

  it("does not come from a baseline that was not measured, while one that is not there is held to the SLO", () => {
    const silent = looks(6, { "errors@order": () => both(errors(60, 30), null) });
    expect(silent.evidence.logE).toBeLessThanOrEqual(0);
    const slo = [judged({ sequential: sequential({ slo: 0.01 }) })];
    const alone = { from: 0, weight: 100, finished: false };
    let state = withSpan(NO_EVIDENCE, alone);
    for (let minute = 1; minute < 4; minute++) {
      const now = (minute + 2) * MINUTE;
      state = look(state, { now, samples: { "errors@order": () => both(errors(60, 30), null) }, metrics: slo }).state;
    }
    expect(watchState({ state } as Assessment).progress.alone?.logE).toBeGreaterThan(3);
    expect(state.maxLogE).toBe(0);
  });
});

describe("a pass", () => {
  it("takes every acting metric's own", () => {
    const metrics = [
      judged({ sequential: sequential({ weight: 0.5 }) }),
      judged({ name: "other", sequential: sequential({ weight: 0.5 }) }),
    ];
    const half = looks(20, { "errors@order": () => good }, metrics);
    expect(half).toMatchObject({ verdict: "inconclusive", reasons: ["other@order: no-data"] });
    const all = looks(20, { "errors@order": () => good, "other@order": () => good }, metrics);
    expect(all).toMatchObject({ verdict: "pass", reasons: [], acted: null });
    expect(all.findings.map(({ reason }) => reason)).toEqual([null, null]);
  });

  it("of the last step is none of this one", () => {
    const before = looks(20, { "errors@order": () => good });
    expect(before.verdict).toBe("pass");
    const state = withSpan(before.state, { from: 22 * MINUTE, weight: 25, finished: false });
    const after = look(state, { now: 25 * MINUTE, samples: { "errors@order": () => good } });
    expect(after.verdict).toBe("inconclusive");
    expect(after.findings[0]).toMatchObject({ logPass: 0 });
  });

  it("is kept back by a rule that is being broken, or is not judged yet", () => {
    const metrics = [judged({ rules: [rule({ max: 5, sustainedSeconds: 600 })] })];
    const endingIn = (bad: number) => (minute: number) =>
      minute >= 30 - bad ? both(errors(60, 4), errors(540, 40)) : good;
    const breaching = looks(30, { "errors@order": endingIn(5) }, metrics);
    expect(breaching).toMatchObject({ verdict: "inconclusive", breaching: true });
    expect(breaching.reasons).toEqual(["errors@order: at most 5 % (for 10m): 6.67 %, above 5 % for 5m so far"]);
    const passing = looks(30, { "errors@order": endingIn(4) }, metrics);
    expect(passing).toMatchObject({ verdict: "pass", breaching: false });
    expect(passing.findings[0]?.rules).toEqual(["at most 5 % (for 10m): kept, though now 6.67 %, above 5 % for 4m"]);
    const thin = looks(20, { "errors@order": () => good }, [judged({ rules: [rule({ max: 5, minSamples: 5_000 })] })]);
    expect(thin.reasons).toEqual(["errors@order: at most 5 %: 1200 of 5000 samples needed"]);
    const once = looks(1, { "errors@order": () => good }, [metric({ rules: [rule({ max: 5 })] })]);
    expect(once.reasons).toEqual(["errors@order: not yet read twice"]);
  });

  it("of a step does not end a breach: it is broken in the next one after as many minutes as it would have taken", () => {
    const metrics = [metric({ rules: [rule({ max: 5, sustainedSeconds: 600, minSamples: 300 })] })];
    const bad = both(errors(60, 6), errors(540, 50));
    const samples: Samples = { "errors@order": (minute) => (minute < 10 ? good : bad) };
    const before = looks(14, samples, metrics);
    expect(before).toMatchObject({ verdict: "pass", breaching: false });
    let state = withSpan(before.state, { from: 14 * MINUTE, weight: 25, finished: false });
    const verdicts = [15, 16, 17, 18, 19, 20].map((readable) => {
      const seen = look(state, { now: (readable + 2) * MINUTE, samples, metrics });
      state = seen.state;
      return seen.verdict;
    });
    // Minutes 10 to 19 are ten in a row.
    expect(verdicts.slice(0, 5)).not.toContain("fail");
    expect(verdicts[5]).toBe("fail");
  });

  it("is not kept back by a rule that only warns", () => {
    const metrics = [judged({ rules: [rule({ max: 5, minSamples: 5_000, onBreach: "warn" })] })];
    const seen = looks(20, { "errors@order": () => good }, metrics);
    expect(seen).toMatchObject({ verdict: "pass", warnings: [], breaching: false });
  });

  it("comes from thresholds alone where no metric is judged by evidence", () => {
    const seen = looks(2, { "errors@order": () => good }, [metric({ rules: [rule({ max: 5 })] })]);
    expect(seen).toMatchObject({ verdict: "pass", evidence: { logE: 0 } });
    expect(seen.findings[0]).toMatchObject({ logE: null, logPass: null, rules: ["at most 5 %: kept"] });
  });
});

describe("lanes", () => {
  const bad = both(errors(600, 60), errors(5_400, 5));
  const hard = rule({ max: 5, hard: true });

  it("act in order: the hard rule, the judge, a plain threshold", () => {
    const all = [judged({ rules: [rule({ max: 5 }), hard] })];
    expect(looks(6, { "errors@order": () => bad }, all).acted).toBe("hard-rule");
    expect(looks(6, { "errors@order": () => bad }, [judged({ rules: [rule({ max: 5 })] })]).acted).toBe("judge");
    expect(looks(6, { "errors@order": () => bad }, [metric({ rules: [rule({ max: 5 })] })]).acted).toBe("threshold");
  });

  it("of the hard rule act without any trust in the readings, but not for a warning", () => {
    const troubled = looks(1, { "errors@order": () => bad }, [metric({ rules: [hard] })], { troubles: ["no alarm"] });
    expect(troubled).toMatchObject({ verdict: "fail", acted: "hard-rule" });
    const warns = looks(2, { "errors@order": () => bad }, [metric({ rules: [{ ...hard, onBreach: "warn" }] })]);
    expect(warns).toMatchObject({ verdict: "pass", acted: null });
    expect(warns.warnings).toEqual(["errors@order: at most 5 %: broken by 10 %, above 5 % for 2m"]);
  });

  it("know a rule that asks for a person", () => {
    const seen = looks(2, { "errors@order": () => bad }, [metric({ rules: [rule({ max: 5, onBreach: "block" })] })]);
    expect(seen).toMatchObject({ verdict: "inconclusive", blocked: true });
    const dry = looks(2, { "errors@order": () => bad }, [
      metric({ dryRun: true, rules: [rule({ max: 5, onBreach: "block" })] }),
    ]);
    expect(dry.blocked).toBe(false);
  });

  it("leave a trouble an error, unless something fails", () => {
    const troubled = looks(20, { "errors@order": () => good }, undefined, { troubles: ["there is no alarm a"] });
    expect(troubled).toMatchObject({ verdict: "error", reasons: ["there is no alarm a"], acted: null });
  });
});

describe("the rank test", () => {
  const age = { namespace: "Shop", metricName: "Age", dimensions: { V: "{version}" }, statistic: "Maximum" };
  const plan = { minimumPoints: 8, direction: "increase", toleratedPercent: 10 } as const;
  const ranked = (over: Partial<MetricPlan> = {}) => [
    metric({ name: "age", source: { query: age }, rank: plan, ...over }),
  ];
  const point = (value: number): ArmSample => [1, null, value];
  /** The candidate `times` as high as the baseline, both wandering a little. */
  const shifted =
    (times: number): Samples["x"] =>
    (minute) =>
      both(point(times * (100 + ((minute * 7) % 5))), point(100 + ((minute * 3) % 5)));
  const seenAfter = (minutes: number, times: number, over: Partial<MetricPlan> = {}) =>
    looks(minutes, { "age@order": shifted(times) ?? (() => both(null, null)) }, ranked(over));

  it("says neither before it has its points, each read twice", () => {
    expect(seenAfter(8, 3)).toMatchObject({
      verdict: "inconclusive",
      reasons: ["age@order: rank test: inconclusive, 7 of 8 points"],
    });
    expect(seenAfter(9, 3).verdict).toBe("fail");
  });

  it("fails a candidate that is higher, in a lane of its own", () => {
    const seen = seenAfter(9, 3);
    expect(seen).toMatchObject({ verdict: "fail", acted: "rank", evidence: { logE: 0 } });
    expect(seen.reasons).toEqual(["age@order: rank test: fail, the candidate is higher (8 points)"]);
    expect(seen.findings[0]?.rules).toEqual(["rank test: fail, the candidate is higher (8 points)"]);
  });

  it("passes one that is like the baseline, within what is tolerated, or better", () => {
    for (const times of [1, 1.08, 0.2]) expect(seenAfter(9, times)).toMatchObject({ verdict: "pass", acted: null });
  });

  it("looks the other way where the plan says so", () => {
    const decrease = { rank: { ...plan, direction: "decrease" } } as const;
    expect(seenAfter(9, 0.2, decrease).verdict).toBe("fail");
    expect(seenAfter(9, 3, decrease).verdict).toBe("pass");
    expect(seenAfter(9, 0.93, decrease).verdict).toBe("pass");
    const either = { rank: { ...plan, direction: "either", toleratedPercent: 0 } } as const;
    expect([0.2, 1, 3].map((times) => seenAfter(9, times, either).verdict)).toEqual(["fail", "pass", "fail"]);
  });

  it("looks again only when its points have doubled", () => {
    const turning = (minute: number) => shifted(minute < 3 ? 1 : 3)?.(minute);
    const at = (minutes: number) => looks(minutes, { "age@order": turning }, ranked());
    expect(at(16).verdict).toBe("pass");
    expect(at(17)).toMatchObject({ verdict: "fail", acted: "rank" });
  });

  it("counts no minute in which an arm was not measured", () => {
    const gaps: Samples = {
      "age@order": (minute) =>
        [both(point(300), null), both(null, point(100))][minute % 4] ?? both(point(300 + minute), point(100 + minute)),
    };
    expect(looks(16, gaps, ranked()).reasons).toEqual(["age@order: rank test: inconclusive, 7 of 8 points"]);
    expect(looks(18, gaps, ranked()).verdict).toBe("fail");
  });

  it("makes what it cannot judge an error, and never drops it", () => {
    const zero: Samples = { "age@order": () => both(point(0), point(Number.POSITIVE_INFINITY)) };
    expect(looks(9, zero, ranked())).toMatchObject({
      verdict: "error",
      reasons: ["age@order: rank test: error, a point is infinite (8 points)"],
    });
  });

  it("gives way to a rule that is broken, which then is what acted", () => {
    const seen = seenAfter(9, 3, { rules: [rule({ max: 200 })] });
    expect(seen).toMatchObject({ verdict: "fail", acted: "threshold" });
  });

  it("of a dry run is shown and left out", () => {
    const seen = seenAfter(9, 3, { dryRun: true });
    expect(seen).toMatchObject({ verdict: "pass", acted: null });
    expect(seen.findings[0]?.verdict).toBe("fail");
  });

  it("begins anew with each step, and has no say where no baseline runs", () => {
    const state = seenAfter(9, 3).state;
    const next = (weight: number) =>
      look(withSpan(state, { from: 11 * MINUTE, weight, finished: false }), {
        now: 14 * MINUTE,
        samples: { "age@order": shifted(1) ?? (() => undefined) },
        metrics: ranked(),
      });
    expect(next(25).reasons).toEqual(["age@order: rank test: inconclusive, 0 of 8 points"]);
    const alone = look(next(100).state, {
      now: 15 * MINUTE,
      samples: { "age@order": shifted(1) ?? (() => undefined) },
      metrics: ranked(),
    });
    expect(alone).toMatchObject({ verdict: "pass" });
    expect(alone.findings[0]?.rules).toEqual([]);
  });

  it("keeps a bounded number of points, however long the step", () => {
    const long = { minimumPoints: 5, direction: "increase", toleratedPercent: 10 } as const;
    const sample = both(point(1), point(1));
    const progress = Array.from({ length: 600 }, () => sample).reduce(
      (before, one) => rankedBy(long, before, one),
      unranked(long),
    );
    expect(progress).toMatchObject({ periods: 600, verdict: "pass", reason: "the series do not differ (320 points)" });
    expect([progress.candidate.length, progress.baseline.length]).toEqual([480, 480]);
  });
});

describe("without traffic", () => {
  it("there is nothing to judge, and nothing to read", () => {
    const seen = look(NO_EVIDENCE, { now: 10 * MINUTE });
    expect(seen).toMatchObject({ verdict: "inconclusive", reasons: ["the candidate has no traffic yet"] });
    expect(stretchToRead([watchOf(judged())], NO_EVIDENCE, 10 * MINUTE)).toBeNull();
  });

  it("a plan of no metrics is watched by time and alarms alone", () => {
    const seen = look(withSpan(NO_EVIDENCE, STEP), { now: 10 * MINUTE, metrics: [] });
    expect(seen.verdict).toBe("pass");
  });
});

describe("what is read", () => {
  it("reaches from the oldest minute that is not certain to the newest that is readable, over all metrics", () => {
    const watches = [watchOf(judged()), watchOf(judged({ name: "slow", periodSeconds: 300, settleSeconds: 0 }))];
    const state = withSpan(NO_EVIDENCE, { ...STEP, from: 30_000 });
    expect(stretchToRead(watches, state, 3 * MINUTE)).toBeNull();
    expect(stretchToRead(watches, state, 4 * MINUTE)).toEqual({ from: MINUTE, to: 2 * MINUTE });
    expect(stretchToRead(watches, state, 10 * MINUTE)).toEqual({ from: MINUTE, to: 10 * MINUTE });
  });

  it("touches the spans that lie within it", () => {
    const spans = [STEP, { ...STEP, from: 10 * MINUTE, weight: 25 }, { ...STEP, from: 20 * MINUTE, weight: 50 }];
    const weights = (from: number, to: number) => spansWithin(spans, from, to).map(({ weight }) => weight);
    expect(weights(0, 10 * MINUTE)).toEqual([10]);
    expect(weights(9 * MINUTE, 11 * MINUTE)).toEqual([10, 25]);
    expect(weights(10 * MINUTE, 20 * MINUTE)).toEqual([25]);
    expect(weights(25 * MINUTE, 30 * MINUTE)).toEqual([50]);
  });

  it("leaves out the minute in which traffic was set", () => {
    const spans = [STEP, { ...STEP, from: 2 * MINUTE + 1, weight: 25 }];
    let state: EvidenceState = { ...NO_EVIDENCE, spans };
    for (const now of [7 * MINUTE, 8 * MINUTE])
      state = look(state, { now, samples: { "errors@order": () => good } }).state;
    expect(watchState({ state } as Assessment).progress).toMatchObject({
      step: 2 * MINUTE + 1,
      totals: { samples: 120 },
    });
    expect(watchState({ state } as Assessment).progress.monitor?.minutes).toBe(4);
  });

  it("knows a span once", () => {
    const state = withSpan(withSpan(NO_EVIDENCE, STEP), STEP);
    expect(state.spans).toEqual([STEP]);
    expect(withSpan(state, null)).toBe(state);
  });
});

describe("requests of our own", () => {
  const reference: WatchReference = {
    periods: 60,
    requests: 600,
    bad: 0,
    worstRate: 0.001,
    value: 0.1,
    quantileMs: null,
    phi: 1,
    requestsPerPeriod: 10,
  };
  const thin: Samples = { "errors@order": () => both(errors(2, 0), errors(18, 0)) };
  const sent = (requests: number, failed: number) =>
    looks(12, thin, undefined, {
      references: { "errors@order": reference },
      synthetic: { "errors@order": { requests, errors: failed } },
    });

  it("bring a pass that real traffic alone is too thin for", () => {
    expect(looks(12, thin, undefined, { references: { "errors@order": reference } }).verdict).toBe("inconclusive");
    expect(sent(60, 0).verdict).toBe("pass");
  });

  it("begin no step ahead of its first period, nor end the one before", () => {
    const references = { "errors@order": reference };
    const before = looks(3, thin, undefined, { references }).state;
    const synthetic = { "errors@order": { requests: 60, errors: 60 } };
    const shifted = withSpan(before, { from: 5 * MINUTE - 1, weight: 25, finished: false });
    const monitorAfter = (sent: typeof synthetic | Record<string, never>) =>
      watchState(look(shifted, { now: 5 * MINUTE, samples: thin, over: { references, synthetic: sent } })).progress;
    expect(monitorAfter(synthetic)).toEqual(monitorAfter({}));
  });

  it("are said to have been counted in", () => {
    const synthetic = { "errors@order": { requests: 60, errors: 1 } };
    expect(looks(3, thin, undefined, { synthetic }).synthetic).toEqual(synthetic);
  });

  it("hold a candidate that does not answer them: nobody asked the baseline the same", () => {
    expect(sent(60, 30)).toMatchObject({ verdict: "inconclusive", acted: null, findings: [{ beforeAfter: true }] });
    expect(sent(60, 30).evidence.maxLogE).toBe(0);
  });
});

describe("the settings of the test", () => {
  const reference: WatchReference = {
    periods: 60,
    requests: 600,
    bad: 6,
    worstRate: 0.02,
    value: 1,
    quantileMs: null,
    phi: 1.5,
    requestsPerPeriod: 10,
  };

  it("hold a candidate alone against the old version's worst hour", () => {
    const config = configOf(sequential({ rho: 1.5, delta: 0.001, passDelta: 0.01 }), 0.05, reference);
    expect(config).toMatchObject({
      slo: 1.5 * 0.02 + 0.001,
      passSlo: 0.03,
      alpha: 0.05,
      phiBurst: Number.POSITIVE_INFINITY,
    });
  });

  it("hold it against the plan's SLO where there is one, and against nothing where there is neither", () => {
    expect(configOf(sequential({ slo: 0.005 }), 0.05, reference)).toMatchObject({ slo: 0.005 });
    expect(configOf(sequential({ slo: 0.005 }), 0.05, null)).toMatchObject({ slo: 0.005, passSlo: 0.025 });
    expect(configOf(sequential(), 0.05, null)).toMatchObject({ slo: null, passSlo: null });
    expect(configOf(sequential({ phiBurst: 5 }), 0, null)).toMatchObject({ phiBurst: 5, alpha: 1e-12 });
  });

  it("start from how the old version's rate wandered, where the reference knows", () => {
    const seenWith = (line: WatchReference) =>
      watchState(looks(2, { "errors@order": () => good }, undefined, { references: { "errors@order": line } })).progress
        .monitor as ColdState | null;
    const wander = { perRequest: 0.001, variance: 0.1, minutes: 8 };
    expect(seenWith({ ...reference, wander })?.wander).toEqual(wander);
    expect(seenWith(reference)?.wander).toBeNull();
  });

  it("start from the dispersion of the reference", () => {
    const seen = looks(2, { "errors@order": () => good }, undefined, { references: { "errors@order": reference } });
    expect(watchState(seen).progress.monitor).toMatchObject({ phi: 1.5, referenceRequestsPerMinute: 10 });
    expect(watchState(looks(2, { "errors@order": () => good })).progress.monitor).toMatchObject({ phi: 3 });
  });

  it("compare a rule with the reference where no baseline runs", () => {
    const metrics = [metric({ source: { preset: "lambda-throttles" }, rules: [rule({ maxIncreasePoints: 2 })] })];
    const seen = (value: number) =>
      looks(2, { "errors@order": () => both([100, value, value], null) }, metrics, {
        references: { "errors@order": reference },
      });
    expect(seen(3).verdict).toBe("pass");
    expect(seen(3.5).reasons[0]).toContain("at most baseline + 2 a minute: broken by 3.5 a minute");
    const without = looks(2, { "errors@order": () => both([100, 9, 9], null) }, metrics);
    expect(without.verdict).toBe("inconclusive");
  });
});

describe("a finding in words", () => {
  it("says what was found, against what, and over how much", () => {
    const [finding] = looks(2, { "errors@order": () => good }).findings;
    if (finding === undefined) throw new Error("one metric, one finding");
    expect(findingInWords(finding)).toBe(
      "0 % against 0.185 % of the baseline over 120 samples, 0 points, between -3 and +14",
    );
    const alone = { ...finding, baseline: null, effect: { step: [], total: [] } };
    expect(findingInWords(alone)).toBe("0 % over 120 samples");
    expect(findingInWords({ ...finding, candidate: null })).toBe("no data");
  });
});
