import { describe, expect, it } from "vitest";
import {
  doubtInCounts,
  EXPOSURE_PASS_GRID,
  exposureMinute,
  exposureSample,
} from "../../../functions/domain/judge/exposure.ts";
import { type Mode, planReads, type Watch } from "../../../functions/domain/judge/sampling.ts";
import { judge } from "../../../functions/domain/judge/statistics/sequential.ts";
import { logFactor } from "../../../functions/domain/judge/statistics/sequential-lanes.ts";
import type { ExposurePlan } from "../../../functions/domain/plan.ts";
import { environmentPlan, metric } from "../../support/canary-world.ts";

const ORDERS: ExposurePlan = { of: "requests", direction: "decrease", largest: 1, absent: "zero" };
const RETRIES: ExposurePlan = { ...ORDERS, direction: "increase", absent: "unknown" };
const QUERY = { namespace: "Shop", metricName: "Orders", dimensions: { V: "{version}" }, statistic: "Sum" };
const counts = (requests: number, errors: number) => ({ requests, errors });

describe("counts per exposure", () => {
  it("are said of 1,000 exposures; a count that is absent beside them is none where fewer is worse", () => {
    expect(exposureSample(ORDERS, { samples: 600, bad: 30 })).toEqual([600, 30, 50]);
    expect(exposureSample(ORDERS, { samples: 600 })).toEqual([600, 0, 0]);
    expect(exposureSample(RETRIES, { samples: 600 })).toBeNull();
    expect(exposureSample(ORDERS, { bad: 30 })).toBeNull();
    expect(exposureSample(ORDERS, { samples: 0, bad: 30 })).toBeNull();
    // More of them than requests, and money in units of its largest amount.
    expect(exposureSample({ ...RETRIES, largest: 500 }, { samples: 10, bad: 2_500 })).toEqual([10, 5, 250_000]);
  });

  it("bet on the candidate where more is worse, on the baseline where fewer is, and on nothing without a baseline", () => {
    const [candidate, baseline] = [counts(60, 90), counts(540, 27)];
    expect(exposureMinute(RETRIES, 1, candidate, baseline)).toMatchObject({
      canary: { errors: 90 },
      baseline: { errors: 27 },
    });
    expect(exposureMinute(ORDERS, 1, candidate, baseline)).toMatchObject({
      canary: { errors: 27 },
      baseline: { errors: 90 },
    });
    expect(exposureMinute(ORDERS, 1, candidate, null)).toEqual({
      step: 1,
      canary: { requests: 0, errors: 0 },
      baseline: null,
    });
  });

  it.each([0.01, 1, 12])(
    "are bet on fairly at %d per exposure: the mean of the bet is 1 for Poisson counts at what is tolerated",
    (rate) => {
      const rho = 1 / 0.95;
      const minute = (own: number, other: number) => exposureMinute(ORDERS, 1, counts(3, own), counts(9, other));
      const poisson = (mean: number) => {
        const chances = [Math.exp(-mean)];
        for (let k = 1; k < mean + 20 * Math.sqrt(mean) + 30; k++) chances.push(((chances[k - 1] ?? 0) * mean) / k);
        return chances;
      };
      let mean = 0;
      for (const [own, p] of poisson(3 * rate * 0.95).entries()) {
        for (const [other, q] of poisson(9 * rate).entries()) {
          const { canary, baseline } = minute(own, other);
          if (canary !== null) mean += p * q * Math.exp(logFactor(canary, baseline, 1.5, rho, 0));
        }
      }
      expect(mean).toBeCloseTo(1, 6);
    },
  );

  it("fail a candidate that takes no more orders, within minutes, and no shop whose orders fall in both arms", () => {
    const config = {
      alpha: 0.05,
      rho: 1 / 0.95,
      delta: 0,
      passRho: 1 / 0.7,
      passDelta: 0,
      passGrid: EXPOSURE_PASS_GRID,
      phi: 1,
    };
    const run = (own: (minute: number) => number, other: (minute: number) => number) =>
      judge({
        reference: [],
        config,
        minutes: Array.from({ length: 45 }, (_, at) =>
          exposureMinute(ORDERS, 1, counts(60, own(at)), counts(540, other(at))),
        ),
      });
    expect(
      run(
        () => 0,
        () => 28,
      ).failedAt,
    ).toBe(2);
    expect(
      run(
        (at) => (at < 5 ? 3 : 0),
        (at) => (at < 5 ? 28 : 0),
      ).verdict,
    ).toBe("continue");
    expect(
      run(
        () => 3,
        () => 27,
      ).verdict,
    ).toBe("pass");
    // A shop that sells by the dozen: more orders than requests.
    expect(
      run(
        () => 90,
        () => 1_620,
      ).failedAt,
    ).not.toBeNull();
    expect(
      run(
        () => 180,
        () => 1_620,
      ).failedAt,
    ).toBeNull();
  });

  it.each([
    [10, 3, 27, 30],
    [50, 15, 15, 10],
  ])(
    "at %i %% pass a candidate that loses none with %i orders a minute beside %i in minute %i",
    (weight, own, other, minute) => {
      const config = {
        alpha: 0.05,
        rho: 1 / 0.95,
        delta: 0,
        passRho: 1 / 0.7,
        passDelta: 0,
        passGrid: EXPOSURE_PASS_GRID,
        phi: 1,
      };
      const one = exposureMinute(ORDERS, 1, counts(6 * weight, own), counts(600 - 6 * weight, other));
      const verdict = (minutes: number) =>
        judge({ reference: [], config, minutes: new Array(minutes).fill(one) }).verdict;
      expect([verdict(minute - 1), verdict(minute)]).toEqual(["continue", "pass"]);
    },
  );

  it("leave a doubt where the candidate could have lost them all unseen", () => {
    const step = (baseline: number) => ({ canary: counts(60, 0), baseline: counts(540, baseline) });
    // ln(20) / -ln(0.9) is 28.4 orders on the baseline.
    expect(doubtInCounts(ORDERS, step(28))).toBe("too few to show that all are lost: 28 on the baseline");
    expect(doubtInCounts(ORDERS, step(29))).toBeNull();
    expect(doubtInCounts(RETRIES, step(44))).toBe("too few to show that they have multiplied: 44 on the baseline");
    expect(doubtInCounts(RETRIES, step(45))).toBeNull();
    expect(doubtInCounts(ORDERS, { canary: counts(0, 0), baseline: counts(540, 99) })).toBe(
      "there is nothing to hold its counts against",
    );
  });
});

describe("the series of a metric per exposure", () => {
  const [target] = environmentPlan().targets;
  const read = (per: ExposurePlan, mode: Mode) => {
    if (target === undefined) throw new Error("the plan has no target");
    const arms = { target, baseline: "7", candidate: "8" };
    const watch: Watch = {
      id: "orders",
      metric: metric({ source: { query: QUERY }, per }),
      arms,
      bounds: { candidate: null, baseline: null },
    };
    return planReads([watch], new Set([mode])).queries;
  };
  const alias = { FunctionName: "shop-order", Resource: "shop-order:live" };

  it("are the kind's own requests of the arm, by version while weights stand and of the alias as a whole after", () => {
    expect(read(ORDERS, "compared")).toMatchObject([
      { metricName: "Invocations", dimensions: { ...alias, ExecutedVersion: "8" } },
      { metricName: "Orders", dimensions: { V: "8" } },
      { metricName: "Invocations", dimensions: { ...alias, ExecutedVersion: "7" } },
      { metricName: "Orders", dimensions: { V: "7" } },
    ]);
    const [requests, orders] = read(ORDERS, "whole");
    expect([requests, orders]).toMatchObject([{ dimensions: alias }, { dimensions: { V: "8" } }]);
    expect(requests).not.toHaveProperty("dimensions.ExecutedVersion");
  });

  it("cut each amount off at the largest", () => {
    const visits = { ...QUERY, metricName: "Visits" };
    const [exposures, amounts] = read({ ...RETRIES, of: visits, largest: 500 }, "compared");
    expect(exposures).toMatchObject({ metricName: "Visits", dimensions: { V: "8" } });
    expect(amounts).toMatchObject({
      expression: "low + 500 * (all - within)",
      required: ["low", "all", "within"],
      inputs: {
        low: { statistic: "TS(:500)", dimensions: { V: "8" } },
        within: { statistic: "TC(:500)" },
        all: { statistic: "SampleCount" },
      },
    });
  });
});
