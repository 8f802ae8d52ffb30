import { describe, expect, it } from "vitest";
import { rehearseShop, told } from "../support/field.ts";

const PATIENCE_MS = 60_000;
const steps = [50, 100].map((weight) => ({ weight, bake: "15m" }));
const service = { rollout: { steps }, analysis: { metrics: [{ preset: "lambda-duration" }] } };
const rehearsed = (medianMs: number) => {
  const behaviour = [
    { version: "baseline", latency: { medianMs: 85 } },
    { version: "candidate", latency: { medianMs } },
  ];
  return rehearseShop({ scenario: { behaviour }, service });
};

describe("a candidate that is judged by how long its requests take", () => {
  it("is brought back where they take 1.5 times as long, and told of so", { timeout: PATIENCE_MS }, async () => {
    const result = await rehearsed(127.5);
    expect(result.ended.outcome).toBe("rolled-back");
    const words = told(result).find((line) => line.includes("FAIL")) ?? "";
    expect(words).toMatch(/p50 x1\.[3-7]\d, between x1\.\d+ and x1\.\d+; p95 x1\.\d+, between/);
  });

  it("is promoted where they take as long as before", { timeout: PATIENCE_MS }, async () => {
    expect((await rehearsed(85)).ended.outcome).toBe("promoted");
  });
});
