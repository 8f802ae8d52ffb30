/** What both arms share for hours, on the real machines: errors that grow, and a dependency that becomes slower. */
import { describe, expect, it } from "vitest";
import { type FieldCase, rehearseShop, told } from "../support/field.ts";

const PATIENCE_MS = 300_000;
const steps = [10, 50, 100].map((weight) => ({ weight, bake: "15m" }));
const both = (changes: readonly object[], over: object) =>
  ["baseline", "candidate"].map((version) => ({ version, errorRate: 0.001, ...over, changes }));
const errors = { preset: "lambda-error-rate", sequential: { passDelta: 0.02 } };
const p95 = {
  preset: "lambda-duration-p95",
  rules: [{ maxIncreasePercent: 10, sustainedFor: "10m" }],
  sequential: { passDelta: 0.02 },
};

/** From 0.1 to 0.6 % in two hours, which begin with the last step. */
const growing = {
  traffic: [{ perMinute: 600, noise: 0.1 }],
  behaviour: both(
    Array.from({ length: 24 }, (_, step) => ({
      from: `${60 + 5 * step}m`,
      errorRate: 0.001 + (0.005 * (step + 1)) / 24,
    })),
    {},
  ),
};
/** 30 % slower from the last step's bake on. */
const slower = {
  traffic: [{ perMinute: 6_000, noise: 0.1 }],
  behaviour: both([{ from: "70m", latency: { medianMs: 130, sigma: 0.5 } }], {
    latency: { medianMs: 100, sigma: 0.5 },
  }),
};

const CASES: readonly (readonly [string, object, readonly object[]])[] = [
  ["errors of both arms grow", growing, [errors]],
  ["both arms become slower", slower, [errors, p95]],
];

function played(scenario: object, metrics: readonly object[], rollout: object, operators: readonly object[] = []) {
  const analysis = { metrics, onInconclusive: "hold", extendUpTo: "15m" };
  const field: FieldCase = {
    service: { rollout: { steps, ...rollout }, analysis, monitorAfter: { for: "2h" } },
    scenario: { ...scenario, operators },
  };
  return rehearseShop(field);
}

const pages = (lines: readonly string[]) => lines.filter((line) => line.startsWith("mail to oncall@shop.example"));

describe.each(CASES)("while %s", (_what, scenario, metrics) => {
  it(
    "a release that has a baseline beside it is promoted, and nobody is woken",
    async () => {
      const result = await played(scenario, metrics, { holdback: 1 });
      expect(result.ended.outcome).toBe("promoted");
      expect(pages(told(result))).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    "one that has none is held, people are paged, and it stays as they say",
    async () => {
      const stays = [{ at: "8h", verb: "promote-now", by: "ann", reason: "the dependency is slow for all" }];
      const result = await played(scenario, metrics, {}, stays);
      expect(result.ended.outcome).toBe("promoted");
      expect(result.figures.virtualMs).toBeGreaterThan(7 * 3_600_000);
      expect(pages(told(result)).some((line) => line.includes("is worse than before the release"))).toBe(true);
    },
    PATIENCE_MS,
  );
});
