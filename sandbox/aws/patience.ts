import { AwsError } from "./errors.ts";
import type { FaultAction } from "./faults.ts";
import type { Caller, Clock } from "./service.ts";

const SLICE_MS = 100;

/** How long a caller is prepared to wait for one attempt: until it aborts, gives up, or its Lambda is killed. */
export interface Patience {
  readonly clock: Clock;
  readonly caller: Caller;
  readonly signal: { readonly aborted: boolean } | undefined;
}

/** The caller's own abort, as the SDK names it; never retried. */
const aborted = (): Error => Object.assign(new Error("Request aborted"), { name: "AbortError" });

/** No answer in time, as the SDK's HTTP handler names it; the SDK retries it. */
export const requestTimeout = (ms: number): Error =>
  Object.assign(new Error(`no answer within ${ms} ms`), { name: "TimeoutError" });

/** Thrown into a process whose Lambda has been killed: whatever it still tries reaches no service. */
export class SandboxEnded extends Error {
  constructor(caller: Caller) {
    super(`${caller.handler} ran past its time-out; its sandbox is gone`);
    this.name = "Sandbox.Timedout";
  }
}

/** Throws where the caller no longer waits: AbortError after its abort, SandboxEnded after its deadline. */
export const checkPresence = ({ clock, caller, signal }: Patience): void => {
  if (caller.deadlineMs !== undefined && clock.now() >= caller.deadlineMs) throw new SandboxEnded(caller);
  if (signal?.aborted === true) throw aborted();
};

/** Waits `ms` of virtual time: in slices where an abort may come, which is then noticed within 100 ms, and never beyond the Lambda's end. */
export const waitPresent = async (patience: Patience, ms: number): Promise<void> => {
  const until = patience.clock.now() + ms;
  checkPresence(patience);
  while (patience.clock.now() < until) {
    await patience.clock.sleep(Math.min(sliceOf(patience), until - patience.clock.now()));
    checkPresence(patience);
  }
};

function sliceOf({ clock, caller, signal }: Patience): number {
  if (signal !== undefined) return SLICE_MS;
  return caller.deadlineMs === undefined ? Number.POSITIVE_INFINITY : Math.max(1, caller.deadlineMs - clock.now());
}

/** The error a fault answers with at once; undefined for faults of another nature. */
export const refusalOf = (action: FaultAction | undefined): AwsError | undefined => {
  switch (action?.kind) {
    case "throttle":
      return new AwsError("ThrottlingException", "Rate exceeded", { status: 429 });
    case "refuse":
      return new AwsError("AccessDeniedException", action.message ?? "not authorized to perform this action", {
        status: 403,
      });
    case "error":
      return new AwsError(action.name, action.message ?? `simulated ${action.name}`, { status: action.status ?? 400 });
    default:
      return undefined;
  }
};
