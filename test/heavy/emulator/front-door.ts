/**
 * What stands in front of moto: requests pass through to it, but for invocations of functions, which run in this
 * process, and mail, which moto posts to the inbox. Moto itself would start a container for each function.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";

/** A function as the door runs it: the payload and the version or alias asked for. */
export type Invoked = (payload: unknown, qualifier: string | null) => Promise<unknown>;

/** The next `times` requests that fit get this answer instead of their own. */
export interface Failure {
  /** `DynamoDB_20120810.TransactWriteItems`, a function's name where it is invoked, or `function:alias`. */
  readonly of: string;
  readonly times: number;
  readonly status: number;
  readonly error: string;
  /** What was asked for happens all the same; only its answer is lost. */
  readonly after?: boolean;
}

/** A mail as a subscriber of the topic got it. */
export interface Delivered {
  readonly to: string;
  readonly subject: string;
  readonly body: string;
}

const INVOCATION = /^\/2015-03-31\/functions\/([^/]+)\/invocations/;
const ALIAS = /^\/2015-03-31\/functions\/([^/]+)\/aliases\/([^/]+)$/;
const PROVISIONED = /^\/2019-09-30\/functions\/[^/]+\/provisioned-concurrency/;
const INBOX = "/inbox/";
/** The inboxes are our ears in the emulator: to whoever lists who hears the topic they would be strangers. */
const LISTS_SUBSCRIPTIONS = /xml/;
const SUBSCRIPTION = /<member>(?:(?!<\/member>)[\s\S])*<\/member>/g;

export class FrontDoor {
  readonly functions = new Map<string, Invoked>();
  readonly inbox: Delivered[] = [];
  readonly invocations: { readonly name: string; readonly payload: unknown }[] = [];
  /** Where moto listens; 0 until it does. */
  motoPort = 0;
  readonly #failures: { left: number; readonly failure: Failure }[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((incoming, outgoing) => {
      this.#serve(incoming, outgoing).catch((error: unknown) => outgoing.writeHead(502).end(String(error)));
    });
  }

  async open(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this.port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the door is not open");
    return address.port;
  }

  /** Where mail to `address` is posted: the endpoint of an HTTP subscription. */
  inboxOf(address: string): string {
    return `http://127.0.0.1:${this.port}${INBOX}${encodeURIComponent(address)}`;
  }

  failNext(failure: Failure): void {
    this.#failures.push({ left: failure.times, failure });
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? "/", "http://door");
    const name = INVOCATION.exec(url.pathname)?.[1];
    const failure = this.#failureOf(subjectOf(incoming, url));
    if (failure !== null) {
      if (failure.after === true) await this.#onward(incoming);
      return fail(incoming, outgoing, failure);
    }
    if (PROVISIONED.test(url.pathname)) return fail(incoming, outgoing, NOT_PROVISIONED);
    if (url.pathname.startsWith(INBOX)) return this.#deliver(incoming, outgoing, url);
    const invoked = name === undefined ? undefined : this.functions.get(decodeURIComponent(name));
    if (name === undefined || invoked === undefined) return this.#pass(incoming, outgoing);
    const payload: unknown = JSON.parse((await bodyOf(incoming)) || "{}");
    this.invocations.push({ name, payload });
    const qualifier = url.searchParams.get("Qualifier");
    if (incoming.headers["x-amz-invocation-type"] !== "Event") return answer(outgoing, qualifier, payload, invoked);
    // Lambda answers that it has queued the event, and runs the function then; what becomes of it, nobody hears.
    outgoing.writeHead(202, { "content-type": "application/json" }).end();
    await invoked(payload, qualifier).catch(() => {});
  }

  #failureOf(what: string): Failure | null {
    const found = this.#failures.find(({ left, failure }) => left > 0 && failure.of === what);
    if (found === undefined) return null;
    found.left -= 1;
    return found.failure;
  }

  async #deliver(incoming: IncomingMessage, outgoing: ServerResponse, { pathname }: URL): Promise<void> {
    const { Type, Subject, Message } = JSON.parse(await bodyOf(incoming)) as Record<string, string | undefined>;
    const to = decodeURIComponent(pathname.slice(INBOX.length));
    if (Type === "Notification") this.inbox.push({ to, subject: Subject ?? "", body: Message ?? "" });
    outgoing.end();
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const answered = await this.#onward(incoming);
    const { statusCode = 502, headers } = answered;
    if (!LISTS_SUBSCRIPTIONS.test(headers["content-type"] ?? "")) {
      outgoing.writeHead(statusCode, headers);
      return void answered.pipe(outgoing);
    }
    const body = (await bodyOf(answered)).replace(SUBSCRIPTION, (one) => (one.includes(INBOX) ? "" : one));
    const { "content-length": _length, "transfer-encoding": _chunks, ...kept } = headers;
    outgoing.writeHead(statusCode, kept).end(body);
  }

  async #onward(incoming: IncomingMessage): Promise<IncomingMessage> {
    const { method, url: path, headers } = incoming;
    const onward = request({ host: "127.0.0.1", port: this.motoPort, method, path, headers });
    incoming.pipe(onward);
    const [answered] = (await once(onward, "response")) as [IncomingMessage];
    return answered;
  }
}

/** Moto knows nothing of provisioned concurrency; this is what Lambda answers where none is configured. */
const NOT_PROVISIONED = { of: "", times: 1, status: 404, error: "ProvisionedConcurrencyConfigNotFoundException" };

/** What a request is about, in the words of `Failure`. */
function subjectOf(incoming: IncomingMessage, { pathname }: URL): string {
  const [, functionName, alias] = ALIAS.exec(pathname) ?? [];
  if (functionName !== undefined && alias !== undefined) return `${functionName}:${alias}`;
  return INVOCATION.exec(pathname)?.[1] ?? String(incoming.headers["x-amz-target"]);
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

/** An error as Lambda's REST protocol and the JSON protocols both spell it. */
async function fail(incoming: IncomingMessage, outgoing: ServerResponse, { status, error }: Failure): Promise<void> {
  if (!incoming.readableEnded) await bodyOf(incoming);
  const headers = { "content-type": "application/json", "x-amzn-errortype": error, "x-amzn-requestid": "at-the-door" };
  outgoing.writeHead(status, headers);
  outgoing.end(JSON.stringify({ __type: error, message: `${error} on request`, Message: `${error} on request` }));
}

/** Lambda's answer: a function that throws is a success of the call, with the error's class as its type. */
async function answer(
  outgoing: ServerResponse,
  qualifier: string | null,
  payload: unknown,
  invoked: Invoked,
): Promise<void> {
  const headers = { "content-type": "application/json", "x-amz-executed-version": qualifier ?? "$LATEST" };
  try {
    const output = await invoked(payload, qualifier);
    outgoing.writeHead(200, headers).end(JSON.stringify(output ?? null));
  } catch (error) {
    const { name: errorType, message: errorMessage } = error instanceof Error ? error : new Error(String(error));
    outgoing.writeHead(200, { ...headers, "x-amz-function-error": "Unhandled" });
    outgoing.end(JSON.stringify({ errorType, errorMessage, trace: [] }));
  }
}
