/** What a run without faults does, call by call and state by state: where faults can strike. */
import type { HistoryEvent } from "../asl/shapes.ts";
import type { CallRecord } from "../aws/router.ts";

/** One stay of an execution in a state; times in epoch ms. */
export interface Visit {
  readonly machine: string;
  readonly state: string;
  /** Which entrance of this state it is, over all executions of the machine, from 1. */
  readonly nth: number;
  readonly at: number;
  ms: number;
}

/** `...:execution:headgate-rollout:NAME` -> `rollout`. */
export function machineOf(executionArn: string): string {
  return (executionArn.split(":")[6] ?? "").replace(/^headgate-/, "");
}

/** Follows executions through their states. */
export class Visits {
  readonly all: Visit[] = [];
  readonly #counts = new Map<string, number>();
  readonly #standing = new Map<string, Visit>();

  /** Takes an event; returns the visit that it begins, if it does. */
  take(event: HistoryEvent, executionArn: string): Visit | undefined {
    const left = event.stateExitedEventDetails?.name;
    const stood = this.#standing.get(`${executionArn} ${left}`);
    if (stood !== undefined) stood.ms = event.timestamp - stood.at;
    const state = event.stateEnteredEventDetails?.name;
    if (state === undefined) return undefined;
    const machine = machineOf(executionArn);
    const nth = (this.#counts.get(`${machine} ${state}`) ?? 0) + 1;
    this.#counts.set(`${machine} ${state}`, nth);
    const visit = { machine, state, nth, at: event.timestamp, ms: 0 };
    this.#standing.set(`${executionArn} ${state}`, visit);
    this.all.push(visit);
    return visit;
  }
}

/** A call as a fault names it: the nth of this handler and operation. */
export interface CallSite {
  readonly handler: string;
  readonly service: string;
  readonly operation: string;
  readonly nth: number;
  /** Which of the handler's invocations, and which call within it, both from 1: together they say where in the code. */
  readonly invocation: number;
  readonly ordinal: number;
  /** Of the call, among all of the simulation. */
  readonly number: number;
}

/** The calls of all handlers in the order in which they were made. */
export function callSites(calls: readonly CallRecord[]): CallSite[] {
  const counts = new Map<string, number>();
  const count = (key: string) => {
    const next = (counts.get(key) ?? 0) + 1;
    counts.set(key, next);
    return next;
  };
  const invocations = new Map<string, number>();
  return calls
    .toSorted((one, other) => one.number - other.number)
    .filter(({ handler }) => handler !== "onlooker")
    .map(({ handler, invocation, service, operation, number }) => {
      if (!invocations.has(invocation)) invocations.set(invocation, count(handler));
      return {
        handler,
        service,
        operation,
        nth: count(`${handler} ${service}:${operation}`),
        invocation: invocations.get(invocation) ?? 0,
        ordinal: count(`${invocation} ${service}:${operation}`),
        number,
      };
    });
}

/** First, middle and last; all of them where there are no more than three. */
export function firstMiddleLast<T>(all: readonly T[]): T[] {
  if (all.length <= 3) return [...all];
  const picked = [all[0], all[Math.floor(all.length / 2)], all.at(-1)];
  return picked.filter((one) => one !== undefined);
}

/** Values by a key, in order of their first appearance. */
export function grouped<T>(all: readonly T[], keyOf: (one: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}
