import { listed, merged, type Samples } from "../../chance/samples.ts";

/** A metric: one time series of a namespace, by its exact dimensions. */
export interface Metric {
  readonly account: string;
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What was measured in one minute, and what of it its first figures show. */
export interface MinuteData {
  readonly first: Samples;
  readonly whole: Samples;
  /** What is measured when it ends, with the time at which it began: not in `whole`. */
  readonly late?: readonly LateData[];
}

/** Values spread over their minute, each of which is there only so long (ms) after its own time. */
export interface LateData {
  readonly afterMs: number;
  /** The earliest of them, as many as this share (0 to 1). */
  earliest(share: number): Samples;
}

/** The minute that begins at `minute` (epoch ms) and is over; undefined: no datapoint. */
export type Minutes = (minute: number) => MinuteData | undefined;

/** Something that emits metrics, minute by minute. */
export interface MetricSource {
  /** The minutes of a metric; undefined: it is none of its metrics. Holds for one read: what is deployed may change. */
  minutes(metric: Metric): Minutes | undefined;
}

const NOTHING = listed([]);

const seriesKey = ({ account, region, namespace, name, dimensions }: Metric): string => {
  const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([account, region, namespace, name, sorted]);
};

/** A text that is equal for equal metrics, whatever the order of their dimensions. */
export const metricKey = seriesKey;

/** Values put by PutMetricData. */
export class CustomMetrics implements MetricSource {
  readonly #series = new Map<string, Map<number, Samples>>();

  /** Adds values to the minute in which `at` (epoch ms) lies. */
  put(metric: Metric, at: number, values: Samples): void {
    const key = seriesKey(metric);
    const minutes = this.#series.get(key) ?? new Map<number, Samples>();
    this.#series.set(key, minutes);
    const minute = at - (at % 60_000);
    minutes.set(minute, merged([minutes.get(minute) ?? NOTHING, values]));
  }

  minutes(metric: Metric): Minutes | undefined {
    const known = this.#series.size === 0 ? undefined : this.#series.get(seriesKey(metric));
    if (known === undefined) return undefined;
    return (minute) => {
      const whole = known.get(minute);
      return whole === undefined ? undefined : { first: whole, whole };
    };
  }
}
