import { describe, expect, it } from "vitest";
import { planReads, readingsOf, type Span, sampleOf, unitOf } from "../../../functions/domain/judge/sampling.ts";
import { environmentPlan, metric } from "../../support/canary-world.ts";

const SPAN: Span = { from: 0, weight: 10, finished: false };
const [target] = environmentPlan().targets;
const watching = (preset: string) => {
  if (target === undefined) throw new Error("the plan has a target");
  const plan = metric({ source: { preset } });
  return {
    id: "m",
    metric: plan,
    arms: { target, baseline: "7", candidate: "8" },
    bounds: { candidate: null, baseline: null },
  };
};

describe("invocations near their memory limit", () => {
  const watch = watching("lambda-memory-near-limit");

  it("are read of Lambda Insights, by version beside a baseline and of the function as a whole without one", () => {
    const compared = planReads([watch], new Set(["compared"])).queries;
    const asked = { namespace: "LambdaInsights", metricName: "memory_utilization" };
    expect(compared).toMatchObject([
      { ...asked, statistic: "SampleCount", dimensions: { function_name: "shop-order", version: "8" } },
      { ...asked, statistic: "TC(:90)", dimensions: { function_name: "shop-order", version: "8" } },
      { statistic: "SampleCount", dimensions: { version: "7" } },
      { statistic: "TC(:90)", dimensions: { version: "7" } },
    ]);
    const [whole] = planReads([watch], new Set(["whole"])).queries;
    expect(whole).toMatchObject({ dimensions: { function_name: "shop-order" } });
  });

  it("are those above 90 %, as a share of invocations; without Lambda Insights nothing is measured", () => {
    expect(sampleOf(watch.metric, { samples: 200, within: 198 })).toEqual([200, 2, 1]);
    expect(sampleOf(watch.metric, { samples: 200 })).toBeNull();
    expect(sampleOf(watch.metric, {})).toBeNull();
    expect(unitOf(watch.metric)).toBe(" %");
  });
});

describe("lost events", () => {
  const watch = watching("lambda-lost-events");

  it("are the function's dropped ones, and those that its dead-letter queue or destination refused, added up", () => {
    const plan = planReads([watch], new Set(["compared"]));
    const FunctionName = "shop-order";
    expect(plan.queries).toMatchObject([
      { metricName: "Invocations", dimensions: { FunctionName }, statistic: "Sum" },
      { metricName: "AsyncEventsDropped", dimensions: { FunctionName }, statistic: "Sum" },
      { metricName: "DeadLetterErrors", dimensions: { FunctionName }, statistic: "Sum" },
      { metricName: "DestinationDeliveryFailures", dimensions: { FunctionName }, statistic: "Sum" },
    ]);
    const series = plan.queries.map(({ id }, index) => ({ id, points: new Map([[0, index]]), complete: true }));
    expect(readingsOf(plan, series).at(watch, SPAN, 0)).toEqual({ candidate: [6, 6, 6], baseline: null });
    expect(unitOf(watch.metric)).toBe(" a minute");
  });

  it("are none in a minute of invocations without a point of any", () => {
    expect(sampleOf(watch.metric, { samples: 600 })).toEqual([600, 0, 0]);
  });
});
