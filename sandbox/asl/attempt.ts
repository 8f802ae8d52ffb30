import type { Gate, Timer } from "../clock.ts";
import { StatesError } from "./errors.ts";
import type { CANCELLED, Frame } from "./frame.ts";
import { type Json, Payload } from "./json.ts";
import type { TokenHolder } from "./tokens.ts";

/** How an attempt at a task ended. */
export type Outcome =
  | { readonly kind: "success"; readonly result: Payload }
  | { readonly kind: "failure"; readonly event: "TaskFailed" | "TaskSubmitFailed"; readonly error: StatesError }
  | { readonly kind: "timeout"; readonly error: StatesError };

/** In seconds; undefined: none. */
export interface Limits {
  readonly timeout: number | undefined;
  readonly heartbeat: number | undefined;
}

/** One attempt at a task: a race between its result, its callback, its time-out, its heartbeat and its cancellation. */
export class Attempt implements TokenHolder {
  readonly #frame: Frame;
  readonly #limits: Limits;
  readonly #gate: Gate<Outcome | typeof CANCELLED>;
  #timeout: Timer | undefined;
  #heartbeat: Timer | undefined;

  constructor(frame: Frame, limits: Limits) {
    this.#frame = frame;
    this.#limits = limits;
    this.#gate = frame.execution.engine.clock.gate();
  }

  get isOpen(): boolean {
    return !this.#gate.isOpen;
  }

  /** Ends the attempt; false if it had ended already, as for the handler of a task that timed out. */
  settle(outcome: Outcome): boolean {
    return this.#gate.open(outcome);
  }

  succeed(outputText: string): boolean {
    return this.settle({ kind: "success", result: new Payload(JSON.parse(outputText) as Json) });
  }

  fail(error: string | undefined, cause: string | undefined): boolean {
    const failure = new StatesError(error ?? "States.TaskFailed", cause);
    return this.settle({ kind: "failure", event: "TaskFailed", error: failure });
  }

  beat(): boolean {
    if (this.isOpen) this.#expectHeartbeat();
    return this.isOpen;
  }

  /** Parks the frame until the attempt ends; throws Cancelled if the frame is cut off first. */
  async outcome(): Promise<Outcome> {
    this.#timeout = this.#expire(this.#limits.timeout, "States.Timeout");
    this.#expectHeartbeat();
    try {
      return await this.#frame.hold(this.#gate);
    } finally {
      this.#timeout?.cancel();
      this.#heartbeat?.cancel();
    }
  }

  #expectHeartbeat(): void {
    this.#heartbeat?.cancel();
    this.#heartbeat = this.#expire(this.#limits.heartbeat, this.#frame.execution.engine.heartbeatError);
  }

  #expire(seconds: number | undefined, error: string): Timer | undefined {
    if (seconds === undefined) return undefined;
    return this.#frame.execution.engine.clock.after(seconds * 1_000, error, () => {
      this.settle({ kind: "timeout", error: new StatesError(error) });
    });
  }
}
