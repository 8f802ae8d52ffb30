/**
 * The operator's verbs, on a signed route: POST /promotions/{promotionId}/signals. Each asks for a reason, is recorded
 * with the caller's identity, and says what it did. `roll-back` and `abort` trip the journals and start a restore before
 * they answer; GET on the same route says how far traffic is back.
 */
import { PromotionInput } from "./domain/inputs.ts";
import { signerInWords } from "./domain/ledger/caller-rules.ts";
import { asHeader, type Header } from "./domain/ledger/header.ts";
import { keys } from "./domain/ledger/keys.ts";
import type { Dependencies } from "./domain/ports.ts";
import { carryOut } from "./domain/promotion/carry-out.ts";
import { loadWayBack } from "./domain/promotion/load-way-back.ts";
import { releaseHold } from "./domain/promotion/release-hold.ts";
import type { HttpRequest, HttpResponse } from "./pages/http.ts";
import { json, readBody, refuseRequest, refuseUnsigned, signatureOf } from "./pages/json.ts";
import { carriedOutAnswer, releasedAnswer, VerbRequest, wayBackAnswer } from "./pages/promotion/verbs.ts";
import { httpStep } from "./runtime/step.ts";

export const operate = (deps: Dependencies) => (request: HttpRequest) =>
  request.method === "GET" ? look(deps, request) : say(deps, request);

async function look(deps: Dependencies, request: HttpRequest): Promise<HttpResponse> {
  const refused = refuseUnsigned(request);
  if (refused !== null) return refused;
  const header = await findHeader(deps, request);
  return header === null ? NOT_FOUND : wayBackAnswer(header, await loadWayBack(deps.ledger, header));
}

async function say(deps: Dependencies, request: HttpRequest): Promise<HttpResponse> {
  const refused = refuseRequest(request);
  if (refused !== null) return refused;
  const body = readBody(VerbRequest, request.body);
  if (!body.ok) return body.answer;
  const header = await findHeader(deps, request);
  if (header === null) return NOT_FOUND;
  const signature = signatureOf(request);
  const said = { ...body.value, by: await signerInWords(deps, signature), signer: signature.arn };
  if (said.verb !== "release-hold") return carriedOutAnswer(header, said.verb, await carryOut(deps, header, said));
  return releasedAnswer(header, said.environment, await releaseHold(deps, header, said));
}

const NOT_FOUND = json(404, { error: "no such promotion" });

async function findHeader({ ledger }: Dependencies, { pathParameters }: HttpRequest): Promise<Header | null> {
  const name = PromotionInput.safeParse({ promotionId: pathParameters.promotionId });
  const found = name.success ? await ledger.read(keys.header(name.data.promotionId)) : undefined;
  return found === undefined ? null : asHeader(found);
}

export const handler = httpStep("operate", operate);
