/**
 * How promotions stand, on signed routes: GET /promotions/{promotionId}, with `since=N` what its trail got after entry N,
 * and GET /promotions for every open one. It reads and changes nothing; what it says holds no token and no link.
 */
import type { Dependencies } from "./domain/ports.ts";
import type { HttpRequest, HttpResponse } from "./pages/http.ts";
import { json, refuseUnsigned } from "./pages/json.ts";
import { showPromotions } from "./pages/promotion/show.ts";
import { httpStep } from "./runtime/step.ts";

export const showPromotion =
  (deps: Pick<Dependencies, "ledger">) =>
  async (request: HttpRequest): Promise<HttpResponse> => {
    if (request.method !== "GET") return json(405, { error: "send a GET" }, { allow: "GET" });
    return refuseUnsigned(request) ?? showPromotions(deps.ledger, request);
  };

export const handler = httpStep("show-promotion", showPromotion);
