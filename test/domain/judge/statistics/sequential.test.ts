import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { logAdd, logMean, logSum } from "../../../../functions/domain/judge/statistics/log-numbers.ts";
import {
  createMonitor,
  type Judgement,
  judge,
  type Minute,
  type MonitorState,
  resumeMonitor,
} from "../../../../functions/domain/judge/statistics/sequential.ts";
import {
  SEQUENTIAL_DEFAULTS,
  type SequentialConfig,
} from "../../../../functions/domain/judge/statistics/sequential-config.ts";
import {
  type ArmCounts,
  cleanCounts,
  estimateDispersion,
  logFactor,
  logPassFactor,
  robustFactor,
  temper,
} from "../../../../functions/domain/judge/statistics/sequential-lanes.ts";
import { latencyThresholds, slowRequests } from "../../../../functions/domain/judge/statistics/sequential-latency.ts";
import vectors from "../../../vectors/sequential-vectors.json" with { type: "json" };

type VectorArm = { n?: number | string; x?: number | string } | null;

const toArm = (arm: VectorArm): ArmCounts | null =>
  arm === null ? null : { requests: Number(arm.n ?? Number.NaN), errors: Number(arm.x ?? Number.NaN) };

const arm = (requests: number, errors: number): ArmCounts => ({ requests, errors });
const minute = (canary: ArmCounts | null, baseline: ArmCounts | null, step = 0): Minute => ({ step, canary, baseline });
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const KNOWN: Partial<SequentialConfig> = { phi: 1 };
const judgeKnown = (minutes: readonly Minute[], config: Partial<SequentialConfig> = KNOWN): Judgement =>
  judge({ reference: [], minutes, config });

function expectNear(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-6 * Math.abs(expected) + 1e-12);
}

describe("the published vectors", () => {
  it.each(vectors.series)("$name", ({ config, reference, minutes, expected }) => {
    const judged = judge({
      reference: (reference as VectorArm[]).map(toArm),
      minutes: (minutes as { step: number; canary: VectorArm; baseline: VectorArm }[]).map((m) =>
        minute(toArm(m.canary), toArm(m.baseline), m.step),
      ),
      config,
    });
    expect({ verdict: judged.verdict, failedAt: judged.failedAt, minutes: judged.minutes }).toEqual({
      verdict: expected.verdict,
      failedAt: expected.failedAt,
      minutes: expected.minutes,
    });
    for (const key of ["phi", "logE", "maxLogE", "pValue", "logPass"] as const) expectNear(judged[key], expected[key]);
  });

  it.each(vectors.units)("$fn $args", ({ fn, args, expected }) => {
    const bets: Record<string, (...values: never[]) => number> = { logFactor, robustFactor, logPassFactor };
    const [canary, baseline, ...rest] = args as [VectorArm, VectorArm, ...number[]];
    expectNear(bets[fn]?.(...([toArm(canary), toArm(baseline), ...rest] as never[])) ?? Number.NaN, expected);
  });

  it.each([
    ["a tolerated half more", arm(60, 5), arm(540, 12), 1.5, 0.0005, 1.7177794842],
    ["a tolerated double", arm(60, 6), arm(60, 1), 2, 0, 1.4455947399],
    ["half as many demanded", arm(300, 9), arm(300, 3), 0.5, 0, 1.8074186314],
    ["a tenth demanded: lam times n_c/n_b beyond 1", arm(900, 1), arm(100, 0), 0.1, 0, 1.1914893617],
  ])("exchange the rates with rho in lam alone, for %s", (_case, canary, baseline, rho, delta, expected) => {
    expectNear(robustFactor(canary, baseline, 1.5, rho, delta, 0.9), expected);
  });

  it("start from the defaults that the specification states", () => {
    const { phiBurst, ...stated } = vectors.defaults;
    expect(SEQUENTIAL_DEFAULTS).toEqual({ ...stated, phiBurst: Number(phiBurst) });
  });
});

/** P(X = k) for every k of a binomial. */
function binomial(n: number, p: number): number[] {
  const chances = [1];
  for (let i = 0; i < n; i++) {
    const next = times(chances.length + 1, 0);
    chances.forEach((chance, k) => {
      next[k] = (next[k] ?? 0) + chance * (1 - p);
      next[k + 1] = (next[k + 1] ?? 0) + chance * p;
    });
    chances.splice(0, chances.length, ...next);
  }
  return chances;
}

function expectation(
  nc: number,
  nb: number,
  pc: number,
  pb: number,
  value: (xc: number, xb: number) => number,
): number {
  const [canary, baseline] = [binomial(nc, pc), binomial(nb, pb)];
  let sum = 0;
  canary.forEach((chance, xc) => {
    baseline.forEach((other, xb) => {
      sum += chance * other * value(xc, xb);
    });
  });
  return sum;
}

const requests = fc.integer({ min: 1, max: 25 });
const rate = fc.double({ min: 0, max: 1, noNaN: true });
const margin = fc.double({ min: 0, max: 0.2, noNaN: true });
const tolerance = fc.double({ min: 0.5, max: 2, noNaN: true });

describe("while the candidate is no worse than tolerated, a minute's bet expects at most 1", () => {
  it("in the fast lane, at any ratio, split, rate and margin", () => {
    fc.assert(
      fc.property(
        requests,
        requests,
        rate,
        margin,
        tolerance,
        fc.constantFrom(1.1, 2.5, 15, 100),
        (nc, nb, pb, d, rho, r) => {
          const pc = Math.min(1, rho * pb + d);
          const mean = expectation(nc, nb, pc, pb, (xc, xb) =>
            Math.exp(logFactor(arm(nc, xc), arm(nb, xb), r, rho, d)),
          );
          expect(mean).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("exceeds 1 as soon as the candidate is clearly worse, so that the bound is not an empty one", () => {
    const mean = expectation(20, 20, 0.3, 0.1, (xc, xb) => Math.exp(logFactor(arm(20, xc), arm(20, xb), 2.5, 1, 0)));
    expect(mean).toBeGreaterThan(1.5);
  });

  it("without a baseline, against the stated rate", () => {
    fc.assert(
      fc.property(requests, rate, fc.constantFrom(1.5, 5), (n, slo, ratio) => {
        const mean = expectation(n, 0, slo, 0, (x) => Math.exp(logFactor(arm(n, x), null, ratio, 1, slo)));
        expect(mean).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });

  it("in the slow lane, for independent requests, whatever ratio is tolerated", () => {
    fc.assert(
      fc.property(requests, requests, rate, margin, tolerance, (nc, nb, pb, d, rho) => {
        const pc = Math.min(1, rho * pb + d);
        const mean = expectation(nc, nb, pc, pb, (xc, xb) => robustFactor(arm(nc, xc), arm(nb, xb), 1.5, rho, d, 0.9));
        expect(mean).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { numRuns: 200 },
    );
  });

  it("in the slow lane, for any burst that could as well have hit the other arm", () => {
    fc.assert(
      fc.property(requests, fc.nat(25), fc.nat(25), fc.constantFrom(1, 1.25, 2, 5), (n, u, v, rho) => {
        const there = robustFactor(arm(n, Math.min(u, n)), arm(n, Math.min(v, n)), 1.5, rho, 0, 0.9);
        const back = robustFactor(arm(n, Math.min(v, n)), arm(n, Math.min(u, n)), 1.5, rho, 0, 0.9);
        expect(there + back).toBeLessThanOrEqual(2 + 1e-12);
      }),
    );
  });

  it("and a pass expects at most 1 of a candidate at the pass margin", () => {
    const stakes = fc.constantFrom(0.05, 0.65, 0.99);
    fc.assert(
      fc.property(requests, requests, rate, margin, tolerance, stakes, (nc, nb, pb, d, rho, stake) => {
        fc.pre(rho * pb + d <= 1);
        const mean = expectation(nc, nb, rho * pb + d, pb, (xc, xb) =>
          Math.exp(logPassFactor(arm(nc, xc), arm(nb, xb), stake, rho, d)),
        );
        expect(mean).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { numRuns: 300 },
    );
  });

  it("so that E, over every outcome of three minutes and two steps, expects at most 1 and fails at most alpha", () => {
    const [n, p, alpha] = [2, 0.3, 0.4];
    const chances = binomial(n, p);
    const outcomes = chances.flatMap((c, xc) => chances.map((b, xb) => ({ xc, xb, chance: c * b })));
    const config = { phi: 1, delta: 0, alpha };
    let [mean, failed] = [0, 0];
    for (const first of outcomes)
      for (const second of outcomes)
        for (const third of outcomes) {
          const judged = judgeKnown(
            [first, second, third].map(({ xc, xb }, i) => minute(arm(n, xc), arm(n, xb), i === 2 ? 1 : 0)),
            config,
          );
          const chance = first.chance * second.chance * third.chance;
          mean += chance * Math.exp(judged.logE);
          if (judged.verdict === "fail") failed += chance;
        }
    expect(mean).toBeLessThanOrEqual(1);
    expect(mean).toBeGreaterThan(0.9);
    expect(failed).toBeLessThanOrEqual(alpha);
    expect(failed).toBeGreaterThan(0);
  });
});

const anyMinute = fc.record({
  step: fc.nat(2),
  canary: fc.option(fc.record({ requests: fc.nat(500), errors: fc.nat(20) }), { freq: 8 }),
  baseline: fc.option(fc.record({ requests: fc.nat(500), errors: fc.nat(20) }), { freq: 8 }),
});
const anyReference = fc.array(fc.record({ requests: fc.nat(300), errors: fc.nat(9) }), { maxLength: 60 });
const anyConfig = fc.constantFrom<Partial<SequentialConfig>>(
  {},
  { phi: 2, slo: 0.02, passSlo: 0.05 },
  { warmupMinutes: 2, rho: 1.2, passRho: 1.1 },
  { phiBurst: 1.5, hazardFirst: 1 },
  { fastWeight: 1, robust: [] },
  { fastWeight: 0, grid: [] },
);

describe("looking often or rarely", () => {
  it("gives the same judgement to the bit, minute by minute, at once, and saved and restored at any point", () => {
    fc.assert(
      fc.property(
        fc.array(anyMinute, { maxLength: 30 }),
        anyReference,
        anyConfig,
        fc.nat(30),
        (minutes, reference, config, cut) => {
          const whole = judge({ reference, minutes, config });
          const first = createMonitor(config, reference);
          for (const one of minutes.slice(0, cut)) first.push(one);
          const saved: MonitorState = JSON.parse(JSON.stringify(first.state()));
          const second = resumeMonitor(config, saved);
          for (const one of minutes.slice(cut)) {
            expect(second.push(one)).toStrictEqual(first.push(one));
          }
          expect(first.judgement()).toStrictEqual(whole);
          expect(second.judgement()).toStrictEqual(whole);
          expect(second.state()).toStrictEqual(first.state());
        },
      ),
      { numRuns: 150 },
    );
  });

  it("leaves a state of under 2 KB however long the bake", () => {
    const monitor = createMonitor({ phi: 1 }, []);
    for (let i = 0; i < 3_000; i++) monitor.push(minute(arm(61, i % 3), arm(547, i % 7)));
    expect(JSON.stringify(monitor.state()).length).toBeLessThan(2_048);
  });

  it("refuses a state of another shape rather than going on with other bets", () => {
    const state = createMonitor(KNOWN, []).state();
    for (const config of [{ grid: [2] }, { robust: [] }, { passGrid: [0.5] }]) {
      expect(() => resumeMonitor(config, state)).toThrow("saved under other settings");
    }
    const newer = { ...state, version: 2 } as unknown as MonitorState;
    expect(() => resumeMonitor(KNOWN, newer)).toThrow(RangeError);
  });

  it("spends all start mass on the first minute when told so, and still saves and restores", () => {
    const monitor = createMonitor({ phi: 1, hazardFirst: 1 }, []);
    monitor.push(minute(arm(60, 1), arm(540, 0)));
    expect(monitor.state().logMass).toBeNull();
    expect(resumeMonitor({ phi: 1, hazardFirst: 1 }, monitor.state()).push(minute(arm(60, 0), arm(540, 0)))).toEqual(
      monitor.push(minute(arm(60, 0), arm(540, 0))),
    );
  });
});

describe("minutes that carry no evidence", () => {
  const loud = minute(arm(60, 6), arm(540, 0));
  const silentOnes: [string, Minute][] = [
    ["no canary traffic", minute(arm(0, 0), arm(540, 9))],
    ["no baseline traffic", minute(arm(60, 9), arm(0, 0))],
    ["no canary at all", minute(null, arm(540, 9))],
    ["a canary that cannot be counted", minute(arm(Number.NaN, 3), arm(540, 0))],
    ["an infinite count", minute(arm(Number.POSITIVE_INFINITY, 3), arm(540, 0))],
    ["a negative count", minute(arm(-5, 3), arm(540, 0))],
    ["an arm alone, with no SLO to hold it to", minute(arm(60, 9), null)],
  ];

  it.each(silentOnes)("%s moves neither E nor the pass", (_, silent) => {
    const before = judgeKnown([loud]);
    const judged = judgeKnown([loud, silent]);
    expect(judged.logE).toBeCloseTo(before.logE, 12);
    expect(judged.logPass).toBe(before.logPass);
    expect(judged.minutes).toBe(2);
  });

  it("counts the silent minutes of a step, so that five minutes of silence alone never pass", () => {
    expect(judgeKnown(times(60, minute(arm(0, 0), arm(0, 0)))).verdict).toBe("continue");
  });

  it("cleans counts: errors within their requests, what is missing as nothing", () => {
    expect(cleanCounts(arm(10, 12))).toEqual(arm(10, 10));
    expect(cleanCounts(arm(10, -1))).toEqual(arm(10, 0));
    expect(cleanCounts(arm(10, Number.NaN))).toEqual(arm(10, 0));
    expect(cleanCounts(null)).toEqual(arm(0, 0));
    expect(cleanCounts(arm(0.5, 0.25))).toEqual(arm(0.5, 0.25));
  });
});

describe("failing", () => {
  const crash = minute(arm(600, 300), arm(5_400, 5));

  it("takes two minutes, however bad the first", () => {
    expect(judgeKnown([crash], { phi: 1, alpha: 0.05 }).verdict).toBe("continue");
    expect(judgeKnown([crash, crash], { phi: 1, alpha: 0.05 })).toMatchObject({ verdict: "fail", failedAt: 2 });
  });

  it("comes exactly when E reaches 1/alpha", () => {
    const { logE } = judgeKnown([crash]);
    const alpha = [0, 1, 2, 3, -1, -2, -3]
      .map((nudge) => Math.exp(-logE) * (1 + nudge * Number.EPSILON))
      .find((candidate) => -Math.log(candidate) === logE);
    expect(alpha).toBeDefined();
    expect(judgeKnown([crash], { phi: 1, alpha: alpha ?? 0 }).verdict).toBe("fail");
    expect(judgeKnown([crash], { phi: 1, alpha: (alpha ?? 0) * 0.999 }).verdict).toBe("continue");
  });

  it("is latched at its first minute, whatever good minutes follow", () => {
    const judged = judgeKnown([crash, crash, crash, ...times(300, minute(arm(600, 0), arm(5_400, 50)))]);
    expect(judged).toMatchObject({ verdict: "fail", failedAt: 2 });
    expect(judged.logE).toBeLessThan(judged.maxLogE);
    expect(judged.pValue).toBe(Math.exp(-judged.maxLogE));
  });

  it("catches a candidate that turns bad in a later step within minutes, without a fresh alpha", () => {
    const good = times(30, minute(arm(600, 1), arm(5_400, 6)));
    const bad = times(4, minute(arm(1_500, 30), arm(4_500, 5), 1));
    expect(judgeKnown([...good, ...bad], { phi: 1, alpha: 0.05 }).verdict).toBe("fail");
    expect(judgeKnown(good, { phi: 1, alpha: 0.05 }).failedAt).toBeNull();
  });

  it("gives a new step a larger start mass than another minute of the old one", () => {
    const quiet = times(5, minute(arm(600, 0), arm(5_400, 6)));
    const sameStep = judgeKnown([...quiet, minute(arm(600, 20), arm(5_400, 6), 0)]);
    const newStep = judgeKnown([...quiet, minute(arm(600, 20), arm(5_400, 6), 1)]);
    expect(newStep.logE).toBeGreaterThan(sameStep.logE + 0.4);
  });

  it("does not blame the candidate for an incident that both arms share", () => {
    const incident = times(10, minute(arm(600, 12), arm(5_400, 108)));
    expect(judgeKnown([...times(10, minute(arm(600, 1), arm(5_400, 5))), ...incident]).maxLogE).toBeLessThan(1);
  });

  it("holds a lone canary to the SLO", () => {
    const alone = times(5, minute(arm(600, 12), null));
    expect(judgeKnown(alone, { phi: 1, slo: 0.002, alpha: 0.05 }).verdict).toBe("fail");
    expect(judgeKnown(alone, { phi: 1, slo: 0.02, alpha: 0.05 }).verdict).toBe("continue");
  });
});

describe("warming up", () => {
  const cold = minute(arm(600, 24), arm(5_400, 5));

  it("tolerates cold starts in the first minutes of each step, and not after them", () => {
    const config = { phi: 1, warmupMinutes: 2, warmupDelta: 0.05 };
    expect(judgeKnown([cold, cold], config).maxLogE).toBe(0);
    expect(judgeKnown([cold, cold, cold, cold], config).maxLogE).toBeGreaterThan(0);
    expect(judgeKnown([cold, cold, { ...cold, step: 1 }, { ...cold, step: 1 }], config).maxLogE).toBe(0);
    expect(judgeKnown([cold]).maxLogE).toBeGreaterThan(1);
  });

  it("never tolerates less than outside of it", () => {
    const config = { phi: 1, delta: 0.1, warmupMinutes: 1, warmupDelta: 0.01 };
    expect(judgeKnown([cold], config).logE).toBe(judgeKnown([cold], { phi: 1, delta: 0.1 }).logE);
  });

  it("gathers nothing for a pass", () => {
    const clean = minute(arm(600, 0), arm(5_400, 5));
    expect(judgeKnown([clean], { phi: 1, warmupMinutes: 1 }).logPass).toBe(0);
    expect(judgeKnown([clean, clean], { phi: 1, warmupMinutes: 1 }).logPass).toBe(judgeKnown([clean]).logPass);
  });

  it("applies to a lone canary only where it has an SLO", () => {
    const alone = minute(arm(600, 24), null);
    expect(judgeKnown([alone], { phi: 1, warmupMinutes: 1 }).logE).toBeCloseTo(0, 12);
    expect(judgeKnown([alone], { phi: 1, warmupMinutes: 1, slo: 0.001 }).maxLogE).toBe(0);
    expect(judgeKnown([alone], { phi: 1, slo: 0.001 }).maxLogE).toBeGreaterThan(1);
  });
});

describe("passing", () => {
  const clean = minute(arm(600, 0), arm(5_400, 5));

  it("waits for five minutes of the step, and starts anew in the next", () => {
    expect(judgeKnown(times(4, clean)).verdict).toBe("continue");
    expect(judgeKnown(times(5, clean)).verdict).toBe("pass");
    expect(judgeKnown([...times(5, clean), { ...clean, step: 1 }])).toMatchObject({ verdict: "continue" });
    expect(judgeKnown([...times(5, clean), { ...clean, step: 1 }]).logPass).toBeCloseTo(
      judgeKnown([clean]).logPass,
      12,
    );
  });

  it("comes exactly when its evidence reaches 1/passAlpha", () => {
    const { logPass } = judgeKnown(times(5, clean));
    const passAlpha = [0, 1, 2, 3, 4, -1, -2, -3, -4]
      .map((nudge) => Math.exp(-logPass) * (1 + nudge * Number.EPSILON))
      .find((candidate) => -Math.log(candidate) === logPass);
    expect(passAlpha).toBeDefined();
    expect(judgeKnown(times(5, clean), { phi: 1, passAlpha: passAlpha ?? 0 }).verdict).toBe("pass");
    expect(judgeKnown(times(5, clean), { phi: 1, passAlpha: (passAlpha ?? 0) * 0.999 }).verdict).toBe("continue");
  });

  it("never follows a fail", () => {
    const crash = minute(arm(600, 300), arm(5_400, 5));
    const judged = judgeKnown([crash, crash, ...times(30, { ...clean, step: 1 })]);
    expect(judged.logPass).toBeGreaterThan(3);
    expect(judged.verdict).toBe("fail");
  });

  it("takes about a thousand clean canary requests for half a point", () => {
    expect(judgeKnown(times(7, minute(arm(100, 0), arm(900, 0)))).verdict).toBe("continue");
    expect(judgeKnown(times(12, minute(arm(100, 0), arm(900, 0)))).verdict).toBe("pass");
  });

  it("adds at most passCapNats a minute", () => {
    expect(judgeKnown([minute(arm(1e6, 0), arm(9e6, 1e4))]).logPass).toBeCloseTo(1.5, 10);
  });

  it("holds a lone canary to the pass SLO, and cannot pass it without", () => {
    const alone = times(6, minute(arm(600, 0), null));
    expect(judgeKnown(alone, { phi: 1, passSlo: 0.005 }).verdict).toBe("pass");
    expect(judgeKnown(alone, { phi: 1 }).verdict).toBe("continue");
  });
});

describe("dispersion of the old version", () => {
  const settings = SEQUENTIAL_DEFAULTS;
  const alternating = (count: number, high: number): ArmCounts[] =>
    Array.from({ length: count }, (_, i) => arm(100, i % 2 === 0 ? high : 0));

  it("is 1 for errors that vary no more than chance, and never less", () => {
    expect(estimateDispersion(times(60, arm(100, 1)), settings).phi).toBe(1);
  });

  it("is the variance over the binomial variance, each block with its own rate", () => {
    const block = [arm(100, 4), ...times(14, arm(100, 0))];
    const rateOf = 4 / 1_500;
    const squares = (4 - 100 * rateOf) ** 2 + 14 * (100 * rateOf) ** 2;
    const expected = squares / (100 * rateOf * (1 - rateOf)) / 14;
    const drifting = [...block, ...times(15, arm(100, 50))];
    const weighted = (4 * expected + 750 * 0) / 754;
    expect(estimateDispersion([...block, ...block, ...block], settings).phi).toBeCloseTo(expected, 10);
    expect(estimateDispersion(drifting, settings).phi).toBe(Math.max(1, weighted));
  });

  it("is taken for 3 with fewer than 10 errors", () => {
    const nine = [...times(9, arm(100, 1)), ...times(21, arm(100, 0))];
    const ten = [...times(10, arm(100, 1)), ...times(20, arm(100, 0))];
    const spaced = (minutes: ArmCounts[]): ArmCounts[] => minutes.map((_, i) => minutes[(i * 7) % 30] ?? arm(0, 0));
    expect(estimateDispersion(spaced(nine), settings).phi).toBe(3);
    expect(estimateDispersion(spaced(ten), settings).phi).toBeLessThan(2);
  });

  it("is taken for 3 with fewer than 20 degrees of freedom", () => {
    expect(estimateDispersion(alternating(21, 9), settings).phi).toBe(3);
    expect(estimateDispersion(alternating(22, 9), settings).phi).toBeGreaterThan(4);
  });

  it("leaves out silent minutes, and blocks without errors, without a success or of one minute", () => {
    const informative = alternating(30, 9);
    const silent = informative.flatMap((counts) => [counts, arm(0, 0), null]);
    const known = estimateDispersion(informative, settings);
    expect(estimateDispersion(silent, settings)).toEqual(known);
    const idle = [...informative, ...times(15, arm(100, 0)), ...times(15, arm(100, 100)), arm(100, 50)];
    expect(estimateDispersion(idle, settings).phi).toBe(known.phi);
  });

  it("is measured in blocks of two as well", () => {
    const pairs = Array.from({ length: 20 }, () => [arm(100, 4), arm(100, 0)]).flat();
    expect(estimateDispersion(pairs, { ...settings, phiBlock: 2 }).phi).toBeCloseTo(8 / (2 * 0.98), 12);
  });

  it("says nothing about an empty or spotless reference, whatever the settings", () => {
    expect(estimateDispersion([], settings)).toEqual({ phi: 3, requestsPerMinute: 0 });
    expect(estimateDispersion(times(60, arm(100, 0)), { ...settings, phiMinErrors: 0, phiMinMinutes: 0 })).toEqual({
      phi: 3,
      requestsPerMinute: 100,
    });
  });

  it("tempers a minute by no more than its requests allow, if all of them failed alike", () => {
    const noise = { phi: 3, requestsPerMinute: 0 };
    const one = { requests: 1, errors: 1 };
    expect(temper(noise, Number.POSITIVE_INFINITY, one, null)).toBe(1);
    expect(temper(noise, Number.POSITIVE_INFINITY, one, { requests: 2, errors: 0 })).toBe(2);
    expect(temper(noise, Number.POSITIVE_INFINITY, one, { requests: 9, errors: 0 })).toBe(3);
    expect(temper(noise, Number.POSITIVE_INFINITY, { requests: 0.2, errors: 0 }, null)).toBe(1);
  });

  it("tempers the evidence, and a known phi stands above the measured one", () => {
    const minutes = times(3, minute(arm(60, 2), arm(540, 0)));
    const bursty = judge({ reference: alternating(60, 9), minutes, config: {} });
    expect(bursty.phi).toBeGreaterThan(4);
    expect(bursty.logE).toBeLessThan(judgeKnown(minutes).logE);
    expect(judge({ reference: alternating(60, 9), minutes, config: { phi: 1 } })).toEqual(judgeKnown(minutes));
  });

  it("can be taken, above phiBurst, for rate noise that shrinks with an arm's traffic", () => {
    const measured = { phi: 25, requestsPerMinute: 1_000 };
    const [small, large] = [arm(100, 0), arm(900, 0)];
    expect(temper(measured, Number.POSITIVE_INFINITY, small, large)).toBe(25);
    expect(temper(measured, 25, small, large)).toBe(25);
    // slope .02 a request: 5+2 for the canary, 5+18 for the baseline; the canary's tenth of traffic weighs the latter
    expect(temper(measured, 5, small, large)).toBeCloseTo(0.9 * 7 + 0.1 * 23, 12);
    expect(temper(measured, 5, small, null)).toBeCloseTo(7, 12);
    expect(temper({ phi: 25, requestsPerMinute: 0 }, 5, small, large)).toBe(25);
  });

  it("makes phiBurst faster at high traffic", () => {
    const reference = Array.from({ length: 60 }, (_, i) => arm(6_000, i % 4 === 0 ? 60 : 4));
    const minutes = times(6, minute(arm(600, 12), arm(5_400, 10)));
    const plain = judge({ reference, minutes, config: {} });
    expect(judge({ reference, minutes, config: { phiBurst: 5 } }).logE).toBeGreaterThan(plain.logE);
  });
});

describe("settings that would void the promise", () => {
  const broken: [string, Partial<SequentialConfig>][] = [
    ["alpha must lie between 0 and 1", { alpha: 0 }],
    ["alpha must lie between 0 and 1", { alpha: 1 }],
    ["passAlpha must lie", { passAlpha: 1.5 }],
    ["rho must be positive", { rho: 0 }],
    ["rho must be positive", { passRho: -1 }],
    ["must not be negative", { delta: -0.001 }],
    ["must not be negative", { slo: -0.001 }],
    ["must not be negative", { warmupDelta: -0.001 }],
    ["must exceed 1", { grid: [1] }],
    ["must exceed 1", { robust: [[0.9, 0.5]] }],
    ["slow bet's stake", { robust: [[1.5, 1]] }],
    ["pass bet must lie", { passGrid: [0.5, 1] }],
    ["phi must be at least 1", { phi: 0.9 }],
    ["phi must be at least 1", { phiNoReference: 0.5 }],
    ["phi must be at least 1", { phiBurst: 0 }],
    ["within 0 and 1", { fastWeight: 1.1 }],
    ["within 0 and 1", { hazardFirst: -0.1 }],
    ["within 0 and 1", { hazardStep: 2 }],
    ["within 0 and 1", { hazardMinute: Number.NaN }],
    ["a block needs two minutes", { phiBlock: 1 }],
  ];

  it.each(broken)("%s", (message, config) => {
    expect(() => createMonitor(config, [])).toThrow(RangeError);
    expect(() => createMonitor(config, [])).toThrow(message);
    expect(() => resumeMonitor(config, createMonitor({}, []).state())).toThrow(message);
  });

  it("are not those on the very edge", () => {
    const edge = { delta: 0, slo: 0, warmupDelta: 0, phi: 1, phiNoReference: 1, phiBurst: 1, phiBlock: 2 };
    expect(() => createMonitor({ ...edge, fastWeight: 1, hazardFirst: 1, hazardMinute: 0 }, [])).not.toThrow();
  });
});

describe("latency as counts", () => {
  it("gives the canary the tolerated increase and the baseline none", () => {
    expect(latencyThresholds(200, 0.1)).toEqual({ baselineMs: 200, canaryMs: 200 * 1.1 });
  });

  it("counts as bad what took longer than the threshold", () => {
    expect(slowRequests(600, 571)).toEqual(arm(600, 29));
  });
});

describe("sums of logarithms", () => {
  it("agree with plain sums, in any order of size", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -20, max: 20, noNaN: true }),
        fc.double({ min: -20, max: 20, noNaN: true }),
        (a, b) => {
          const plain = Math.log(Math.exp(a) + Math.exp(b));
          expect(logAdd(a, b)).toBeCloseTo(plain, 9);
          expect(logSum([a, b])).toBeCloseTo(plain, 9);
          expect(logMean([a, b])).toBeCloseTo(plain - Math.LN2, 9);
        },
      ),
    );
  });

  it("take nothing for nothing, and survive what would overflow", () => {
    const nothing = Number.NEGATIVE_INFINITY;
    expect([logAdd(nothing, 2), logAdd(2, nothing), logAdd(nothing, nothing)]).toEqual([2, 2, nothing]);
    expect([logSum([]), logMean([]), logSum([nothing, nothing])]).toEqual([nothing, nothing, nothing]);
    expect(logAdd(5_000, 5_000)).toBeCloseTo(5_000 + Math.LN2, 9);
    expect(logSum([5_000, nothing, 5_000])).toBeCloseTo(5_000 + Math.LN2, 9);
  });
});
