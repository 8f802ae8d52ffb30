import { Executions } from "../../../sandbox/asl/executions.ts";
import type { Json, JsonObject } from "../../../sandbox/asl/json.ts";
import { type ExecutionsOptions, type InvokeMeta, NO_LATENCY } from "../../../sandbox/asl/options.ts";
import type { ExecutionDescription, ExecutionStatusDetail, HistoryEvent } from "../../../sandbox/asl/shapes.ts";
import { VirtualClock } from "../../../sandbox/clock.ts";

export const START = Date.UTC(2026, 0, 5, 8, 0, 0);
export const INVOKE = "arn:aws:states:::lambda:invoke";
export const INVOKE_WITH_TOKEN = "arn:aws:states:::lambda:invoke.waitForTaskToken";
export const START_AND_WAIT = "arn:aws:states:::states:startExecution.sync:2";

export type Handler = (payload: Json, meta: InvokeMeta) => unknown;

export const machineArn = (name: string): string => `arn:aws:states:eu-west-1:123456789012:stateMachine:${name}`;
export const executionArn = (machine: string, name: string): string =>
  `arn:aws:states:eu-west-1:123456789012:execution:${machine}:${name}`;

/** A small generator with a fixed seed: the same numbers in every run. */
export function seeded(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** An error with the name that Retry and Catch go by. */
export const named = (name: string, message = "as told"): Error => Object.assign(new Error(message), { name });

/** A Task state that calls the handler `fn` with the whole input and puts out its answer. */
export const call = (fn: string, rest: JsonObject = { End: true }): JsonObject => ({
  Type: "Task",
  Resource: INVOKE,
  Parameters: { FunctionName: fn, "Payload.$": "$" },
  ResultSelector: { "answer.$": "$.Payload" },
  ...rest,
});

/** A Task state that hands the handler `fn` its token and waits. */
export const ask = (fn: string, rest: JsonObject = { End: true }): JsonObject => ({
  Type: "Task",
  Resource: INVOKE_WITH_TOKEN,
  Parameters: { FunctionName: fn, Payload: { "token.$": "$$.Task.Token" } },
  ...rest,
});

/** The token that `ask` passed to a handler. */
export const tokenOf = (payload: Json): string => (payload as { token: string }).token;

export const machine = (states: JsonObject, rest: JsonObject = {}): JsonObject => ({
  StartAt: Object.keys(states)[0] ?? "",
  States: states,
  ...rest,
});

/** A simulated Step Functions with handlers in place of Lambda functions, on a clock of its own. */
export class Sandbox {
  readonly clock = new VirtualClock(START);
  readonly sfn: Executions;
  readonly statuses: ExecutionStatusDetail[] = [];

  constructor(handlers: Readonly<Record<string, Handler>> = {}, options: Partial<ExecutionsOptions> = {}) {
    let ids = 0;
    this.sfn = new Executions({
      clock: this.clock,
      random: seeded(),
      newId: () => `execution-${++ids}`,
      latency: NO_LATENCY,
      invoke: async (name, payload, meta) => {
        const handler = handlers[name];
        if (!handler) throw named("Lambda.ResourceNotFoundException", `Function not found: ${name}`);
        return { payload: await handler(payload, meta) };
      },
      onStatusChange: (detail) => this.statuses.push(detail),
      ...options,
    });
  }

  deploy(name: string, definition: JsonObject): void {
    this.sfn.createStateMachine({
      arn: machineArn(name),
      name,
      definition,
      roleArn: "arn:aws:iam::123456789012:role/sfn",
    });
  }

  /** Starts the machine `name`; returns the execution's ARN. */
  start(name: string, input: Json = {}, executionName = "one"): string {
    const request = { stateMachineArn: machineArn(name), name: executionName, input: JSON.stringify(input) };
    return this.sfn.startExecution(request).executionArn;
  }

  /** Runs an action at so many milliseconds from now. */
  at(ms: number, action: () => void): void {
    this.clock.after(ms, "test", action);
  }

  async run(): Promise<void> {
    await this.clock.run();
  }

  events(arn: string): readonly HistoryEvent[] {
    return this.sfn.getExecutionHistory({ executionArn: arn, maxResults: 1_000 }).events;
  }

  types(arn: string): readonly string[] {
    return this.events(arn).map(({ type }) => type);
  }

  describe(arn: string): ExecutionDescription {
    return this.sfn.describeExecution({ executionArn: arn });
  }

  /** Seconds from the start until the execution closed. */
  seconds(arn: string): number {
    return ((this.describe(arn).stopDate ?? Number.NaN) - START) / 1_000;
  }
}

export interface Run {
  readonly status: string;
  readonly output: Json | undefined;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly seconds: number;
  readonly types: readonly string[];
}

/** Runs one machine to its end. */
export async function runMachine(
  definition: JsonObject,
  input: Json = {},
  handlers: Readonly<Record<string, Handler>> = {},
  options: Partial<ExecutionsOptions> = {},
): Promise<Run> {
  const sandbox = new Sandbox(handlers, options);
  sandbox.deploy("m", definition);
  const arn = sandbox.start("m", input);
  await sandbox.run();
  const { status, output, error, cause } = sandbox.describe(arn);
  return {
    status,
    output: output === undefined ? undefined : (JSON.parse(output) as Json),
    error,
    cause,
    seconds: sandbox.seconds(arn),
    types: sandbox.types(arn),
  };
}

/** Runs a single state as a machine. */
export const runState = (state: JsonObject, input: Json = {}, handlers: Readonly<Record<string, Handler>> = {}) =>
  runMachine(machine({ Only: state }), input, handlers);
