/**
 * Runs the real handlers as Lambda would: each invocation is a process of its own, killed for its callers at its
 * time-out while it may go on as a zombie until then, with the clients, the clock and the randomness of the simulation.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Host } from "../../functions/runtime/host.ts";
import type { Step } from "../../functions/runtime/step.ts";
import { SandboxEnded } from "../aws/patience.ts";
import type { SimulatedAws } from "../aws/router.ts";
import { clientConfig } from "../aws/sdk.ts";
import type { Caller } from "../aws/service.ts";
import type { Random } from "../chance/random.ts";
import type { Result as Outcome, VirtualClock } from "../clock.ts";
import type { Scenario } from "../world/scenario.ts";

/** What the simulated Lambda knows of one function. */
export interface DeployedFunction {
  readonly handler: Step<unknown>;
  readonly timeoutSeconds: number;
}

export type HandlerFault = Scenario["handlerFaults"][number];

export interface InvocationRecord {
  readonly step: string;
  readonly invocation: string;
  readonly at: number;
  readonly ms: number;
  /** `ok`, or the error's name. */
  readonly outcome: string;
  /** What the error said; empty where there is none. */
  readonly message: string;
  readonly input: unknown;
  readonly output: unknown;
}

export interface LambdaHostOptions {
  readonly clock: VirtualClock;
  readonly aws: SimulatedAws;
  readonly random: Random;
  readonly functions: ReadonlyMap<string, DeployedFunction>;
  /** Environment variables of each function, by its name. */
  readonly environments: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly faults: readonly HandlerFault[];
  readonly fetchPage: Host["fetchPage"];
  readonly download: Host["download"];
  readonly onInvocation: (record: InvocationRecord) => void;
  readonly onLog: (line: string, handler: string) => void;
}

type Result = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

/** What Lambda says of a sandbox that died, in the words that Step Functions passes on. */
class SandboxDied extends Error {
  override readonly name = "Lambda.Unknown";
}

class TimedOut extends Error {
  override readonly name = "Sandbox.Timedout";
}

/** Milliseconds: the first invocation of a function starts a sandbox, the next ones find it warm. */
const COLD_START = { least: 180, spread: 250 };
const WARM_START = { least: 2, spread: 12 };

/** An asynchronous invocation that fails is tried twice more, after a minute and after two. */
const ASYNC_RETRIES_MS = [60_000, 120_000];

export class LambdaHost {
  readonly #options: LambdaHostOptions;
  readonly #caller = new AsyncLocalStorage<Caller>();
  readonly #host: Host;
  readonly #counts = new Map<string, number>();
  readonly #struck: number[] = [];
  #invocations = 0;

  constructor(options: LambdaHostOptions) {
    this.#options = options;
    this.#host = this.#makeHost();
  }

  /** Invokes a function and waits for its answer, its error or its time-out. What it throws has Lambda's error name. */
  async invoke(step: string, input: unknown): Promise<unknown> {
    const count = (this.#counts.get(step) ?? 0) + 1;
    this.#counts.set(step, count);
    const fault = this.#options.faults.find(
      ({ handler, nth }) => handler === step && (nth === "always" || nth === count),
    );
    if (fault !== undefined) this.#struck.push(this.#options.clock.now());
    const action = fault?.action;
    if (action === "crash-before") {
      const error = new SandboxDied(`${step} exited before it began`);
      this.#record(step, `${step}-${count}`, this.#options.clock.now(), input, { ok: false, error });
      throw error;
    }
    if (action !== undefined && typeof action === "object") await this.#options.clock.sleep(action.delay);
    if (action === "duplicate") this.#runBeside(step, input);
    const output = await this.#run(step, input, count === 1);
    if (action === "crash-after") throw new SandboxDied(`${step} exited after it had done its work`);
    return output;
  }

  /** An event, delivered at least once: tried again when the function fails. Returns when it is done with. */
  async deliver(step: string, event: unknown): Promise<void> {
    for (const retryMs of [...ASYNC_RETRIES_MS, null]) {
      try {
        await this.invoke(step, event);
        return;
      } catch {
        if (retryMs === null) return;
        await this.#options.clock.sleep(retryMs);
      }
    }
  }

  /** When handlers' own faults struck (epoch ms). */
  get struck(): readonly number[] {
    return this.#struck;
  }

  /** How often each function was invoked. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  #runBeside(step: string, input: unknown): void {
    this.#options.clock.after(1, `${step} again`, async () => {
      try {
        await this.#run(step, structuredClone(input), false);
      } catch {
        // Nobody waits for the second of two deliveries; what it did to the world is what counts.
      }
    });
  }

  async #run(step: string, input: unknown, cold: boolean): Promise<unknown> {
    const { clock, functions } = this.#options;
    const deployed = functions.get(step);
    if (deployed === undefined) throw new Error(`the sandbox has no function "${step}"`);
    this.#invocations += 1;
    const invocation = `${step}-${this.#invocations}`;
    const start = cold ? COLD_START : WARM_START;
    await clock.sleep(start.least + this.#options.random.child("start", invocation).uniform() * start.spread);
    const at = clock.now();
    const deadlineMs = at + deployed.timeoutSeconds * 1_000;
    const over = clock.gate<Result>();
    const context = { awsRequestId: invocation, getRemainingTimeInMillis: () => Math.max(0, deadlineMs - clock.now()) };
    clock.spawn(invocation, async () => {
      try {
        const caller: Caller = { handler: step, invocation, deadlineMs };
        over.open({
          ok: true,
          value: await this.#caller.run(caller, () => deployed.handler.on(this.#host)(input, context)),
        });
      } catch (error) {
        over.open({ ok: false, error });
      }
    });
    const limit = clock.after(deployed.timeoutSeconds * 1_000, `${invocation} times out`, () => {
      over.open({ ok: false, error: new TimedOut(`Task timed out after ${deployed.timeoutSeconds} seconds`) });
    });
    const result = await over.wait();
    limit.cancel();
    this.#record(step, invocation, at, input, result);
    if (!result.ok) throw result.error;
    return result.value;
  }

  #record(step: string, invocation: string, at: number, input: unknown, result: Result): void {
    const ms = this.#options.clock.now() - at;
    const told = result.ok
      ? { outcome: "ok", message: "", output: result.value }
      : { outcome: nameOf(result.error), message: messageOf(result.error), output: undefined };
    this.#options.onInvocation({ step, invocation, at, ms, input, ...told });
  }

  #makeHost(): Host {
    const { clock, aws, random, environments, fetchPage, download, onLog } = this.#options;
    const store = this.#caller;
    const present = (): Caller => store.getStore() ?? { handler: "nobody", invocation: "none" };
    // One set of clients serves all invocations, as in a warm Lambda; who calls is read at each call.
    const caller: Caller = {
      get handler() {
        return present().handler;
      },
      get invocation() {
        return present().invocation;
      },
      get deadlineMs() {
        return present().deadlineMs ?? Number.POSITIVE_INFINITY;
      },
    };
    const ids = random.child("entropy");
    return {
      get environment() {
        return environments.get(present().handler) ?? {};
      },
      clock: { now: () => clock.now(), sleep: (ms) => sleepWithin(clock, present(), ms) },
      concurrency: {
        together: (bodies) => together(clock, store, present(), bodies),
        gate: () => clock.gate(),
      },
      entropy: { id: (bytes) => hex(ids, bytes) },
      clientConfig: (place) =>
        clientConfig(aws, caller, place === null ? {} : { account: place.account, region: place.region }),
      fetchPage,
      download,
      write: (line) => onLog(line, present().handler),
      kept: new Map(),
    };
  }
}

/** Each in a process of its own, as the same caller: a process waits for one thing at a time. */
async function together<T>(
  clock: VirtualClock,
  store: AsyncLocalStorage<Caller>,
  caller: Caller,
  bodies: readonly (() => Promise<T>)[],
): Promise<T[]> {
  const started = bodies.map((body, index) =>
    clock.spawn(`${caller.invocation} ${index + 1}`, () => store.run(caller, body)),
  );
  const results: Outcome<T>[] = [];
  for (const { done } of started) results.push(await done.wait());
  return results.map((result) => {
    if (!result.ok) throw result.error;
    return result.value;
  });
}

/** A sleep that ends with the sandbox: what is dead does not wake up. */
async function sleepWithin(clock: VirtualClock, caller: Caller, ms: number): Promise<void> {
  const leftMs = (caller.deadlineMs ?? Number.POSITIVE_INFINITY) - clock.now();
  if (ms < leftMs) return clock.sleep(ms);
  await clock.sleep(Math.max(0, leftMs));
  throw new SandboxEnded(caller);
}

function hex(random: Random, bytes: number): string {
  let text = "";
  while (text.length < bytes * 2)
    text += Math.floor(random.uniform() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, "0");
  return text.slice(0, bytes * 2);
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : String(error));
const messageOf = (error: unknown) => (error instanceof Error ? error.message : "");
