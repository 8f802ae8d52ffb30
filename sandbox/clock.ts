import { AsyncLocalStorage } from "node:async_hooks";

/** What a process came to: its value, or the error it threw. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** A one-shot event. The first `open` wins; whoever waits, before or after, gets its value. */
export interface Gate<T> {
  /** Opens the gate and wakes its waiters in the order they came; false if it was open already. */
  open(value: T): boolean;
  readonly isOpen: boolean;
  /** The value it was opened with; undefined while it is closed. */
  readonly value: T | undefined;
  /** Parks the running process until the gate opens; returns at once if it is open. */
  wait(): Promise<T>;
}

/** A sequential line of control in virtual time. */
export interface Process<T> {
  readonly name: string;
  readonly done: Gate<Result<T>>;
}

/** A body that is due at some instant, and may be called off until then. */
export interface Timer {
  cancel(): void;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  live: boolean;
  readonly run: () => void;
}

const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A binary heap of what is due, earliest first; at the same instant, first come first served. */
class Agenda {
  #heap: Entry[] = [];
  #cancelled = 0;

  push(entry: Entry): void {
    const heap = this.#heap;
    heap.push(entry);
    let at = heap.length - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = entry;
  }

  /** The earliest entry that was not called off; undefined when nothing is due any more. */
  pop(): Entry | undefined {
    for (;;) {
      const first = this.#heap[0];
      const last = this.#heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (this.#heap.length > 0) this.#sift(last);
      if (first.live) return first;
      this.#cancelled -= 1;
    }
  }

  cancel(entry: Entry): void {
    if (!entry.live) return;
    entry.live = false;
    this.#cancelled += 1;
    // Month-long time-outs are cancelled within seconds: without this they would pile up until their day comes.
    if (this.#cancelled > 4096 && this.#cancelled * 2 > this.#heap.length) this.#compact();
  }

  #sift(entry: Entry): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      if (left === undefined) break;
      const right = heap[2 * at + 2];
      const least = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(least, entry)) break;
      heap[at] = least;
      at = 2 * at + (least === left ? 1 : 2);
    }
    heap[at] = entry;
  }

  #compact(): void {
    // A sorted array is a heap; `order` keeps ties as they were.
    this.#heap = this.#heap.filter((entry) => entry.live).sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#cancelled = 0;
  }
}

/** The part of a process that the kernel sees. */
interface Line {
  readonly name: string;
  hasEnded: boolean;
}

/** Where gates hand their waiters back to the kernel. */
interface Kernel {
  park(): Line | undefined;
  wake(line: Line, resume: () => void): void;
}

class OneShot<T> implements Gate<T> {
  readonly #kernel: Kernel;
  #state: { readonly value: T } | undefined;
  #waiters: (() => void)[] = [];
  /** Whether anybody looked: an error in a result that nobody looked at must not get lost. */
  asked = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  get isOpen(): boolean {
    this.asked = true;
    return this.#state !== undefined;
  }

  get value(): T | undefined {
    this.asked = true;
    return this.#state?.value;
  }

  open(value: T): boolean {
    if (this.#state !== undefined) return false;
    this.#state = { value };
    for (const wake of this.#waiters) wake();
    this.#waiters = [];
    return true;
  }

  wait(): Promise<T> {
    this.asked = true;
    if (this.#state !== undefined) return Promise.resolve(this.#state.value);
    const { promise, resolve } = Promise.withResolvers<T>();
    const line = this.#kernel.park();
    const resume = () => this.#state !== undefined && resolve(this.#state.value);
    this.#waiters.push(line === undefined ? resume : () => this.#kernel.wake(line, resume));
    return promise;
  }
}

/**
 * A discrete-event clock for strictly sequential simulation: exactly one process runs at a time, and virtual time
 * moves only when none does. While a process runs, real asynchronous work (crypto, SDK middleware, a real
 * `setTimeout(0)`) takes real time and no virtual time. There are no real timers, so a sleep may last for years.
 *
 * The rule this imposes: **a process awaits one thing at a time.** Two virtual waits at once (`Promise.all` over two
 * simulated calls) would leave it unclear when the process has come to rest, so the second one throws. Split the work
 * into processes with `spawn`, and await their `done` gates one after the other.
 */
export class VirtualClock {
  readonly #agenda = new Agenda();
  readonly #line = new AsyncLocalStorage<Line>();
  readonly #kernel: Kernel = {
    park: () => (this.#line.getStore() === undefined ? undefined : this.#park()),
    wake: (line, resume) => this.#at(this.#now, () => this.#resume(line, resume)),
  };
  #now: number;
  #order = 0;
  #current: Line | undefined;
  #atRest: (() => void) | undefined;
  #state: "stopped" | "running" = "stopped";
  #failures: { readonly name: string; readonly error: unknown; readonly done: { readonly asked: boolean } }[] = [];

  /** @param startMs the first instant, in epoch milliseconds. */
  constructor(startMs: number) {
    this.#now = startMs;
  }

  /** Virtual time in epoch milliseconds. */
  now(): number {
    return this.#now;
  }

  /**
   * Parks the running process for `ms` milliseconds of virtual time (fractions round up).
   * Throws outside a process, since nobody could be parked.
   */
  sleep(ms: number): Promise<void> {
    const at = this.#instant(ms);
    const line = this.#park();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#at(at, () => this.#resume(line, resolve));
    return promise;
  }

  /** Starts a process: queued at the present instant, it runs as soon as those before it rest. */
  spawn<T>(name: string, body: () => Promise<T>): Process<T> {
    const done = new OneShot<Result<T>>(this.#kernel);
    this.#at(this.#now, () => this.#start({ name, hasEnded: false }, body, done));
    return { name, done };
  }

  gate<T>(): Gate<T> {
    return new OneShot<T>(this.#kernel);
  }

  /**
   * Runs `body` as a process of its own `ms` milliseconds from now, unless cancelled before.
   * What it throws comes out of `run`, as nobody can ask for it.
   */
  after(ms: number, name: string, body: () => void | Promise<void>): Timer {
    const done = new OneShot<Result<void>>(this.#kernel);
    const entry = this.#at(this.#instant(ms), () => this.#start({ name, hasEnded: false }, body, done));
    return { cancel: () => this.#agenda.cancel(entry) };
  }

  /**
   * The kernel: lets virtual time pass until nothing is due ("idle") or `until` holds between two events.
   * Throws the error of a process that failed, if nobody has asked for that process's result by then.
   */
  async run(options: { readonly until?: () => boolean } = {}): Promise<"idle" | "until"> {
    if (this.#state === "running") throw new Error("the clock runs already; a simulation has one kernel");
    this.#state = "running";
    try {
      const end = await this.#turns(options.until);
      this.#raise();
      return end;
    } finally {
      this.#state = "stopped";
    }
  }

  async #turns(until: (() => boolean) | undefined): Promise<"idle" | "until"> {
    for (;;) {
      if (until?.()) return "until";
      const next = this.#agenda.pop();
      if (next === undefined) return "idle";
      next.live = false;
      this.#now = next.at;
      next.run();
      if (this.#current !== undefined) await new Promise<void>((resolve) => (this.#atRest = resolve));
    }
  }

  #at(at: number, run: () => void): Entry {
    this.#order += 1;
    const entry = { at, order: this.#order, live: true, run };
    this.#agenda.push(entry);
    return entry;
  }

  #instant(ms: number): number {
    if (!(ms >= 0) || ms === Number.POSITIVE_INFINITY) throw new RangeError(`no such delay: ${ms} ms`);
    return Math.ceil(this.#now + ms);
  }

  #start<T>(line: Line, body: () => T | Promise<T>, done: OneShot<Result<T>>): void {
    this.#current = line;
    try {
      const outcome = this.#line.run(line, body);
      if (outcome instanceof Promise) {
        outcome.then(
          (value) => this.#finish(line, done, { ok: true, value }),
          (error: unknown) => this.#finish(line, done, { ok: false, error }),
        );
      } else {
        this.#finish(line, done, { ok: true, value: outcome });
      }
    } catch (error) {
      this.#finish(line, done, { ok: false, error });
    }
  }

  #finish<T>(line: Line, done: OneShot<Result<T>>, result: Result<T>): void {
    line.hasEnded = true;
    if (!result.ok) this.#failures.push({ name: line.name, error: result.error, done });
    done.open(result);
    // A process that broke the rule may end while another one runs.
    if (this.#current === line) this.#rest();
  }

  #resume(line: Line, resume: () => void): void {
    // Nobody is left to come to rest again: the process broke the rule and ended with a wait outstanding.
    if (line.hasEnded) return;
    this.#current = line;
    resume();
  }

  #park(): Line {
    const line = this.#line.getStore();
    if (line === undefined) throw new Error("only a process can sleep: start one with spawn");
    if (line !== this.#current)
      throw new Error(`process "${line.name}" waits for two things at once, or after its end`);
    this.#rest();
    return line;
  }

  #rest(): void {
    this.#current = undefined;
    const wakeKernel = this.#atRest;
    this.#atRest = undefined;
    wakeKernel?.();
  }

  #raise(): void {
    const lost = this.#failures.find((failure) => !failure.done.asked);
    this.#failures = [];
    if (lost === undefined) return;
    const reason = lost.error instanceof Error ? lost.error.message : String(lost.error);
    throw new Error(`process "${lost.name}" failed: ${reason}`, { cause: lost.error });
  }
}
