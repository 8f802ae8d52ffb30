/**
 * The operator's verbs, on a signed route: POST /promotions/{promotionId}/signals. Each asks for a reason, is recorded
 * with the caller's identity, and says what it did. `roll-back` and `abort` bring traffic back before they answer; the
 * workflow finds the tripped journal at its next step.
 */
import * as z from "zod";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import { asHeader, type Header } from "./domain/ledger/header.ts";
import { keys } from "./domain/ledger/keys.ts";
import { noteEnding } from "./domain/ledger/note-ending.ts";
import { sendSignal } from "./domain/ledger/send-signal.ts";
import type { Signal } from "./domain/ledger/signals.ts";
import type { Dependencies } from "./domain/ports.ts";
import { bringBack } from "./domain/promotion/bring-back.ts";
import type { HttpRequest, HttpResponse } from "./pages/http.ts";
import { json, readBody, refuseRequest } from "./pages/json.ts";
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
    const refused = refuseRequest(request);
    if (refused !== null) return refused;
    const body = readBody(Body, request.body);
    if (!body.ok) return body.answer;
    const found = await deps.ledger.read(keys.header(request.pathParameters.promotionId ?? ""));
    if (found === undefined) return json(404, { error: "no such promotion" });
    const by = request.caller ?? "";
    if (body.value.verb === "release-hold") return releaseHold(deps, asHeader(found), by, body.value);
    return signal(deps, asHeader(found), by, body.value);
  };

type Verb = Exclude<Body, { verb: "release-hold" }>;

async function signal(deps: Dependencies, header: Header, by: string, { verb, reason }: Verb): Promise<HttpResponse> {
  const { promotionId, state, outcome } = header;
  if (state === "closed") return json(409, { error: `the promotion has ended: ${outcome ?? "no outcome"}` });
  const at = deps.clock.now();
  const given: Signal = { signal: `${verb}-${at}-${deps.entropy.id(4)}`, kind: verb, by, reason, at };
  if (verb !== "roll-back" && verb !== "abort") {
    await sendSignal(deps, promotionId, given);
    return json(202, { promotionId, did: `${verb} is recorded and takes effect at the next step` });
  }
  // Traffic first: the words of the record, and whoever waits for them, come after.
  const summary = `${by}: ${reason}`;
  const ending = verb === "abort" ? "aborted" : "rolled-back";
  const back = await bringBack(deps, promotionId, { by: "operator", reason: summary });
  await noteEnding(deps, promotionId, back.state === "nothing" ? "cancelled" : ending, summary);
  await sendSignal(deps, promotionId, given);
  return json(back.again ? 202 : 200, { promotionId, did: back.summary, state: back.state });
}

/** A version that was taken back may come again, once a person says so. */
async function releaseHold(
  deps: Dependencies,
  { promotionId, service, version }: Header,
  by: string,
  { environment, reason }: Extract<Body, { verb: "release-hold" }>,
): Promise<HttpResponse> {
  await deps.ledger.write([{ remove: keys.held(environment, service, version) }]);
  const summary = `${by} released ${version} in ${environment}: ${reason}`;
  await appendAudit(deps, promotionId, {
    id: `released-${environment}-${deps.clock.now()}`,
    kind: "released",
    environment,
    summary,
  });
  return json(200, { promotionId, did: summary });
}

export const handler = httpStep("operate", operate);
