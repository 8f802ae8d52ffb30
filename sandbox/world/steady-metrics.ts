import type { Metric, MetricSource, Minutes } from "../aws/cloudwatch/sources.ts";
import { constant } from "../chance/samples.ts";
import { fits, type SteadySeries } from "./scenario.ts";

/** Series that have nothing to do with aliases, as a scenario writes them: an API's errors, a queue's depth. */
export class SteadyMetrics implements MetricSource {
  readonly #series: readonly SteadySeries[];

  constructor(series: readonly SteadySeries[]) {
    this.#series = series;
  }

  minutes(metric: Metric): Minutes | undefined {
    const found = this.#series.find((one) => isOf(one, metric));
    if (found === undefined) return undefined;
    const whole = constant(found.perMinute, found.value);
    return () => ({ first: whole, whole });
  }
}

function isOf(series: SteadySeries, { account, namespace, name, dimensions }: Metric): boolean {
  const wanted = new Map(Object.entries(series.dimensions));
  const given = Object.entries(dimensions);
  return (
    series.namespace === namespace &&
    series.metric === name &&
    (series.account ?? account) === account &&
    given.length === wanted.size &&
    given.every(([key, value]) => fits(wanted.get(key) ?? "", value))
  );
}
