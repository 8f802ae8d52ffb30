import { describe, expect, it } from "vitest";
import { createColdMonitor, resumeColdMonitor } from "../../../../functions/domain/judge/statistics/cold-start.ts";
import { createMonitor, type Minute } from "../../../../functions/domain/judge/statistics/sequential.ts";

const SETTINGS = { alpha: 0.05, phi: 1 };
const COLD = { delta: 0.05 };
const LINE = Math.log(20);
const minute = (errors: number, baselineErrors = 1, step = 0): Minute => ({
  step,
  canary: { requests: 60, errors },
  baseline: { requests: 540, errors: baselineErrors },
});

/** ln E after each minute; those of `isCold` begin their step. */
function logsOf(minutes: readonly Minute[], isCold: (index: number) => boolean): number[] {
  const monitor = createColdMonitor(SETTINGS, COLD, []);
  return minutes.map((one, index) => {
    monitor.push(one, isCold(index));
    return monitor.judgement().logE;
  });
}

function choose(n: number, k: number): number {
  return k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k;
}
const binomial = (n: number, k: number, p: number) => choose(n, k) * p ** k * (1 - p) ** (n - k);

/** E of E after these minutes, of two and six requests each, over everything that can happen in them. */
function expectation(rates: readonly { readonly canary: number; readonly baseline: number; readonly cold: boolean }[]) {
  const walk = (index: number, minutes: readonly Minute[], chance: number): number => {
    const rate = rates[index];
    if (rate === undefined) return chance * Math.exp(logsOf(minutes, (at) => rates[at]?.cold === true).at(-1) ?? 0);
    let sum = 0;
    for (let x = 0; x <= 2; x++) {
      for (let y = 0; y <= 6; y++) {
        const next = { step: 0, canary: { requests: 2, errors: x }, baseline: { requests: 6, errors: y } };
        const odds = binomial(2, x, rate.canary) * binomial(6, y, rate.baseline);
        sum += walk(index + 1, [...minutes, next], chance * odds);
      }
    }
    return sum;
  };
  return walk(0, [], 1);
}

describe("evidence of steps that begin cold", () => {
  it.each([0.001, 0.02, 0.3])(
    "is at most 1 on average for a candidate at both bounds, the baseline failing %f",
    (p) => {
      const cold = { canary: p + 0.05, baseline: p, cold: true };
      expect(expectation([cold])).toBeLessThanOrEqual(1 + 1e-9);
      expect(expectation([cold, { canary: p + 0.0005, baseline: p, cold: false }])).toBeLessThanOrEqual(1 + 1e-9);
    },
  );

  it("fails a crash in its second cold minute, and nothing in its first", () => {
    const [first = 0, second = 0] = logsOf([minute(60, 0), minute(60, 0)], () => true);
    expect(first).toBeLessThan(LINE);
    expect(second).toBeGreaterThan(LINE);
  });

  it("takes a candidate that is bad from the first request on for bad where it crosses into warm minutes", () => {
    const minutes = [minute(8), minute(8), minute(8), minute(8)];
    const [through, warmAlone] = [logsOf(minutes, (at) => at < 2), logsOf(minutes.slice(2), () => false)];
    expect(through[2]).toBeGreaterThan(warmAlone[0] ?? 0);
  });

  it("loses nothing in cold minutes of a regression that is too small for their bound", () => {
    const [cold, warm] = [Array.from({ length: 2 }, () => minute(3)), Array.from({ length: 8 }, () => minute(3))];
    const after = logsOf([...cold, ...warm], (at) => at < 2).at(-1) ?? 0;
    const alone = createMonitor(SETTINGS, []);
    for (const one of warm) alone.push(one);
    expect(after).toBeGreaterThan(alone.judgement().logE + Math.log(0.7) - 1e-9);
    const lenient = createMonitor({ ...SETTINGS, warmupMinutes: 2, warmupDelta: 0.05 }, []);
    for (const one of [...cold, ...warm]) lenient.push(one);
    expect(after).toBeGreaterThan(lenient.judgement().logE + 2);
  });

  it("goes on towards a pass in cold minutes without trouble, and forgives those with it", () => {
    const passOf = (errors: number) => {
      const monitor = createColdMonitor(SETTINGS, COLD, []);
      const logs = Array.from({ length: 10 }, (_, at) => {
        monitor.push(minute(at < 2 ? errors : 0), at < 2);
        return monitor.judgement().logPass;
      });
      return { after: logs[1] ?? 0, end: logs[9] ?? 0 };
    };
    const plain = createMonitor(SETTINGS, []);
    for (let at = 0; at < 10; at++) plain.push(minute(0));
    expect(passOf(0).after).toBeGreaterThan(0);
    expect(passOf(0).end).toBeGreaterThan(plain.judgement().logPass + Math.log(0.8));
    expect(passOf(3).after).toBeLessThan(0);
    expect(passOf(3).end).toBeGreaterThan(0);
  });

  it("passes no step of fewer than five minutes", () => {
    const monitor = createColdMonitor({ ...SETTINGS, passDelta: 0.5 }, COLD, []);
    const verdicts = Array.from({ length: 5 }, (_, at) => {
      monitor.push(minute(0), at < 2);
      return monitor.judgement().verdict;
    });
    expect(verdicts).toEqual(["continue", "continue", "continue", "continue", "pass"]);
  });

  it("is that of one monitor, to the bit, where no step begins cold", () => {
    const [plain, monitor] = [createMonitor(SETTINGS, []), createColdMonitor(SETTINGS, null, [])];
    for (const one of [minute(2), minute(0), minute(4)]) {
      monitor.push(one, false);
      expect(monitor.judgement().logE).toBe(plain.push(one).logE);
    }
    expect(monitor.state()).toEqual(plain.state());
  });

  it("goes on to the bit from what was kept as JSON, in the middle of a cold stretch", () => {
    const minutes = [minute(3), minute(5), minute(1), minute(0), minute(7, 1, 1), minute(2, 0, 1)];
    const isCold = (at: number) => at < 2 || at === 4;
    let kept = JSON.stringify(createColdMonitor(SETTINGS, COLD, []).state());
    const resumed = minutes.map((one, at) => {
      const monitor = resumeColdMonitor(SETTINGS, COLD, JSON.parse(kept));
      monitor.push(one, isCold(at));
      kept = JSON.stringify(monitor.state());
      return monitor.judgement().logE;
    });
    expect(resumed).toEqual(logsOf(minutes, isCold));
  });

  it("begins anew beside a monitor that was kept before there was another one", () => {
    const before = createMonitor(SETTINGS, []);
    before.push(minute(4));
    const monitor = resumeColdMonitor(SETTINGS, COLD, before.state());
    expect(monitor.judgement().logE).toBeCloseTo(before.judgement().logE, 12);
  });
});
