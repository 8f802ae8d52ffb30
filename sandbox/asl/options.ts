import type { VirtualClock } from "../clock.ts";
import type { Json } from "./json.ts";
import type { ExecutionStatusDetail, HistoryEvent } from "./shapes.ts";

/** Milliseconds, drawn evenly from least to most. */
export type Range = readonly [least: number, most: number];

/** How long the service itself takes. */
export interface Latency {
  /** Before a state is entered. */
  readonly transition: Range;
  /** From the end of a nested execution until its parent notices. */
  readonly childNoticed: Range;
  /** From the cancellation of a parent's task until the nested execution is stopped. */
  readonly childStop: Range;
}

export const TYPICAL_LATENCY: Latency = { transition: [5, 30], childNoticed: [100, 1_500], childStop: [500, 5_000] };
export const NO_LATENCY: Latency = { transition: [0, 0], childNoticed: [0, 0], childStop: [0, 0] };

/** Who asks for a function to run. */
export interface InvokeMeta {
  readonly executionArn: string;
  readonly stateName: string;
  /** How many times this state was retried before. */
  readonly retryCount: number;
}

/** What a function returned, and which version of it ran ("$LATEST" if not said). */
export interface Answer {
  readonly payload: unknown;
  readonly executedVersion?: string;
}

/**
 * Runs a function in a process of its own, which runs on when the task that asked is long over. `payload` is the
 * function's own copy. What it throws becomes the task's error: `name` is the error name, `message` goes to the cause.
 */
export type Invoke = (functionNameOrArn: string, payload: Json, meta: InvokeMeta) => Promise<Answer>;

/** What the simulated service is given. All its randomness comes through `random` and `newId`. */
export interface ExecutionsOptions {
  readonly clock: VirtualClock;
  /** Evenly from 0 (inclusive) to 1. */
  readonly random: () => number;
  /** Unique names for executions that were given none. */
  readonly newId: () => string;
  readonly invoke: Invoke;
  /** Default: TYPICAL_LATENCY. */
  readonly latency?: Latency;
  /** The share, from 0 to 1, of nested executions that are never stopped when their parent's task is cancelled. Default 0. */
  readonly childStopLoss?: number;
  /** The documentation names both; the service may report either. Default States.HeartbeatTimeout. */
  readonly heartbeatError?: "States.HeartbeatTimeout" | "States.Timeout";
  /** Most events of one history. Default: the service's 25,000; less shows sooner what outgrows it. */
  readonly historyLimit?: number;
  /** Called before a nested execution starts; an error thrown here (a throttle, say) is that of StartExecution. */
  readonly beforeNestedStart?: (request: {
    readonly stateMachineArn: string;
    readonly name: string | undefined;
  }) => void;
  /** Called once a nested execution has started; an error thrown here is what its parent hears instead of the answer. */
  readonly afterNestedStart?: ExecutionsOptions["beforeNestedStart"];
  /** Every history event as it is written. */
  readonly onEvent?: (event: HistoryEvent, executionArn: string) => void;
  /** The detail of every "Step Functions Execution Status Change", RUNNING included, in order and once. */
  readonly onStatusChange?: (detail: ExecutionStatusDetail) => void;
}
