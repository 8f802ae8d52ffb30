/**
 * Step Functions' metrics of executions. An execution that is started through an alias counts under StateMachineArn,
 * under StateMachineArn and Version, and under StateMachineArn and Alias; no set has all three. How it ended is stamped
 * with the time of its end, hours after its start perhaps: a rate is one of executions that closed, and an arm whose
 * executions take hours is seen hours late.
 */
import type { QueryPlan } from "../../domain/plan.ts";
import { durationParts, type PartQueries, type Preset, type SeriesRequest } from "../kind.ts";

const time = (quantile: string): Preset => ({
  name: `sfn-duration-${quantile}`,
  measures: "latency",
  quantile,
  whole: false,
  words: `execution time ${quantile}`,
});

const ended = (name: string, words: string): Preset => ({
  name,
  measures: "errors",
  quantile: null,
  whole: false,
  words,
});

export const EXECUTION_FAILURE_RATE = ended("sfn-failure-rate", "failure rate");

const TIMEOUT_RATE = ended("sfn-timeout-rate", "timeout rate");

/** Throttled state transitions are counted for the machine alone, whatever version they belong to. */
const THROTTLES: Preset = {
  name: "sfn-throttles",
  measures: "throttles",
  quantile: null,
  whole: true,
  words: "throttled executions",
};

export const EXECUTION_PRESETS: readonly Preset[] = [
  EXECUTION_FAILURE_RATE,
  TIMEOUT_RATE,
  time("p50"),
  time("p95"),
  time("p99"),
  { ...time("p95"), name: "sfn-duration", distribution: true, words: "execution time" },
  THROTTLES,
];

/** Every way in which an execution closes: a count has a datapoint only where one closed so. */
const BROKEN = ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"];
const CLOSED = ["ExecutionsSucceeded", ...BROKEN];

interface Alias {
  readonly stateMachineArn: string;
  readonly alias: string;
}

/** The series of one version's executions; without a version, of the alias as a whole. */
export function executionSeries(
  { stateMachineArn: StateMachineArn, alias }: Alias,
  request: SeriesRequest,
): PartQueries {
  const { preset, version } = request;
  const machine = { StateMachineArn };
  const dimensions = version === null ? { ...machine, Alias: alias } : { ...machine, Version: version };
  const query = (metricName: string, statistic: string, of: QueryPlan["dimensions"] = dimensions): QueryPlan => ({
    namespace: "AWS/States",
    metricName,
    dimensions: of,
    statistic,
  });
  const sums = (names: readonly string[]): QueryPlan[] => names.map((name) => query(name, "Sum"));
  switch (preset.measures) {
    case "errors":
      return { samples: sums(CLOSED), bad: sums(preset.name === TIMEOUT_RATE.name ? ["ExecutionsTimedOut"] : BROKEN) };
    case "throttles":
      return {
        samples: [query("ExecutionsStarted", "Sum", machine)],
        bad: [query("ExecutionThrottled", "Sum", machine)],
      };
    case "latency":
      return durationParts((statistic) => query("ExecutionTime", statistic), request);
    // None of its presets: an execution has no memory of its own, and nobody drops one.
    case "memory":
    case "losses":
      return {};
  }
}
