import { describe, expect, it } from "vitest";
import { rehearseShop, told } from "../support/field.ts";

const PATIENCE_MS = 60_000;
const steps = [50, 100].map((weight) => ({ weight, bake: "15m" }));

describe("a candidate that fails one request in twenty in the first minute after each shift", () => {
  it("is promoted, and told of as exactly that", { timeout: PATIENCE_MS }, async () => {
    const coldStart = { for: "1m", errorRate: 0.05, everyShare: true };
    const behaviour = [
      { version: "baseline", errorRate: 0.001 },
      { version: "candidate", errorRate: 0.001, coldStart },
    ];
    const service = { rollout: { steps }, monitorAfter: { for: "5m", onFail: "roll-back" } };
    const result = await rehearseShop({ scenario: { behaviour }, service });
    expect(result.ended.outcome).toBe("promoted");
    expect(told(result)).toContainEqual(
      expect.stringMatching(
        /^Judge: passed after 15m\S*: .*, order: fails [\d.]+ % in the first 2 minutes of each step, [\d.]+ % after: cold starts, within the 5 points that they may add$/,
      ),
    );
  });
});
