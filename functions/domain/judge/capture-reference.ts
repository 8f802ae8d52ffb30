/** Reads the day before the release, once, and keeps it. */
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { loadTargets } from "../ledger/load.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { EnvironmentPlan } from "../plan.ts";
import { type Clock, Conflict, type Ledger, type Metrics, type Place } from "../ports.ts";
import type { PlanAdvice } from "./advice.ts";
import { durationsOf, quantileWatches, referenceBounds } from "./duration-bounds.ts";
import { tinyCounts } from "./exposure.ts";
import { loadAdvice } from "./load-advice.ts";
import { LONGEST_REFERENCE_SECONDS, referencesOf, watchesOf } from "./reference.ts";
import type { References, WatchReference } from "./reference-line.ts";
import {
  type ArmSample,
  type Arms,
  armsOf,
  planReads,
  quantileOf,
  readableUntil,
  readingsOf,
  type Span,
  type Watch,
} from "./sampling.ts";
import { SEQUENTIAL_DEFAULTS } from "./statistics/sequential-config.ts";
import { type ArmCounts, estimateDispersion } from "./statistics/sequential-lanes.ts";
import { estimateWander } from "./statistics/wander.ts";

interface Reading {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly metrics: (place: Place) => Metrics;
}

/**
 * Reads the reference of an environment and stores it, once: whoever comes second gets what is stored. Call it before the
 * first shift, while the alias still counts the baseline alone; after it the reference would be of both arms.
 */
export async function captureReference(deps: Reading, plan: EnvironmentPlan, promotionId: string): Promise<References> {
  const key = keys.reference(promotionId, plan.environment);
  const known = await loadReferences(deps.ledger, promotionId, plan.environment);
  if (known !== null) return known;
  const records = await loadTargets(deps.ledger, promotionId, plan.environment);
  const arms = plan.targets.flatMap((target) => {
    const record = records.find((one) => one.target === target.name);
    return record === undefined ? [] : [armsOf(target, record)];
  });
  const read = await readReferences(deps.metrics(placeOf(plan)), plan, arms, deps.clock.now());
  const references = withTried(read, await loadAdvice(deps.ledger, promotionId, plan.environment));
  try {
    await deps.ledger.write([{ put: item(key, { at: deps.clock.now(), references }), if: "absent" }]);
    return references;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return (await loadReferences(deps.ledger, promotionId, plan.environment)) ?? references;
  }
}

/** Beside each verdict on a rule stands what came of trying it before the start. */
function withTried(references: References, advice: PlanAdvice | null): References {
  const tried = new Map(Object.entries(advice?.rules?.tried ?? {}));
  const entries = Object.entries(references).map(([id, line]) => {
    const rules = tried.get(id);
    return [id, rules === undefined ? line : { ...line, rules }] as const;
  });
  return Object.fromEntries(entries);
}

/** Null before it was captured. */
export async function loadReferences(
  ledger: Ledger,
  promotionId: string,
  environment: string,
): Promise<References | null> {
  return referencesOf(await ledger.read(keys.reference(promotionId, environment)));
}

/** The alias as a whole is the baseline while nothing has been shifted. */
const BEFORE_WEIGHTS: Span = { from: 0, weight: 100, finished: true };

async function readReferences(
  metrics: Metrics,
  plan: EnvironmentPlan,
  arms: readonly Arms[],
  now: number,
): Promise<References> {
  const known = arms.map((one) => ({ ...one, candidate: one.baseline }));
  const quantiles = await readQuantiles(metrics, plan, known, now);
  const watches = watchesOf(plan, known, {}).map((watch) => {
    return { ...watch, bounds: referenceBounds(watch, quantiles) };
  });
  const samples = await readSamples(metrics, plan, watches, now);
  const entries = watches.flatMap((watch): [string, WatchReference][] => {
    const line = lineOf(watch, samples.get(watch.id) ?? [], quantiles);
    return line === null ? [] : [[watch.id, line]];
  });
  return Object.fromEntries(entries);
}

const HOUR_SECONDS = 3_600;

const SHORT_SECONDS = 300;

/** Quantiles over long periods: a minute's p95 of thin traffic is hardly more than its slowest request. */
async function readQuantiles(
  metrics: Metrics,
  plan: EnvironmentPlan,
  arms: readonly Arms[],
  now: number,
): Promise<Record<string, number>> {
  const length = referenceSeconds(plan);
  const periodSeconds = length >= 3 * HOUR_SECONDS ? HOUR_SECONDS : SHORT_SECONDS;
  const watches = watchesOf(plan, arms, {})
    .filter(({ metric }) => quantileOf(metric) !== null)
    .flatMap(quantileWatches)
    .map((watch) => ({ ...watch, metric: { ...watch.metric, periodSeconds } }));
  const samples = await readSamples(metrics, plan, watches, now);
  const entries = watches.flatMap(({ id }): [string, number][] => {
    const value = meanValue(samples.get(id) ?? []);
    return value === null ? [] : [[id, value]];
  });
  return Object.fromEntries(entries);
}

const referenceSeconds = (plan: EnvironmentPlan): number =>
  Math.min(plan.analysis.referenceSeconds, LONGEST_REFERENCE_SECONDS);

/** Periods of each metric with data, oldest first, in one read. */
async function readSamples(
  metrics: Metrics,
  plan: EnvironmentPlan,
  watches: readonly Watch[],
  now: number,
): Promise<Map<string, ArmSample[]>> {
  const reads = planReads(watches, new Set(["whole"]));
  if (reads.queries.length === 0) return new Map();
  const period = Math.max(...watches.map(({ metric }) => metric.periodSeconds)) * 1000;
  const to = Math.max(...watches.map(({ metric }) => readableUntil(metric, now)));
  const from = Math.floor((to - referenceSeconds(plan) * 1000) / period) * period;
  const readings = readingsOf(reads, await metrics.read(reads.queries, from, to));
  return new Map(
    watches.map((watch) => [
      watch.id,
      periodsOf(watch, from, to).flatMap((at) => {
        const sample = readings.at(watch, BEFORE_WEIGHTS, at)?.candidate ?? null;
        return sample === null ? [] : [sample];
      }),
    ]),
  );
}

function periodsOf({ metric }: Watch, from: number, to: number): number[] {
  const period = metric.periodSeconds * 1000;
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / period)) }, (_, index) => from + index * period);
}

/** Hours with fewer requests than this say too little about the rate that the old version got away with. */
const TELLING_REQUESTS = 1_000;

function lineOf(
  watch: Watch,
  samples: readonly ArmSample[],
  quantiles: Readonly<Record<string, number>>,
): WatchReference | null {
  const value = meanValue(samples);
  if (value === null) return null;
  const counts = samples.map(([requests, bad]): ArmCounts => ({ requests, errors: bad ?? 0 }));
  const total = sumOf(counts);
  const judged = watch.metric.per === undefined ? counts : counts.map(tinyCounts);
  const dispersion = estimateDispersion(judged, SEQUENTIAL_DEFAULTS);
  const wander = estimateWander(judged, dispersion.phi);
  const periodsPerHour = Math.max(1, HOUR_SECONDS / watch.metric.periodSeconds);
  const durations = durationsOf(watch, samples, periodsPerHour, quantiles);
  return {
    periods: samples.length,
    requests: total.requests,
    bad: total.errors,
    worstRate: worstRate(counts, periodsPerHour),
    value,
    quantileMs: quantiles[watch.id] ?? null,
    phi: dispersion.phi,
    requestsPerPeriod: dispersion.requestsPerMinute,
    ...(wander === null ? {} : { wander }),
    ...(durations === undefined ? {} : { durations }),
  };
}

function meanValue(samples: readonly ArmSample[]): number | null {
  const requests = samples.reduce((sum, [count]) => sum + count, 0);
  if (requests === 0) return null;
  return samples.reduce((sum, [count, , value]) => sum + count * value, 0) / requests;
}

function sumOf(counts: readonly ArmCounts[]): ArmCounts {
  return counts.reduce((sum, one) => ({ requests: sum.requests + one.requests, errors: sum.errors + one.errors }), {
    requests: 0,
    errors: 0,
  });
}

/** The day's highest hourly rate that rests on enough requests, but at least the rate of the whole. */
function worstRate(counts: readonly ArmCounts[], periodsPerHour: number): number {
  const whole = sumOf(counts);
  let worst = whole.requests === 0 ? 0 : whole.errors / whole.requests;
  for (let start = 0; start < counts.length; start += periodsPerHour) {
    const hour = sumOf(counts.slice(start, start + periodsPerHour));
    if (hour.requests >= TELLING_REQUESTS) worst = Math.max(worst, hour.errors / hour.requests);
  }
  return worst;
}
