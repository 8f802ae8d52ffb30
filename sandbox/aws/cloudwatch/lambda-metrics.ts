import { constant, merged, type Samples } from "../../chance/samples.ts";
import type { SimulatedLambda } from "../lambda/lambda.ts";
import type { Portion, Served, Stream, TrafficSource } from "../traffic-source.ts";
import type { LateData, Metric, MetricSource, MinuteData, Minutes } from "./sources.ts";

const SUMMED: Readonly<Record<string, (portion: Portion) => Samples>> = {
  Invocations: ({ invocations }) => constant(invocations, 1),
  // One value for each invocation, 0 or 1: the average is the error rate.
  Errors: ({ errors, invocations }) => merged([constant(errors, 1), constant(invocations - errors, 0)]),
  Throttles: ({ throttles, invocations }) => merged([constant(throttles, 1), constant(invocations, 0)]),
  Duration: ({ durations }) => durations,
};

/** Concurrency by Little's law, with two standard deviations of a Poisson number above it. */
const concurrency = (portions: readonly Portion[]): Samples => {
  const durations = merged(portions.map((portion) => portion.durations));
  const mean = durations.sum / 60_000;
  return constant(durations.count, Math.max(1, Math.ceil(mean + 2 * Math.sqrt(mean))));
};

const samplesOf = (name: string, portions: readonly Portion[]): Samples => {
  const of = SUMMED[name];
  return of === undefined ? concurrency(portions) : merged(portions.map(of));
};

/** Which requests a set of dimensions counts. */
interface Selection {
  readonly streams: readonly Stream[];
  readonly counts: (served: Served) => boolean;
}

const ALL = (): boolean => true;

/** Lambda has a point of an invocation when it ends, with the time at which it began [Lambda developer guide, viewing metrics]. */
const lateOf = (name: string, { whole, countedAfter = 0 }: Served): LateData => ({
  afterMs: countedAfter,
  earliest: (share) => {
    const count = Math.floor(share * whole.invocations);
    const durations = constant(count, countedAfter);
    return samplesOf(name, [{ invocations: count, errors: Math.min(count, whole.errors), throttles: 0, durations }]);
  },
});

const minuteOf = (name: string, all: readonly Served[]): MinuteData | undefined => {
  const served = all.filter(({ countedAfter }) => countedAfter === undefined);
  const late = all.filter(({ countedAfter }) => countedAfter !== undefined).map((each) => lateOf(name, each));
  const whole = samplesOf(
    name,
    served.map((each) => each.whole),
  );
  if (whole.count === 0 && late.length === 0) return undefined;
  return {
    whole,
    ...(late.length === 0 ? {} : { late }),
    get first() {
      return samplesOf(
        name,
        served.map((each) => each.first),
      );
    },
  };
};

/**
 * The metrics of `AWS/Lambda` as the world's traffic makes them. Their dimension sets are FunctionName, FunctionName +
 * Resource (`name:alias`), and, only while the alias has two versions, FunctionName + Resource + ExecutedVersion
 * [Lambda developer guide, function metrics]. Requests come in through aliases, so `name:7` has no figures of its own.
 */
export class LambdaMetrics implements MetricSource {
  readonly #lambda: SimulatedLambda;
  readonly #traffic: TrafficSource;

  constructor(lambda: SimulatedLambda, traffic: TrafficSource) {
    this.#lambda = lambda;
    this.#traffic = traffic;
  }

  minutes(metric: Metric): Minutes | undefined {
    const { name } = metric;
    const selection = this.#select(metric);
    if (selection === undefined || (name !== "ConcurrentExecutions" && SUMMED[name] === undefined)) return undefined;
    const streams = selection.streams.map((stream) => this.#traffic.minutesOf(stream));
    const [only] = streams;
    if (only !== undefined && streams.length === 1 && selection.counts === ALL)
      return (minute) => minuteOf(name, only(minute));
    return (minute) => minuteOf(name, streams.flatMap((served) => served(minute)).filter(selection.counts));
  }

  #select({ account, region, namespace, dimensions }: Metric): Selection | undefined {
    const known: Readonly<Partial<Record<string, string>>> = dimensions;
    const { FunctionName, Resource, ExecutedVersion, ...others } = known;
    if (namespace !== "AWS/Lambda" || FunctionName === undefined || Object.keys(others).length > 0) return undefined;
    const fn = this.#lambda
      .functions()
      .find((each) => each.name === FunctionName && each.account === account && each.region === region);
    const streams = [...(fn?.aliases.keys() ?? [])].map((alias) => ({ account, functionName: FunctionName, alias }));
    if (Resource === undefined) {
      return ExecutedVersion === undefined ? { streams, counts: ALL } : undefined;
    }
    const own = streams.filter(({ alias }) => Resource === `${FunctionName}:${alias}`);
    if (ExecutedVersion === undefined) return { streams: own, counts: ALL };
    return { streams: own, counts: ({ version, weighted }) => weighted && version === ExecutedVersion };
  }
}
