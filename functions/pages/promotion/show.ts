/** How promotions stand, answered from the ledger: on the signed routes, and on a laptop with its owner's credentials. */
import * as z from "zod";
import { problemTexts } from "../../domain/documents/problems.ts";
import { problemsOf } from "../../domain/documents/schema-problems.ts";
import { PromotionInput } from "../../domain/inputs.ts";
import type { Ledger } from "../../domain/ports.ts";
import { loadNews, loadOpen, loadStatus } from "../../domain/promotion/load-status.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import { json } from "../json.ts";
import { newsJson, openJson, statusJson } from "./status-json.ts";

const Query = z.strictObject({
  since: z
    .string()
    .regex(/^\d{1,9}$/)
    .optional()
    .describe("the number of an entry of the trail, 0 for all of it"),
});

/** One promotion, what is new of it since an entry of its trail, or every open one where the path names none. */
export async function showPromotions(
  ledger: Ledger,
  { pathParameters, query }: Pick<HttpRequest, "pathParameters" | "query">,
): Promise<HttpResponse> {
  const asked = Query.safeParse(query);
  if (!asked.success) {
    const problems = problemsOf({ name: "query", schema: Query, input: query }, asked.error);
    return json(400, {
      error: "the query is not understood",
      problems: problemTexts(problems),
    });
  }
  const { promotionId } = pathParameters;
  if (promotionId === undefined) return json(200, openJson(await loadOpen(ledger)));
  if (!PromotionInput.safeParse({ promotionId }).success) return NOT_FOUND;
  return asked.data.since === undefined
    ? showStatus(ledger, promotionId)
    : showNews(ledger, promotionId, Number(asked.data.since));
}

async function showStatus(ledger: Ledger, promotionId: string): Promise<HttpResponse> {
  const found = await loadStatus(ledger, promotionId);
  return found === null ? NOT_FOUND : json(200, statusJson(found));
}

async function showNews(ledger: Ledger, promotionId: string, since: number): Promise<HttpResponse> {
  const found = await loadNews(ledger, promotionId, since);
  return found === null ? NOT_FOUND : json(200, newsJson(found.header, found.piece));
}

const NOT_FOUND = json(404, { error: "no such promotion" });
