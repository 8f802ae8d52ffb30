/** What the signed JSON routes share: what is refused before the body is read, and how it is read. */
import type * as z from "zod";
import { renderProblem } from "../domain/documents/problems.ts";
import { problemsOf } from "../domain/documents/schema-problems.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";

const LARGEST_BODY = 16 * 1_024;

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify(body),
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

export type ReadBody<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly answer: HttpResponse };

/** The body by its schema, or 400 with everything that is wrong: path, value and hint. */
export function readBody<S extends z.ZodType>(schema: S, text: string): ReadBody<z.output<S>> {
  const refuse = (problems: readonly string[]) =>
    ({ ok: false, answer: json(400, { error: "the body is not understood", problems }) }) as const;
  let parsed: unknown;
  let unpaired = false;
  try {
    parsed = JSON.parse(text, (key, value: unknown) => {
      unpaired ||= !key.isWellFormed() || (typeof value === "string" && !value.isWellFormed());
      return value;
    });
  } catch {
    return refuse(["it is not JSON"]);
  }
  // Half a character has no UTF-8: it would be stored as another text than the one that was hashed.
  if (unpaired) return refuse(["a text in it is not well-formed Unicode"]);
  const result = schema.safeParse(parsed);
  if (result.success) return { ok: true, value: result.data };
  const problems = problemsOf({ name: "body", schema, input: parsed }, result.error);
  return refuse(problems.map((problem) => renderProblem(problem).join("\n")));
}
