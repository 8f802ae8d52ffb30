/**
 * Takes a person out of deciding at once, on the signed routes POST /people/revoke and POST /people/reinstate: a policy is
 * reviewed and deployed before it takes effect. Recorded with the caller and the reason. Nobody revokes themselves, so
 * that an answer once given cannot be taken back by whoever gave it.
 */
import { sayOf } from "./domain/approval/revoke.ts";
import { addressIn } from "./domain/callers.ts";
import { signerInWords } from "./domain/ledger/caller-rules.ts";
import { samePerson } from "./domain/people.ts";
import type { Dependencies } from "./domain/ports.ts";
import { PeopleRequest, revokedAnswer } from "./pages/approval/people.ts";
import type { HttpRequest, HttpResponse } from "./pages/http.ts";
import { json, readBody, refuseRequest, signatureOf } from "./pages/json.ts";
import { httpStep } from "./runtime/step.ts";

export const revoke =
  (deps: Dependencies) =>
  async (request: HttpRequest): Promise<HttpResponse> => {
    const refused = refuseRequest(request);
    if (refused !== null) return refused;
    const body = readBody(PeopleRequest, request.body);
    if (!body.ok) return body.answer;
    const signature = signatureOf(request);
    const { address } = body.value;
    if (samePerson(addressIn(signature.arn) ?? "", address)) return json(403, { error: SELF });
    const state = request.path.endsWith("/reinstate") ? "reinstated" : "revoked";
    const by = await signerInWords(deps, signature);
    return revokedAnswer(address, await sayOf(deps, { ...body.value, state, by }));
  };

const SELF = "nobody revokes or reinstates themselves: ask somebody else who may";

export const handler = httpStep("revoke", revoke);
