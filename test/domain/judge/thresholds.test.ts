import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ceilingOf,
  comparesBaseline,
  figure,
  LONGEST_SILENCE_MS,
  nextStep,
  type Observation,
  observe,
  type RuleProgress,
  ruleInWords,
  standingOf,
  UNJUDGED,
} from "../../../functions/domain/judge/thresholds.ts";
import type { RulePlan } from "../../../functions/domain/plan.ts";
import { MINUTE, rule } from "../../support/canary-world.ts";

interface Point {
  readonly minute?: number;
  readonly value: number;
  readonly samples?: number;
  readonly baseline?: number | null;
  readonly baselineSamples?: number;
}

const seen = (point: Point, index: number): Observation => ({
  at: (point.minute ?? index) * MINUTE,
  ms: MINUTE,
  candidate: { samples: point.samples ?? 100, value: point.value },
  baseline:
    point.baseline === undefined || point.baseline === null
      ? null
      : { samples: point.baselineSamples ?? 900, value: point.baseline },
});

const judge = (plan: RulePlan, points: readonly Point[], from: RuleProgress = UNJUDGED): RuleProgress =>
  points.map(seen).reduce((progress, point) => observe(plan, progress, point), from);
const stateOf = (plan: RulePlan, points: readonly Point[], unit = " %") =>
  standingOf(plan, judge(plan, points), unit).state;
const values = (...all: number[]): Point[] => all.map((value) => ({ value }));
const against = (baseline: number, ...all: number[]): Point[] => all.map((value) => ({ value, baseline }));

describe("a runbook's threshold", () => {
  it('"error rates < 0.5 %" (BBWS, step 5) is kept at 0.5 and broken above it', () => {
    const plan = rule({ max: 0.5 });
    expect(stateOf(plan, values(0.5))).toBe("kept");
    expect(stateOf(plan, values(0.51))).toBe("broken");
  });

  it('"latency p95 < baseline + 10 %" (BBWS, step 5; ETL, step 6) is kept at exactly + 10 %', () => {
    const plan = rule({ maxIncreasePercent: 10 });
    expect(stateOf(plan, against(200, 220), " ms")).toBe("kept");
    expect(stateOf(plan, against(200, 220.1), " ms")).toBe("broken");
  });

  it('"v2 error rate < v1 error rate + 2 %" (ETL, step 6) means two points', () => {
    const plan = rule({ maxIncreasePoints: 2 });
    expect(stateOf(plan, against(0.5, 2.5))).toBe("kept");
    expect(stateOf(plan, against(0.5, 2.51))).toBe("broken");
  });

  it('"error rate > 10 % sustained for 10 minutes" (ETL, rollback) is not broken by nine of them', () => {
    const plan = rule({ max: 10, sustainedSeconds: 600 });
    const breaching = Array.from({ length: 9 }, () => 11);
    expect(stateOf(plan, values(...breaching))).toBe("breaching");
    expect(stateOf(plan, values(...breaching, 11))).toBe("broken");
    expect(stateOf(plan, values(...breaching, 10))).toBe("kept");
    expect(stateOf(plan, values(...breaching, 10, ...breaching))).toBe("breaching");
  });

  it('"Lambda error rate > 5 % for 2 minutes" (crypto-watch) takes two minutes in a row', () => {
    const plan = rule({ max: 5, sustainedSeconds: 120, hard: true });
    expect(stateOf(plan, values(6))).toBe("breaching");
    expect(stateOf(plan, values(6, 5, 6))).toBe("breaching");
    expect(stateOf(plan, values(6, 6))).toBe("broken");
  });

  it('"Lambda throttles > 10 in 1 minute" (crypto-watch) acts on the first such minute', () => {
    const plan = rule({ max: 10, hard: true });
    expect(stateOf(plan, values(10), " a minute")).toBe("kept");
    expect(stateOf(plan, values(0, 11), " a minute")).toBe("broken");
  });

  it('"latency p95 > 2x baseline" (BBWS 10.1) is an increase of 100 %', () => {
    const plan = rule({ maxIncreasePercent: 100, sustainedSeconds: 120 });
    expect(stateOf(plan, against(150, 300, 300), " ms")).toBe("kept");
    expect(stateOf(plan, against(150, 301, 301), " ms")).toBe("broken");
  });

  it('"monitor for 15 minutes; issue persists? rollback; resolves? continue" (BBWS 10.2)', () => {
    const plan = rule({ maxIncreasePercent: 10, sustainedSeconds: 900 });
    const persists = Array.from({ length: 15 }, () => 120);
    expect(stateOf(plan, against(100, ...persists.slice(1)))).toBe("breaching");
    expect(stateOf(plan, against(100, ...persists))).toBe("broken");
    expect(stateOf(plan, against(100, ...persists.slice(1), 105))).toBe("kept");
  });

  it('"p95 > 2x baseline: spike temporary? continue; persistent? rollback" (BBWS 10.2)', () => {
    const plan = rule({ maxIncreasePercent: 100, sustainedSeconds: 300 });
    expect(stateOf(plan, against(100, 250, 250, 110, 100, 100))).toBe("kept");
    expect(stateOf(plan, against(100, 250, 250, 250, 250, 250))).toBe("broken");
  });
});

describe("a sustained breach", () => {
  const plan = rule({ max: 5, sustainedSeconds: 180 });

  it("is paused by minutes without data: they neither end it nor count for it", () => {
    const points: Point[] = [
      { minute: 0, value: 6 },
      { minute: 1, value: 6 },
      { minute: 4, value: 6 },
    ];
    expect(stateOf(plan, points.slice(0, 2))).toBe("breaching");
    expect(stateOf(plan, points)).toBe("broken");
  });

  it("is over after a silence of more than five minutes", () => {
    const gap = LONGEST_SILENCE_MS / MINUTE;
    const upTo: Point[] = [
      { minute: 0, value: 6 },
      { minute: 1, value: 6 },
      { minute: 2 + gap, value: 6 },
    ];
    const beyond: Point[] = [
      { minute: 0, value: 6 },
      { minute: 1, value: 6 },
      { minute: 3 + gap, value: 6 },
    ];
    expect(gap).toBe(5);
    expect(stateOf(plan, upTo)).toBe("broken");
    expect(judge(plan, beyond)).toMatchObject({ broken: null, run: { from: (3 + gap) * MINUTE, ms: MINUTE } });
  });

  it("goes on over a shift, while the samples of the new step begin at nothing", () => {
    const before = judge(plan, values(6, 6));
    const after = nextStep(before);
    expect(after).toMatchObject({ judged: 0, broken: null, pool: null });
    expect(standingOf(plan, judge(plan, [{ minute: 2, value: 6 }], after), "").state).toBe("broken");
  });

  it("stays broken for the step once it was, and is forgotten by the next", () => {
    const broken = judge(plan, values(6, 6, 6, 1));
    expect(standingOf(plan, broken, "").state).toBe("broken");
    expect(standingOf(plan, nextStep(broken), "").state).toBe("thin");
  });

  it("is waited for from half of its time on, to the minute; a shorter one is what the rule overlooks", () => {
    const long = rule({ max: 5, sustainedSeconds: 600 });
    const run = (minutes: number): Point[] => [{ value: 1 }, ...values(...Array.from({ length: minutes }, () => 6))];
    expect([1, 4, 5, 9, 10].map((minutes) => stateOf(long, run(minutes)))).toEqual([
      "kept",
      "kept",
      "breaching",
      "breaching",
      "broken",
    ]);
    const odd = rule({ max: 5, sustainedSeconds: 540 });
    expect([4, 5].map((minutes) => stateOf(odd, run(minutes)))).toEqual(["kept", "breaching"]);
  });

  it("that a step ends with breaks the rule in the next one as soon as it would have in its own", () => {
    const long = rule({ max: 5, sustainedSeconds: 600 });
    const run = values(...Array.from({ length: 10 }, () => 6));
    const before = judge(long, run.slice(0, 4));
    expect(standingOf(long, before, "").state).toBe("kept");
    const rest = run.slice(4).map((point, index) => ({ ...point, minute: index + 4 }));
    const after = judge(long, rest.slice(0, -1), nextStep(before));
    expect(standingOf(long, after, "").state).toBe("breaching");
    expect(standingOf(long, judge(long, rest, nextStep(before)), "").state).toBe("broken");
  });

  it("on too few samples is no pass, however short: thin, then waited for, until there are enough to break the rule", () => {
    const thin = rule({ max: 5, sustainedSeconds: 600, minSamples: 50 });
    const lonely = (minutes: number): Point[] => Array.from({ length: minutes }, () => ({ value: 100, samples: 2 }));
    expect([1, 4, 5, 10, 24, 25].map((minutes) => stateOf(thin, lonely(minutes)))).toEqual([
      "thin",
      "thin",
      "breaching",
      "breaching",
      "breaching",
      "broken",
    ]);
  });

  it("needs its samples within the run", () => {
    const thin = rule({ max: 5, sustainedSeconds: 120, minSamples: 50 });
    const point = (samples: number): Point => ({ value: 6, samples });
    expect(stateOf(thin, [point(20), point(29)])).toBe("breaching");
    expect(stateOf(thin, [point(20), point(30)])).toBe("broken");
    expect(stateOf(thin, [point(20), point(29), point(1)])).toBe("broken");
  });

  it("looks at each minute by itself, however thin: nothing is pooled", () => {
    const thin = rule({ max: 5, sustainedSeconds: 120, minSamples: 1000 });
    expect(judge(thin, values(6)).pool).toBeNull();
    expect(judge(thin, values(1, 1)).judged).toBe(200);
  });
});

describe("a rule for the first closed minute", () => {
  const plan = rule({ max: 5, minSamples: 100 });

  it("pools thin minutes until they hold its samples", () => {
    const thin: Point[] = [
      { value: 10, samples: 50 },
      { value: 0, samples: 49 },
    ];
    expect(standingOf(plan, judge(plan, thin), " %")).toEqual({
      state: "thin",
      text: "at most 5 %: 99 of 100 samples needed",
    });
    expect(stateOf(plan, [...thin, { value: 0, samples: 1 }])).toBe("kept");
    expect(stateOf(plan, [...thin, { value: 100, samples: 1 }])).toBe("broken");
  });

  it("starts a new pool after each point", () => {
    const progress = judge(plan, [
      { value: 0, samples: 100 },
      { value: 50, samples: 10 },
    ]);
    expect(progress).toMatchObject({ judged: 100, pool: { at: MINUTE, ms: MINUTE, candidate: { samples: 10 } } });
  });

  it("weighs pooled minutes of both arms by their samples", () => {
    const compare = rule({ maxIncreasePoints: 1, minSamples: 100 });
    const mixed: Point[] = [
      { value: 4, samples: 75, baseline: 1, baselineSamples: 300 },
      { value: 0, samples: 25, baseline: 5, baselineSamples: 100 },
    ];
    // Candidate 3 %, baseline 2 %: exactly one point.
    expect(stateOf(compare, mixed)).toBe("kept");
    expect(stateOf(compare, [{ ...mixed[0], value: 4.02 } as Point, mixed[1] as Point])).toBe("broken");
  });

  it("pools minutes without a baseline for a ceiling that needs none", () => {
    for (const baselines of [
      [1, null],
      [null, 1],
      [null, null],
    ] as const) {
      const points = baselines.map((baseline): Point => ({ value: 9, samples: 50, baseline }));
      expect(stateOf(plan, points)).toBe("broken");
    }
  });

  it("counts a pool's time from its first minute, whenever that was", () => {
    const late: Point[] = [5, 6].map((minute) => ({ minute, value: 9, samples: 50 }));
    expect(judge(plan, late).broken).toMatchObject({ from: 5 * MINUTE, to: 7 * MINUTE, ms: 2 * MINUTE });
  });

  it("spans the pool's whole time in a run", () => {
    const progress = judge(plan, [
      { minute: 0, value: 9, samples: 50 },
      { minute: 3, value: 9, samples: 50 },
    ]);
    expect(progress.broken).toMatchObject({ from: 0, to: 4 * MINUTE, ms: 4 * MINUTE, samples: 100 });
  });
});

describe("a rule that compares", () => {
  it("has nothing to say about minutes without a baseline", () => {
    const plan = rule({ maxIncreasePoints: 2 });
    expect(comparesBaseline(plan)).toBe(true);
    expect(stateOf(plan, [{ value: 90, baseline: null }])).toBe("thin");
    expect(comparesBaseline(rule({ max: 2 }))).toBe(false);
    expect(stateOf(rule({ max: 2 }), [{ value: 90, baseline: null }])).toBe("broken");
  });

  it("holds a candidate with errors against a baseline without any", () => {
    expect(stateOf(rule({ maxIncreasePercent: 50 }), against(0, 0.1))).toBe("broken");
    expect(stateOf(rule({ maxIncreasePercent: 50 }), against(0, 0))).toBe("kept");
  });

  it("reckons ceilings in the metric's unit", () => {
    expect(ceilingOf(rule({ max: 7 }), 99)).toBe(7);
    expect(ceilingOf(rule({ maxIncreasePoints: 2 }), 0.5)).toBe(2.5);
    expect(ceilingOf(rule({ maxIncreasePercent: 10 }), 200)).toBeCloseTo(220);
    expect(ceilingOf(rule({}), 200)).toBe(200);
  });
});

describe("a rule in words", () => {
  it.each([
    [rule({ max: 5, sustainedSeconds: 120 }), " %", "at most 5 % (for 2m)"],
    [rule({ max: 300 }), " ms", "at most 300 ms"],
    [rule({ maxIncreasePoints: 2 }), " %", "at most baseline + 2 points"],
    [rule({ maxIncreasePoints: 20, sustainedSeconds: 90 }), " ms", "at most baseline + 20 ms (for 90s)"],
    [rule({ maxIncreasePercent: 10 }), " ms", "at most baseline + 10 %"],
  ])("%#: says what is allowed", (plan, unit, words) => {
    expect(ruleInWords(plan, unit)).toBe(words);
  });

  it("says what was found, and for how long", () => {
    const plan = rule({ max: 5, sustainedSeconds: 120 });
    expect(standingOf(plan, judge(plan, values(7.123)), " %").text).toBe(
      "at most 5 % (for 2m): 7.12 %, above 5 % for 1m so far",
    );
    expect(standingOf(plan, judge(plan, values(7, 8)), " %").text).toBe(
      "at most 5 % (for 2m): broken by 8 %, above 5 % for 2m",
    );
    const long = rule({ max: 5, sustainedSeconds: 600 });
    expect(standingOf(long, judge(long, values(1, 7)), " %").text).toBe(
      "at most 5 % (for 10m): kept, though now 7 %, above 5 % for 1m",
    );
    expect(standingOf(plan, judge(plan, values(1)), " %").text).toBe("at most 5 % (for 2m): kept");
  });

  it("asks for one sample at least, even where the plan asks for none", () => {
    expect(standingOf(rule({ max: 5 }), UNJUDGED, " %").text).toBe("at most 5 %: 0 of 1 samples needed");
  });

  it("shortens figures to what people read", () => {
    expect([0.12345, 12.345, 99.96, 100.4, 123.4, 1234.5, 0, -250.4].map(figure)).toEqual([
      "0.123",
      "12.3",
      "100",
      "100",
      "123",
      "1235",
      "0",
      "-250",
    ]);
  });
});

describe("any series of minutes", () => {
  it("never breaks a rule that no minute breaches, and always one that all breach for long enough", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10 }),
        fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: 1, maxLength: 30 }),
        (minutes, low) => {
          const plan = rule({ max: 5, sustainedSeconds: minutes * 60 });
          expect(stateOf(plan, values(...low))).toBe("kept");
          const high = low.map((value) => value + 5.001);
          const part = high.length / minutes;
          expect(stateOf(plan, values(...high))).toBe(part >= 1 ? "broken" : part >= 0.5 ? "breaching" : "kept");
        },
      ),
    );
  });
});
