import { constant, listed, merged, type Samples } from "../../chance/samples.ts";
import type { WorkloadMachine } from "../step-functions/machine.ts";
import type { Ending, RunFigures, Tally } from "../step-functions/runs.ts";
import type { SimulatedStepFunctions } from "../step-functions/step-functions.ts";
import { closedOf } from "../step-functions/tallies.ts";
import type { Metric, MetricSource, Minutes } from "./sources.ts";

const ENDINGS: Readonly<Record<string, Ending>> = {
  ExecutionsSucceeded: "SUCCEEDED",
  ExecutionsFailed: "FAILED",
  ExecutionsTimedOut: "TIMED_OUT",
  ExecutionsAborted: "ABORTED",
};

/**
 * A start is a 1; when an execution closes a 0 follows, so that Sum counts starts and SampleCount counts double. The
 * other counts have a 1 for each execution that ended so and nothing else: a minute without one has no datapoint.
 */
const samplesOf = (name: string, figures: RunFigures): Samples => {
  if (name === "ExecutionsStarted") return merged([constant(figures.started, 1), constant(closedOf(figures), 0)]);
  if (name === "ExecutionTime") return listed(figures.times);
  const ending = ENDINGS[name];
  return constant(ending === undefined ? 0 : figures.endings[ending], 1);
};

const NAMES: ReadonlySet<string> = new Set(["ExecutionsStarted", "ExecutionTime", ...Object.keys(ENDINGS)]);

type Counts = (tally: Tally) => boolean;

/**
 * The metrics of `AWS/States` as the world's executions make them. An execution that was started through an alias counts
 * under StateMachineArn, StateMachineArn + Version and StateMachineArn + Alias; one started on a version under the first
 * two, any other under the first alone; there is no set of all three. ExecutionThrottled has the first only. A start is
 * stamped with its own time; what closes, with the time of the close, hours later perhaps [Step Functions developer
 * guide, execution metrics; executions of versions and aliases]. Version's value is taken to be the number and Alias's
 * the name, as in their ARNs; the guide names the dimensions and shows no value.
 */
export class StatesMetrics implements MetricSource {
  readonly #service: SimulatedStepFunctions;

  constructor(service: SimulatedStepFunctions) {
    this.#service = service;
  }

  minutes(metric: Metric): Minutes | undefined {
    const { StateMachineArn, ...qualifiers } = metric.dimensions as Readonly<Partial<Record<string, string>>>;
    if (metric.namespace !== "AWS/States" || StateMachineArn === undefined) return undefined;
    const machine = this.#service
      .machines()
      .find(
        ({ arn, account, region }) => arn === StateMachineArn && account === metric.account && region === metric.region,
      );
    const counts = countsOf(qualifiers);
    if (machine === undefined || counts === undefined) return undefined;
    if (metric.name === "ExecutionThrottled") return counts === ALL ? this.#throttled(machine) : undefined;
    return NAMES.has(metric.name) ? this.#executions(machine, metric.name, counts) : undefined;
  }

  #executions(machine: WorkloadMachine, name: string, counts: Counts): Minutes {
    const { executions } = this.#service;
    return (minute) => {
      const tallies = executions.talliesIn(machine, minute).filter(counts);
      const whole = merged(tallies.map((tally) => samplesOf(name, tally.whole)));
      if (whole.count === 0) return undefined;
      return {
        whole,
        get first() {
          return merged(tallies.map(({ first }) => samplesOf(name, first)));
        },
      };
    };
  }

  #throttled(machine: WorkloadMachine): Minutes {
    return (minute) => {
      const count = this.#service.executions.throttledIn(machine, minute);
      const whole = constant(count, 1);
      return count === 0 ? undefined : { first: whole, whole };
    };
  }
}

const ALL: Counts = () => true;

const countsOf = (qualifiers: Readonly<Partial<Record<string, string>>>): Counts | undefined => {
  const { Version, Alias, ...others } = qualifiers;
  if (Object.keys(others).length > 0 || (Version !== undefined && Alias !== undefined)) return undefined;
  if (Version !== undefined) return ({ version }) => version === Version;
  return Alias === undefined ? ALL : ({ alias }) => alias === Alias;
};
