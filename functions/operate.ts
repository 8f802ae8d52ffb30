/**
 * The operator's verbs, on a signed route: POST /promotions/{promotionId}/signals. Each asks for a reason, is recorded
 * with the caller's identity, and says what it did. `roll-back` and `abort` trip the journals and start a restore before
 * they answer; GET on the same route says how far traffic is back.
 */
import * as z from "zod";
import { asHeader, type Header } from "./domain/ledger/header.ts";
import { keys } from "./domain/ledger/keys.ts";
import { sendSignal } from "./domain/ledger/send-signal.ts";
import type { Dependencies } from "./domain/ports.ts";
import { loadWayBack } from "./domain/promotion/load-way-back.ts";
import { releaseHold } from "./domain/promotion/release-hold.ts";
import { takeBack } from "./domain/promotion/take-back.ts";
import { wayBackInWords } from "./domain/promotion/way-back.ts";
import type { HttpRequest, HttpResponse } from "./pages/http.ts";
import { json, readBody, refuseRequest, refuseUnsigned } from "./pages/json.ts";
import { httpStep } from "./runtime/step.ts";

const reason = z.string().trim().min(3).max(500).describe("say why in 3 to 500 characters: it stands in the record");
const environment = z.string().min(1).describe("the environment in which the version may come again");

const Body = z.discriminatedUnion("verb", [
  z.strictObject({ verb: z.literal(["hold", "resume", "roll-back", "abort", "skip-bake", "promote-now"]), reason }),
  z.strictObject({ verb: z.literal("release-hold"), environment, reason }),
]);
type Body = z.output<typeof Body>;

export const operate =
  (deps: Dependencies) =>
  async (request: HttpRequest): Promise<HttpResponse> => {
    const isLook = request.method === "GET";
    const refused = isLook ? refuseUnsigned(request) : refuseRequest(request);
    if (refused !== null) return refused;
    const body = isLook ? null : readBody(Body, request.body);
    if (body?.ok === false) return body.answer;
    const found = await deps.ledger.read(keys.header(request.pathParameters.promotionId ?? ""));
    if (found === undefined) return json(404, { error: "no such promotion" });
    const header = asHeader(found);
    if (body === null) return showWayBack(deps, header);
    const by = request.caller ?? "";
    if (body.value.verb !== "release-hold") return say(deps, header, by, body.value);
    return json(200, { promotionId: header.promotionId, did: await releaseHold(deps, header, { by, ...body.value }) });
  };

async function showWayBack(deps: Dependencies, header: Header): Promise<HttpResponse> {
  const { promotionId, outcome } = header;
  const back = await loadWayBack(deps.ledger, header);
  return json(200, { promotionId, ...back, did: wayBackInWords(back), outcome });
}

type Verb = Exclude<Body, { verb: "release-hold" }>;

async function say(deps: Dependencies, header: Header, by: string, { verb, reason }: Verb): Promise<HttpResponse> {
  const { promotionId, state, outcome } = header;
  if (state === "closed") return json(409, { error: `the promotion has ended: ${outcome ?? "no outcome"}` });
  const at = deps.clock.now();
  const signal = { signal: `${verb}-${at}-${deps.entropy.id(4)}`, kind: verb, by, reason, at };
  if (verb !== "roll-back" && verb !== "abort") {
    await sendSignal(deps, promotionId, signal);
    return json(202, { promotionId, did: `${verb} is recorded and takes effect at the next step` });
  }
  // Traffic first: the word in the record, and whoever waits for it, come after.
  const ending = { outcome: verb === "abort" ? "aborted" : "rolled-back", reason: `${by}: ${reason}` } as const;
  const back = await takeBack(deps, promotionId, ending);
  await sendSignal(deps, promotionId, signal);
  return json(back.again ? 202 : 200, { promotionId, did: back.summary, state: back.state });
}

export const handler = httpStep("operate", operate);
