import { describe, expect, it } from "vitest";
import { passChance } from "../../../../functions/domain/judge/statistics/detectable-pass.ts";
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

describe("the chance that a good candidate passes", () => {
  it("is higher with longer bakes, more traffic and a wider margin, lower with bursts and errors", () => {
    const usual = chance({ rate: 0.015 });
    expect(usual).toBeGreaterThan(0.1);
    expect(usual).toBeLessThan(0.9);
    expect(chance({ rate: 0.015, minutes: 20 })).toBeGreaterThan(usual);
    expect(chance({ rate: 0.015, rpm: 1_200 })).toBeGreaterThan(usual);
    expect(chance({ rate: 0.015, config: { passDelta: 0.03 } })).toBeGreaterThan(usual);
    expect(chance({ rate: 0.015, phi: 2 })).toBeLessThan(usual);
    expect(chance({ rate: 0.03 })).toBeLessThan(usual);
  });

  it("is none before the judge may pass at all, without traffic, in the warm-up, or without a rate to stay under", () => {
    expect(chance({ rpm: 60_000, minutes: 4 })).toBe(0);
    expect(chance({ rpm: 60_000, minutes: 5 })).toBeGreaterThan(0.99);
    expect(chance({ rpm: 0 })).toBe(0);
    expect(chance({ config: { passDelta: 0.02, warmupMinutes: 13 } })).toBe(0);
    expect(chance({ weight: 100, config: { passSlo: null } })).toBe(0);
    expect(chance({ rpm: 60, minutes: 5 })).toBe(0);
  });
});
