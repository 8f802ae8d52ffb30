import { describe, expect, it } from "vitest";
import { rehearseShop, told } from "../support/field.ts";

const PATIENCE_MS = 60_000;

/** Names a dimension that nothing reports. */
const typo = (over: object = {}) => ({
  name: "shop-order-errors",
  metric: "Errors",
  dimensions: { FunctionName: "shop-prod-order", Resource: "shop-prod-order:typo" },
  threshold: 0,
  ...over,
});
const WORDS =
  "nothing came in 14 days for AWS/Lambda Errors, FunctionName=shop-prod-order, Resource=shop-prod-order:typo";

const promote = (alarm: object, alarmsWithoutData?: "warn" | "refuse") =>
  rehearseShop({
    service: { alarms: ["shop-order-errors"], ...(alarmsWithoutData && { alarmsWithoutData }) },
    scenario: { seed: 3, alarms: [alarm] },
  });

describe("an alarm on a dimension that does not exist", () => {
  it("is told before people are asked, and stops nothing unless the policy says so", {
    timeout: PATIENCE_MS,
  }, async () => {
    const result = await promote(typo({ begins: "INSUFFICIENT_DATA" }));
    expect(result.ended.outcome).toBe("promoted");
    expect(told(result)[2]).toContain(`rollback alarms have data: shop-order-errors has no data for 1d: ${WORDS}`);
  });

  it("blocks the start where the policy refuses it, green as it looks", { timeout: PATIENCE_MS }, async () => {
    const result = await promote(typo({ missing: "notBreaching" }), "refuse");
    expect(result.ended.outcome).toBe("blocked");
    expect(told(result).join("\n")).toContain(
      `rollback alarms have data failed: shop-order-errors is green without data, which it takes for notBreaching: ${WORDS}`,
    );
  });
});
