/** What the status of a promotion's execution says of its life. */

import type { Clock, ExecutionStatus } from "../ports.ts";
import type { Header } from "./header.ts";

/**
 * How long an execution that Step Functions does not know counts as alive, in ms from when its promotion was opened: its
 * answers are eventually consistent, and a promotion must not be swept up because the sweeper came at its first second.
 */
const UNKNOWN_GRACE_MS = 5 * 60_000;

const OVER: Readonly<Record<ExecutionStatus, boolean>> = {
  RUNNING: false,
  PENDING_REDRIVE: false,
  SUCCEEDED: true,
  FAILED: true,
  TIMED_OUT: true,
  ABORTED: true,
};

/** Whether the execution runs no state any more; `status` undefined: Step Functions does not know it. */
export function isOver(
  status: ExecutionStatus | undefined,
  { openedAt }: Pick<Header, "openedAt">,
  clock: Clock,
): boolean {
  return status === undefined ? clock.now() >= openedAt + UNKNOWN_GRACE_MS : OVER[status];
}
