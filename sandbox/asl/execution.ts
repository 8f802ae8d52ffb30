import type { Timer } from "../clock.ts";
import type { Engine, Nested, Run } from "./engine.ts";
import { Cancelled, SfnError, StatesError } from "./errors.ts";
import { Frame } from "./frame.ts";
import type { JsonObject, Payload } from "./json.ts";
import { LONGEST_EXECUTION_SECONDS, REDRIVABLE_MS } from "./limits.ts";
import type { Machine } from "./machine.ts";
import {
  type EventDetails,
  type EventType,
  type ExecutionDescription,
  type ExecutionStatusDetail,
  type HistoryEvent,
  NOT_TRUNCATED,
  type Status,
} from "./shapes.ts";
import { walk } from "./walk.ts";

/** A state machine as it was when the execution started. */
export interface Deployed {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly machine: Machine;
}

type Ending = { readonly output?: string; readonly error?: string | undefined; readonly cause?: string | undefined };

const EVENT_DATA_LIMIT_BYTES = 248 * 1_024;
const INCLUDED = { included: true } as const;
/** These close an execution, so they may take the last place in its history. */
const CLOSING: ReadonlySet<EventType> = new Set([
  "ExecutionSucceeded",
  "ExecutionFailed",
  "ExecutionAborted",
  "ExecutionTimedOut",
]);

/** One execution of a Standard workflow, from its start through every redrive. */
export class Execution implements Run, Nested {
  readonly engine: Engine;
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly deployed: Deployed;
  readonly input: Payload;
  readonly startDate: number;
  readonly history: HistoryEvent[] = [];
  transitions = 0;
  readonly #root: Frame;
  #status: Status = "RUNNING";
  #ending: Ending = {};
  #stopDate: number | undefined;
  #redriveCount = 0;
  #redriveDate: number | undefined;
  #redriveToken: string | undefined;
  #timeLimit: Timer | undefined;
  #context: JsonObject | undefined;
  #onClose: (() => void)[] = [];

  constructor(engine: Engine, deployed: Deployed, name: string, input: Payload) {
    this.engine = engine;
    this.deployed = deployed;
    this.name = name;
    this.arn = `${deployed.arn.replace(":stateMachine:", ":execution:")}:${name}`;
    this.region = deployed.arn.split(":")[3] ?? "";
    this.input = input;
    this.startDate = engine.clock.now();
    this.#root = new Frame(this, deployed.machine, input);
  }

  get status(): Status {
    return this.#status;
  }

  get stopDate(): number | undefined {
    return this.#stopDate;
  }

  get hasRoom(): boolean {
    return this.history.length < this.engine.historyLimit - 1;
  }

  /** Begins to run, at the present instant. */
  start(): void {
    const { text } = this.input;
    this.append("ExecutionStarted", 0, {
      executionStartedEventDetails: { input: text, inputDetails: NOT_TRUNCATED, roleArn: this.deployed.roleArn },
    });
    this.#run();
  }

  /**
   * Appends an event and returns its id. When only the last place is left and this does not close the execution,
   * the execution fails there and then, and Cancelled unwinds the caller.
   */
  append(type: EventType, previousEventId: number, details: EventDetails): number {
    if (!(this.hasRoom || CLOSING.has(type))) {
      this.#exhaust();
      throw new Cancelled();
    }
    const id = this.history.length + 1;
    const event = { timestamp: this.engine.clock.now(), type, id, previousEventId, ...details };
    this.history.push(event);
    this.engine.onEvent(event, this.arn);
    return id;
  }

  onClose(listener: () => void): void {
    this.#onClose.push(listener);
  }

  /** Aborts: neither Catch nor Retry runs, and functions that were called run on. A closed execution stays as it is. */
  stop(error: string | undefined, cause: string | undefined): number {
    if (this.#status === "RUNNING") {
      this.#root.cancel(true);
      const details = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
      this.append("ExecutionAborted", this.#root.lastEventId, { executionAbortedEventDetails: details });
      this.#close("ABORTED", { error, cause });
    }
    return this.#stopDate ?? this.engine.clock.now();
  }

  /**
   * Goes on from where the execution stood, with its time-outs and retry counters reset. Returns the redrive's date.
   * Throws ExecutionNotRedrivable with the reason. The same client token again is the same redrive.
   */
  redrive(clientToken: string | undefined): number {
    if (clientToken !== undefined && clientToken === this.#redriveToken && this.#redriveDate !== undefined) {
      return this.#redriveDate;
    }
    const obstacle = this.#redriveObstacle();
    if (obstacle !== undefined) throw new SfnError("ExecutionNotRedrivable", obstacle);
    const redriveDate = this.engine.clock.now();
    this.#redriveCount += 1;
    this.#redriveDate = redriveDate;
    this.#redriveToken = clientToken;
    this.#status = "RUNNING";
    this.#stopDate = undefined;
    this.#ending = {};
    this.#context = undefined;
    const details = { executionRedrivenEventDetails: { redriveCount: this.#redriveCount } };
    this.#root.revive(this.append("ExecutionRedriven", this.history.length, details));
    this.#run();
    return redriveDate;
  }

  context(): JsonObject {
    this.#context ??= {
      Execution: {
        Id: this.arn,
        Input: this.input.value,
        Name: this.name,
        RoleArn: this.deployed.roleArn,
        StartTime: new Date(this.startDate).toISOString(),
        RedriveCount: this.#redriveCount,
        ...(this.#redriveDate !== undefined && { RedriveTime: new Date(this.#redriveDate).toISOString() }),
      },
      StateMachine: { Id: this.deployed.arn, Name: this.deployed.name },
    };
    return this.#context;
  }

  describe(): ExecutionDescription {
    const { output, error, cause } = this.#ending;
    const obstacle = this.#redriveObstacle();
    return {
      executionArn: this.arn,
      stateMachineArn: this.deployed.arn,
      name: this.name,
      status: this.#status,
      startDate: this.startDate,
      ...(this.#stopDate !== undefined && { stopDate: this.#stopDate }),
      input: this.input.text,
      inputDetails: INCLUDED,
      ...(output !== undefined && { output, outputDetails: INCLUDED }),
      ...(error !== undefined && { error }),
      ...(cause !== undefined && { cause }),
      redriveCount: this.#redriveCount,
      ...(this.#redriveDate !== undefined && { redriveDate: this.#redriveDate }),
      redriveStatus: obstacle === undefined ? "REDRIVABLE" : "NOT_REDRIVABLE",
      ...(obstacle !== undefined && { redriveStatusReason: obstacle }),
    };
  }

  #run(): void {
    const { clock, onStatusChange } = this.engine;
    const seconds = Math.min(
      this.deployed.machine.timeoutSeconds ?? LONGEST_EXECUTION_SECONDS,
      LONGEST_EXECUTION_SECONDS,
    );
    this.#timeLimit = clock.after(seconds * 1_000, `${this.name} times out`, () => this.#timeOut());
    onStatusChange(this.#statusDetail());
    clock.spawn(`execution ${this.name}`, () => walk(this.#root).then(this.#succeed, this.#fail));
  }

  readonly #succeed = (output: Payload): void => {
    this.#root.output = output;
    const details = { output: output.text, outputDetails: NOT_TRUNCATED };
    this.append("ExecutionSucceeded", this.#root.lastEventId, { executionSucceededEventDetails: details });
    this.#close("SUCCEEDED", { output: output.text });
  };

  readonly #fail = (thrown: unknown): void => {
    if (thrown instanceof Cancelled) return;
    if (!(thrown instanceof StatesError)) throw thrown;
    this.#closeFailed(thrown.error, thrown.why);
  };

  #closeFailed(error: string, cause: string | undefined): void {
    // A Fail state may go without a name.
    const details = { ...(error !== "" && { error }), ...(cause !== undefined && { cause }) };
    this.append("ExecutionFailed", this.#root.lastEventId, { executionFailedEventDetails: details });
    this.#close("FAILED", details);
  }

  #exhaust(): void {
    this.#root.cancel(false);
    const cause = `The execution reached the maximum number of history events (${this.engine.historyLimit}).`;
    this.#closeFailed("States.Runtime", cause);
  }

  #timeOut(): void {
    this.#root.cancel(false);
    const details = { error: "States.Timeout" };
    this.append("ExecutionTimedOut", this.#root.lastEventId, { executionTimedOutEventDetails: details });
    // DescribeExecution shows neither error nor cause of a time-out; only the history does.
    this.#close("TIMED_OUT", {});
  }

  #close(status: Status, ending: Ending): void {
    this.#timeLimit?.cancel();
    this.#status = status;
    this.#ending = ending;
    this.#stopDate = this.engine.clock.now();
    this.engine.onStatusChange(this.#statusDetail());
    const listeners = this.#onClose;
    this.#onClose = [];
    for (const listener of listeners) listener();
  }

  #redriveObstacle(): string | undefined {
    if (this.#status === "RUNNING") return "Execution is RUNNING and cannot be redriven";
    if (this.#status === "SUCCEEDED") return "Execution is SUCCEEDED and cannot be redriven";
    if (!this.hasRoom) return "Execution history event limit exceeded";
    const now = this.engine.clock.now();
    if (now - (this.#stopDate ?? now) > REDRIVABLE_MS) return "Execution redrivable period exceeded";
    return now - this.startDate > LONGEST_EXECUTION_SECONDS * 1_000
      ? "Execution maximum open time exceeded"
      : undefined;
  }

  #statusDetail(): ExecutionStatusDetail {
    const { inputDetails, outputDetails, ...description } = this.describe();
    const { output = null, error = null, cause = null, redriveDate = null, stopDate = null } = description;
    // The event carries data only while it fits into EventBridge's 256 KiB with room for the rest.
    const included = Buffer.byteLength(JSON.stringify([description.input, output])) <= EVENT_DATA_LIMIT_BYTES;
    return {
      ...description,
      stopDate,
      input: included ? description.input : null,
      inputDetails: { included },
      output: included ? output : null,
      outputDetails: output === null ? null : { included },
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveDate,
      redriveStatusReason: description.redriveStatusReason ?? null,
      error,
      cause,
    };
  }
}
