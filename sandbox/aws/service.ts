import type { Random } from "../chance/random.ts";

/** What the simulation needs of virtual time. All times are epoch milliseconds, all spans milliseconds. */
export interface Clock {
  now(): number;
  /** Parks the running process. */
  sleep(ms: number): Promise<void>;
  /** Runs `body` as a process of its own, `ms` from now. */
  after(ms: number, name: string, body: () => void | Promise<void>): { cancel(): void };
}

/** Who makes the calls: a handler's name, its invocation, and when its Lambda is killed (epoch ms). */
export interface Caller {
  readonly handler: string;
  readonly invocation: string;
  readonly deadlineMs?: number;
}

/** One request as a service operation sees it. */
export interface Call {
  readonly account: string;
  readonly region: string;
  readonly service: string;
  readonly operation: string;
  readonly handler: string;
  readonly invocation: string;
  /** Counts all calls of the simulation from 1; keys what must differ between calls. */
  readonly number: number;
}

/** Where a request rests, for services whose operation is in method and path. */
export interface Route {
  readonly operation: string;
  readonly method: string;
  /** `/functions/{FunctionName}/aliases/{Name}`; `{Key+}` takes the rest of the path. */
  readonly path: string;
  /** Query parameters by wire name, where the member is called otherwise. */
  readonly query?: Readonly<Record<string, string>>;
  /** Request headers by lower-case wire name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The member that is the raw body. */
  readonly payload?: string;
  /** Query parameters that must be present for this route (`?list-type=2`). */
  readonly when?: string;
}

/** A REST answer with a status, headers or raw bytes; plain objects are answered as 200 with a body. */
export class Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;

  constructor(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}) {
    this.body = body;
    this.status = status;
    this.headers = headers;
  }
}

/**
 * An SDK shape as it travels: dates are epoch seconds, blobs are base64. Operations are typed with it, since the
 * client has serialised what they receive and will parse what they answer.
 */
export type Wire<T> = T extends Date
  ? number
  : T extends Uint8Array
    ? string
    : T extends readonly (infer U)[]
      ? Wire<U>[]
      : T extends object
        ? { [K in keyof T]: Wire<T[K]> }
        : T;

/** An operation; `never` lets each declare the input shape that its client sends. */
export type Operation = (input: never, call: Call) => unknown;

export type Protocol = "json" | "query" | "rest-json" | "rest-xml";

/** A service of the simulation, found by the name its clients sign with. */
export interface SimulatedService {
  /** Signing name: `dynamodb`, `lambda`, `monitoring`, `states`, `sns`, ... */
  readonly name: string;
  readonly protocol: Protocol;
  readonly operations: Readonly<Record<string, Operation>>;
  /** For the REST protocols. */
  readonly routes?: readonly Route[];
  /** XML namespace of query answers. */
  readonly namespace?: string;
  /** Median round trip in milliseconds; 40 where left out. */
  readonly medianMs?: number;
}

/** What every simulated service is built from. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
}
