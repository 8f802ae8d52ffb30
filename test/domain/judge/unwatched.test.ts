import { describe, expect, it } from "vitest";
import { unwatchedInWords, unwatchedTargets } from "../../../functions/domain/judge/unwatched.ts";
import type { MetricPlan } from "../../../functions/domain/plan.ts";
import { environmentPlan, metric, rule } from "../../support/canary-world.ts";

const plan = (...metrics: MetricPlan[]) => {
  const { targets, analysis } = environmentPlan();
  return { targets, analysis: { ...analysis, metrics } };
};
const rules = [rule({ max: 10 })];
const throttles = metric({ name: "throttles", source: { preset: "lambda-throttles" }, rules });
const query = { namespace: "AWS/Lambda", metricName: "Throttles", dimensions: {}, statistic: "Sum" };

describe("requests that reach no version", () => {
  it("are told as not watched where no metric acts on them", () => {
    expect(unwatchedInWords(plan(metric({ rules })))).toBe(
      "nothing acts on throttled requests of order: they run no version, and are in no version's errors",
    );
    expect(unwatchedTargets(plan({ ...throttles, dryRun: true }))).toEqual(["order"]);
    expect(unwatchedTargets(plan({ ...throttles, target: "cart" }))).toEqual(["order"]);
  });

  it("are watched by the kind's preset, or by a query of the team's own", () => {
    expect(unwatchedInWords(plan(metric({ rules }), throttles))).toBeNull();
    expect(unwatchedTargets(plan({ ...throttles, target: null, source: { query } }))).toEqual([]);
    const other = { ...query, metricName: "Duration" };
    expect(unwatchedTargets(plan({ ...throttles, target: null, source: { query: other } }))).toEqual(["order"]);
  });

  it("are watched by metric math over them, and not by what Metrics Insights or a team's function is asked", () => {
    const math = {
      expression: "t / n",
      inputs: { t: query, n: { ...query, metricName: "Invocations" } },
      required: ["t"],
      counts: false,
    };
    expect(unwatchedTargets(plan({ ...throttles, target: null, source: { query: math } }))).toEqual([]);
    const insights = { insights: 'SELECT SUM(Throttles) FROM SCHEMA("AWS/Lambda", FunctionName)', counts: false };
    expect(unwatchedTargets(plan({ ...throttles, target: null, source: { query: insights } }))).toEqual(["order"]);
    const source = { function: "throttles-of", gives: "values", timeoutSeconds: 5, names: {} } as const;
    expect(unwatchedTargets(plan({ ...throttles, target: null, source: { source } }))).toEqual(["order"]);
  });

  it("are not watched by another target's query", () => {
    expect(unwatchedTargets(plan({ ...throttles, target: "cart", source: { query } }))).toEqual(["order"]);
  });
});
