/** Zero traffic never passes: whatever is judged, in whatever phase, under whatever settings. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assess } from "../../../functions/domain/judge/assess.ts";
import type { Phase } from "../../../functions/domain/judge/bake.ts";
import { afterLook } from "../../../functions/domain/judge/ending.ts";
import { endedByEvidence } from "../../../functions/domain/judge/hold-verdict.ts";
import { watchesOf } from "../../../functions/domain/judge/reference.ts";
import type { References, WatchReference } from "../../../functions/domain/judge/reference-line.ts";
import { NO_REQUESTS, type Readings, type Sample, watchId } from "../../../functions/domain/judge/sampling.ts";
import { NO_EVIDENCE, withSpan } from "../../../functions/domain/judge/state.ts";
import type { AnalysisPlan, EnvironmentPlan, MetricPlan } from "../../../functions/domain/plan.ts";
import { environmentPlan, judged, MINUTE, metric, rule, START, sequential } from "../../support/canary-world.ts";

const QUEUE = {
  query: { namespace: "Shop", metricName: "Age", dimensions: { Version: "{version}" }, statistic: "Maximum" },
};

/** Each tells the candidate's requests, or measures it by its version. */
const METRICS: readonly MetricPlan[] = [
  judged(),
  judged({ name: "with-rules", rules: [rule({ max: 5, minSamples: 50 }), rule({ maxIncreasePoints: 2 })] }),
  judged({ name: "lenient", sequential: sequential({ passDelta: 1, delta: 1, warmupMinutes: 2 }) }),
  metric({ name: "rules-alone", rules: [rule({ max: 100, onBreach: "block" })] }),
  judged({ name: "slow", source: { preset: "lambda-duration-p95" }, sequential: sequential({ latencyMargin: 0.1 }) }),
  metric({ name: "queue", source: QUEUE, rank: { minimumPoints: 5, direction: "increase", toleratedPercent: 10 } }),
];

/** Shares of alpha sum to 1 over those that are judged. */
function shared(metrics: readonly MetricPlan[]): MetricPlan[] {
  const judgedOnes = metrics.filter((one) => one.sequential !== undefined).length;
  return metrics.map((one) =>
    one.sequential === undefined ? one : { ...one, sequential: { ...one.sequential, weight: 1 / judgedOnes } },
  );
}

/** What CloudWatch may say of a candidate that no request reached. */
const BUSY = [900, 1, 0.1] as const;
const SILENCES: readonly (Sample | undefined)[] = [
  { candidate: null, baseline: null },
  { candidate: null, baseline: BUSY },
  { candidate: NO_REQUESTS, baseline: null },
  undefined,
];

const settings = fc.record({
  onInconclusive: fc.constantFrom("hold", "proceed", "roll-back"),
  earlyPass: fc.boolean(),
  extendSeconds: fc.constantFrom(0, 600, 86_400),
  alpha: fc.constantFrom(0.0001, 0.05, 0.5),
}) satisfies fc.Arbitrary<Partial<AnalysisPlan>>;

const story = fc.record({
  settings,
  metrics: fc.subarray([...METRICS], { minLength: 1 }),
  phase: fc.constantFrom<Phase>(
    { kind: "step", weight: 10 },
    { kind: "step", weight: 100 },
    { kind: "monitor" },
    { kind: "hold" },
    { kind: "drive", leg: 1 },
    { kind: "approval", approval: "at-10" },
  ),
  onFail: fc.constantFrom("roll-back", "warn"),
  finished: fc.boolean(),
  silences: fc.array(fc.constantFrom(...SILENCES), { minLength: 12, maxLength: 12 }),
  own: fc.nat(120),
  known: fc.boolean(),
});
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

const LINE: WatchReference = {
  periods: 1_440,
  requests: 864_000,
  bad: 864,
  worstRate: 0.001,
  value: 0.1,
  quantileMs: 200,
  phi: 1,
  requestsPerPeriod: 600,
};

/** What twenty looks come to, five minutes apart, from the shift on. */
function looksAt({ settings: said, metrics: some, phase, onFail, finished, silences, own, known }: Story) {
  const base = environmentPlan();
  const metrics = shared(some);
  const plan: EnvironmentPlan = {
    ...base,
    analysis: { ...base.analysis, ...said, metrics },
    monitor: { forSeconds: 900, onFail },
  };
  const references: References = known ? Object.fromEntries(metrics.map((one) => [watchId(one), LINE])) : {};
  const arms = plan.targets.map((target) => ({ target, baseline: "7", candidate: "8" }));
  const watches = watchesOf(plan, arms, references);
  const readings: Readings = { at: (_watch, _span, period) => silences[(period / MINUTE) % silences.length] };
  const plannedSeconds = phase.kind === "hold" || phase.kind === "approval" ? null : 900;
  const bake = { startedAt: START, plannedSeconds, endsAt: null, extended: false };
  let state = withSpan(NO_EVIDENCE, { from: START, weight: phase.kind === "step" ? phase.weight : 10, finished });
  return Array.from({ length: 20 }, (_, look) => {
    const now = START + (look + 1) * 5 * MINUTE;
    const synthetic = Object.fromEntries(watches.map(({ id }) => [id, { requests: own, errors: 0 }]));
    const found = assess({
      analysis: plan.analysis,
      watches,
      references,
      state,
      readings,
      troubles: [],
      synthetic,
      now,
    });
    state = found.state;
    const byEvidence = endedByEvidence({ why: "evidence" }, found);
    return { found, ending: afterLook(found, bake, phase, plan, now).ending, byEvidence };
  });
}

describe("a candidate that no request reaches", () => {
  it("never passes: no verdict, no bake before its end or at it, no hold", () => {
    fc.assert(
      fc.property(story, (one) => {
        for (const { found, ending, byEvidence } of looksAt(one)) {
          expect(found.verdict).not.toBe("pass");
          expect(byEvidence).toBeNull();
          if (one.phase.kind === "step") expect(ending?.result).not.toBe("passed");
        }
      }),
      { numRuns: 150 },
    );
  });
});
