import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Served, Stream } from "../../../sandbox/aws/traffic-source.ts";
import { readScenario, type ScenarioFile } from "../../../sandbox/world/scenario.ts";
import type { ShareHistory } from "../../../sandbox/world/shares.ts";
import { Traffic } from "../../../sandbox/world/traffic.ts";

const START = Date.parse("2026-11-24T18:00:00Z");
const MINUTE = 60_000;
const live: Stream = { account: "093646564004", functionName: "orders", alias: "live" };

const HALF: ShareHistory = [
  { at: START, weights: { "41": 1 } },
  { at: START + 10 * MINUTE, weights: { "41": 0.75, "42": 0.25 } },
];

const world = (file: Partial<ScenarioFile> = {}, history: ShareHistory = HALF): Traffic =>
  new Traffic({
    scenario: readScenario({
      name: "test",
      startsAt: "2026-11-24T18:00:00Z",
      traffic: [{ perMinute: 600 }],
      ...file,
    }),
    historyOf: () => history,
  });

const minute = (n: number): number => START + n * MINUTE;

interface Totals {
  requests: number;
  errors: number;
  throttles: number;
  slow: number;
}

/** Totals of a version over minutes [from, to). */
const totals = (traffic: Traffic, version: string, from: number, to: number): Totals => {
  const sum: Totals = { requests: 0, errors: 0, throttles: 0, slow: 0 };
  for (let n = from; n < to; n += 1) {
    for (const served of traffic.served(live, minute(n)).filter((each) => each.version === version)) {
      const { invocations, errors, throttles, durations } = served.whole;
      sum.requests += invocations + throttles;
      sum.errors += errors;
      sum.throttles += throttles;
      sum.slow += durations.count - durations.atMost(300);
    }
  }
  return sum;
};

const figures = (served: readonly Served[]) =>
  served.map(({ version, first, whole }) => [
    version,
    ...[first, whole].map(({ invocations, errors, throttles, durations }) => [
      invocations,
      errors,
      throttles,
      durations.atMost(100),
    ]),
  ]);

test("a minute is the same whenever it is asked for, and whatever was asked before", () => {
  const order = fc.shuffledSubarray(
    Array.from({ length: 20 }, (_unused, n) => n),
    { minLength: 1 },
  );
  const fresh = (n: number) => figures(world().served(live, minute(n)));
  fc.assert(
    fc.property(order, (asked) => {
      const traffic = world();
      for (const n of asked) expect(figures(traffic.served(live, minute(n)))).toEqual(fresh(n));
    }),
    { numRuns: 20 },
  );
});

test("another seed is another world", () => {
  expect(figures(world({ seed: 2 }).served(live, minute(3)))).not.toEqual(figures(world().served(live, minute(3))));
});

describe("requests", () => {
  test("come at their mean rate, and are split by the weights in force", () => {
    const traffic = world();
    const baseline = totals(traffic, "41", 10, 210).requests;
    const candidate = totals(traffic, "42", 10, 210).requests;
    // 200 minutes x 600; five standard deviations of the Poisson and binomial noise.
    expect(Math.abs(baseline + candidate - 120_000)).toBeLessThan(5 * Math.sqrt(120_000));
    expect(Math.abs(candidate - 30_000)).toBeLessThan(5 * Math.sqrt(120_000 * 0.25 * 0.75) + 5 * 87);
  });

  test("of a minute in which the weights changed are split by time", () => {
    const history: ShareHistory = [
      { at: START, weights: { "41": 1 } },
      { at: minute(5) + 45_000, weights: { "41": 0.5, "42": 0.5 } },
    ];
    const traffic = world({ traffic: [{ perMinute: 60_000 }] }, history);
    const served = traffic.served(live, minute(5));
    expect(served.map(({ version, weighted }) => [version, weighted])).toEqual([
      ["41", false],
      ["42", true],
      ["41", true],
    ]);
    expect(totals(traffic, "42", 5, 6).requests / 60_000).toBeCloseTo(0.125, 2);
  });

  test("follow the hour of the day, surges and silence", () => {
    const daily = world({ traffic: [{ perMinute: 1_000, daily: { amplitude: 0.5, peakHour: 18 } }] });
    expect(daily.meanAt(live, START)).toBeCloseTo(1_500, 6);
    expect(daily.meanAt(live, START + 12 * 60 * MINUTE)).toBeCloseTo(500, 6);
    const surges = [
      { from: "10m", to: "20m", times: 3 },
      { from: "30m", to: "40m", times: 0 },
    ];
    const surging = world({ traffic: [{ perMinute: 100, surges }] });
    expect([0, 10, 20, 30].map((n) => surging.meanAt(live, minute(n)))).toEqual([100, 300, 100, 0]);
  });

  test("come in where the first fitting rule says, and nowhere else", () => {
    const traffic = world({
      traffic: [
        { function: "ord*", alias: "live", perMinute: 7 },
        { function: "*", perMinute: 9 },
      ],
    });
    const means = [live, { ...live, alias: "blue" }, { ...live, functionName: "stock" }].map((s) =>
      traffic.meanAt(s, START),
    );
    expect(means).toEqual([7, 9, 9]);
    expect(world({ traffic: [] }).meanAt(live, START)).toBe(0);
  });
});

describe("behaviour", () => {
  const errors = (file: Partial<ScenarioFile>, version: string, from: number, to: number, history = HALF): number => {
    const { errors: failed, requests } = totals(
      world({ traffic: [{ perMinute: 6_000 }], ...file }, history),
      version,
      from,
      to,
    );
    return failed / requests;
  };

  test("differs between baseline and candidate, and a version's own number goes first", () => {
    const behaviour: ScenarioFile["behaviour"] = [
      { version: "baseline", errorRate: 0.01 },
      { version: "candidate", errorRate: 0.05 },
    ];
    expect(errors({ behaviour }, "41", 10, 40)).toBeCloseTo(0.01, 2);
    expect(errors({ behaviour }, "42", 10, 40)).toBeCloseTo(0.05, 2);
    expect(errors({ behaviour: [...behaviour, { version: "42", errorRate: 0.2 }] }, "42", 10, 40)).toBeCloseTo(0.2, 1);
  });

  test("may change from some weight on", () => {
    const behaviour: ScenarioFile["behaviour"] = [
      { version: "candidate", errorRate: 0, changes: [{ fromWeight: 25, errorRate: 0.1 }] },
    ];
    const ten: ShareHistory = [
      { at: START, weights: { "41": 1 } },
      { at: minute(1), weights: { "41": 0.9, "42": 0.1 } },
    ];
    expect(errors({ behaviour }, "42", 2, 30, ten)).toBe(0);
    expect(errors({ behaviour }, "42", 10, 40)).toBeCloseTo(0.1, 2);
  });

  test("may change some minutes after a version began to serve", () => {
    const behaviour: ScenarioFile["behaviour"] = [
      { version: "candidate", errorRate: 0, changes: [{ afterServing: "15m", errorRate: 0.1 }] },
    ];
    expect(errors({ behaviour }, "42", 10, 25)).toBe(0);
    expect(errors({ behaviour }, "42", 25, 50)).toBeCloseTo(0.1, 2);
  });

  test("is troubled alike in both versions by an incident", () => {
    const behaviour: ScenarioFile["behaviour"] = [
      { version: "baseline", errorRate: 0.01 },
      { version: "candidate", errorRate: 0.01 },
    ];
    const incidents = [{ from: "20m", to: "40m", errorsTimes: 10 }];
    for (const version of ["41", "42"]) {
      expect(errors({ behaviour, incidents }, version, 20, 40)).toBeCloseTo(0.1, 1);
      expect(errors({ behaviour, incidents }, version, 40, 60)).toBeCloseTo(0.01, 2);
    }
  });

  test("slows a new version down while it is cold, and not the one that was there before", () => {
    const coldStart = { for: "5m", share: 0.3, slowerByMs: 2_000 };
    const latency = { medianMs: 50, sigma: 0.2 };
    const behaviour: ScenarioFile["behaviour"] = [
      { version: "baseline", latency, coldStart },
      { version: "candidate", latency, coldStart },
    ];
    const traffic = world({ behaviour });
    const slow = (version: string, from: number, to: number) => {
      const { slow: count, requests } = totals(traffic, version, from, to);
      return count / requests;
    };
    expect(slow("42", 10, 15)).toBeCloseTo(0.3, 1);
    expect([slow("42", 15, 25), slow("41", 0, 25)]).toEqual([0, 0]);
  });

  test("fails more while it is cold, and again after each further share where that is said", () => {
    const coldStart = { for: "1m", errorRate: 0.3 };
    const failing = (everyShare: boolean) => {
      const shares = [...HALF, { at: START + 20 * MINUTE, weights: { "41": 0.2, "42": 0.8 } }];
      const traffic = world({ behaviour: [{ version: "candidate", coldStart: { ...coldStart, everyShare } }] }, shares);
      return [10, 11, 20, 21].map((minute) => {
        const { errors: failed, requests } = totals(traffic, "42", minute, minute + 1);
        return failed / requests > 0.15;
      });
    };
    expect(failing(true)).toEqual([true, false, true, false]);
    expect(failing(false)).toEqual([true, false, false, false]);
  });

  test("throttles requests, which then count neither as invocations nor as errors", () => {
    const traffic = world({ behaviour: [{ version: "baseline", throttleRate: 0.5, errorRate: 1 }] });
    const { requests, throttles, errors: failed } = totals(traffic, "41", 0, 10);
    expect(throttles / requests).toBeCloseTo(0.5, 1);
    expect(failed).toBe(requests - throttles);
  });

  test("makes failures come in bursts", () => {
    const spread = (burstiness: number): number => {
      const traffic = world({ behaviour: [{ version: "baseline", errorRate: 0.1, burstiness }] }, HALF.slice(0, 1));
      const rates = Array.from({ length: 300 }, (_unused, n) => totals(traffic, "41", n, n + 1)).map(
        (t) => t.errors / t.requests,
      );
      const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
      return rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
    };
    // Variance of a minute's rate: p(1-p)/n alone against p(1-p)(1/n + burstiness): 31 times as much.
    expect(spread(0.05) / spread(0)).toBeGreaterThan(15);
  });
});
