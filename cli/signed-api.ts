/** Requests to Headgate's API, signed with the caller's own AWS credentials. */
import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { fromNodeProviderChain } from "@aws-sdk/credential-providers";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Clock } from "../functions/domain/ports.ts";
import { codeOf, LIMIT_MS, type Patience, TRY_MS, tryPatiently } from "./patience.ts";

export interface ApiAnswer {
  /** 0: there was no answer. */
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Why the API refused, and each thing that is wrong, as lines for a person. */
export function refusalOf({ status, body }: ApiAnswer): string[] {
  const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  const error = String(body.error ?? body.message ?? `the API answered ${status}`);
  const hint = typeof body.hint === "string" ? [`    hint: ${body.hint}`] : [];
  return [error, ...texts(body.problems), ...texts(body.missing).map((one) => `  - ${one}`), ...hint];
}

/** Sends JSON to a path of the API. */
export type Post = (path: string, body: unknown) => Promise<ApiAnswer>;

/** Reads a path of the API. */
export type Get = (path: string) => Promise<ApiAnswer>;

export interface Api {
  readonly post: Post;
  readonly get: Get;
}

type Credentials = ConstructorParameters<typeof SignatureV4>[0]["credentials"];

/** SHA-256 in the shape that the signer asks for; keyed, it is an HMAC. */
export class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(secret));
  }
  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(chunk));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    throw new Error("a digest is made once");
  }
}

function bytesOf(chunk: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof chunk === "string") return Buffer.from(chunk);
  return ArrayBuffer.isView(chunk) ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.from(chunk);
}

/** The region in an API Gateway address; own domains have none in theirs. */
function regionIn(host: string): string | undefined {
  return /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com/.exec(host)?.[1];
}

export interface ApiOptions {
  readonly region?: string | undefined;
  readonly credentials?: Credentials;
  readonly fetch?: typeof fetch;
  /** Says that it waits for an API that is busy. */
  readonly say?: (text: string) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** No further try begins so long (ms) after the first. */
  readonly limitMs?: number;
}

const REAL_CLOCK: Clock = { now: () => Date.now(), sleep: async (ms) => sleep(ms) };

/**
 * Speaks to the API at `baseUrl` (with its stage, without a trailing slash), signed by Signature Version 4. `region` is
 * needed where the address is an own domain; credentials come from the usual chain when none are given. Answers of 429 and
 * 5xx and lost connections are tried again for `limitMs`. Every route bears that: a start, a decision and a verb count once,
 * a mail may come twice. An API that gives no answer at all is one of status 0, which says what to look at. Throws
 * RangeError when no region can be told.
 */
export function signedApi(baseUrl: string, options: ApiOptions = {}): Api {
  const base = new URL(baseUrl);
  const region = regionIn(base.host) ?? options.region;
  if (region === undefined) throw new RangeError(`${base.host} names no region: set AWS_REGION to that of the API`);
  const credentials = options.credentials ?? fromNodeProviderChain();
  const signer = new SignatureV4({ service: "execute-api", region, credentials, sha256: Sha256 });
  const { clock = REAL_CLOCK, random = Math.random, limitMs = LIMIT_MS, say = () => {} } = options;
  const patience: Patience = { clock, random, limitMs, say };
  const ask = async (method: "GET" | "POST", path: string, content: { body?: string }): Promise<ApiAnswer> => {
    const url = new URL(`${base.pathname.replace(/\/$/, "")}${path}`, base);
    // Signed anew each time: a signature is good for five minutes from its own date.
    const { last, tries } = await tryPatiently(patience, () =>
      sendOnce({ signer, send: options.fetch ?? fetch }, { method, url, ...content }),
    );
    return "lost" in last ? noAnswer(url, last.lost) : answerIn(last, tries);
  };
  return {
    post: (path, content) => ask("POST", path, { body: JSON.stringify(content) }),
    get: (path) => ask("GET", path, {}),
  };
}

type Sent = { readonly status: number; readonly retryAfterMs: number | null; readonly body: ApiAnswer["body"] };

async function sendOnce(
  { signer, send }: { readonly signer: SignatureV4; readonly send: typeof fetch },
  { method, url, ...content }: { readonly method: "GET" | "POST"; readonly url: URL; readonly body?: string },
): Promise<Sent | { readonly lost: Error }> {
  try {
    const { headers } = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: {
        host: url.host,
        accept: "application/json",
        ...(method === "POST" ? { "content-type": "application/json" } : {}),
      },
      ...content,
    });
    const signal = AbortSignal.timeout(TRY_MS);
    const response = await send(url, { method, headers, ...content, redirect: "error", signal });
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    return {
      status: response.status,
      retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : null,
      body: await jsonOf(response),
    };
  } catch (error) {
    return { lost: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** An answer after a lost one may be about what the lost one did. */
function answerIn({ status, body }: Sent, tries: number): ApiAnswer {
  const hint = hintFor(status, String(body.error ?? body.message ?? ""));
  const repeated = tries > 1 && status === 409 ? REPEATED : null;
  const hints = [hint, repeated].filter((one) => one !== null);
  return { status, body: hints.length === 0 ? body : { ...body, hint: hints.join("; ") } };
}

const REPEATED =
  "the command was sent more than once, since an answer was lost: the first time may have done it, see headgate status";

/** What API Gateway refuses in words of its own, and what to do about it. */
const HINTS: readonly (readonly [status: number, words: RegExp, hint: string])[] = [
  [403, /missing authentication token/i, "HEADGATE_API_URL has to be the stack's output ApiUrl, in full"],
  [403, /security token .* (expired|invalid)/i, "get fresh credentials, for example by `aws sso login`"],
  [403, /signature (expired|not yet current)/i, "set this machine's clock: a signature is good for five minutes"],
  [
    403,
    /not authorized to perform/i,
    "have execute-api:Invoke on this route allowed to you: docs/deploy.md lists the routes",
  ],
  [403, /^forbidden$/i, "a web ACL turned this away: wait five minutes, or ask whoever runs the API"],
  [429, /./, "many requests at once: wait a minute and say it again"],
  [504, /./, "it may go on after this answer: look at headgate status before you say it again"],
];

function hintFor(status: number, error: string): string | null {
  return HINTS.find(([at, words]) => at === status && words.test(error))?.[2] ?? null;
}

/** No answer came at all. */
function noAnswer(url: URL, error: Error): ApiAnswer {
  if (error.name === "CredentialsProviderError") {
    return {
      status: 0,
      body: { error: `no AWS credentials to sign with: ${error.message}`, hint: "`aws sso login`, or set AWS_PROFILE" },
    };
  }
  const inner = error.cause instanceof Error ? error.cause : error;
  return {
    status: 0,
    body: {
      error: `${url.host} gave no answer (${codeOf(error)}: ${inner.message})`,
      hint: "see that HEADGATE_API_URL is the stack's output ApiUrl, and that this network reaches it",
    },
  };
}

/** What answers without JSON (API Gateway's own pages) is shown as it is. */
async function jsonOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const text = await response.text();
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { error: text.slice(0, 300) };
  }
}
