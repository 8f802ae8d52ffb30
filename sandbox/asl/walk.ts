import { EvaluationError, StatesError } from "./errors.ts";
import { fanMap, fanParallel } from "./fan.ts";
import type { Frame, Visit } from "./frame.ts";
import { type Json, Payload } from "./json.ts";
import { refuseIfTooLarge } from "./limits.ts";
import type { ChoiceState, FailState, PassState, RecoverableState, State, WaitState } from "./machine.ts";
import { type Path, put, read } from "./path.ts";
import { catcherFor, delayBeforeRetry } from "./recovery.ts";
import { type EventType, NOT_TRUNCATED } from "./shapes.ts";
import { attemptTask } from "./task.ts";

/** What a state comes to: its output, and the next state, if any. */
interface Step {
  readonly output: Payload;
  readonly next: string | undefined;
}

/**
 * Walks a frame from its position to its end and returns its output. A redriven frame re-enters the state that it
 * stood in, without entering it anew in history. Throws StatesError if the line fails and Cancelled if it is cut off.
 */
export async function walk(frame: Frame): Promise<Payload> {
  let isResumed = frame.visit !== undefined;
  for (;;) {
    await frame.pause(frame.execution.engine.draw("transition"));
    const step = await visitState(frame, isResumed);
    isResumed = false;
    frame.visit = undefined;
    frame.branches = [];
    if (step.next === undefined) return step.output;
    frame.position = { stateName: step.next, input: step.output };
  }
}

async function visitState(frame: Frame, isResumed: boolean): Promise<Step> {
  const { stateName, input } = frame.position;
  const state = frame.machine.states.get(stateName);
  if (state === undefined) throw new Error(`no state '${stateName}'; the definition was not checked`);
  const visit = enter(frame, state, input, isResumed);
  try {
    const step = await execute(frame, visit, isResumed);
    refuseIfTooLarge(step.output, state.name);
    const exited = { name: state.name, output: step.output.text, outputDetails: NOT_TRUNCATED };
    frame.record(`${state.type}StateExited` as EventType, { stateExitedEventDetails: exited });
    return step;
  } catch (error) {
    throw located(error, visit);
  }
}

function enter(frame: Frame, state: State, input: Payload, isResumed: boolean): Visit {
  const { engine } = frame.execution;
  frame.execution.transitions += 1;
  const entered = { name: state.name, input: input.text, inputDetails: NOT_TRUNCATED };
  const enteredId = isResumed
    ? frame.lastEventId
    : frame.record(`${state.type}StateEntered` as EventType, { stateEnteredEventDetails: entered });
  frame.visit = { state, input, enteredAt: engine.clock.now(), enteredId, retryCount: 0, token: undefined };
  return frame.visit;
}

function execute(frame: Frame, visit: Visit, isResumed: boolean): Step | Promise<Step> {
  const { state } = visit;
  switch (state.type) {
    case "Pass":
      return pass(frame, visit, state);
    case "Choice":
      return choose(frame, visit, state);
    case "Wait":
      return wait(frame, visit, state);
    case "Succeed": {
      const output = filter(frame, state.outputPath, effectiveInput(frame, visit), "OutputPath");
      return { output, next: undefined };
    }
    case "Fail":
      return fail(frame, visit, state);
    case "Task":
      return recover(frame, visit, state, (input) => attemptTask(frame, visit, state, input));
    case "Map":
      return recover(frame, visit, state, (input) =>
        fanMap(frame, state, input, isResumed && visit.retryCount === 0, walk),
      );
    case "Parallel":
      return recover(frame, visit, state, (input) =>
        fanParallel(frame, state, input, isResumed && visit.retryCount === 0, walk),
      );
  }
}

const EMPTY = new Payload({});

/** A payload through InputPath or OutputPath; the payload itself, with its text, where the path is `$`. */
function filter(frame: Frame, path: Path | null, payload: Payload, field: string): Payload {
  if (path === null) return EMPTY;
  if (path.steps.length === 0 && !path.isContext) return payload;
  return new Payload(read(path, frame.scope(payload.value), field));
}

const effectiveInput = (frame: Frame, { state, input }: Visit): Payload =>
  state.type === "Fail" ? input : filter(frame, state.inputPath, input, "InputPath");

/** ResultPath against the state's raw input; the result itself where the path is `$`. */
function place(path: Path | null, input: Payload, result: Json): Payload {
  if (path === null) return input;
  return new Payload(put(path, input.value, result));
}

function pass(frame: Frame, visit: Visit, state: PassState): Step {
  const input = effectiveInput(frame, visit);
  // Parameters are filled in even where a Result takes their place: what is wrong in them must show.
  const filled = state.parameters ? state.parameters(frame.scope(input.value)) : input.value;
  const result = state.result === undefined ? filled : state.result;
  const isInput = result === input.value && state.resultPath?.steps.length === 0;
  const placed = isInput ? input : place(state.resultPath, visit.input, result);
  return { output: filter(frame, state.outputPath, placed, "OutputPath"), next: state.next };
}

function choose(frame: Frame, visit: Visit, state: ChoiceState): Step {
  const input = effectiveInput(frame, visit);
  const scope = frame.scope(input.value);
  const next = state.rules.find(({ condition }) => condition(scope))?.next ?? state.otherwise;
  if (next === undefined) {
    throw new EvaluationError("States.NoChoiceMatched", "No choice rule matched and no Default state specified");
  }
  return { output: filter(frame, state.outputPath, input, "OutputPath"), next };
}

async function wait(frame: Frame, visit: Visit, state: WaitState): Promise<Step> {
  const input = effectiveInput(frame, visit);
  const now = frame.execution.engine.clock.now();
  await frame.pause(state.until(frame.scope(input.value), now) - now);
  return { output: filter(frame, state.outputPath, input, "OutputPath"), next: state.next };
}

function fail(frame: Frame, visit: Visit, state: FailState): never {
  const scope = frame.scope(visit.input.value);
  const error = state.error?.(scope);
  const cause = state.cause?.(scope);
  throw new StatesError(error ?? "", cause);
}

/** A Task, Map or Parallel: attempts, retries, and the catcher that takes over when there are no more retries. */
async function recover(
  frame: Frame,
  visit: Visit,
  state: RecoverableState,
  attempt: (input: Payload) => Promise<Json>,
): Promise<Step> {
  const triesByRetrier = state.retriers.map(() => 0);
  for (;;) {
    try {
      const result = await attempt(effectiveInput(frame, visit));
      const output = finish(frame, visit, state, result);
      refuseIfTooLarge(output, state.name);
      return { output, next: state.next };
    } catch (error) {
      if (!(error instanceof StatesError)) throw error;
      const failure = located(error, visit);
      const delayMs = delayBeforeRetry(state.retriers, triesByRetrier, failure.error, frame.execution.engine.random);
      if (delayMs === undefined) return caught(visit, state, failure);
      await frame.pause(delayMs);
      visit.retryCount += 1;
      frame.execution.transitions += 1;
    }
  }
}

function finish(frame: Frame, visit: Visit, state: RecoverableState, result: Json): Payload {
  const selected = state.resultSelector ? state.resultSelector(frame.scope(result)) : result;
  return filter(frame, state.outputPath, place(state.resultPath, visit.input, selected), "OutputPath");
}

function caught(visit: Visit, state: RecoverableState, failure: StatesError): Step {
  const catcher = catcherFor(state.catchers, failure.error);
  if (catcher === undefined) throw failure;
  const report = { Error: failure.error, ...(failure.why !== undefined && { Cause: failure.why }) };
  return { output: place(catcher.resultPath, visit.input, report), next: catcher.next };
}

/** An evaluation error with its place put before the cause, as the service words it. Others pass as they are. */
function located<E>(error: E, visit: Visit): E extends StatesError ? StatesError : unknown;
function located(error: unknown, visit: Visit): unknown {
  if (!(error instanceof EvaluationError)) return error;
  const where = `An error occurred while executing the state '${visit.state.name}' (entered at the event id #${visit.enteredId}). `;
  return new StatesError(error.error, `${where}${error.why ?? ""}`);
}
