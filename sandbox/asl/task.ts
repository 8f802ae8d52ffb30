import { Attempt, type Outcome } from "./attempt.ts";
import type { Nested } from "./engine.ts";
import { Cancelled, EvaluationError, SfnError, StatesError, unlessCancelled } from "./errors.ts";
import type { Frame, Visit } from "./frame.ts";
import { isObject, type Json, type JsonObject, Payload, throughJson } from "./json.ts";
import { refuseIfTooLarge } from "./limits.ts";
import type { Integration, TaskState } from "./machine.ts";
import type { Answer } from "./options.ts";
import { type EventDetails, NOT_TRUNCATED } from "./shapes.ts";

/** A task on its way: where it runs, what it was asked, and the race for its end. */
interface Call {
  readonly frame: Frame;
  readonly visit: Visit;
  readonly state: TaskState;
  readonly parameters: JsonObject;
  readonly attempt: Attempt;
}

/** What to undo when the task is given up before its end. */
type GiveUp = () => void;

const BEGIN: Readonly<Record<Integration, (call: Call) => GiveUp>> = {
  invoke: (call) => invoke(call, (answer) => call.attempt.settle({ kind: "success", result: answer })),
  "invoke-with-token": (call) => invoke(call, (answer) => submitted(call, answer)),
  "start-and-wait": startAndWait,
};

/** One attempt at a Task state; returns its raw result. Throws StatesError, or Cancelled if it is cut off. */
export async function attemptTask(frame: Frame, visit: Visit, state: TaskState, input: Payload): Promise<Json> {
  const { tokens } = frame.execution.engine;
  // Every attempt has a token of its own: what was mailed for the one before is dead.
  const token = state.integration === "invoke-with-token" ? tokens.make() : undefined;
  visit.token = token;
  try {
    const call = prepare(frame, visit, state, input);
    if (token !== undefined) tokens.open(token, call.attempt);
    return conclude(call, await run(call));
  } finally {
    visit.token = undefined;
    if (token !== undefined) tokens.close(token);
  }
}

function prepare(frame: Frame, visit: Visit, state: TaskState, input: Payload): Call {
  const scope = frame.scope(input.value);
  const parameters = state.parameters ? new Payload(state.parameters(scope)) : input;
  refuseIfTooLarge(parameters, state.name);
  const limits = { timeout: state.timeoutSeconds?.(scope), heartbeat: state.heartbeatSeconds?.(scope) };
  frame.record("TaskScheduled", {
    taskScheduledEventDetails: {
      ...kind(state),
      region: frame.execution.region,
      parameters: parameters.text,
      ...(limits.timeout !== undefined && { timeoutInSeconds: limits.timeout }),
      ...(limits.heartbeat !== undefined && { heartbeatInSeconds: limits.heartbeat }),
    },
  });
  frame.record("TaskStarted", { taskStartedEventDetails: kind(state) });
  const attempt = new Attempt(frame, limits);
  return { frame, visit, state, attempt, parameters: isObject(parameters.value) ? parameters.value : {} };
}

async function run(call: Call): Promise<Outcome> {
  const giveUp = BEGIN[call.state.integration](call);
  try {
    const outcome = await call.attempt.outcome();
    if (outcome.kind === "timeout") giveUp();
    return outcome;
  } catch (error) {
    if (error instanceof Cancelled) giveUp();
    throw error;
  }
}

function conclude({ frame, state }: Call, outcome: Outcome): Json {
  if (outcome.kind === "success") {
    refuseIfTooLarge(outcome.result, state.name);
    const output = { output: outcome.result.text, outputDetails: NOT_TRUNCATED };
    frame.record("TaskSucceeded", { taskSucceededEventDetails: { ...kind(state), ...output } });
    return outcome.result.value;
  }
  const { error, why } = outcome.error;
  const details = { ...kind(state), error, ...(why !== undefined && { cause: why }) };
  if (outcome.kind === "timeout") frame.record("TaskTimedOut", { taskTimedOutEventDetails: details });
  else frame.record(outcome.event, failureDetails(outcome.event, details));
  throw outcome.error;
}

const failureDetails = (
  event: "TaskFailed" | "TaskSubmitFailed",
  details: NonNullable<EventDetails["taskFailedEventDetails"]>,
): EventDetails =>
  event === "TaskFailed" ? { taskFailedEventDetails: details } : { taskSubmitFailedEventDetails: details };

const kind = ({ resourceType, resource }: TaskState) => ({ resourceType, resource });

function text(call: Call, name: string): string {
  const value = call.parameters[name];
  if (typeof value === "string") return value;
  throw new EvaluationError("States.Runtime", `The parameter '${name}' must be a string.`);
}

/** Runs the function as a process of its own: it goes on, whatever becomes of the task (a zombie, if need be). */
function invoke(call: Call, onAnswer: (answer: Payload) => unknown): GiveUp {
  const { frame, visit, state, attempt } = call;
  const { engine } = frame.execution;
  const functionName = text(call, "FunctionName");
  const payload = throughJson(call.parameters.Payload ?? {});
  const meta = { executionArn: frame.execution.arn, stateName: state.name, retryCount: visit.retryCount };
  const run = async () => {
    const outcome = await engine.invoke(functionName, payload, meta).then(answered, failed);
    if (outcome.kind === "success") onAnswer(outcome.result);
    else attempt.settle(outcome);
  };
  engine.clock.spawn(`function ${functionName}`, () => run().catch(unlessCancelled));
  return () => undefined;
}

function answered({ payload, executedVersion = "$LATEST" }: Answer): Outcome & { readonly kind: "success" } {
  const result = { ExecutedVersion: executedVersion, Payload: throughJson(payload), StatusCode: 200 };
  return { kind: "success", result: new Payload(result) };
}

const failed = (thrown: unknown): Outcome => ({ kind: "failure", event: "TaskFailed", error: functionError(thrown) });

function submitted({ frame, state, attempt }: Call, answer: Payload): void {
  // The callback may have come while the function was still running; then nobody waits for its answer.
  if (!attempt.isOpen) return;
  const output = { output: answer.text, outputDetails: NOT_TRUNCATED };
  frame.record("TaskSubmitted", { taskSubmittedEventDetails: { ...kind(state), ...output } });
}

/**
 * What a function threw, as Lambda reports it. Lambda's own errors come with a plain message; those of the function
 * as JSON. Its trace is left out, since it would name paths of whatever machine this runs on.
 */
function functionError(thrown: unknown): StatesError {
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (name.startsWith("Lambda.")) return new StatesError(name, message);
  return new StatesError(name, JSON.stringify({ errorType: name, errorMessage: message, trace: [] }));
}

function startAndWait(call: Call): GiveUp {
  const { frame, state, attempt } = call;
  const { engine } = frame.execution;
  const child = startChild(call);
  if (child === undefined) return () => undefined;
  const started = JSON.stringify({ ExecutionArn: child.arn, StartDate: child.startDate });
  const output = { output: started, outputDetails: NOT_TRUNCATED };
  frame.record("TaskSubmitted", { taskSubmittedEventDetails: { ...kind(state), ...output } });
  child.onClose(() => {
    const outcome = childOutcome(child);
    engine.clock.after(engine.draw("childNoticed"), "child noticed", () => void attempt.settle(outcome));
  });
  return () => engine.stopNested(child);
}

function startChild(call: Call): Nested | undefined {
  const { Input: input = {}, Name: name } = call.parameters;
  try {
    return call.frame.execution.engine.startNested({
      stateMachineArn: text(call, "StateMachineArn"),
      name: name === undefined ? undefined : text(call, "Name"),
      input: typeof input === "string" ? input : JSON.stringify(input),
    });
  } catch (error) {
    if (!(error instanceof SfnError)) throw error;
    const name = `StepFunctions.${error.name.replace(/Exception$/u, "")}Exception`;
    call.attempt.settle({ kind: "failure", event: "TaskSubmitFailed", error: new StatesError(name, error.message) });
    return undefined;
  }
}

/** DescribeExecution as `.sync:2` reports it: Input and Output parsed on success; whatever else happened, a failure. */
function childOutcome(child: Nested): Outcome {
  const { status, output, input } = child.describe();
  if (status === "SUCCEEDED" && output !== undefined) {
    const parsed = { Input: JSON.parse(input) as Json, Output: JSON.parse(output) as Json };
    return { kind: "success", result: new Payload({ ...described(child), ...parsed }) };
  }
  const cause = JSON.stringify(described(child));
  return { kind: "failure", event: "TaskFailed", error: new StatesError("States.TaskFailed", cause) };
}

/** A description with the integration's capitalised field names, in alphabetical order as the service returns them. */
function described(child: Nested): JsonObject {
  const fields = Object.entries(throughJson(child.describe()) as JsonObject);
  const capitalised = fields.map(([key, value]): [string, Json] => [key.charAt(0).toUpperCase() + key.slice(1), value]);
  const details = (value: Json) =>
    isObject(value) && "included" in value ? { Included: value.included ?? true } : value;
  capitalised.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(capitalised.map(([key, value]) => [key, details(value)]));
}
