import type { Gate } from "../clock.ts";
import type { Engine, Nested, NestedStart } from "./engine.ts";
import { DefinitionError, SfnError } from "./errors.ts";
import { type Deployed, Execution } from "./execution.ts";
import { type Json, Payload } from "./json.ts";
import { HISTORY_LIMIT, NAME_KEPT_MS } from "./limits.ts";
import { loadMachine } from "./load.ts";
import { type ExecutionsOptions, type Range, TYPICAL_LATENCY } from "./options.ts";
import {
  checkClientToken,
  checkFailure,
  checkJson,
  checkMachineArn,
  checkName,
  checkToken,
  type Page,
  paginate,
} from "./requests.ts";
import type { ExecutionDescription, ExecutionUsage, HistoryEvent, Status } from "./shapes.ts";
import { Tokens } from "./tokens.ts";

export interface StateMachineSource {
  readonly arn: string;
  readonly name: string;
  readonly definition: string | Json;
  readonly roleArn: string;
  /** What stands for `${Name}` in the definition's strings. */
  readonly substitutions?: Readonly<Record<string, string>>;
}

export interface StartRequest {
  readonly stateMachineArn: string;
  readonly name?: string | undefined;
  /** JSON text; default `{}`. */
  readonly input?: string | undefined;
}

/** One line of ListExecutions. */
export type ExecutionSummary = Pick<
  ExecutionDescription,
  "executionArn" | "stateMachineArn" | "name" | "status" | "startDate" | "stopDate" | "redriveCount" | "redriveDate"
>;

/**
 * Step Functions (Standard workflows) in virtual time, without the wire. Methods take and return what the API does,
 * with instants in epoch milliseconds, and throw SfnError named as the API's exceptions. It behaves like the service
 * in the ugly places: stopping or timing out a task does not stop its function, a nested execution is stopped late
 * and only if the request arrives, and every attempt at a token task has a token of its own.
 */
export class Executions {
  readonly #options: ExecutionsOptions;
  readonly #tokens: Tokens;
  readonly #engine: Engine;
  readonly #machines = new Map<string, Deployed>();
  readonly #executions = new Map<string, Execution>();

  constructor(options: ExecutionsOptions) {
    this.#options = options;
    this.#tokens = new Tokens(options.random);
    this.#engine = this.#makeEngine(options);
  }

  /** Throws InvalidArn, InvalidName, InvalidDefinition (with every problem), or StateMachineAlreadyExists. */
  createStateMachine({ arn, name, definition, roleArn, substitutions = {} }: StateMachineSource): void {
    checkMachineArn(arn);
    checkName(name);
    if (this.#machines.has(arn))
      throw new SfnError("StateMachineAlreadyExists", `State Machine Already Exists: '${arn}'`);
    try {
      this.#machines.set(arn, { arn, name, roleArn, machine: loadMachine(definition, substitutions) });
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error;
      throw new SfnError("InvalidDefinition", `Invalid State Machine Definition: '${name}'\n${error.message}`);
    }
  }

  /**
   * Idempotent while the execution runs: the same name and input get the same response. A name whose execution is
   * closed, or has another input, is ExecutionAlreadyExists; it is free again 90 days after the close.
   */
  startExecution(request: StartRequest): { readonly executionArn: string; readonly startDate: number } {
    const { arn: executionArn, startDate } = this.#start(request);
    return { executionArn, startDate };
  }

  /** Takes effect at once, except for nested executions, which are stopped later, at best. */
  stopExecution(request: {
    readonly executionArn: string;
    readonly error?: string | undefined;
    readonly cause?: string | undefined;
  }): { readonly stopDate: number } {
    checkFailure(request.error, request.cause);
    return { stopDate: this.#find(request.executionArn).stop(request.error, request.cause) };
  }

  describeExecution({ executionArn }: { readonly executionArn: string }): ExecutionDescription {
    return this.#find(executionArn).describe();
  }

  getExecutionHistory(request: Page & { readonly executionArn: string; readonly reverseOrder?: boolean | undefined }): {
    readonly events: readonly HistoryEvent[];
    readonly nextToken?: string;
  } {
    const { history } = this.#find(request.executionArn);
    const { page, ...rest } = paginate(request.reverseOrder ? history.toReversed() : history, request);
    return { events: page, ...rest };
  }

  /** Newest first. */
  listExecutions(request: Page & { readonly stateMachineArn: string; readonly statusFilter?: Status | undefined }): {
    readonly executions: readonly ExecutionSummary[];
    readonly nextToken?: string;
  } {
    this.#machine(request.stateMachineArn);
    const all = [...this.#executions.values()].filter(
      ({ deployed, status }) => deployed.arn === request.stateMachineArn && (request.statusFilter ?? status) === status,
    );
    const { page, ...rest } = paginate(all.reverse(), request);
    return { executions: page.map(summary), ...rest };
  }

  /** Goes on from the state that failed, was aborted or timed out. Throws ExecutionNotRedrivable. */
  redriveExecution(request: { readonly executionArn: string; readonly clientToken?: string | undefined }): {
    readonly redriveDate: number;
  } {
    checkClientToken(request.clientToken);
    return { redriveDate: this.#find(request.executionArn).redrive(request.clientToken) };
  }

  /** Throws InvalidOutput, InvalidToken, TaskDoesNotExist or TaskTimedOut. */
  sendTaskSuccess({ taskToken, output }: { readonly taskToken: string; readonly output: string }): void {
    checkToken(taskToken);
    checkJson(output, "output");
    this.#tokens.use(taskToken, (task) => task.succeed(output));
  }

  /** Throws InvalidToken, TaskDoesNotExist or TaskTimedOut. */
  sendTaskFailure(request: {
    readonly taskToken: string;
    readonly error?: string | undefined;
    readonly cause?: string | undefined;
  }): void {
    checkToken(request.taskToken);
    checkFailure(request.error, request.cause);
    this.#tokens.use(request.taskToken, (task) => task.fail(request.error, request.cause));
  }

  /** Restarts the task's heartbeat clock, not its time-out. Throws InvalidToken, TaskDoesNotExist or TaskTimedOut. */
  sendTaskHeartbeat({ taskToken }: { readonly taskToken: string }): void {
    checkToken(taskToken);
    this.#tokens.use(taskToken, (task) => task.beat());
  }

  /** Opens when the execution closes; at once, if it has. */
  closed(executionArn: string): Gate<Status> {
    const execution = this.#find(executionArn);
    const gate = this.#options.clock.gate<Status>();
    if (execution.status === "RUNNING") execution.onClose(() => void gate.open(execution.status));
    else gate.open(execution.status);
    return gate;
  }

  /** What the execution has cost so far. */
  usage(executionArn: string): ExecutionUsage {
    const { transitions, history } = this.#find(executionArn);
    return { transitions, events: history.length };
  }

  #makeEngine(options: ExecutionsOptions): Engine {
    const { clock, random, invoke } = options;
    const latency = options.latency ?? TYPICAL_LATENCY;
    return {
      clock,
      random,
      invoke,
      tokens: this.#tokens,
      historyLimit: options.historyLimit ?? HISTORY_LIMIT,
      heartbeatError: options.heartbeatError ?? "States.HeartbeatTimeout",
      draw: (kind) => drawFrom(latency[kind], random),
      startNested: (request) => this.#startNested(request),
      stopNested: (child) => this.#stopNested(child),
      onEvent: options.onEvent ?? (() => undefined),
      onStatusChange: options.onStatusChange ?? (() => undefined),
    };
  }

  #start({ stateMachineArn, name = this.#options.newId(), input = "{}" }: StartRequest): Execution {
    const deployed = this.#machine(stateMachineArn);
    checkName(name);
    checkJson(input, "input");
    const execution = new Execution(this.#engine, deployed, name, new Payload(JSON.parse(input) as Json, input));
    const namesake = this.#executions.get(execution.arn);
    if (namesake?.status === "RUNNING" && namesake.input.text === input) return namesake;
    if (namesake && this.#isNameTaken(namesake)) {
      throw new SfnError("ExecutionAlreadyExists", `Execution Already Exists: '${execution.arn}'`);
    }
    // Deleted first, so that a name used again takes its place among the newest.
    this.#executions.delete(execution.arn);
    this.#executions.set(execution.arn, execution);
    execution.start();
    return execution;
  }

  #isNameTaken({ stopDate }: Execution): boolean {
    return stopDate === undefined || this.#options.clock.now() - stopDate < NAME_KEPT_MS;
  }

  #startNested(request: NestedStart): Execution {
    const about = { stateMachineArn: request.stateMachineArn, name: request.name };
    this.#options.beforeNestedStart?.(about);
    const execution = this.#start(request);
    this.#options.afterNestedStart?.(about);
    return execution;
  }

  #stopNested(child: Nested): void {
    if (this.#options.random() < (this.#options.childStopLoss ?? 0)) return;
    this.#options.clock.after(this.#engine.draw("childStop"), `stop ${child.name}`, () => {
      child.stop(undefined, undefined);
    });
  }

  #machine(arn: string): Deployed {
    checkMachineArn(arn);
    const deployed = this.#machines.get(arn);
    if (deployed === undefined) {
      throw new SfnError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
    }
    return deployed;
  }

  #find(arn: string): Execution {
    const execution = this.#executions.get(arn);
    if (execution === undefined) throw new SfnError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
    return execution;
  }
}

const drawFrom = ([least, most]: Range, random: () => number): number =>
  most === 0 ? 0 : Math.round(least + random() * (most - least));

function summary(execution: Execution): ExecutionSummary {
  const { executionArn, stateMachineArn, name, status, startDate, redriveCount, ...rest } = execution.describe();
  return {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate,
    redriveCount,
    ...(rest.stopDate !== undefined && { stopDate: rest.stopDate }),
    ...(rest.redriveDate !== undefined && { redriveDate: rest.redriveDate }),
  };
}
