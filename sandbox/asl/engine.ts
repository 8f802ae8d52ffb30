import type { VirtualClock } from "../clock.ts";
import type { Execution } from "./execution.ts";
import type { Invoke, Latency } from "./options.ts";
import type { ExecutionStatusDetail, HistoryEvent } from "./shapes.ts";
import type { Tokens } from "./tokens.ts";

/** A nested execution to start; `input` is JSON text. */
export interface NestedStart {
  readonly stateMachineArn: string;
  readonly name: string | undefined;
  readonly input: string;
}

/** What running executions need of the service around them. */
export interface Engine {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly tokens: Tokens;
  readonly invoke: Invoke;
  readonly heartbeatError: "States.HeartbeatTimeout" | "States.Timeout";
  /** Whole milliseconds within the named latency's range. */
  readonly draw: (latency: keyof Latency) => number;
  /** Throws SfnError as StartExecution does. */
  readonly startNested: (request: NestedStart) => Execution;
  /** Stops a nested execution some time from now, unless the request gets lost. */
  readonly stopNested: (child: Execution) => void;
  readonly onEvent: (event: HistoryEvent, executionArn: string) => void;
  readonly onStatusChange: (detail: ExecutionStatusDetail) => void;
}
