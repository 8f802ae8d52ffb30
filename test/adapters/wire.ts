import type { HttpRequest } from "@smithy/types";
import type { Clock, Entropy } from "../../functions/domain/ports.ts";

/** A request as it would have gone over the wire. */
export interface Sent {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body, where it is JSON. */
  readonly json: Record<string, unknown>;
}

/** What the wire answers: a status, headers and a body, or no answer at all. */
export type Answer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  | { readonly error: Error };

export const ok = (body: unknown = {}, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: 200,
  headers,
  body,
});

/** An error as the JSON protocols spell it. */
export const fault = (name: string, status = 400, members: Readonly<Record<string, unknown>> = {}): Answer => ({
  status,
  headers: { "x-amzn-errortype": name },
  body: { __type: name, message: `about ${name}`, ...members },
});

/** The connection broke before an answer came. */
export const lost = (): Answer => ({ error: Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }) });

/**
 * A wire that records every attempt of real SDK clients and gives the scripted answers in turn, the last one again and
 * again. `config` goes into a client; it retries at once, where the SDK would wait.
 */
export function wire(...answers: readonly Answer[]) {
  const sent: Sent[] = [];
  const handle = async (request: HttpRequest) => {
    sent.push(sentOf(request));
    const answer = answers[Math.min(sent.length, answers.length) - 1] ?? ok();
    if ("error" in answer) throw answer.error;
    const { status: statusCode, headers = {}, body = "" } = answer;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return { response: { statusCode, headers: { ...headers }, body: new TextEncoder().encode(text) } };
  };
  const requestHandler = {
    metadata: { handlerProtocol: "http/1.1" },
    handle,
    destroy: () => undefined,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
  return { sent, config: { region: "af-south-1", credentials, requestHandler, retryStrategy: impatient() } };
}

function sentOf(request: HttpRequest): Sent {
  const body: unknown = request.body;
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : typeof body === "string" ? body : "";
  const json = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
  const { method, hostname: host, path, headers } = request;
  return { method, host, path, query: request.query ?? {}, headers, text, json };
}

/** Three attempts at what the SDK holds to be worth another one, without its pauses. */
function impatient() {
  const token = (retries: number) => ({ getRetryCount: () => retries, getRetryDelay: () => 0 });
  return {
    acquireInitialRetryToken: async () => token(0),
    refreshRetryTokenForRetry: async (before: { getRetryCount(): number }, about: { errorType: string }) => {
      const worthIt = about.errorType === "THROTTLING" || about.errorType === "TRANSIENT";
      if (!worthIt || before.getRetryCount() >= 2) throw new Error("no more tries");
      return token(before.getRetryCount() + 1);
    },
    recordSuccess: () => undefined,
  };
}

/** A clock that a test moves; sleeping moves it too, and is written down. */
export function handClock(start = Date.parse("2026-11-24T18:00:00Z")) {
  let now = start;
  const slept: number[] = [];
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
  };
  return { clock, slept, advance: (ms: number) => (now += ms) };
}

/** Ids that count: 000...1, 000...2. */
export function countedEntropy(): Entropy {
  let count = 0;
  return {
    id: (bytes) => {
      count += 1;
      return count.toString(16).padStart(2 * bytes, "0");
    },
  };
}
