/** Random promotions, random faults in pairs, random operators, random latencies: no rule is ever broken. */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { cleanCase, type FaultCase, type Happening } from "../../sandbox/faults/cases.ts";
import { enumerateCases } from "../../sandbox/faults/enumerate.ts";
import type { FaultPlan } from "../../sandbox/faults/plans.ts";
import { run } from "../../sandbox/faults/trial.ts";
import { judgeTrial } from "../../sandbox/faults/verdict.ts";
import { randomPlan } from "../faults/random-plan.ts";

// The tracer's library would follow every promise; it has to know before it is loaded.
vi.hoisted(() => {
  process.env.AWS_XRAY_MANUAL_MODE = "true";
});

const PATIENCE_MS = 300_000;
const MINUTE_MS = 60_000;

const seed = fc.integer({ min: 1, max: 1_000_000 });
const position = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

/** Two cases as one. */
function together(one: FaultCase, other: FaultCase): FaultCase {
  return {
    ...other,
    ...one,
    id: `${one.id} + ${other.id}`,
    kind: `both: ${one.kind} + ${other.kind}`,
    calls: [...one.calls, ...other.calls],
    handlers: [...one.handlers, ...other.handlers],
    starts: [...one.starts, ...other.starts],
    happenings: [...one.happenings, ...other.happenings],
  };
}

async function violationsOf(plan: FaultPlan, what: FaultCase): Promise<readonly string[]> {
  return judgeTrial(await run(plan, what)).violations;
}

describe("whatever goes wrong, traffic ends on a good version and the record is true", () => {
  it("in random promotions without a fault", { timeout: PATIENCE_MS }, async () => {
    const property = fc.asyncProperty(randomPlan, seed, async (plan, chance) => {
      expect(await violationsOf(plan, { ...cleanCase(plan.name), seed: chance })).toEqual([]);
    });
    await fc.assert(property, { numRuns: 5, seed: 1 });
  });

  it("with two faults at once", { timeout: PATIENCE_MS }, async () => {
    const property = fc.asyncProperty(randomPlan, seed, position, position, async (plan, chance, first, second) => {
      const cases = enumerateCases(await run(plan, { ...cleanCase(plan.name), seed: chance }));
      const [one, other] = [first, second].map((share) => cases[Math.floor(share * cases.length)]);
      if (one === undefined || other === undefined) throw new Error("a plan without cases");
      const both = { ...together(one, other), seed: chance };
      expect({ what: both, violations: await violationsOf(plan, both) }).toEqual({ what: both, violations: [] });
    });
    await fc.assert(property, { numRuns: 6, seed: 2 });
  });

  it("with random operators", { timeout: PATIENCE_MS }, async () => {
    const word = fc.constantFrom("resume", "roll-back", "abort", "promote-now", "skip-bake", "hold");
    const words = fc.array(fc.record({ verb: word, ms: fc.integer({ min: 0, max: 12 * MINUTE_MS }) }), {
      minLength: 1,
      maxLength: 3,
    });
    const property = fc.asyncProperty(randomPlan, seed, words, async (plan, chance, said) => {
      // Nobody holds for ever; the last word may come after the end.
      const all = [...said, { verb: "resume" as const, ms: 25 * MINUTE_MS }];
      const happenings = all.map(({ verb, ms }): Happening => {
        return { when: { at: "time", ms }, deed: { do: "operate", verb } };
      });
      const what = { ...cleanCase(plan.name), kind: "operators", seed: chance, happenings };
      expect({ what, violations: await violationsOf(plan, what) }).toEqual({ what, violations: [] });
    });
    await fc.assert(property, { numRuns: 5, seed: 3 });
  });
});
