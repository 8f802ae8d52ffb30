/**
 * Lambda's metrics of an alias. While it is weighted, AWS/Lambda counts each arm under FunctionName, Resource =
 * function:alias and ExecutedVersion. Once the alias points to one version alone those dimensions vanish: what Resource =
 * function:alias counts is then the baseline before the first shift, and the candidate after the finish.
 */
import type { QueryPlan } from "../../domain/plan.ts";
import { durationParts, type PartQueries, type Preset, type SeriesRequest, withinStatistic } from "../kind.ts";

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

/** Share of the configured memory, in percent, above which an invocation is near to being killed. */
const NEAR_LIMIT = 90;

/**
 * Invocations that used more than 90 % of their memory. Only Lambda Insights has it, one value for each invocation, by function
 * and version [CloudWatch user guide, Lambda Insights]: a function without its extension has no such metric.
 */
const MEMORY_NEAR_LIMIT: Preset = {
  name: "lambda-memory-near-limit",
  measures: "memory",
  quantile: null,
  whole: false,
  words: "invocations near their memory limit",
};

/**
 * Asynchronous events that are gone: dropped after their retries or their age, or refused by the dead-letter queue or the
 * destination that was to keep them [Lambda developer guide, asynchronous invocation metrics]. They tell no version apart.
 */
const LOST_EVENTS: Preset = {
  name: "lambda-lost-events",
  measures: "losses",
  quantile: null,
  whole: true,
  words: "lost events",
};

const LOSSES = ["AsyncEventsDropped", "DeadLetterErrors", "DestinationDeliveryFailures"];

export const LAMBDA_PRESETS: readonly Preset[] = [
  LAMBDA_ERROR_RATE,
  duration("p50"),
  duration("p95"),
  duration("p99"),
  { ...duration("p95"), name: "lambda-duration", distribution: true, words: "duration" },
  LAMBDA_THROTTLES,
  MEMORY_NEAR_LIMIT,
  LOST_EVENTS,
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
    case "memory":
      return memoryParts(functionName, version);
    case "losses":
      return lossParts(functionName);
    case "latency":
      return durationParts((statistic) => query("Duration", statistic), request);
  }
}

function memoryParts(functionName: string, version: string | null): PartQueries {
  const dimensions = { function_name: functionName, ...(version === null ? {} : { version }) };
  const read = (statistic: string): QueryPlan[] => [
    { namespace: "LambdaInsights", metricName: "memory_utilization", dimensions, statistic },
  ];
  return { samples: read("SampleCount"), within: read(withinStatistic(NEAR_LIMIT)) };
}

function lossParts(FunctionName: string): PartQueries {
  const sum = (metricName: string): QueryPlan => {
    return { namespace: "AWS/Lambda", metricName, dimensions: { FunctionName }, statistic: "Sum" };
  };
  return { samples: [sum("Invocations")], bad: LOSSES.map(sum) };
}
