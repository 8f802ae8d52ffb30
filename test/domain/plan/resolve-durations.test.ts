import { describe, expect, it } from "vitest";
import type { MetricPlan } from "../../../functions/domain/plan.ts";
import { environment, expectProblem, type Json } from "./documents.ts";

const SHOP = "policy.services.shop";
const measuring = (metric: Json) => ({ [`${SHOP}.analysis`]: { metrics: [metric] } });
const planned = (metric: Json): MetricPlan | undefined => environment(measuring(metric)).analysis.metrics[0];

describe("a policy's lambda-duration", () => {
  it("is judged as a distribution without another word, by a margin at every quantile", () => {
    expect(planned({ preset: "lambda-duration" })?.sequential).toMatchObject({
      delta: 0,
      latencyMargin: 0.1,
      passDelta: 0.02,
      weight: 0.5,
    });
    const own = planned({ preset: "lambda-duration", sequential: { latencyMargin: 0.25, passDelta: 0.01 } });
    expect(own?.sequential).toMatchObject({ latencyMargin: 0.25, passDelta: 0.01 });
    expect(planned({ preset: "lambda-duration", sequential: false, dryRun: true })).not.toHaveProperty("sequential");
  });

  it("leaves a quantile alone to be judged as it was", () => {
    const p95 = planned({ preset: "lambda-duration-p95", sequential: true });
    expect(p95?.sequential).toMatchObject({ delta: 0, latencyMargin: 0.1, passDelta: 0.005 });
    expect(planned({ preset: "lambda-duration-p95", rules: [{ max: 500 }] })).not.toHaveProperty("sequential");
  });

  it.each([
    ["rho", 2],
    ["delta", 0.01],
    ["slo", 0.5],
    ["phiBurst", 5],
  ])("is refused with a %s, which a distribution has not", (field, value) => {
    expectProblem(measuring({ preset: "lambda-duration", sequential: { [field]: value } }), {
      path: `${SHOP}.analysis.metrics[0].sequential.${field}`,
      value,
      message: `is ${value}, and a distribution of durations has no ${field}`,
      hint: "write latencyMargin (0.1 is +10 %) and passDelta",
    });
  });
});
