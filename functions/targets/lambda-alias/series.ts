/**
 * Lambda's metrics of an alias. While it is weighted, AWS/Lambda counts each arm under FunctionName, Resource =
 * function:alias and ExecutedVersion. Once the alias points to one version alone those dimensions vanish: what Resource =
 * function:alias counts is then the baseline before the first shift, and the candidate after the finish.
 */
import type { QueryPlan } from "../../domain/plan.ts";
import { durationParts, type PartQueries, type Preset, type SeriesRequest } from "../kind.ts";

const duration = (quantile: string): Preset => ({
  name: `lambda-duration-${quantile}`,
  measures: "latency",
  quantile,
  whole: false,
  words: quantile,
});

export const LAMBDA_ERROR_RATE: Preset = {
  name: "lambda-error-rate",
  measures: "errors",
  quantile: null,
  whole: false,
  words: "error rate",
};

/** Throttled requests run no version, so no arm can be told apart: the alias is looked at as a whole. */
export const LAMBDA_THROTTLES: Preset = {
  name: "lambda-throttles",
  measures: "throttles",
  quantile: null,
  whole: true,
  words: "throttles",
};

export const LAMBDA_PRESETS: readonly Preset[] = [
  LAMBDA_ERROR_RATE,
  duration("p50"),
  duration("p95"),
  duration("p99"),
  { ...duration("p95"), name: "lambda-duration", distribution: true, words: "duration" },
  LAMBDA_THROTTLES,
];

interface Alias {
  readonly functionName: string;
  readonly alias: string;
}

/** The series of one arm of an alias; without a version, of the alias as a whole. */
export function lambdaSeries({ functionName, alias }: Alias, request: SeriesRequest): PartQueries {
  const { preset, version } = request;
  const whole = { FunctionName: functionName, Resource: `${functionName}:${alias}` };
  const dimensions = version === null ? whole : { ...whole, ExecutedVersion: version };
  const query = (metricName: string, statistic: string): QueryPlan => {
    return { namespace: "AWS/Lambda", metricName, dimensions, statistic };
  };
  switch (preset.measures) {
    case "errors":
      return { samples: [query("Invocations", "Sum")], bad: [query("Errors", "Sum")] };
    case "throttles":
      return { samples: [query("Invocations", "Sum")], bad: [query("Throttles", "Sum")] };
    case "latency":
      return durationParts((statistic) => query("Duration", statistic), request);
  }
}
