/** A good or a bad release of a service whose policy says nothing of how it is judged, look by look. */

import type { Assessment } from "../../functions/domain/judge/assess.ts";
import { assess } from "../../functions/domain/judge/assess.ts";
import { afterLook } from "../../functions/domain/judge/ending.ts";
import { fitToTraffic } from "../../functions/domain/judge/fit.ts";
import { watchesOf } from "../../functions/domain/judge/reference.ts";
import type { References, WatchReference } from "../../functions/domain/judge/reference-line.ts";
import type { ArmSample, Readings, Sample, Span, Watch } from "../../functions/domain/judge/sampling.ts";
import { type EvidenceState, NO_EVIDENCE, withSpan } from "../../functions/domain/judge/state.ts";
import { SEQUENTIAL_DEFAULTS } from "../../functions/domain/judge/statistics/sequential-config.ts";
import { type ArmCounts, estimateDispersion } from "../../functions/domain/judge/statistics/sequential-lanes.ts";
import { estimateWander } from "../../functions/domain/judge/statistics/wander.ts";
import type { WeekOfTraffic } from "../../functions/domain/judge/week-of-traffic.ts";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import type { EnvironmentPlan, StepPlan } from "../../functions/domain/plan.ts";
import { createRandom, type Random } from "../random.ts";
import { releaseOf } from "../release.ts";

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

const RELEASE = releaseOf(TARGET, { version: "2" });

/** Of the release, what a start is refused by. */
export const RELEASED = { service: "shop", emergency: null };

/** Throws an Error when the newcomer's documents do not resolve. */
export function newcomersPlan(): EnvironmentPlan {
  const resolution = resolvePlan(POLICY, RELEASE, { now: 0 });
  const plan = resolution.ok ? resolution.plan.environments[0] : undefined;
  if (plan === undefined) throw new Error("the newcomer's policy does not resolve");
  return plan;
}

/** Of the function that is promoted: a minute counts for a candidate once none of its requests can be under way. */
const TIME_OUT_SECONDS = 30;

const DAY = 24 * 60;
const HOUR = 60;
const MINUTE_MS = 60_000;

export interface Played {
  readonly end: End;
  /** From the first shift to the end. */
  readonly minutes: number;
}

/** One promotion, drawn from its seed: last week, the plan that fits it, and the rollout. */
export function play(world: World, seed: string): Played {
  const random = createRandom(seed);
  const day = Array.from({ length: DAY }, () => minuteOf(world, 1, 0, random));
  const { plan, problems } = fitToTraffic(newcomersPlan(), weekOf(world, day, random), RELEASED);
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

/** As `capture-reference.ts` has it. */
const TELLING = 1_000;

function referenceOf(day: readonly ArmCounts[]): WatchReference {
  const hours = Array.from({ length: DAY / HOUR }, (_, hour) => day.slice(hour * HOUR, (hour + 1) * HOUR));
  const telling = [day, ...hours.filter((hour) => sum(hour, "requests") >= TELLING)];
  const dispersion = estimateDispersion(day, SEQUENTIAL_DEFAULTS);
  const wander = estimateWander(day, dispersion.phi);
  return {
    periods: day.length,
    requests: sum(day, "requests"),
    bad: sum(day, "errors"),
    worstRate: Math.max(...telling.map((minutes) => sum(minutes, "errors") / sum(minutes, "requests"))),
    value: (100 * sum(day, "errors")) / sum(day, "requests"),
    quantileMs: null,
    phi: dispersion.phi,
    requestsPerPeriod: dispersion.requestsPerMinute,
    ...(wander === null ? {} : { wander }),
  };
}

/** Each minute is drawn when it is first read, and reads the same ever after. Nothing is throttled. */
function readingsIn(world: World, random: Random): Readings {
  const drawn = new Map<number, Sample>();
  const draw = ({ weight }: Span): Sample => ({
    candidate: sampleOf(minuteOf(world, weight / 100, world.rise, random)),
    baseline: weight < 100 ? sampleOf(minuteOf(world, 1 - weight / 100, 0, random)) : null,
  });
  return {
    at: ({ metric }: Watch, span, period) => {
      const known = drawn.get(period) ?? draw(span);
      drawn.set(period, known);
      return metric.sequential === undefined ? unthrottled(known) : known;
    },
  };
}

const sampleOf = ({ requests, errors }: ArmCounts): ArmSample | null =>
  requests === 0 ? null : [requests, errors, (100 * errors) / requests];

const unthrottled = ({ candidate, baseline }: Sample): Sample => ({
  candidate: [(candidate?.[0] ?? 0) + (baseline?.[0] ?? 0), 0, 0],
  baseline: null,
});

interface Bench {
  readonly plan: EnvironmentPlan;
  readonly watches: readonly Watch[];
  readonly references: References;
  readonly readings: Readings;
}

function rollOut(world: World, plan: EnvironmentPlan, reference: WatchReference, random: Random): Played {
  const [target] = plan.targets;
  if (target === undefined) throw new Error("the newcomer's plan has a target");
  const watches = watchesOf(plan, [{ target, baseline: "1", candidate: "2", longestSeconds: TIME_OUT_SECONDS }], {});
  const errors = watches.find(({ metric }) => metric.sequential !== undefined);
  const references = { [errors?.id ?? ""]: reference };
  const bench = { plan, watches, references, readings: readingsIn(world, random) };
  let [now, state, minutes] = [0, NO_EVIDENCE, 0];
  for (const step of plan.steps) {
    const baked = bake(bench, step, now, state);
    minutes += (baked.now - now) / MINUTE_MS;
    if (baked.end !== null) return { end: baked.end, minutes };
    // The shift takes some seconds; the minute in which it falls belongs to nobody.
    [now, state] = [baked.now + MINUTE_MS / 4, baked.state];
  }
  return { end: "promoted", minutes };
}

/** `end` null: the step was passed. */
function bake({ plan, watches, references, readings }: Bench, step: StepPlan, from: number, before: EvidenceState) {
  const span: Span = { from, weight: step.weight, finished: false };
  const phase = { kind: "step", weight: step.weight } as const;
  const record = { startedAt: from, plannedSeconds: step.bakeSeconds, endsAt: null, extended: false };
  let state = withSpan(before, span);
  for (let now = from + MINUTE_MS; ; now += MINUTE_MS) {
    const input = { analysis: plan.analysis, watches, references, state, readings, troubles: [], synthetic: {}, now };
    const found: Assessment = assess(input);
    state = found.state;
    const { ending } = afterLook(found, record, phase, plan, now);
    if (ending !== null) return { now, state, end: endOf(ending.result) };
  }
}

function endOf(result: string): End | null {
  if (result === "passed") return null;
  return result === "failed" ? "rolled back" : "held";
}
