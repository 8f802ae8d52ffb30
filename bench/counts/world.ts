/** Orders and their value per request, minute by minute, of a shop whose candidate loses some of them. */
import { exposureMinute, tinyCounts } from "../../functions/domain/judge/exposure.ts";
import { configOf } from "../../functions/domain/judge/fold.ts";
import { judge } from "../../functions/domain/judge/statistics/sequential.ts";
import type { ArmCounts } from "../../functions/domain/judge/statistics/sequential-lanes.ts";
import { exposureSettings } from "../../functions/domain/plan/exposures.ts";
import type { ExposurePlan } from "../../functions/domain/plan.ts";
import type { Random } from "../random.ts";

/** How what is counted strays. */
export type Noise = "single orders" | "several in a request" | "rate noise" | "wandering arms" | "amounts";

export interface Cell {
  readonly noise: Noise;
  readonly requestsPerMinute: number;
  /** Orders per request of the baseline. */
  readonly rate: number;
  /** Of the candidate's, over the baseline's. */
  readonly kept: number;
}

const STEPS = [0.1, 0.25, 0.5];
const BAKE_MINUTES = 15;
const REFERENCE_MINUTES = 24 * 60;
/** Euros: the median order is 40, one in twenty is above 200 and counts as 200. */
const [MEDIAN, SIGMA, LARGEST] = [40, 1, 200];
/** Orders of one request, on average, where there are several. */
const SEVERAL = 2.5;
const RATE_NOISE = 0.3;
/** Standard deviation and memory (minutes) of a rate that wanders by itself. */
const [WANDER, MEMORY] = [0.3, 10];
const ALPHA = 0.05;

const PER: ExposurePlan = { of: "requests", direction: "decrease", largest: 1, absent: "zero" };
const SETTINGS = exposureSettings({ direction: "decrease" }, 1);
const CONFIG = { ...configOf(SETTINGS, ALPHA, null), warmupMinutes: 0 };

interface Arm {
  readonly random: Random;
  wander: number;
}

/** The minute in which the candidate failed, from 1; null: it did not. */
export function rollout(cell: Cell, random: Random): number | null {
  const [before, candidate, baseline] = ["before", "candidate", "baseline"].map((name): Arm => {
    const own = random.split(name);
    return { random: own, wander: own.normal() };
  }) as [Arm, Arm, Arm];
  const reference = Array.from({ length: REFERENCE_MINUTES }, (_, minute) =>
    tinyCounts(minuteOf(cell, before, 1, 1, minute)),
  );
  const minutes = STEPS.flatMap((share, step) =>
    Array.from({ length: BAKE_MINUTES }, (_, index) => {
      const at = REFERENCE_MINUTES + step * BAKE_MINUTES + index;
      const own = minuteOf(cell, candidate, share, cell.kept, at);
      return exposureMinute(PER, step, own, minuteOf(cell, baseline, 1 - share, 1, at));
    }),
  );
  return judge({ reference, minutes, config: CONFIG }).failedAt;
}

/** Shops sell more in the evening: both arms alike. */
const rhythm = (minute: number): number => 1 + 0.4 * Math.cos((2 * Math.PI * minute) / 1_440);

function minuteOf(cell: Cell, arm: Arm, share: number, kept: number, minute: number): ArmCounts {
  const { random } = arm;
  const requests = random.poisson(cell.requestsPerMinute * share * rhythm(minute));
  const rate = cell.rate * kept * rhythm(minute + 120) * moodOf(cell.noise, arm);
  return { requests, errors: countOf(cell.noise, random, requests * rate) };
}

function moodOf(noise: Noise, arm: Arm): number {
  if (noise === "rate noise") {
    const shape = 1 / RATE_NOISE ** 2;
    return arm.random.gamma(shape) / shape;
  }
  if (noise !== "wandering arms") return 1;
  const kept = Math.exp(-1 / MEMORY);
  arm.wander = kept * arm.wander + Math.sqrt(1 - kept ** 2) * arm.random.normal();
  return Math.max(0, 1 + WANDER * arm.wander);
}

function countOf(noise: Noise, random: Random, mean: number): number {
  if (noise === "several in a request") {
    return sum(
      random.poisson(mean / SEVERAL),
      () => 1 + Math.floor(Math.log(random.next()) / Math.log(1 - 1 / SEVERAL)),
    );
  }
  if (noise !== "amounts") return random.poisson(mean);
  return sum(random.poisson(mean), () => Math.min(LARGEST, MEDIAN * Math.exp(SIGMA * random.normal()))) / LARGEST;
}

function sum(count: number, draw: () => number): number {
  let total = 0;
  for (let index = 0; index < count; index++) total += draw();
  return total;
}
