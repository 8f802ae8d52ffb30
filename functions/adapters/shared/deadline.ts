import type { HttpHandlerOptions } from "@smithy/types";
import type { Clock } from "../../domain/ports.ts";

/** Longest single attempt, in milliseconds, so that one lost answer leaves time for another try. */
const ATTEMPT_MS = 5_000;

/**
 * Options for one SDK call that must be over by `deadline` (epoch ms), its retries included: no attempt begins after
 * it, and an attempt under way is given up at it, or after `attemptMs`.
 *
 * Both values are read by the HTTP handler at the moment it sends an attempt, after credentials, signing and back-off
 * have taken their time; numbers fixed before would let a retried request outlive the deadline by as much. No timer is
 * started here: waiting is the handler's, which on AWS does it in real time and in the sandbox in virtual time.
 */
export function untilDeadline(clock: Clock, deadline: number, attemptMs = ATTEMPT_MS): HttpHandlerOptions {
  return {
    get requestTimeout() {
      return Math.max(1, Math.min(attemptMs, deadline - clock.now()));
    },
    abortSignal: {
      get aborted() {
        return clock.now() >= deadline;
      },
      onabort: null,
    },
  };
}
