/**
 * The machines' retry policies: named, listed once, with the reason why another try can help and how long all tries wait
 * together. The definitions in `statemachine/` spell them out, since the States Language cannot refer to a list by name;
 * `test/statemachine/definitions.test.ts` holds them to this file.
 */
import { TRANSIENT_ERRORS } from "../functions/domain/errors.ts";

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly MaxAttempts: number;
  readonly BackoffRate: number;
  readonly MaxDelaySeconds: number;
}

export interface RetryPolicy {
  /** Why another try can help, and why so many of them. */
  readonly reason: string;
  readonly retriers: readonly Retrier[];
  /** What all waits of each retrier add up to, in seconds, without the tries themselves. */
  readonly waits: readonly number[];
}

/** Lambda could not run the function, or did not say how it ended. Handlers are idempotent, so it is asked again. */
const LAMBDA = [
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.ClientExecutionTimeoutException",
  "Lambda.TooManyRequestsException",
  "Lambda.Unknown",
  "Sandbox.Timedout",
] as const;

/** A task that took longer than its state allows; on a token wait the same name means "nobody came". */
const LAMBDA_OR_LATE = [...LAMBDA, "States.Timeout"] as const;

/**
 * Step Functions could not start the child. `StepFunctions.ExecutionAlreadyExistsException` is not here: the child has
 * run and ended, which is caught, where the ledger says how.
 */
const START = [
  "StepFunctions.ExecutionLimitExceededException",
  "StepFunctions.SdkClientException",
  "StepFunctions.StepFunctionsException",
] as const;

function retrier(
  ErrorEquals: readonly string[],
  IntervalSeconds: number,
  MaxAttempts: number,
  BackoffRate: number,
  MaxDelaySeconds: number,
): Retrier {
  return { ErrorEquals, IntervalSeconds, MaxAttempts, BackoffRate, MaxDelaySeconds };
}

export const RETRY_POLICIES = {
  step: {
    reason:
      "An outage of a minute or two is ridden out; a longer one ends the step, since traffic on a candidate must not wait for it.",
    retriers: [retrier(LAMBDA_OR_LATE, 2, 6, 2, 30), retrier(TRANSIENT_ERRORS, 5, 8, 1.5, 30)],
    // 2 + 4 + 8 + 16 + 30 + 30, and 5 + 7.5 + 11.25 + 16.9 + 25.3 + 3 x 30
    waits: [90, 156],
  },
  restore: {
    reason:
      "The way back is tried first after a second and then for minutes: giving up here pages people, and the sweeper goes on.",
    retriers: [retrier(LAMBDA_OR_LATE, 1, 10, 1.5, 30), retrier(TRANSIENT_ERRORS, 2, 20, 1.5, 30)],
    // 1 + 1.5 + ... + 25.6 + 30, and 2 + 3 + ... + 22.8 + 13 x 30
    waits: [105, 454],
  },
  deploy: {
    reason:
      "Code that is being replaced, and a version that comes up, answer NotReady until they are done. A plain one takes seconds; a snapshot, an image or a network interface takes minutes, and a quarter of an hour is plenty.",
    retriers: [retrier(LAMBDA_OR_LATE, 2, 6, 2, 30), retrier(TRANSIENT_ERRORS, 5, 20, 1.5, 60)],
    // 90 as above, and 5 + 7.5 + ... + 57 + 13 x 60: few tries, since 200 targets write theirs into one history
    waits: [90, 941],
  },
  pause: {
    reason: "As a step; but here States.Timeout says that the pause is over, which is caught and never tried again.",
    retriers: [retrier(LAMBDA, 2, 6, 2, 30), retrier(TRANSIENT_ERRORS, 5, 8, 1.5, 30)],
    waits: [90, 156],
  },
  nested: {
    reason:
      "Starting the child is tried again, under the same name, so that no two run; what the child came to is data, not an error.",
    retriers: [retrier(START, 2, 6, 2, 30)],
    waits: [90],
  },
} as const satisfies Readonly<Record<string, RetryPolicy>>;

export type RetryPolicyName = keyof typeof RETRY_POLICIES;

/** What the waits of a retrier add up to, in seconds: interval times rate to the power of the tries before, capped. */
export function totalWait({ IntervalSeconds, MaxAttempts, BackoffRate, MaxDelaySeconds }: Retrier): number {
  const waits = Array.from({ length: MaxAttempts }, (_, tried) => IntervalSeconds * BackoffRate ** tried);
  return waits.reduce((total, wait) => total + Math.min(wait, MaxDelaySeconds), 0);
}
