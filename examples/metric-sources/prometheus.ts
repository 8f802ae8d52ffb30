/**
 * A metric source for Headgate that asks Prometheus, or Amazon Managed Service for Prometheus. Settings are environment
 * variables: PROMETHEUS_URL (for AMP .../workspaces/ID), SAMPLES_QUERY, BAD_QUERY or VALUE_QUERY in PromQL, and
 * PROMETHEUS_SIGN=aps where requests are signed with the function's role (aps:QueryMetrics).
 */
import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { type Answer, answer, type Provider, type Read, type Request } from "./contract.ts";

type Environment = Readonly<Record<string, string | undefined>>;

interface RangeAnswer {
  readonly status: string;
  /** Of stores that answered in part. */
  readonly warnings?: readonly string[];
  readonly data?: { readonly result: readonly { readonly values: readonly (readonly [number, string])[] }[] };
}

/**
 * PromQL looks back from an instant: what `increase(...[1m])` gives at 18:01 is of the minute that begins at 18:00. So the
 * periods are asked for by their ends.
 */
export function prometheus(environment: Environment): Provider {
  return async (query, { from, to, periodSeconds }) => {
    const [first, last] = [Date.parse(from) / 1_000 + periodSeconds, Date.parse(to) / 1_000];
    const url = new URL(`${environment.PROMETHEUS_URL}/api/v1/query_range`);
    url.search = new URLSearchParams({ query, start: `${first}`, end: `${last}`, step: `${periodSeconds}` }).toString();
    const response = await fetch(url, { headers: await headersFor(url, environment) });
    if (!response.ok) throw new Error(`Prometheus answered ${response.status}`);
    return readRange((await response.json()) as RangeAnswer, periodSeconds);
  };
}

function readRange({ status, warnings = [], data }: RangeAnswer, periodSeconds: number): Read {
  const series = data?.result ?? [];
  if (series.length > 1) throw new Error(`the query gives ${series.length} series: sum them up`);
  const values = (series[0]?.values ?? []).map(
    ([end, value]) => [(end - periodSeconds) * 1_000, Number(value)] as const,
  );
  const points = new Map(values.filter(([, value]) => Number.isFinite(value)));
  return { complete: status === "success" && warnings.length === 0, points };
}

async function headersFor(url: URL, environment: Environment): Promise<Record<string, string>> {
  if (environment.PROMETHEUS_SIGN !== "aps") return {};
  const { AWS_REGION = "", AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "", AWS_SESSION_TOKEN } = environment;
  const session = AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN };
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, ...session };
  const signer = new SignatureV4({ service: "aps", region: AWS_REGION, credentials, sha256: Sha256 });
  const signed = await signer.sign({
    method: "GET",
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host },
  });
  return signed.headers;
}

/** SHA-256 in the shape that the signer asks for; keyed, it is an HMAC. */
class Sha256 {
  readonly #hash: { update(chunk: Uint8Array): unknown; digest(): Uint8Array };
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

function bytesOf(chunk: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof chunk === "string") return new TextEncoder().encode(chunk);
  return ArrayBuffer.isView(chunk)
    ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    : new Uint8Array(chunk);
}

export const handler = (request: Request): Promise<Answer> => {
  const { SAMPLES_QUERY: samples, BAD_QUERY: bad, VALUE_QUERY: value } = process.env;
  return answer(prometheus(process.env), { samples, bad, value }, request);
};
