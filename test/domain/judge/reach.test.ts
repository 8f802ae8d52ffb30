import { describe, expect, it } from "vitest";
import { type Assessment, assess } from "../../../functions/domain/judge/assess.ts";
import {
  type Arms,
  NO_BOUNDS,
  NO_REQUESTS,
  type Sample,
  type Span,
  showsReach,
  watchId,
} from "../../../functions/domain/judge/sampling.ts";
import { NO_EVIDENCE, withSpan } from "../../../functions/domain/judge/state.ts";
import type { MetricPlan } from "../../../functions/domain/plan.ts";
import { environmentPlan, judged, MINUTE, metric, rule } from "../../support/canary-world.ts";

const STEP: Span = { from: 0, weight: 10, finished: false };
const unreached: Sample = { candidate: NO_REQUESTS, baseline: [540, 1, 0.19] };
const [target] = environmentPlan().targets;
const armsOf = (over: Partial<Arms["target"]> = {}): Arms => {
  if (target === undefined) throw new Error("the plan has a target");
  return { target: { ...target, ...over }, baseline: "7", candidate: "8" };
};

interface Case {
  readonly sample: (minute: number) => Sample | undefined;
  readonly metrics?: readonly MetricPlan[];
  readonly arms?: Arms;
  readonly span?: Span;
}

/** Looks once a minute until the judge fails the candidate, a quarter of an hour at the most. */
function lookOn({ sample, metrics = [judged()], arms = armsOf(), span = STEP }: Case) {
  let state = withSpan(NO_EVIDENCE, span);
  let last: Assessment | undefined;
  for (let minute = 1; minute <= 15 && last?.verdict !== "fail"; minute++) {
    last = assess({
      analysis: { ...environmentPlan().analysis, metrics },
      watches: metrics.map((plan) => ({ id: watchId(plan), metric: plan, arms, bounds: NO_BOUNDS })),
      references: {},
      state,
      readings: { at: (_watch, _span, at) => sample(at / MINUTE) },
      troubles: [],
      synthetic: {},
      now: span.from + (minute + 2) * MINUTE,
    });
    state = last.state;
  }
  return { last, minutes: (state.readAt ?? 0) / MINUTE };
}

describe("a candidate that requests do not reach", () => {
  it("fails within minutes of the shift, by the judge, in words", () => {
    const { last, minutes } = lookOn({ sample: () => unreached });
    expect(last).toMatchObject({
      verdict: "fail",
      acted: "judge",
      reasons: ["errors@order: no request reached the candidate while 1,080 reached the baseline"],
      findings: [{ verdict: "fail" }],
    });
    expect(minutes).toBe(6);
  });

  it("fails too where only rules are planned", () => {
    expect(lookOn({ sample: () => unreached, metrics: [metric()] }).last).toMatchObject({
      verdict: "fail",
      acted: "judge",
    });
  });

  it("fails when only one of many targets is", () => {
    const metrics = Array.from({ length: 20 }, (_, index) =>
      judged({ target: `t${index}`, sequential: { ...judged().sequential, weight: 1 / 20 } as never }),
    );
    expect(lookOn({ sample: () => unreached, metrics }).last?.verdict).toBe("fail");
  });
});

describe("an empty arm is no finding", () => {
  it.each<[string, Case]>([
    ["where nothing was measured of the candidate", { sample: () => ({ ...unreached, candidate: null }) }],
    ["where the baseline has no traffic either", { sample: () => ({ candidate: NO_REQUESTS, baseline: null }) }],
    ["where CloudWatch answered in part", { sample: () => undefined }],
    ["at a request a minute", { sample: () => ({ candidate: NO_REQUESTS, baseline: [1, 0, 0] }) }],
    [
      "in the first minute of a step, and one more",
      { sample: (minute) => (minute <= 1 ? unreached : { candidate: [60, 0, 0], baseline: [540, 1, 0.19] }) },
    ],
    ["where one request in a minute gets through", { sample: () => ({ ...unreached, candidate: [1, 0, 0] }) }],
    ["in a dry run", { sample: () => unreached, metrics: [judged({ dryRun: true })] }],
    ["where the target follows another's split", { sample: () => unreached, arms: armsOf({ follows: "cart" }) }],
    ["where only what ended is counted", { sample: () => unreached, metrics: [judgedExecutions()] }],
    ["where the whole alias is looked at", { sample: () => unreached, span: { ...STEP, weight: 100 } }],
  ])("%s", (_case, given) => {
    expect(lookOn(given).last?.verdict).not.toBe("fail");
  });

  it("nor where a query of the team's own counts something else than requests", () => {
    const query = { namespace: "Shop", metricName: "Orders", dimensions: { Version: "{version}" }, statistic: "Sum" };
    expect(showsReach({ metric: metric({ source: { query, samples: query } }), arms: armsOf() })).toBe(false);
    expect(showsReach({ metric: metric({ source: { preset: "lambda-throttles" } }), arms: armsOf() })).toBe(false);
  });
});

function judgedExecutions(): MetricPlan {
  return judged({ source: { preset: "sfn-failure-rate" } });
}

describe("an arm that nothing reached", () => {
  it("has no value for a rule, and no point for a rank", () => {
    const ranks = { minimumPoints: 5, direction: "increase", toleratedPercent: 0 } as const;
    const metrics = [metric({ rules: [rule({ max: 5 })], rank: ranks })];
    const { last } = lookOn({ sample: (minute) => (minute > 1 ? undefined : unreached), metrics });
    const { rules, totals, rank } = last?.state.watches["errors@order"]?.progress ?? {};
    expect(rules?.map(({ judged: samples, pool }) => [samples, pool])).toEqual([[0, null]]);
    expect([totals?.samples, rank?.periods]).toEqual([0, 0]);
  });
});
