import type { Condition } from "./choice.ts";
import type { Json } from "./json.ts";
import type { Evaluate, Path, Scope } from "./path.ts";

/** A loaded definition: checked, with its expressions compiled. */
export interface Machine {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
  /** In seconds; of a whole machine only. */
  readonly timeoutSeconds: number | undefined;
}

export type State =
  | TaskState
  | PassState
  | WaitState
  | ChoiceState
  | SucceedState
  | FailState
  | MapState
  | ParallelState;

interface Named {
  readonly name: string;
}

/** Input and output processing that all states but Fail share. A path that is null selects `{}`. */
interface Filtered extends Named {
  readonly inputPath: Path | null;
  readonly outputPath: Path | null;
}

interface Onward {
  /** The next state; undefined where the machine (or branch) ends. */
  readonly next: string | undefined;
}

interface WithResult {
  /** Null: the result is thrown away. */
  readonly resultPath: Path | null;
}

export interface Recovery {
  readonly retriers: readonly Retrier[];
  readonly catchers: readonly Catcher[];
}

export interface Retrier {
  readonly errors: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds: number | undefined;
  readonly hasFullJitter: boolean;
}

export interface Catcher {
  readonly errors: readonly string[];
  readonly resultPath: Path | null;
  readonly next: string;
}

export interface PassState extends Filtered, Onward, WithResult {
  readonly type: "Pass";
  readonly parameters: Evaluate | undefined;
  readonly result: Json | undefined;
}

export interface WaitState extends Filtered, Onward {
  readonly type: "Wait";
  /** Until when, in epoch milliseconds, given the present. */
  readonly until: (scope: Scope, nowMs: number) => number;
}

export interface ChoiceState extends Filtered {
  readonly type: "Choice";
  readonly rules: readonly { readonly condition: Condition; readonly next: string }[];
  readonly otherwise: string | undefined;
}

export interface SucceedState extends Filtered {
  readonly type: "Succeed";
}

export interface FailState extends Named {
  readonly type: "Fail";
  readonly error: Evaluate<string> | undefined;
  readonly cause: Evaluate<string> | undefined;
}

/** The service integrations this interpreter knows, by what they do. */
export type Integration = "invoke" | "invoke-with-token" | "start-and-wait";

/** Any state that may fail in a way that Retry and Catch see. */
export interface RecoverableState extends Filtered, Onward, WithResult, Recovery {
  readonly parameters: Evaluate | undefined;
  readonly resultSelector: Evaluate | undefined;
}

export interface TaskState extends RecoverableState {
  readonly type: "Task";
  readonly integration: Integration;
  /** As history names it: service and action. */
  readonly resourceType: string;
  readonly resource: string;
  readonly timeoutSeconds: Evaluate<number> | undefined;
  readonly heartbeatSeconds: Evaluate<number> | undefined;
}

export interface MapState extends RecoverableState {
  readonly type: "Map";
  readonly itemsPath: Path;
  readonly processor: Machine;
  readonly maxConcurrency: Evaluate<number>;
}

export interface ParallelState extends RecoverableState {
  readonly type: "Parallel";
  readonly branches: readonly Machine[];
}
