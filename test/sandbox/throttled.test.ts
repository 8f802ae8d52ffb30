import { describe, expect, it } from "vitest";
import { rehearseShop, told } from "../support/field.ts";

const PATIENCE_MS = 60_000;

describe("a candidate of which two requests in five are throttled, under a policy that names no metric", () => {
  it("is held in its first step, and a person is asked with the figure", { timeout: PATIENCE_MS }, async () => {
    const behaviour = [
      { version: "baseline", errorRate: 0.001 },
      { version: "candidate", errorRate: 0.001, throttleRate: 0.4 },
    ];
    const result = await rehearseShop({ scenario: { behaviour } });
    const lines = told(result);
    expect(result.ended.outcome).toBe("rolled-back");
    expect(lines).toContain("Plan move: step-10 ended blocked: a person has to decide");
    expect(lines).toContainEqual(
      expect.stringMatching(/^Judge: blocked: .*a person has to look: throttles of order: at most 10 a minute/),
    );
    expect(lines).toContain("mail to oncall@shop.example: shop v1.4.0: 10 % in prod waits for a decision");
    expect(lines.join("\n")).not.toContain("50 % to the candidate");
  });
});
