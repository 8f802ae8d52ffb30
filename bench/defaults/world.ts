/** A good or bad release of a service whose policy says nothing of how it is judged, minute by minute. */

import { fitToTraffic } from "../../functions/domain/judge/fit.ts";
import { configOf } from "../../functions/domain/judge/fold.ts";
import type { WatchReference } from "../../functions/domain/judge/reference-line.ts";
import { createMonitor, resumeMonitor } from "../../functions/domain/judge/statistics/sequential.ts";
import { SEQUENTIAL_DEFAULTS } from "../../functions/domain/judge/statistics/sequential-config.ts";
import { type ArmCounts, estimateDispersion } from "../../functions/domain/judge/statistics/sequential-lanes.ts";
import type { WeekOfTraffic } from "../../functions/domain/judge/week-of-traffic.ts";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import type { EnvironmentPlan } from "../../functions/domain/plan.ts";
import { createRandom, type Random } from "../random.ts";

export interface World {
  readonly requestsPerMinute: number;
  /** Fractions of requests. */
  readonly errorRate: number;
  /** How much more often the candidate fails. */
  readonly rise: number;
  /** Errors come in bursts of so many on average, geometric; 1: independent. */
  readonly burst: number;
}

export type End = "promoted" | "refused" | "held" | "rolled back";

const TARGET = "order";

/** A newcomer's policy: where, what, and whom to page. */
const POLICY = {
  apiVersion: "headgate/v1",
  order: ["prod"],
  environments: { prod: { account: "111122223333", region: "eu-west-1", pageTo: ["oncall@example.com"] } },
  services: {
    shop: { targets: [{ name: TARGET, kind: "lambda-alias", functionName: "shop-order", alias: "live" }] },
  },
};

const RELEASE = {
  apiVersion: "headgate/v1",
  service: "shop",
  version: "v2",
  commit: "0a1b2c3",
  requestedBy: "dev@example.com",
  risk: "low",
  summary: "what the bench shifts",
  artifacts: { [TARGET]: { version: "2" } },
  environments: ["prod"],
};

/** Throws an Error when the newcomer's documents do not resolve. */
export function newcomersPlan(): EnvironmentPlan {
  const resolution = resolvePlan(POLICY, RELEASE, { now: 0 });
  const plan = resolution.ok ? resolution.plan.environments[0] : undefined;
  if (plan === undefined) throw new Error("the newcomer's policy does not resolve");
  return plan;
}

/** As the plan says it. */
export const RELEASED = { service: "shop", emergency: null };

const DAY = 24 * 60;
const HOUR = 60;

export interface Played {
  readonly end: End;
  readonly minutes: number;
}

/** One promotion, drawn from its seed: last week, the plan that fits it, and the rollout. */
export function play(world: World, seed: string): Played {
  const random = createRandom(seed);
  const day = Array.from({ length: DAY }, () => minuteOf(world, 1, 0, random));
  const week = weekOf(world, day, random);
  const { plan, problems } = fitToTraffic(newcomersPlan(), week, RELEASED);
  if (problems.length > 0) return { end: "refused", minutes: 0 };
  return rollOut(world, plan, referenceOf(day), random);
}

function minuteOf(world: World, share: number, rise: number, random: Random): ArmCounts {
  const requests = world.requestsPerMinute * share;
  const rate = world.errorRate + rise;
  const errors = bursts(requests * rate, world.burst, random);
  return { requests: errors + random.poisson(requests * (1 - rate)), errors };
}

/** One error each, and a negative binomial number beyond. */
function bursts(expected: number, mean: number, random: Random): number {
  if (mean === 1) return random.poisson(expected);
  const count = random.poisson(expected / mean);
  return count === 0 ? 0 : count + random.poisson(random.gamma(count) * (mean - 1));
}

function weekOf(world: World, day: readonly ArmCounts[], random: Random): WeekOfTraffic {
  const errors = sum(day, "errors") + bursts(6 * DAY * world.requestsPerMinute * world.errorRate, world.burst, random);
  const requests = sum(day, "requests") + random.poisson(6 * DAY * world.requestsPerMinute);
  const { phi } = estimateDispersion(day, SEQUENTIAL_DEFAULTS);
  return { [TARGET]: { requestsPerMinute: requests / (7 * DAY), errorRate: errors / requests, phi } };
}

const sum = (minutes: readonly ArmCounts[], what: "requests" | "errors"): number =>
  minutes.reduce((total, minute) => total + minute[what], 0);

const TELLING = 1_000;

function referenceOf(day: readonly ArmCounts[]): WatchReference {
  const hours = Array.from({ length: DAY / HOUR }, (_, hour) => day.slice(hour * HOUR, (hour + 1) * HOUR));
  const telling = [day, ...hours.filter((hour) => sum(hour, "requests") >= TELLING)];
  const dispersion = estimateDispersion(day, SEQUENTIAL_DEFAULTS);
  return {
    periods: day.length,
    requests: sum(day, "requests"),
    bad: sum(day, "errors"),
    worstRate: Math.max(...telling.map((minutes) => sum(minutes, "errors") / sum(minutes, "requests"))),
    value: (100 * sum(day, "errors")) / sum(day, "requests"),
    quantileMs: null,
    phi: dispersion.phi,
    requestsPerPeriod: dispersion.requestsPerMinute,
  };
}

/** Minutes at the end of a bake that have not settled, or were read once. */
const UNCOUNTED = 3;

function rollOut(
  world: World,
  { analysis, steps }: EnvironmentPlan,
  reference: WatchReference,
  random: Random,
): Played {
  const sequential = analysis.metrics.find((metric) => metric.sequential !== undefined)?.sequential;
  if (sequential === undefined) throw new Error("the default policy judges nothing");
  const config = configOf(sequential, analysis.alpha * sequential.weight, reference);
  const fresh = createMonitor(config, []).state();
  const monitor = resumeMonitor(config, { ...fresh, phi: reference.phi });
  let minutes = 0;
  for (const [step, { weight, bakeSeconds }] of steps.entries()) {
    const share = weight / 100;
    const longest = (bakeSeconds + analysis.extendSeconds) / 60;
    let passed = false;
    for (let minute = 1; minute <= longest && !passed; minute++) {
      if (minute > UNCOUNTED) {
        const baseline = weight < 100 ? minuteOf(world, 1 - share, 0, random) : null;
        monitor.push({ step, canary: minuteOf(world, share, world.rise, random), baseline });
      }
      const { verdict } = monitor.judgement();
      minutes += 1;
      if (verdict === "fail") return { end: "rolled back", minutes };
      passed = verdict === "pass" && minute > UNCOUNTED && minute >= bakeSeconds / 60;
    }
    if (!passed) return { end: "held", minutes };
  }
  return { end: "promoted", minutes };
}
