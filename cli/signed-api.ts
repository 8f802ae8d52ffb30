/** Requests to Headgate's API, signed with the caller's own AWS credentials. */
import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { fromNodeProviderChain } from "@aws-sdk/credential-providers";
import { SignatureV4 } from "@smithy/signature-v4";

export interface ApiAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Why the API refused, and each thing that is wrong, as lines for a person. */
export function refusalOf({ status, body }: ApiAnswer): string[] {
  const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  const error = String(body.error ?? body.message ?? `the API answered ${status}`);
  return [error, ...texts(body.problems), ...texts(body.missing).map((one) => `  - ${one}`)];
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

/**
 * Speaks to the API at `baseUrl` (with its stage, without a trailing slash), signed by Signature Version 4. `region` is
 * needed where the address is an own domain; credentials come from the usual chain when none are given. Throws RangeError
 * when no region can be told, and what `fetch` and the credential chain throw.
 */
export function signedApi(
  baseUrl: string,
  options: {
    readonly region?: string | undefined;
    readonly credentials?: Credentials;
    readonly fetch?: typeof fetch;
  } = {},
): Api {
  const base = new URL(baseUrl);
  const region = regionIn(base.host) ?? options.region;
  if (region === undefined) throw new RangeError(`${base.host} names no region: give one with --region or AWS_REGION`);
  const credentials = options.credentials ?? fromNodeProviderChain();
  const signer = new SignatureV4({ service: "execute-api", region, credentials, sha256: Sha256 });
  const send = options.fetch ?? fetch;
  const ask = async (method: "GET" | "POST", path: string, content: { body?: string }): Promise<ApiAnswer> => {
    const url = new URL(`${base.pathname.replace(/\/$/, "")}${path}`, base);
    const signed = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host, ...(method === "POST" ? { "content-type": "application/json" } : {}) },
      ...content,
    });
    const response = await send(url, { method, headers: signed.headers, ...content, redirect: "error" });
    return { status: response.status, body: await jsonOf(response) };
  };
  return {
    post: (path, content) => ask("POST", path, { body: JSON.stringify(content) }),
    get: (path) => ask("GET", path, {}),
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
