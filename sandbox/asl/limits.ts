import { StatesError } from "./errors.ts";
import type { Payload } from "./json.ts";

/** Step Functions' hard limit on the events of one execution. */
export const HISTORY_LIMIT = 25_000;

/** An execution is open for a year at most, in seconds. */
export const LONGEST_EXECUTION_SECONDS = 365 * 86_400;

/** A closed execution can be redriven for 14 days, in milliseconds. */
export const REDRIVABLE_MS = 14 * 86_400_000;

/** An execution's name is free again 90 days after it closed, in milliseconds. */
export const NAME_KEPT_MS = 90 * 86_400_000;

/** An inline Map runs at most 40 iterations at once. */
export const MOST_ITERATIONS = 40;

/** Throws States.DataLimitExceeded for a payload over 256 KiB. */
export function refuseIfTooLarge(payload: Payload, stateName: string): void {
  if (!payload.isTooLarge) return;
  throw new StatesError(
    "States.DataLimitExceeded",
    `The state/task '${stateName}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}
