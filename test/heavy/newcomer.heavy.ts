/** A policy that says nothing of how it is judged, on the real machines, over traffic and seeds. */
import { describe, expect, it } from "vitest";
import { rehearseShop, told } from "../support/field.ts";

const PATIENCE_MS = 600_000;
const SEEDS = [1, 2, 3];

describe("a newcomer's good candidate", () => {
  it.each([60, 600, 6_000].flatMap((perMinute) => SEEDS.map((seed) => [perMinute, seed] as const)))(
    "is promoted without a hold at %d requests a minute, seed %d",
    { timeout: PATIENCE_MS },
    async (perMinute, seed) => {
      const result = await rehearseShop({ scenario: { seed, traffic: [{ perMinute, noise: 0.1 }] } });
      expect(result.ended).toMatchObject({ outcome: "promoted" });
      expect(told(result).filter((line) => line.includes("inconclusive-hold"))).toEqual([]);
    },
  );
});
