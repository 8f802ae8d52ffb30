/** Where the bounds of a distribution of durations come from: the old version's quantiles, and its requests between them. */
import { kindOf } from "../../targets/kinds.ts";
import type { QueryPlan } from "../plan.ts";
import { type ArmSample, type Bounds, isDistribution, presetIn, quantileOf, type Watch } from "./sampling.ts";
import type { Durations } from "./statistics/duration-lanes.ts";
import {
  BOUND_QUANTILES,
  type DurationReference,
  durationBounds,
  measureDurations,
  SHAPE_QUANTILES,
} from "./statistics/duration-reference.ts";

/** A watch, and what else is read to place its bounds: each further quantile, as a query of its own. */
export function quantileWatches(watch: Watch): Watch[] {
  const preset = presetIn(watch.metric);
  if (preset?.distribution !== true || watch.arms === null) return [watch];
  const { target } = watch.arms;
  const { value, samples } = kindOf(target.kind).series(target, { preset, version: null, thresholdMs: null });
  if (value?.[0] === undefined || samples?.[0] === undefined) return [watch];
  return [watch, ...otherQuantiles(watch, value[0], samples[0])];
}

function otherQuantiles(watch: Watch, value: QueryPlan, samples: QueryPlan): Watch[] {
  return SHAPE_QUANTILES.map(statisticOf)
    .filter((quantile) => quantile !== value.statistic)
    .map((quantile) => {
      const source = { query: { ...value, statistic: quantile }, samples };
      return { ...watch, id: quantileId(watch, quantile), metric: { ...watch.metric, source } };
    });
}

/** As CloudWatch spells a quantile: p99.5. */
const statisticOf = (quantile: number): string => `p${Number((100 * quantile).toFixed(1))}`;

const quantileId = ({ id }: Pick<Watch, "id">, quantile: string): string => `${id} ${quantile}`;

/** What the reference is counted by: before the release the old version is the one arm there is. `quantiles`: ms by watch. */
export function referenceBounds(watch: Watch, quantiles: Readonly<Record<string, number>>): Bounds {
  const own = quantiles[watch.id];
  if (watch.metric.sequential === undefined || own === undefined) return { candidate: null, baseline: null };
  const found = BOUND_QUANTILES.flatMap((quantile) => quantiles[quantileId(watch, quantile)] ?? own);
  const bounds = isDistribution(watch.metric) ? durationBounds(found) : null;
  const whole = { candidate: own, baseline: null };
  return bounds === null ? whole : { ...whole, each: { candidate: bounds, baseline: bounds } };
}

/** Ms at `SHAPE_QUANTILES`; undefined unless all of them were read. */
function shapeOf(watch: Watch, quantiles: Readonly<Record<string, number>>): readonly number[] | undefined {
  const own = quantileOf(watch.metric);
  const found = SHAPE_QUANTILES.map(statisticOf).flatMap((quantile) => {
    return quantiles[quantile === own ? watch.id : quantileId(watch, quantile)] ?? [];
  });
  return found.length === SHAPE_QUANTILES.length ? found : undefined;
}

/** The reference of a distribution, from periods counted by these bounds; undefined where there is none. */
export function durationsOf(
  watch: Watch,
  samples: readonly ArmSample[],
  periodsPerHour: number,
  quantiles: Readonly<Record<string, number>>,
): DurationReference | undefined {
  const { each } = watch.bounds;
  if (each === undefined) return undefined;
  const counted = samples.flatMap((sample) => durationsIn(sample) ?? []);
  const measured = measureDurations(each.baseline, counted, periodsPerHour);
  const shapeMs = shapeOf(watch, quantiles);
  return measured === null ? undefined : { ...measured, ...(shapeMs && { shapeMs }) };
}

/** Null: not counted by bounds. */
export function durationsIn([requests, , , ...slower]: ArmSample): Durations | null {
  return slower.length === 0 ? null : { requests, slower };
}
