import type { HttpHandlerOptions, HttpRequest, HttpResponse } from "@smithy/types";
import { Random } from "../chance/random.ts";
import { AwsError } from "./errors.ts";
import { type Fault, type FaultAction, Faults } from "./faults.ts";
import { type Patience, refusalOf, requestTimeout, waitPresent } from "./patience.ts";
import type { Call, Caller, Clock, SimulatedService } from "./service.ts";
import { decodeRequest, encodeError, encodeOutput, signerOf } from "./wire.ts";

/** One attempt of one call, as the simulation saw it. Times in epoch milliseconds, `ms` as the caller waited. */
export interface CallRecord {
  readonly number: number;
  readonly at: number;
  readonly ms: number;
  readonly handler: string;
  readonly invocation: string;
  readonly service: string;
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  /** The identifying members of the input, for people. */
  readonly summary: string;
  /** Texts in the lists of the input, such as the names of alarms. */
  readonly listed: readonly string[];
  /** `ok`, or the name of the error the caller got. */
  readonly outcome: string;
}

export interface SimulatedAwsOptions {
  readonly clock: Clock;
  readonly seed: number;
  /** The account of callers whose access key names none: the control plane's. */
  readonly account: string;
  readonly region: string;
  readonly faults?: readonly Fault[];
  /** How long a client waits for an answer before a TimeoutError, where the command does not say; 5,000 ms. */
  readonly requestTimeoutMs?: number;
  /** How many times longer than usual each round trip takes; 1 unless said. */
  readonly latencyTimes?: number;
}

/** An SDK request handler that answers in process. */
export interface SimulatedHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(request: HttpRequest, options?: HttpHandlerOptions): Promise<{ response: HttpResponse }>;
  destroy(): void;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
}

/** The longest summary kept, in characters. */
const SUMMARY_LENGTH = 300;

/** How far each round trip strays: sigma of its logarithm, and one call in a hundred takes eight times as long. */
const LATENCY = { sigma: 0.35, tailChance: 0.01, tailFactor: 8, outward: 0.5 };

/** Tokens stay out: the SDK draws some of them itself, at random, and others are secrets. */
const summarise = (input: Readonly<Record<string, unknown>>): string => {
  const scalars = Object.entries(input).filter(
    ([name, value]) => !/token$/i.test(name) && (typeof value === "string" || typeof value === "number"),
  );
  return scalars
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(" ")
    .slice(0, SUMMARY_LENGTH);
};

const listedIn = (input: Readonly<Record<string, unknown>>): string[] =>
  Object.values(input).flatMap((value) => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []));

/** The services of a simulated AWS behind real SDK clients, in virtual time; see `requestHandler`. */
export class SimulatedAws {
  readonly clock: Clock;
  readonly seed: number;
  readonly account: string;
  readonly region: string;
  readonly faults: Faults;
  readonly calls: CallRecord[] = [];
  /** Attempts by `service:Operation`. */
  readonly counters = new Map<string, number>();
  readonly #services = new Map<string, SimulatedService>();
  readonly #listeners: ((record: CallRecord) => void)[] = [];
  readonly #requestTimeoutMs: number;
  readonly #latencyTimes: number;
  #number = 0;

  constructor(options: SimulatedAwsOptions) {
    this.clock = options.clock;
    this.seed = options.seed;
    this.account = options.account;
    this.region = options.region;
    this.faults = new Faults(options.faults);
    this.#requestTimeoutMs = options.requestTimeoutMs ?? 5_000;
    this.#latencyTimes = options.latencyTimes ?? 1;
  }

  /** The stream of randomness named by `keys` under this simulation's seed. */
  random(...keys: readonly (string | number)[]): Random {
    return Random.of(this.seed, "aws", ...keys);
  }

  /** Adds a service; a second one of the same name replaces the first. */
  register(service: SimulatedService): this {
    this.#services.set(service.name, service);
    return this;
  }

  /** Calls `listener` with every attempt when it is over. */
  onCall(listener: (record: CallRecord) => void): void {
    this.#listeners.push(listener);
  }

  /** The `requestHandler` of every client that `caller` makes. */
  requestHandler(caller: Caller): SimulatedHandler {
    return {
      metadata: { handlerProtocol: "http/1.1" },
      handle: async (request, options) => ({ response: await this.#answer(caller, request, options ?? {}) }),
      destroy: () => undefined,
      updateHttpClientConfig: () => undefined,
      httpHandlerConfigs: () => ({}),
    };
  }

  async #answer(caller: Caller, request: HttpRequest, options: HttpHandlerOptions): Promise<HttpResponse> {
    const { service, call, input } = this.#identify(caller, request);
    const at = this.clock.now();
    let outcome = "ok";
    try {
      const output = await this.#travel(service, call, input, {
        patience: { clock: this.clock, caller, signal: options.abortSignal },
        timeoutMs: options.requestTimeout ?? this.#requestTimeoutMs,
      });
      return encodeOutput(service, call.operation, output, this.#requestId(call));
    } catch (error) {
      outcome = error instanceof Error ? error.name : String(error);
      if (!(error instanceof AwsError)) throw error;
      const response = encodeError(service, error, this.#requestId(call));
      return request.method === "HEAD" ? { ...response, body: new Uint8Array() } : response;
    } finally {
      this.#record(call, input, at, outcome);
    }
  }

  #identify(
    caller: Caller,
    request: HttpRequest,
  ): { service: SimulatedService; call: Call; input: Record<string, unknown> } {
    const signer = signerOf(request);
    const service = this.#services.get(signer.service);
    if (service === undefined) throw new Error(`the simulation has no service "${signer.service}"`);
    const { operation, input } = decodeRequest(request, service);
    this.#number += 1;
    const call: Call = {
      account: signer.account ?? this.account,
      region: signer.region,
      service: service.name,
      operation,
      handler: caller.handler,
      invocation: caller.invocation,
      number: this.#number,
    };
    return { service, call, input };
  }

  /** Out, effect, back: what the caller waits for, and what happens at the service even when it no longer waits. */
  async #travel(
    service: SimulatedService,
    call: Call,
    input: Record<string, unknown>,
    { patience, timeoutMs }: { patience: Patience; timeoutMs: number },
  ): Promise<unknown> {
    const action = this.faults.strike(call, this.clock.now());
    const roundTrip = this.#latency(service, call);
    const outward = roundTrip * LATENCY.outward + (action?.kind === "delay" ? action.ms : 0);
    if (action?.kind === "timeout-before") return await this.#giveUp(patience, timeoutMs, timeoutMs);
    if (outward >= timeoutMs) {
      this.#performLater(service, call, input, outward);
      return await this.#giveUp(patience, timeoutMs, timeoutMs);
    }
    await this.#arrive(service, call, input, outward, patience);
    const output = await this.#perform(service, call, input, action);
    if (action?.kind === "timeout-after") return await this.#giveUp(patience, timeoutMs - outward, timeoutMs);
    await waitPresent(patience, roundTrip * (1 - LATENCY.outward));
    return output;
  }

  /** Waits for the request to arrive; it arrives all the same when its caller leaves meanwhile. */
  async #arrive(
    service: SimulatedService,
    call: Call,
    input: Record<string, unknown>,
    outward: number,
    patience: Patience,
  ): Promise<void> {
    const sentAt = this.clock.now();
    try {
      await waitPresent(patience, outward);
    } catch (error) {
      const travelled = this.clock.now() - sentAt;
      if (travelled > 0) this.#performLater(service, call, input, Math.max(0, outward - travelled));
      throw error;
    }
  }

  async #giveUp(patience: Patience, waitMs: number, timeoutMs: number): Promise<never> {
    await waitPresent(patience, waitMs);
    throw requestTimeout(timeoutMs);
  }

  #performLater(service: SimulatedService, call: Call, input: Record<string, unknown>, ms: number): void {
    this.clock.after(ms, `${service.name}:${call.operation} arrives late`, async () => {
      try {
        await this.#perform(service, call, input, undefined);
      } catch (error) {
        // Nobody waits for the answer any more; a refusal is as lost as a success would be.
        if (!(error instanceof AwsError)) throw error;
      }
    });
  }

  async #perform(
    service: SimulatedService,
    call: Call,
    input: Record<string, unknown>,
    action: FaultAction | undefined,
  ): Promise<unknown> {
    const refusal = refusalOf(action);
    if (refusal !== undefined) throw refusal;
    const operation = service.operations[call.operation];
    if (operation === undefined) {
      throw new AwsError("UnknownOperationException", `the simulation has no ${service.name}:${call.operation}`);
    }
    // The client serialised the input by its own schema; each operation declares that shape.
    return await operation(input as never, call);
  }

  #latency(service: SimulatedService, call: Call): number {
    const random = this.random("latency", call.number);
    const normal = Math.sqrt(-2 * Math.log(random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
    const tail = random.chance(LATENCY.tailChance) ? LATENCY.tailFactor : 1;
    return Math.ceil((service.medianMs ?? 40) * this.#latencyTimes * Math.exp(LATENCY.sigma * normal) * tail);
  }

  #requestId(call: Call): string {
    return this.random("request", call.number).uuid();
  }

  #record(call: Call, input: Record<string, unknown>, at: number, outcome: string): void {
    const { number, handler, invocation, service, operation, account, region } = call;
    const ms = this.clock.now() - at;
    const [summary, listed] = [summarise(input), listedIn(input)];
    const made = { number, at, ms, handler, invocation, service, operation, account, region };
    const record = { ...made, summary, listed, outcome };
    this.calls.push(record);
    const key = `${service}:${operation}`;
    this.counters.set(key, (this.counters.get(key) ?? 0) + 1);
    for (const listener of this.#listeners) listener(record);
  }
}
