/** What the parts of an execution know of each other: they meet here, so that none has to import the one above it. */
import type { VirtualClock } from "../clock.ts";
import type { JsonObject } from "./json.ts";
import type { Invoke, Latency } from "./options.ts";
import type { EventDetails, EventType, ExecutionDescription, ExecutionStatusDetail, HistoryEvent } from "./shapes.ts";
import type { Tokens } from "./tokens.ts";

/** A nested execution to start; `input` is JSON text. */
export interface NestedStart {
  readonly stateMachineArn: string;
  readonly name: string | undefined;
  readonly input: string;
}

/** An execution as its parent sees it. */
export interface Nested {
  readonly arn: string;
  readonly name: string;
  readonly startDate: number;
  describe(): ExecutionDescription;
  /** Aborts; returns the date of the stop. */
  stop(error: string | undefined, cause: string | undefined): number;
  /** Calls back once, when the execution closes (again, after a redrive). */
  onClose(listener: () => void): void;
}

/** An execution as the lines of control in it see it. */
export interface Run {
  readonly engine: Engine;
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  /** Billed state transitions: states entered, and retries. */
  transitions: number;
  /** Whether anything but the end still fits into the history. */
  readonly hasRoom: boolean;
  /** Appends an event and returns its id; throws Cancelled when the history is full. */
  append(type: EventType, previousEventId: number, details: EventDetails): number;
  /** The part of the context object that is the same in all states. */
  context(): JsonObject;
}

/** What running executions need of the service around them. */
export interface Engine {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly tokens: Tokens;
  readonly invoke: Invoke;
  readonly heartbeatError: "States.HeartbeatTimeout" | "States.Timeout";
  /** Most events of one history. */
  readonly historyLimit: number;
  /** Whole milliseconds within the named latency's range. */
  readonly draw: (latency: keyof Latency) => number;
  /** Throws SfnError as StartExecution does. */
  readonly startNested: (request: NestedStart) => Nested;
  /** Stops a nested execution some time from now, unless the request gets lost. */
  readonly stopNested: (child: Nested) => void;
  readonly onEvent: (event: HistoryEvent, executionArn: string) => void;
  readonly onStatusChange: (detail: ExecutionStatusDetail) => void;
}
