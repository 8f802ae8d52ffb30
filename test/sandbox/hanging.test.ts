/** A candidate that hangs until its time-out: CloudWatch hears of such a request when it ends, under the time of its start. */
import { describe, expect, it } from "vitest";
import { readScenario } from "../../sandbox/world/scenario.ts";
import { calmWorld, rehearseShop, told } from "../support/field.ts";

const PATIENCE_MS = 60_000;
const judged = (extendUpTo: string) => ({
  analysis: { extendUpTo, metrics: [{ preset: "lambda-error-rate", sequential: { passDelta: 0.02 } }] },
});

const world = (limit: string) => ({
  timeLimits: [{ limit }],
  behaviour: [
    { version: "baseline", errorRate: 0.001 },
    { version: "candidate", errorRate: 0.001, hangs: { share: 0.3, for: limit } },
  ],
});

describe("a candidate of which 30 % hang", () => {
  it("until a time-out of 3 minutes is back in its first step", { timeout: PATIENCE_MS }, async () => {
    const result = await rehearseShop({ service: judged("15m"), scenario: world("3m") });
    const lines = told(result);
    expect(result.ended.outcome).toBe("rolled-back");
    expect(lines.join("\n")).not.toContain("50 % on 8");
    expect(lines.join("\n")).toMatch(/Judge: FAIL: error rate [^\n]*error rate of order/);
  });

  it("until a time-out of 15 minutes is not begun where no bake holds a minute that counts", async () => {
    const result = await rehearseShop({ service: judged("0s"), scenario: world("15m") });
    expect(result.ended.outcome).toBe("blocked");
    expect(result.ended.summary).toContain("hint: bake 19m or longer, or extendUpTo 4m");
  });
});

describe("a scenario", () => {
  it("takes no time limit that Lambda would not", () => {
    expect(() => readScenario(calmWorld({ timeLimits: [{ limit: "16m" }] }))).toThrow(
      /a function may run for 1s to 15m/,
    );
  });
});
