import type { Gate } from "../clock.ts";
import type { Run } from "./engine.ts";
import { Cancelled } from "./errors.ts";
import type { Json, JsonObject, Payload } from "./json.ts";
import type { Machine, State } from "./machine.ts";
import type { Scope } from "./path.ts";
import type { EventDetails, EventType } from "./shapes.ts";

/** Where a line of control stands: enough to go on from there after a redrive. */
export interface Position {
  readonly stateName: string;
  readonly input: Payload;
}

/** A state that is being executed. */
export interface Visit {
  readonly state: State;
  readonly input: Payload;
  /** In epoch milliseconds. */
  readonly enteredAt: number;
  readonly enteredId: number;
  retryCount: number;
  token: string | undefined;
}

/** The item of a Map iteration. */
export interface Item {
  readonly index: number;
  readonly value: Json;
}

/** What a parked frame gets instead of what it waits for. */
export const CANCELLED = Symbol("cancelled");

/** The states that leave a trace in history when they are cut off. */
const ABORTED_EVENTS: Readonly<Partial<Record<State["type"], EventType>>> = {
  Task: "TaskStateAborted",
  Wait: "WaitStateAborted",
  Map: "MapStateAborted",
  Parallel: "ParallelStateAborted",
};

/** One line of control: the execution itself, a Parallel branch, or a Map iteration. It waits for one thing at a time. */
export class Frame {
  readonly execution: Run;
  readonly machine: Machine;
  readonly parent: Frame | undefined;
  readonly item: Item | undefined;
  position: Position;
  visit: Visit | undefined;
  /** The lines of the Map or Parallel state being visited. */
  branches: Frame[] = [];
  /** Set when this line has come to its end. */
  output: Payload | undefined;
  hasStarted = false;
  lastEventId = 0;
  #life: "open" | "failed" | "cancelled" = "open";
  #pending: Gate<typeof CANCELLED> | undefined;

  constructor(execution: Run, machine: Machine, input: Payload, parent?: Frame | undefined, item?: Item | undefined) {
    this.execution = execution;
    this.machine = machine;
    this.parent = parent;
    this.item = item;
    this.position = { stateName: machine.startAt, input };
    this.lastEventId = parent?.lastEventId ?? 0;
  }

  /** Appends to the execution's history; throws Cancelled if this line is over. */
  record(type: EventType, details: EventDetails = {}): number {
    if (this.#life === "cancelled") throw new Cancelled();
    this.lastEventId = this.execution.append(type, this.lastEventId, details);
    return this.lastEventId;
  }

  /** Waits for the gate; throws Cancelled if this line is cut off first. */
  async hold<T>(gate: Gate<T | typeof CANCELLED>): Promise<T> {
    if (this.#life === "cancelled") throw new Cancelled();
    this.#pending = gate as Gate<typeof CANCELLED>;
    const value = await gate.wait();
    this.#pending = undefined;
    if (value === CANCELLED) throw new Cancelled();
    return value as T;
  }

  /** Waits for virtual milliseconds; throws Cancelled if this line is cut off first. */
  async pause(ms: number): Promise<void> {
    if (ms <= 0) return;
    const { clock } = this.execution.engine;
    const gate = clock.gate<typeof CANCELLED | undefined>();
    const timer = clock.after(ms, "pause", () => void gate.open(undefined));
    try {
      await this.hold(gate);
    } finally {
      timer.cancel();
    }
  }

  /** Cuts this line off, its branches first; `announce` says whether history shows which states were aborted. */
  cancel(announce: boolean): void {
    if (this.#life !== "open" || this.output !== undefined) return;
    for (const branch of this.branches) branch.cancel(announce);
    if (announce) this.#announceAbort();
    this.#life = "cancelled";
    this.#pending?.open(CANCELLED);
  }

  /** Marks this line as failed: there is nothing left in it to cut off, until it is redriven. */
  fail(): void {
    this.#life = "failed";
  }

  /** Makes a line that was cut off, or failed, usable again for a redrive; those that had ended stay ended. */
  revive(lastEventId: number): void {
    if (this.output !== undefined) return;
    this.#life = "open";
    this.#pending = undefined;
    this.lastEventId = lastEventId;
    for (const branch of this.branches) branch.revive(lastEventId);
  }

  /** What expressions may see; `item` is the one at hand while a Map prepares its iterations. */
  scope(input: Json, item?: Item): Scope {
    return { input, context: () => this.#context(item) };
  }

  #announceAbort(): void {
    const type = this.visit && ABORTED_EVENTS[this.visit.state.type];
    if (type) this.#appendIfRoom(type, {});
    if (this.item === undefined || !this.hasStarted) return;
    const name = this.parent?.visit?.state.name;
    if (name)
      this.#appendIfRoom("MapIterationAborted", { mapIterationAbortedEventDetails: { name, index: this.item.index } });
  }

  #appendIfRoom(type: EventType, details: EventDetails): void {
    if (this.execution.hasRoom) this.lastEventId = this.execution.append(type, this.lastEventId, details);
  }

  /** The context object. @see https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
  #context(item: Item | undefined): JsonObject {
    const { visit } = this;
    const current = item ?? this.nearestItem();
    const state = visit && {
      EnteredTime: new Date(visit.enteredAt).toISOString(),
      Name: visit.state.name,
      RetryCount: visit.retryCount,
    };
    return {
      ...this.execution.context(),
      ...(state && { State: state }),
      ...(visit?.token !== undefined && { Task: { Token: visit.token } }),
      ...(current && { Map: { Item: { Index: current.index, Value: current.value } } }),
    };
  }

  /** The item of the Map iteration that this line is, or is part of. */
  nearestItem(): Item | undefined {
    return this.item ?? this.parent?.nearestItem();
  }
}
