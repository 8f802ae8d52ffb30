import { describe, expect, it } from "vitest";
import { createRandom, type Random } from "../../../bench/random.ts";
import { type Assessment, assess } from "../../../functions/domain/judge/assess.ts";
import { readPhase } from "../../../functions/domain/judge/bake.ts";
import { doubtIn } from "../../../functions/domain/judge/doubt.ts";
import { afterLook, nothingSpeaksAgainst } from "../../../functions/domain/judge/ending.ts";
import type { WatchReference } from "../../../functions/domain/judge/reference-line.ts";
import { type ArmSample, NO_BOUNDS, type Sample, type Span } from "../../../functions/domain/judge/sampling.ts";
import { NO_EVIDENCE, withSpan } from "../../../functions/domain/judge/state.ts";
import { environmentPlan, judged, MINUTE, sequential } from "../../support/canary-world.ts";

const arm = (requests: number, errors: number) => ({ requests, errors });
const SPAN: Span = { from: 0, weight: 10, finished: false };
const quiet: WatchReference = {
  periods: 1_440,
  requests: 14_400,
  bad: 0,
  worstRate: 0,
  value: 0,
  quantileMs: null,
  phi: 3,
  requestsPerPeriod: 10,
};

/** A quarter of an hour at 10 % under `proceed`, looked at each minute, and how it ends. */
function bake(minute: (index: number) => Sample) {
  const metrics = [judged({ sequential: sequential({ passDelta: 0.005 }) })];
  const analysis = { ...environmentPlan().analysis, metrics, onInconclusive: "proceed" as const, extendSeconds: 0 };
  let state = withSpan(NO_EVIDENCE, SPAN);
  let last: Assessment | undefined;
  for (let now = 1; now <= 15 && last?.verdict !== "fail"; now++) {
    last = assess({
      analysis,
      watches: metrics.map((metric) => ({ id: "errors@order", metric, arms: null, bounds: NO_BOUNDS })),
      references: { "errors@order": quiet },
      state,
      readings: { at: (_watch, _span, at) => minute(at / MINUTE) },
      troubles: [],
      synthetic: {},
      now: now * MINUTE,
    });
    state = last.state;
  }
  if (last === undefined) throw new Error("at least one look");
  const record = { startedAt: 0, plannedSeconds: 900, endsAt: 900_000, extended: false };
  const { ending } = afterLook(last, record, readPhase("step-10"), { analysis, monitor: null }, 15 * MINUTE);
  return { last, ending };
}

const sampleOf = (requests: number, errors: number): ArmSample | null =>
  requests === 0 ? null : [requests, errors, (100 * errors) / requests];

function drawn(random: Random, perMinute: number, candidateRate: number, baselineRate: number): Sample[] {
  return Array.from({ length: 15 }, () => {
    const one = (mean: number, rate: number) => {
      const requests = random.poisson(mean);
      return sampleOf(requests, Math.min(requests, rate === 1 ? requests : random.poisson(requests * rate)));
    };
    return { candidate: one(perMinute * 0.1, candidateRate), baseline: one(perMinute * 0.9, baselineRate) };
  });
}

const SEEDS = 200;
const bakes = (name: string, perMinute: number, candidateRate: number, baselineRate: number) =>
  Array.from({ length: SEEDS }, (_, seed) => {
    const minutes = drawn(createRandom(`${name} ${seed}`), perMinute, candidateRate, baselineRate);
    return bake((index) => minutes[index] ?? { candidate: null, baseline: null });
  });
const passed = (all: ReturnType<typeof bakes>) => all.filter(({ ending }) => ending?.result === "passed").length;

describe("going on without proof", () => {
  it("waits for a person after two requests of which both failed", () => {
    const { last, ending } = bake((index) => ({
      candidate: index === 3 || index === 7 ? [1, 1, 100] : null,
      baseline: [9, 0, 0],
    }));
    expect(nothingSpeaksAgainst(last)).toBe(false);
    expect(ending).toMatchObject({
      result: "inconclusive-hold",
      summary: expect.stringContaining("errors@order: 2 bad of 2 requests"),
    });
  });

  it("waits for a person after a request or two without a failure", () => {
    const { ending } = bake((index) => ({ candidate: index === 3 ? [1, 0, 0] : null, baseline: [9, 0, 0] }));
    expect(ending?.summary).toContain("errors@order: too little to show a rise of 20 points: 1 request");
  });

  it.each([1, 10])("never lets a total failure beyond the first step, at %i requests a minute", (perMinute) => {
    expect(passed(bakes("all fail", perMinute, 1, 0))).toBe(0);
  });

  it("lets good candidates go on at 60 and 600 requests a minute", () => {
    expect(passed(bakes("good", 60, 0.001, 0.001))).toBeGreaterThanOrEqual(SEEDS * 0.97);
    expect(passed(bakes("good", 600, 0.001, 0.001))).toBeGreaterThanOrEqual(SEEDS * 0.97);
  });
});

describe("a doubt", () => {
  it("is none where requests were enough and speak for nothing", () => {
    expect(doubtIn({ canary: arm(60, 0), baseline: arm(540, 1) }, {})).toBeNull();
    expect(doubtIn({ canary: arm(600, 1), baseline: arm(0, 0) }, { slo: 0.01 })).toBeNull();
  });

  it("is what the counts say untempered, within the tolerance", () => {
    expect(doubtIn({ canary: arm(60, 4), baseline: arm(540, 0) }, {})).toBe("4 bad of 60 requests");
    expect(doubtIn({ canary: arm(120, 8), baseline: arm(1_080, 0) }, { delta: 0.1 })).toBeNull();
    expect(doubtIn({ canary: arm(120, 8), baseline: arm(1_080, 72) }, {})).toBeNull();
    expect(doubtIn({ canary: arm(60, 9), baseline: arm(0, 0) }, { slo: 0.01 })).toContain("9 bad of 60");
  });

  it("is that there is nothing to compare with", () => {
    expect(doubtIn({ canary: arm(600, 0), baseline: arm(0, 0) }, { slo: null })).toContain("nothing to hold");
  });

  it("is that there were too few requests", () => {
    expect(doubtIn({ canary: arm(10, 0), baseline: arm(90, 0) }, {})).toContain("points: 10 requests");
    expect(doubtIn({ canary: arm(0, 0), baseline: arm(90, 0) }, {})).toContain("points: 0 requests");
    expect(doubtIn({ canary: arm(40, 0), baseline: arm(360, 0) }, {})).toBeNull();
  });
});
