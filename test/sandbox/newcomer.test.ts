/** A policy that says nothing of how it is judged, on the real machines. */
import { describe, expect, it } from "vitest";
import { loadReportData } from "../../sandbox/report/data.ts";
import { rehearseShop, told } from "../support/field.ts";

describe("a newcomer's first promotion", () => {
  it("of a healthy service passes without a hold, under settings that fit its traffic", async () => {
    const result = await rehearseShop({ scenario: { seed: 2 } });
    expect(result.ended).toMatchObject({ outcome: "promoted" });
    expect(told(result).filter((line) => line.includes("inconclusive"))).toEqual([]);
    const { trail } = await loadReportData(result, "field");
    const advice = trail.find(({ kind }) => kind === "advice");
    expect(JSON.stringify(advice?.data)).toContain("a pass shows that the candidate is less than");
  });

  it("of a service with too little traffic is refused before anything is touched, with what would do", async () => {
    const { ended } = await rehearseShop({ scenario: { traffic: [{ perMinute: 4 }] } });
    expect(ended.outcome).toBe("blocked");
    expect(ended.summary).toContain("hint: write extendUpTo:");
  });
});
