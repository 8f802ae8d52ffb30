/** Looking at promotions: through the signed API, or by one's own credentials at the table. Either way the same JSON. */
import type * as z from "zod";
import { problemsOf } from "../functions/domain/documents/schema-problems.ts";
import { CallRefused, Transient } from "../functions/domain/errors.ts";
import type { Ledger } from "../functions/domain/ports.ts";
import { showPromotions } from "../functions/pages/promotion/show.ts";
import { type ApiAnswer, type Get, refusalOf } from "./signed-api.ts";

export type Look<T> =
  | { readonly kind: "found"; readonly value: T; readonly json: ApiAnswer["body"] }
  | { readonly kind: "none" }
  /** `passing`: it may be there at the next look. */
  | { readonly kind: "failed"; readonly lines: readonly string[]; readonly passing: boolean };

/** Asks for a path and reads the answer by its schema; what it has beyond that is left to `json`. */
export async function lookAt<S extends z.ZodType>(get: Get, path: string, schema: S): Promise<Look<z.output<S>>> {
  const answer = await get(path);
  if (answer.status === 404) return { kind: "none" };
  if (answer.status !== 200) {
    return { kind: "failed", lines: refusalOf(answer), passing: mayPass(answer) };
  }
  const read = schema.safeParse(answer.body);
  if (read.success) return { kind: "found", value: read.data, json: answer.body };
  const [first] = problemsOf({ name: "answer", schema, input: answer.body }, read.error);
  const what = first === undefined ? "" : `: ${first.path} ${first.message}`;
  return {
    kind: "failed",
    lines: [`the answer is not understood${what}; is the command as old as the stack?`],
    passing: false,
  };
}

/** 0 stands for no answer at all. */
const mayPass = ({ status }: ApiAnswer) => status === 0 || status === 429 || status >= 500;

export const pathOf = (promotionId: string) => `/promotions/${encodeURIComponent(promotionId)}`;

/** What the signed route answers, from the table itself: it works when the API does not. */
export function fromTable(ledger: Ledger): Get {
  return async (path) => {
    const { pathname, searchParams } = new URL(path, "table://headgate");
    const [, , promotionId] = pathname.split("/").map(decodeURIComponent);
    const query = Object.fromEntries(searchParams);
    try {
      const { status, body } = await showPromotions(ledger, { pathParameters: { promotionId }, query });
      return { status, body: JSON.parse(body) as ApiAnswer["body"] };
    } catch (error) {
      return unread(error);
    }
  };
}

/** A table that cannot be read, as the API would say it. Throws what is no trouble with the table. */
function unread(error: unknown): ApiAnswer {
  if (error instanceof Transient) return { status: 503, body: { error: error.message } };
  if (error instanceof CallRefused) {
    const hint = "reading the record takes the policy headgate-reader; without --table the API is asked";
    return { status: 403, body: { error: error.message, hint } };
  }
  throw error;
}
