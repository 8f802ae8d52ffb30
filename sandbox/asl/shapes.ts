import type { ExecutionRedriveStatus, ExecutionStatus, HistoryEvent as SdkHistoryEvent } from "@aws-sdk/client-sfn";

/** As GetExecutionHistory returns it, except that `timestamp` is in epoch milliseconds (the wire has seconds). */
export type HistoryEvent = Omit<SdkHistoryEvent, "timestamp" | "type" | "id" | "previousEventId"> & {
  readonly timestamp: number;
  readonly type: EventType;
  readonly id: number;
  readonly previousEventId: number;
};

export type EventType = NonNullable<SdkHistoryEvent["type"]>;
export type EventDetails = Omit<HistoryEvent, "timestamp" | "type" | "id" | "previousEventId">;
export type Status = Exclude<ExecutionStatus, "PENDING_REDRIVE">;

/** DescribeExecution's response; instants in epoch milliseconds, fields that do not apply absent. */
export interface ExecutionDescription {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly status: Status;
  readonly startDate: number;
  readonly stopDate?: number;
  readonly input: string;
  readonly inputDetails: { readonly included: true };
  readonly output?: string;
  readonly outputDetails?: { readonly included: true };
  readonly error?: string;
  readonly cause?: string;
  readonly redriveCount: number;
  readonly redriveDate?: number;
  readonly redriveStatus: ExecutionRedriveStatus;
  readonly redriveStatusReason?: string;
}

/** The `detail` of the EventBridge event; instants in epoch milliseconds, as on the wire. */
export interface ExecutionStatusDetail {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly status: Status;
  readonly startDate: number;
  readonly stopDate: number | null;
  readonly input: string | null;
  readonly inputDetails: { readonly included: boolean } | null;
  readonly output: string | null;
  readonly outputDetails: { readonly included: boolean } | null;
  readonly stateMachineVersionArn: null;
  readonly stateMachineAliasArn: null;
  readonly redriveCount: number;
  readonly redriveDate: number | null;
  readonly redriveStatus: ExecutionRedriveStatus;
  readonly redriveStatusReason: string | null;
  readonly error: string | null;
  readonly cause: string | null;
}

/** What an execution cost: billed transitions (states entered and retries) and history events. */
export interface ExecutionUsage {
  readonly transitions: number;
  readonly events: number;
}

/** History keeps all data here; the object is shared, since there is one in most events. */
export const NOT_TRUNCATED = { truncated: false } as const;
