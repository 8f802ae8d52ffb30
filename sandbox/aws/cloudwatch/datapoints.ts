import { merged, type Samples } from "../../chance/samples.ts";
import type { SimulatedAws } from "../router.ts";
import type { Points } from "./math.ts";
import { type Metric, type MetricSource, type MinuteData, type Minutes, metricKey } from "./sources.ts";
import type { Statistic } from "./statistics.ts";
import type { CloudWatchWeather } from "./weather.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A series to be read: times in epoch ms, the period in ms; `to` is exclusive. */
export interface SeriesRequest {
  readonly metric: Metric;
  readonly statistic: { readonly name: string; readonly of: Statistic };
  readonly periodMs: number;
  readonly from: number;
  readonly to: number;
}

/** The start of a request rounded down by its age: to a minute, 5 minutes after 15 days, an hour after 63. */
export const roundedStart = (from: number, now: number): number => {
  const age = now - from;
  const step = age > 63 * DAY_MS ? HOUR_MS : age > 15 * DAY_MS ? 5 * MINUTE_MS : MINUTE_MS;
  return from - (from % step);
};

/** The finest period that still has data, by the age of the request's start; a finer one yields nothing. */
const finestPeriod = (age: number): number => {
  if (age > 63 * DAY_MS) return HOUR_MS;
  if (age > 15 * DAY_MS) return 5 * MINUTE_MS;
  return MINUTE_MS;
};

/** The periods of a request, from its rounded start on. */
export const gridOf = (
  { from, to, periodMs }: Pick<SeriesRequest, "from" | "to" | "periodMs">,
  now: number,
): number[] => {
  const grid: number[] = [];
  for (let at = roundedStart(from, now); at < to; at += periodMs) grid.push(at);
  return grid;
};

/** Finished datapoints kept of a series; what has been dropped is worked out again, to the same figures. */
const KEPT = 20_000;

/** By the time at which they begin; null: there is no datapoint. */
type Finished = Map<number, number | null>;

/** A series while it is read: its finished datapoints, and who has its minutes, the first who has one. */
interface Series {
  readonly request: SeriesRequest;
  readonly finished: Finished;
  readonly minutes: readonly Minutes[];
}

interface Visible {
  readonly sets: readonly Samples[];
  readonly latest: number;
}

const firstOf = (sources: readonly Minutes[], minute: number): MinuteData | undefined => {
  for (const minutes of sources) {
    const data = minutes(minute);
    if (data !== undefined) return data;
  }
  return undefined;
};

/** Reads metrics as they can be seen now: minutes appear after a lag, some of them incomplete at first. */
export class Datapoints {
  readonly sources: MetricSource[] = [];
  readonly #aws: SimulatedAws;
  readonly #weather: CloudWatchWeather;
  /** By series and period. */
  readonly #finished = new Map<string, Finished>();

  constructor(aws: SimulatedAws, weather: CloudWatchWeather) {
    this.#aws = aws;
    this.#weather = weather;
  }

  read(request: SeriesRequest): Points {
    const now = this.#aws.clock.now();
    const points = new Map<number, number>();
    const age = now - request.from;
    if (request.periodMs % finestPeriod(age) !== 0) return points;
    const series: Series = {
      request,
      finished: this.#finishedOf(request),
      minutes: this.sources.flatMap((source) => source.minutes(request.metric) ?? []),
    };
    for (const at of gridOf(request, now)) {
      const value = this.#datapoint(series, at, now);
      if (value !== undefined) points.set(at, value);
    }
    return points;
  }

  /** Forgets finished datapoints: values have been put into a minute that was over. */
  forget(): void {
    this.#finished.clear();
  }

  #finishedOf({ metric, statistic, periodMs }: SeriesRequest): Finished {
    const key = `${metricKey(metric)} ${statistic.name} ${periodMs}`;
    const finished = this.#finished.get(key) ?? new Map();
    this.#finished.set(key, finished);
    return finished;
  }

  #datapoint(series: Series, at: number, now: number): number | undefined {
    const { request, finished } = series;
    const end = Math.min(at + request.periodMs, request.to);
    const isWhole = end === at + request.periodMs;
    const known = isWhole ? finished.get(at) : undefined;
    if (known !== undefined) return known ?? undefined;
    const { sets, latest } = this.#visible(series, at, end, now);
    const samples = merged(sets);
    const value = samples.count === 0 ? undefined : request.statistic.of(samples);
    if (isWhole && now >= end + this.#latestRevision + latest) keep(finished, at, value ?? null);
    return value;
  }

  /** What can be seen of a stretch, and how much later (ms) than usual the last of it comes. */
  #visible({ request, minutes }: Series, from: number, to: number, now: number): Visible {
    const sets: Samples[] = [];
    let latest = 0;
    for (let minute = from; minute < to; minute += MINUTE_MS) {
      const { seenAt, revisedAt } = this.#visibility(request.metric, minute, now);
      const data = now < seenAt ? undefined : firstOf(minutes, minute);
      if (data === undefined) continue;
      sets.push(now < revisedAt ? data.first : data.whole);
      for (const { afterMs, earliest } of data.late ?? []) {
        latest = Math.max(latest, afterMs);
        sets.push(earliest(Math.min(1, Math.max(0, (now - minute - this.#weather.lag - afterMs) / MINUTE_MS))));
      }
    }
    return { sets, latest };
  }

  get #latestRevision(): number {
    return this.#weather.lag * 1.5 + this.#weather.revisedAfter;
  }

  /** When a minute's figures appear and are final (epoch ms): the same for all metrics of one resource. */
  #visibility(metric: Metric, minute: number, now: number): { readonly seenAt: number; readonly revisedAt: number } {
    const { lag, partial, revisedAfter } = this.#weather;
    const latest = minute + MINUTE_MS + this.#latestRevision;
    if (now >= latest) return { seenAt: latest, revisedAt: latest };
    const resource = Object.values(metric.dimensions)[0] ?? "";
    const random = this.#aws.random("visibility", metric.account, metric.namespace, resource, minute);
    const seenAt = minute + MINUTE_MS + lag * (1 + 0.5 * random.uniform());
    return { seenAt, revisedAt: random.chance(partial) ? seenAt + revisedAfter : seenAt };
  }
}

const keep = (finished: Finished, at: number, value: number | null): void => {
  finished.set(at, value);
  const oldest = finished.keys().next();
  if (finished.size > KEPT && oldest.done !== true) finished.delete(oldest.value);
};
