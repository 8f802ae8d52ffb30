import type { Catcher, Retrier } from "./machine.ts";

/**
 * Whether an ErrorEquals list matches an error name. `States.ALL` leaves out DataLimitExceeded (catchable by name
 * only), `States.TaskFailed` leaves out time-outs too, and nothing matches Runtime. A missed heartbeat is a time-out
 * in the specification, so that `States.Timeout` matches it.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
export function matchesError(names: readonly string[], error: string): boolean {
  return error !== "States.Runtime" && names.some((name) => name === error || wildcards(name, error));
}

function wildcards(name: string, error: string): boolean {
  const isTimeout = error === "States.Timeout" || error === "States.HeartbeatTimeout";
  if (name === "States.ALL") return error !== "States.DataLimitExceeded";
  if (name === "States.TaskFailed") return !isTimeout && error !== "States.DataLimitExceeded";
  return name === "States.Timeout" && isTimeout;
}

/**
 * How long to wait before the next attempt, in milliseconds; undefined if there is none. The first retrier that
 * matches decides, and counts its attempts for itself in `tries`.
 */
export function delayBeforeRetry(
  retriers: readonly Retrier[],
  tries: number[],
  error: string,
  random: () => number,
): number | undefined {
  const index = retriers.findIndex(({ errors }) => matchesError(errors, error));
  const retrier = retriers[index];
  const tried = tries[index] ?? 0;
  if (retrier === undefined || tried >= retrier.maxAttempts) return undefined;
  tries[index] = tried + 1;
  const grown = retrier.intervalSeconds * retrier.backoffRate ** tried;
  const seconds = Math.min(grown, retrier.maxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return seconds * 1_000 * (retrier.hasFullJitter ? random() : 1);
}

export const catcherFor = (catchers: readonly Catcher[], error: string): Catcher | undefined =>
  catchers.find(({ errors }) => matchesError(errors, error));
