/** What the benches of whole rollouts judge: the error rate of one target, by a policy's defaults without a warm-up. */
import type { AnalysisPlan, MetricPlan } from "../functions/domain/plan.ts";

export const ERROR_RATE: MetricPlan = {
  name: "errors",
  target: "order",
  source: { preset: "lambda-error-rate" },
  periodSeconds: 60,
  settleSeconds: 120,
  rules: [],
  dryRun: false,
  sequential: {
    weight: 1,
    rho: 1,
    delta: 0.0005,
    slo: null,
    passDelta: 0.02,
    warmupMinutes: 0,
    warmupDelta: 0.05,
    phiBurst: null,
    latencyMargin: null,
  },
};

/** `extendSeconds`: how much longer a bake without a verdict lasts. */
export const analysisOf = (own: Pick<AnalysisPlan, "extendSeconds" | "earlyPass">): AnalysisPlan => ({
  alpha: 0.05,
  metrics: [ERROR_RATE],
  onInconclusive: "hold",
  holdSeconds: 86_400,
  referenceSeconds: 86_400,
  mustSeePoints: null,
  ifBlind: "warn",
  syntheticPerMinute: 0,
  ...own,
});
