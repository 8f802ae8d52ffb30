import { describe, expect, it } from "vitest";
import { rehearseShop, told } from "../support/field.ts";

const PATIENCE_MS = 60_000;
const failures = { name: "failures", source: { function: "shop-{environment}-metrics" }, sequential: true };
const service = { analysis: { metrics: [{ preset: "lambda-error-rate" }, failures], holdUpTo: "10m" } };
const conduct = {
  baseline: { perMinute: 540, badRate: 0.002 },
  candidate: { perMinute: 60, badRate: 0.002 },
};

describe("a metric source of the team's own", () => {
  it("rolls back a candidate that it alone sees fail", { timeout: PATIENCE_MS }, async () => {
    const metricSources = [{ ...conduct, candidate: { perMinute: 60, badRate: 0.15 } }];
    const result = await rehearseShop({ service, scenario: { metricSources } });
    expect(result.ended.outcome).toBe("rolled-back");
    expect(told(result)).toContainEqual(
      expect.stringMatching(/^Judge: FAIL: .*failures@order: [\d.]+ % against 0\.\d+ %/),
    );
  });

  it("that answers nonsense is an error with its words, never a pass", { timeout: PATIENCE_MS }, async () => {
    const metricSources = [{ ...conduct, troubles: [{ from: "0s", to: "90d", is: "nonsense" }] }];
    const result = await rehearseShop({ service, scenario: { metricSources } });
    const lines = told(result);
    expect(result.ended.outcome).toBe("rolled-back");
    expect(lines).toContainEqual(
      expect.stringContaining("failures@order: metric source shop-prod-metrics: answer.complete is missing"),
    );
    expect(lines.join("\n")).not.toContain("50 % to the candidate");
  });
});
