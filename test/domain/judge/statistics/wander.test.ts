import { describe, expect, it } from "vitest";
import { createRandom, type Random } from "../../../../bench/random.ts";
import {
  createMonitor,
  type Minute,
  type MonitorState,
  resumeMonitor,
} from "../../../../functions/domain/judge/statistics/sequential.ts";
import { SEQUENTIAL_DEFAULTS } from "../../../../functions/domain/judge/statistics/sequential-config.ts";
import { type ArmCounts, estimateDispersion } from "../../../../functions/domain/judge/statistics/sequential-lanes.ts";
import { estimateWander, type Wander, wanderDispersion } from "../../../../functions/domain/judge/statistics/wander.ts";

const DAY = 1_440;
const RPM = 6_000;
const RATE = 0.01;

type Factor = (minute: number) => number;
const steady: Factor = () => 1;

/** An arm whose rate wanders by itself: autoregressive, log-normal, mean 1. */
function wandering(random: Random, deviation: number, memory: number): Factor {
  const kept = Math.exp(-1 / memory);
  const variance = Math.log(1 + deviation ** 2);
  let z = random.normal();
  return () => {
    z = kept * z + Math.sqrt(1 - kept ** 2) * random.normal();
    return Math.exp(Math.sqrt(variance) * z - variance / 2);
  };
}

const reference = (random: Random, factor: Factor, rpm = RPM): ArmCounts[] =>
  Array.from({ length: DAY }, (_, minute) => ({ requests: rpm, errors: random.poisson(rpm * RATE * factor(minute)) }));

function wanderOf(minutes: readonly (ArmCounts | null)[]): Wander | null {
  return estimateWander(minutes, estimateDispersion(minutes, SEQUENTIAL_DEFAULTS).phi);
}

describe("how an arm wanders, told from a day of its minutes", () => {
  const found = (deviation: number, memory: number): { size: number; minutes: number } => {
    const estimates = Array.from({ length: 20 }, (_, i) => {
      const random = createRandom(`wander ${deviation} ${memory} ${i}`);
      return wanderOf(reference(random, wandering(random, deviation, memory)));
    });
    const median = (values: number[]): number => values.toSorted((a, b) => a - b)[10] ?? 0;
    return {
      size: median(estimates.map((one) => one?.perRequest ?? 0)) / (RATE * deviation ** 2),
      minutes: median(estimates.map((one) => one?.minutes ?? 0)),
    };
  };

  it.each([
    [0.5, 3, 4],
    [0.5, 10, 16],
    [0.5, 30, 64],
    [0.25, 10, 16],
  ])("is found within a factor of two: %d times the rate, for %d minutes", (deviation, memory, longest) => {
    const { size, minutes } = found(deviation, memory);
    expect(size).toBeGreaterThan(0.6);
    expect(size).toBeLessThan(1.5);
    expect(minutes).toBeGreaterThanOrEqual(memory / 2);
    expect(minutes).toBeLessThanOrEqual(longest);
  });

  it.each<[string, (random: Random) => ArmCounts[]]>([
    ["requests that fail independently", (random) => reference(random, steady)],
    ["noise that a minute forgets", (random) => reference(random, () => random.gamma(4) / 4)],
    [
      "a rate that follows the time of day",
      (random) => reference(random, (t) => 1 + Math.sin((2 * Math.PI * t) / DAY) / 2),
    ],
    ["a rate that doubles over the day", (random) => reference(random, (t) => 1 + t / DAY)],
    ["an incident of ten minutes, x20", (random) => reference(random, (t) => (t >= 500 && t < 510 ? 20 : 1))],
    ["no errors", () => Array.from({ length: DAY }, () => ({ requests: RPM, errors: 0 }))],
    ["nothing but errors", () => Array.from({ length: DAY }, () => ({ requests: 5, errors: 5 }))],
    ["an hour, too short to tell", (random) => reference(random, wandering(random, 0.25, 30), 60).slice(0, 60)],
    ["nothing", () => []],
  ])("is not seen in %s", (_case, minutesOf) => {
    const seen = Array.from({ length: 10 }, (_, i) => wanderOf(minutesOf(createRandom(`calm ${i}`))));
    expect(seen.filter((one) => one !== null)).toEqual([]);
  });

  it("is found beside minutes without traffic and minutes that were not read", () => {
    const random = createRandom("gaps");
    const minutes = reference(random, wandering(random, 0.5, 10));
    const gaps = minutes.map((minute, t) => (t >= 100 && t < 200 ? { requests: 0, errors: 0 } : minute));
    const unread = minutes.map((minute, t) => (t >= 100 && t < 200 ? null : minute));
    expect(wanderOf(gaps)).toEqual(wanderOf(unread));
    expect(wanderOf(gaps)).not.toBeNull();
  });
});

describe("what wandering adds to the dispersion", () => {
  const wander: Wander = { perRequest: 0.002, variance: 0.1, minutes: 7 };
  const arm = (requests: number): ArmCounts => ({ requests, errors: 0 });

  it("is the last minute's part of the variance of a sum, summed term by term, and half again", () => {
    const variance = (minutes: number): number => {
      const all = Array.from({ length: minutes }, (_, i) => i);
      return all.reduce((sum, i) => all.reduce((row, j) => row + Math.exp(-Math.abs(i - j) / 7), sum), 0);
    };
    for (const age of [1, 2, 10, 45]) {
      const added = wanderDispersion(wander, age, arm(600), null);
      expect(added).toBeCloseTo(1.5 * 600 * 0.002 * (variance(age) - variance(age - 1)), 8);
    }
  });

  it("is that of both arms beside a baseline, each by itself", () => {
    // x_c - k x_b with k = n_c/n_b: binomial n_c p (1+k), wandering 2 n_c^2 p * perRequest.
    const k = 600 / 5_400;
    expect(wanderDispersion(wander, 1, arm(600), arm(5_400))).toBeCloseTo((1.5 * 2 * 600 * 0.002) / (1 + k), 10);
  });

  it("is nothing where the rate does not wander", () => {
    expect(wanderDispersion(null, 30, arm(600), arm(5_400))).toBe(0);
  });
});

describe("a candidate beside a baseline that wanders by itself", () => {
  const WEIGHTS = [0.1, 0.25, 0.5];
  const BAKE = 15;

  function rollout(random: Random, memory: number, excess: number, steps = WEIGHTS): Minute[] {
    const [canary, baseline] = [wandering(random, 0.5, memory), wandering(random, 0.5, memory)];
    return steps.flatMap((weight, step) =>
      Array.from({ length: BAKE }, (_, i): Minute => {
        const requests = RPM * weight;
        const others = RPM - requests;
        return {
          step,
          canary: { requests, errors: random.poisson(requests * (RATE + excess) * canary(i)) },
          baseline: { requests: others, errors: random.poisson(others * RATE * baseline(i)) },
        };
      }),
    );
  }

  function shareOf(memory: number, excess: number, verdict: "fail" | "pass", steps?: number[]): number {
    const rollouts = 150;
    const random = createRandom(`rollouts ${memory} ${excess} ${verdict}`);
    let reached = 0;
    for (let i = 0; i < rollouts; i++) {
      const monitor = createMonitor({ alpha: 0.05 }, reference(random, wandering(random, 0.5, memory)));
      const verdicts = rollout(random, memory, excess, steps).map((minute) => monitor.push(minute).verdict);
      if (verdicts.includes(verdict)) reached += 1;
    }
    return reached / rollouts;
  }

  it.each([3, 10, 30])(
    "is rolled back in at most 2 of 100 rollouts when it is good: memory of %d minutes",
    (memory) => {
      expect(shareOf(memory, 0, "fail")).toBeLessThanOrEqual(0.02);
    },
  );

  it("is rolled back when it fails ten times as often", () => {
    expect(shareOf(10, 9 * RATE, "fail")).toBeGreaterThan(0.95);
  });

  it("passes in at most 5 of 100 steps at the pass margin", () => {
    expect(shareOf(30, SEQUENTIAL_DEFAULTS.passDelta, "pass", [0.1])).toBeLessThanOrEqual(0.05);
  });

  it("is judged on by a monitor that was saved, to the bit", () => {
    const random = createRandom("saved");
    const day = reference(random, wandering(random, 0.5, 10));
    const minutes = rollout(random, 10, 0);
    const whole = createMonitor({}, day);
    const first = createMonitor({}, day);
    for (const minute of minutes) whole.push(minute);
    for (const minute of minutes.slice(0, 20)) first.push(minute);
    const second = resumeMonitor({}, JSON.parse(JSON.stringify(first.state())) as MonitorState);
    for (const minute of minutes.slice(20)) second.push(minute);
    expect(first.state().wander).not.toBeNull();
    expect(second.judgement()).toEqual(whole.judgement());
  });

  it("is judged as before by a monitor that was saved before wandering was measured", () => {
    const { wander: _, ...before } = createMonitor({ phi: 2 }, []).state();
    const [resumed, fresh] = [resumeMonitor({}, before), createMonitor({ phi: 2 }, [])];
    for (const minute of rollout(createRandom("before"), 10, 0)) {
      expect(resumed.push(minute)).toEqual(fresh.push(minute));
    }
  });
});
