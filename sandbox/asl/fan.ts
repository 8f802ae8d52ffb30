import { EvaluationError, StatesError, unlessCancelled } from "./errors.ts";
import { type CANCELLED, Frame } from "./frame.ts";
import { isArray, type Json, Payload } from "./json.ts";
import { MOST_ITERATIONS } from "./limits.ts";
import type { MapState, ParallelState } from "./machine.ts";
import { read } from "./path.ts";

/** Runs one line to its end and returns its output: the walk that this state is itself a part of. */
export type Walk = (line: Frame) => Promise<Payload>;

/** Runs a Map state's iterations; the result is the array of their outputs. `isResumed`: go on with those at hand. */
export async function fanMap(
  frame: Frame,
  state: MapState,
  input: Payload,
  isResumed: boolean,
  walk: Walk,
): Promise<Json> {
  const scope = frame.scope(input.value);
  const limit = state.maxConcurrency(scope);
  if (!(isResumed && frame.branches.length > 0)) {
    const items = read(state.itemsPath, scope, "ItemsPath");
    if (!isArray(items)) {
      throw new EvaluationError("States.Runtime", `Reference path "${state.itemsPath.text}" must point to array.`);
    }
    frame.record("MapStateStarted", { mapStateStartedEventDetails: { length: items.length } });
    frame.branches = items.map((value, index) => iteration(frame, state, input, { index, value }));
  }
  return join(frame, limit === 0 ? MOST_ITERATIONS : Math.min(limit, MOST_ITERATIONS), "Map", walk);
}

function iteration(frame: Frame, state: MapState, input: Payload, item: { index: number; value: Json }): Frame {
  const own = state.parameters ? state.parameters(frame.scope(input.value, item)) : item.value;
  return new Frame(frame.execution, state.processor, new Payload(own), frame, item);
}

/** Runs a Parallel state's branches; the result is the array of their outputs. `isResumed` as for a Map. */
export async function fanParallel(
  frame: Frame,
  state: ParallelState,
  input: Payload,
  isResumed: boolean,
  walk: Walk,
): Promise<Json> {
  if (!(isResumed && frame.branches.length > 0)) {
    const own = state.parameters ? new Payload(state.parameters(frame.scope(input.value))) : input;
    frame.record("ParallelStateStarted");
    frame.branches = state.branches.map((branch) => new Frame(frame.execution, branch, own, frame));
  }
  return join(frame, frame.branches.length, "Parallel", walk);
}

async function join(frame: Frame, limit: number, type: "Map" | "Parallel", walk: Walk): Promise<Json> {
  try {
    await new Join(frame, limit, walk).done();
  } catch (error) {
    if (error instanceof StatesError) frame.record(`${type}StateFailed`);
    throw error;
  }
  frame.record(`${type}StateSucceeded`);
  return frame.branches.map(({ output }) => output?.value ?? null);
}

/** Waits for all lines of a frame, some at a time; the first to fail cuts the others off. */
class Join {
  readonly #frame: Frame;
  readonly #limit: number;
  readonly #walk: Walk;
  readonly #waiting: readonly Frame[];
  readonly #gate;
  #next = 0;
  #finished = 0;

  constructor(frame: Frame, limit: number, walk: Walk) {
    this.#frame = frame;
    this.#limit = limit;
    this.#walk = walk;
    this.#waiting = frame.branches.filter(({ output }) => output === undefined);
    this.#gate = frame.execution.engine.clock.gate<"all" | StatesError | typeof CANCELLED>();
  }

  /** Throws the error of the line that failed. */
  async done(): Promise<void> {
    if (this.#waiting.length === 0) return;
    for (let count = 0; count < this.#limit; count += 1) this.#startNext();
    const end = await this.#frame.hold(this.#gate);
    if (end instanceof StatesError) throw end;
  }

  #startNext(): void {
    const branch = this.#waiting[this.#next];
    if (branch === undefined) return;
    this.#next += 1;
    branch.execution.engine.clock.spawn(`${branch.execution.name} branch`, () =>
      this.#run(branch).catch(unlessCancelled),
    );
  }

  async #run(branch: Frame): Promise<void> {
    try {
      this.#announce(branch, "Started");
      branch.hasStarted = true;
      branch.output = await this.#walk(branch);
      this.#announce(branch, "Succeeded");
      this.#finish(branch);
    } catch (error) {
      if (!(error instanceof StatesError)) throw error;
      this.#fail(branch, error);
    }
  }

  #finish(branch: Frame): void {
    this.#finished += 1;
    this.#startNext();
    if (this.#finished < this.#waiting.length) return;
    this.#frame.lastEventId = branch.lastEventId;
    this.#gate.open("all");
  }

  #fail(branch: Frame, error: StatesError): void {
    branch.fail();
    this.#announce(branch, "Failed");
    if (!this.#gate.open(error)) return;
    for (const other of this.#frame.branches) other.cancel(true);
    this.#frame.lastEventId = branch.lastEventId;
  }

  #announce(branch: Frame, what: "Started" | "Succeeded" | "Failed"): void {
    const { item, parent } = branch;
    if (item === undefined || (what === "Started" && branch.hasStarted)) return;
    const details = { index: item.index, name: parent?.visit?.state.name };
    if (what === "Started") branch.record("MapIterationStarted", { mapIterationStartedEventDetails: details });
    if (what === "Succeeded") branch.record("MapIterationSucceeded", { mapIterationSucceededEventDetails: details });
    if (what === "Failed") branch.record("MapIterationFailed", { mapIterationFailedEventDetails: details });
  }
}
