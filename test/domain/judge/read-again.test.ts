import { describe, expect, it } from "vitest";
import { type Assessment, assess } from "../../../functions/domain/judge/assess.ts";
import { findingInWords } from "../../../functions/domain/judge/finding.ts";
import { alike, isDueAgain, READ_BACK_MS } from "../../../functions/domain/judge/read-again.ts";
import {
  type ArmSample,
  NO_BOUNDS,
  type Sample,
  type Span,
  type Watch,
  watchId,
} from "../../../functions/domain/judge/sampling.ts";
import { type EvidenceState, NO_EVIDENCE, withSpan } from "../../../functions/domain/judge/state.ts";
import type { MetricPlan } from "../../../functions/domain/plan.ts";
import { environmentPlan, judged, MINUTE, sequential } from "../../support/canary-world.ts";

const SECOND = 1_000;
const STEP: Span = { from: 0, weight: 10, finished: false };
const NEXT: Span = { from: 20 * MINUTE, weight: 25, finished: false };
const arm = (n: number, x: number): ArmSample => [n, x, (100 * x) / n];
const good: Sample = { candidate: arm(60, 0), baseline: arm(540, 1) };
const NOTHING: Sample = { candidate: null, baseline: null };
const failing: Sample = { candidate: arm(60, 18), baseline: arm(540, 1) };

interface World {
  /** What CloudWatch shows of a minute at `now`; undefined: it does not answer in full. */
  readonly sample: (at: number, now: number) => Sample | undefined;
  readonly lateSeconds?: number;
  readonly metric?: MetricPlan;
}

const ID = "errors@order";

function look(state: EvidenceState, now: number, world: World, over: Partial<Parameters<typeof assess>[0]> = {}) {
  const plan = world.metric ?? judged();
  const { lateSeconds = 0 } = world;
  const watch: Watch = { id: watchId(plan), metric: plan, arms: null, bounds: NO_BOUNDS, lateSeconds };
  return assess({
    analysis: { ...environmentPlan().analysis, metrics: [plan] },
    watches: [watch],
    references: {},
    state,
    readings: { at: (_watch, _span, at) => world.sample(at, now) },
    troubles: [],
    synthetic: {},
    now,
    again: true,
    ...over,
  });
}

/** Looks at these seconds after the step began, one after another. */
function looksAt(seconds: readonly number[], world: World, state = withSpan(NO_EVIDENCE, STEP)): Assessment[] {
  let before = state;
  return seconds.map((at) => {
    const found = look(before, at * SECOND, world);
    before = found.state;
    return found;
  });
}

const everyMinute = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => (from + index) * 60 + 1);
const watchOf = ({ state }: Assessment) => new Map(Object.entries(state.watches)).get(ID);
const verdicts = (all: readonly Assessment[]) => [...new Set(all.map(({ verdict }) => verdict))];

describe("errors that come 5 minutes after their minute began", () => {
  // cases/judge.json: read at 181 s and at 241 s the minute shows none of its errors, at 301 s all 18 of them.
  const late = (at: number, now: number) => (now - at >= 301 * SECOND ? failing : good);

  it("count against the candidate when they are first read, 301 s after the minute began", () => {
    const [first, second, third] = looksAt([181, 241, 301], { sample: late });
    expect(first?.findings[0]).toMatchObject({ candidate: 0, samples: 60 });
    expect(second?.findings[0]).toMatchObject({ candidate: 0, samples: 120 });
    expect(watchOf(second as Assessment)?.next).toBe(MINUTE);
    expect(third?.findings[0]).toMatchObject({ candidate: 10, samples: 180 });
    expect(third?.evidence.logE).toBeGreaterThan((second?.evidence.logE ?? 0) + 1.5);
  });

  it.each([29, 180, 900])("let no bake pass, with a time-out of %d s", (lateSeconds) => {
    const all = looksAt(everyMinute(3, 20), { sample: late, lateSeconds });
    expect(verdicts(all)).toEqual(["inconclusive", "fail"]);
    expect(all.findIndex(({ verdict }) => verdict === "fail")).toBeLessThanOrEqual(4);
  });

  it("let a bake pass where what is folded is not read again: that is what has to be", () => {
    let state = withSpan(NO_EVIDENCE, STEP);
    const found = everyMinute(3, 20).map((at) => {
      const seen = look(state, at * SECOND, { sample: late }, { again: false });
      state = seen.state;
      return seen.verdict;
    });
    expect(found).toContain("pass");
  });
});

describe("a minute counts for a candidate", () => {
  const settled = (lateSeconds: number) => {
    const all = looksAt(everyMinute(3, 25), { sample: () => good, lateSeconds });
    return all.findIndex((found) => (watchOf(found)?.next ?? 0) > 0) + 3;
  };

  it.each([
    [0, 4],
    [29, 4],
    [60, 4],
    [180, 6],
    [900, 18],
  ])("with a time-out of %d s at minute %d, when no request of it can be under way", (lateSeconds, minute) => {
    expect(settled(lateSeconds)).toBe(minute);
  });

  it("once it is final and has then been read as before, not while its requests end", () => {
    const ending = (at: number, now: number) => ({
      ...good,
      candidate: arm(Math.min(60, (now - at) / MINUTE + 50), 0),
    });
    const all = looksAt(everyMinute(3, 12), { sample: ending, lateSeconds: 180 });
    expect(all.map((found) => (watchOf(found)?.next ?? 0) / MINUTE)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
  });
});

describe("what is folded", () => {
  it("and has changed passes nothing until it is read twice alike", () => {
    const world: World = {
      sample: (at, now) => (at === 0 && now > 15 * MINUTE ? { ...good, candidate: arm(61, 0) } : good),
    };
    const [before, changed, after] = looksAt(everyMinute(3, 16), world).slice(-3);
    expect(before?.verdict).toBe("pass");
    expect(changed?.reasons).toEqual([`${ID}: minutes that had counted have changed: not yet read twice`]);
    expect(changed?.folded[ID]).toHaveLength(12);
    expect(after?.verdict).toBe("pass");
  });

  it("is what it would be had it all been read in the end, whatever was read before", () => {
    const noisy = (at: number, now: number) => ({
      ...good,
      candidate: arm(60, now < 14 * MINUTE ? (at / MINUTE) % 3 : 0),
    });
    const [last] = looksAt(everyMinute(3, 20), { sample: noisy }).slice(-1);
    const [clean] = looksAt(everyMinute(3, 20), { sample: () => good }).slice(-1);
    expect(alike(watchOf(last as Assessment)?.progress, watchOf(clean as Assessment)?.progress)).toBe(true);
  });

  it("stays as it is while CloudWatch does not answer for all of it, which is no pass", () => {
    const world: World = { sample: (_at, now) => (now > 15 * MINUTE ? undefined : good) };
    const [before, partial] = looksAt(everyMinute(3, 15), world).slice(-2);
    expect(before?.verdict).toBe("pass");
    expect(partial).toMatchObject({ verdict: "error", reasons: [`${ID}: CloudWatch answered in part only`] });
    expect(watchOf(partial as Assessment)?.progress).toEqual(watchOf(before as Assessment)?.progress);
  });

  it("keeps its worst reading where it never stood still", () => {
    const restless = (at: number, now: number) => ({
      ...good,
      candidate: arm(60, at === 0 && now < 40 * MINUTE ? Math.floor(now / MINUTE) % 4 : 0),
    });
    const all = looksAt(everyMinute(3, 45), { sample: restless });
    expect(watchOf(all.at(-1) as Assessment)?.worst).toEqual([
      { at: 0, sample: { candidate: arm(60, 3), baseline: arm(540, 1) } },
    ]);
    expect(all.at(-1)?.findings[0]?.candidate).toBeGreaterThan(0);
  });

  it("takes no room for three hours, and is folded for good when it is older", () => {
    const rarely = Array.from({ length: 19 }, (_, index) => (18 + 10 * index) * 60 + 1);
    const all = looksAt([...everyMinute(3, 8), ...rarely, ...everyMinute(199, 200)], { sample: () => good });
    expect(all.slice(0, 22).map((found) => watchOf(found)?.base)).toEqual(
      Array.from({ length: 22 }, () => ({ next: 0, progress: null })),
    );
    const { base, next } = watchOf(all.at(-1) as Assessment) ?? {};
    expect(base?.next).toBe(200 * MINUTE - READ_BACK_MS + MINUTE);
    expect(base?.progress?.totals.samples).toBe(60 * 21);
    expect(next).toBe(197 * MINUTE);
    expect(JSON.stringify(all.at(-1)?.state).length).toBeLessThan(6_000);
  });

  it("of Metrics Insights, which may not reach back, stays as it was", () => {
    const insights = { insights: 'SELECT SUM(Failed) FROM "Shop"', counts: true };
    const metric = judged({ source: { query: insights, samples: insights } });
    const sample = (at: number, now: number) => (at < 5 * MINUTE && now > 12 * MINUTE ? NOTHING : good);
    const all = looksAt(everyMinute(3, 14), { sample, metric });
    expect(all.at(-1)?.findings[0]?.samples).toBe(60 * 12);
    expect(watchOf(all.at(-1) as Assessment)?.base?.next).toBe(10 * MINUTE);
  });

  it("by 0.1.0 is not read again", () => {
    const [first] = looksAt([601], { sample: () => good }).slice(-1);
    const { base: _base, ...old } = watchOf(first as Assessment) as NonNullable<ReturnType<typeof watchOf>>;
    const state = { ...(first as Assessment).state, watches: { [ID]: { ...old, next: 5 * MINUTE } } };
    const found = look(state, 661 * SECOND, { sample: (at) => (at < 5 * MINUTE ? undefined : good) });
    expect(watchOf(found)?.base).toMatchObject({ next: 5 * MINUTE });
    expect(found.verdict).toBe("inconclusive");
  });

  it("has requests of our own where they were counted", () => {
    const metric = judged({ sequential: sequential({ slo: 0.01 }) });
    const watch: World = { sample: () => good, metric };
    let state = withSpan(NO_EVIDENCE, STEP);
    const seen = everyMinute(3, 14).map((at) => {
      const synthetic = { [ID]: { requests: 30, errors: at > 600 ? 0 : 1 } };
      const found = look(state, at * SECOND, watch, { synthetic });
      state = found.state;
      return found;
    });
    expect(seen.flatMap(({ reasons }) => reasons).filter((reason) => reason.includes("changed"))).toEqual([]);
    expect(watchOf(seen.at(-1) as Assessment)?.own).toHaveLength(11);
  });
});

describe("an earlier step's late minutes", () => {
  const world: World = {
    sample: (at, now) => (at >= NEXT.from ? { candidate: null, baseline: null } : now >= 23 * MINUTE ? failing : good),
  };
  const before = looksAt(everyMinute(3, 20), { sample: () => good }).at(-1) as Assessment;

  it("are told under that step, not as no data of the present one", () => {
    const found = look(withSpan(before.state, NEXT), 23 * MINUTE + SECOND, world);
    expect(found.verdict).toBe("fail");
    expect(found.reasons[0]).toMatch(/^errors@order: step-10's late minutes: 36 of 120 failed; evidence against/);
    expect(found.findings[0]?.late).toEqual({ step: "step-10", samples: 120, bad: 36, value: 30 });
  });

  it("are told beside what the present step has", () => {
    const both: World = { sample: (at, now) => (at >= NEXT.from ? good : world.sample(at, now)) };
    const found = look(withSpan(before.state, NEXT), 24 * MINUTE + SECOND, both);
    expect(findingInWords(found.findings[0] as Assessment["findings"][number])).toMatch(
      /^0 % against 0.185 % of the baseline over 120 samples.*; step-10's late minutes: 36 of 120 failed$/,
    );
  });

  it("are no news where nothing in them failed", () => {
    const calm = look(withSpan(before.state, NEXT), 24 * MINUTE + SECOND, { sample: () => good });
    expect(findingInWords(calm.findings[0] as Assessment["findings"][number])).not.toContain("late");
  });
});

describe("reading again", () => {
  const state: EvidenceState = { ...NO_EVIDENCE, spans: [STEP], againAt: 60 * MINUTE };

  it.each([
    ["is done at each look in the first hours of a step", 61, 1_000, true],
    ["waits where it takes a second answer of CloudWatch's", 61, 100_801, false],
    ["is done once an hour even so", 120, 100_801, true],
    ["waits where traffic has stood still for long", 200, 1_000, true],
  ])("%s", (_what, minute, points, due) => {
    expect(isDueAgain(state, points, minute * MINUTE)).toBe(due);
  });

  it("is done once an hour where traffic has stood still for longer than three", () => {
    expect(isDueAgain({ ...state, againAt: 199 * MINUTE }, 1_000, 200 * MINUTE)).toBe(false);
    expect(isDueAgain({ ...state, againAt: 140 * MINUTE }, 1_000, 200 * MINUTE)).toBe(true);
  });
});
