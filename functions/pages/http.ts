/** HTTP as pages and handlers see it, whatever stands in front of them. */

import type { Signature } from "../domain/callers.ts";

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly pathParameters: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Decoded text; empty where there is none. */
  readonly body: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  /** Who signed the request; null where the route asks for no signature. */
  readonly caller: Signature | null;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
