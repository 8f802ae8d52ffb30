import { describe, expect, it } from "vitest";
import { createRandom } from "../../../../bench/random.ts";
import { passChance } from "../../../../functions/domain/judge/statistics/detectable-pass.ts";
import { createMonitor } from "../../../../functions/domain/judge/statistics/sequential.ts";
import {
  completeConfig,
  type SequentialConfig,
} from "../../../../functions/domain/judge/statistics/sequential-config.ts";

interface Bake {
  readonly rpm: number;
  readonly weight: number;
  readonly minutes: number;
  readonly rate: number;
  readonly phi: number;
  readonly config: Partial<SequentialConfig>;
}

const bake = (over: Partial<Bake> = {}): Bake => ({
  rpm: 600,
  weight: 10,
  minutes: 13,
  rate: 0.001,
  phi: 1,
  config: { passDelta: 0.02 },
  ...over,
});

const arms = ({ rpm, weight }: Bake) => ({
  canary: (rpm * weight) / 100,
  baseline: weight < 100 ? rpm - (rpm * weight) / 100 : null,
});

const chance = (over: Partial<Bake> = {}): number => {
  const one = bake(over);
  const { minutes, phi } = one;
  return passChance({ ...arms(one), minutes, phi }, one.rate, completeConfig(one.config));
};

/** Share of bakes that the real judge ends with a pass when the candidate fails as often as the baseline. */
function simulatedShare(over: Partial<Bake>): number {
  const one = bake(over);
  const random = createRandom(JSON.stringify(one));
  const { canary, baseline } = arms(one);
  const burst = (mean: number): number => one.phi * random.poisson(mean / one.phi);
  const bakes = 1_500;
  let passed = 0;
  for (let round = 0; round < bakes; round++) {
    const monitor = createMonitor({ alpha: 1e-9, phi: one.phi, ...one.config }, []);
    for (let minute = 0; minute < one.minutes; minute++) {
      monitor.push({
        step: 0,
        canary: { requests: canary, errors: burst(canary * one.rate) },
        baseline: baseline === null ? null : { requests: baseline, errors: burst(baseline * one.rate) },
      });
    }
    if (monitor.judgement().verdict === "pass") passed += 1;
  }
  return passed / bakes;
}

describe("the chance that a good candidate passes", () => {
  it.each<Partial<Bake>>([
    {},
    { minutes: 20, rate: 0.005 },
    { minutes: 60, rate: 0.01, config: { passDelta: 0.01 } },
    { rpm: 60, weight: 50, minutes: 15 },
    { rpm: 6_000, minutes: 12, rate: 0.01, config: {} },
    { rpm: 6_000, minutes: 25, rate: 0.005, phi: 3, config: {} },
    { weight: 100, minutes: 8, rate: 0.005, config: { passSlo: 0.015, slo: 0.005 } },
    { minutes: 28, rate: 0.004, config: { passDelta: 0.02, warmupMinutes: 10 } },
  ])("agrees with the real judge, simulated: %o", (over) => {
    expect(Math.abs(chance(over) - simulatedShare(over))).toBeLessThan(0.06);
  });
});
