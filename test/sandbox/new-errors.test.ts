import { describe, expect, it } from "vitest";
import { rehearseShop, told } from "../support/field.ts";

const PATIENCE_MS = 60_000;
const analysis = { metrics: [{ preset: "lambda-error-rate" }], newErrors: "hold", holdUpTo: "10m" };
const known = { version: "baseline", message: "ERROR order {n} is gone", perMinute: 30 };

describe("errors in the candidate's logs that the baseline's do not have", () => {
  it("hold a candidate that answers all requests well, and name it", { timeout: PATIENCE_MS }, async () => {
    const own = { version: "candidate", message: "ERROR cache {n} cannot be read", perMinute: 60 };
    const logLines = [known, { ...known, version: "candidate" }, own];
    const result = await rehearseShop({ service: { analysis }, scenario: { logLines } });
    const lines = told(result).join("\n");
    expect(lines).toMatch(/a new error in the logs: ERROR cache \* cannot be read \([\d,]+ times\)/);
    expect(lines).not.toContain("order * is gone");
    expect(lines).not.toContain("50 % to the candidate");
  });
});
