/** What the signed JSON routes share: what is refused before the body is read, and how it is read. */
import type * as z from "zod";
import type { Signature } from "../domain/callers.ts";
import { refuseDepth } from "../domain/documents/nesting.ts";
import { problemTexts, Report } from "../domain/documents/problems.ts";
import { problemsOf } from "../domain/documents/schema-problems.ts";
import { refuseDeceiving } from "../domain/documents/unseen.ts";
import { plainJson } from "../domain/text.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";

const LARGEST_BODY = 16 * 1_024;

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: plainJson(body),
  };
}

/** 405, 413, 415 or 403; null: a signed POST of JSON that is not too large. */
export function refuseRequest(
  { method, headers, body, caller }: HttpRequest,
  largest = LARGEST_BODY,
): HttpResponse | null {
  if (method !== "POST") return json(405, { error: "send a POST" }, { allow: "POST" });
  if (Buffer.byteLength(body) > largest) return json(413, { error: `the body is larger than ${largest / 1_024} KB` });
  const type = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") return json(415, { error: "send application/json" });
  return refuseUnsigned({ caller });
}

/** 403; null: somebody signed. */
export function refuseUnsigned({ caller }: Pick<HttpRequest, "caller">): HttpResponse | null {
  return caller === null ? json(403, { error: "this route takes signed requests only" }) : null;
}

/** Who signed a request that was not refused. Throws RangeError where nobody did. */
export function signatureOf({ caller }: Pick<HttpRequest, "caller">): Signature {
  if (caller === null) throw new RangeError("an unsigned request was let through");
  return caller;
}

export type ReadBody<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly answer: HttpResponse };

/** The body by its schema, or 400 with everything that is wrong: path, value and hint. */
export function readBody<S extends z.ZodType>(schema: S, text: string): ReadBody<z.output<S>> {
  const refuse = (problems: readonly string[]) =>
    ({ ok: false, answer: json(400, { error: "the body is not understood", problems }) }) as const;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return refuse(["it is not JSON"]);
  }
  const report = new Report({ body: parsed });
  refuseDepth(report, ["body"], parsed);
  if (!report.clean) return refuse(problemTexts(report.problems));
  refuseDeceiving(report, ["body"], parsed);
  const result = schema.safeParse(parsed);
  if (result.success && report.clean) return { ok: true, value: result.data };
  const unformed = result.success ? [] : problemsOf({ name: "body", schema, input: parsed }, result.error);
  return refuse(problemTexts([...report.problems, ...unformed]));
}
