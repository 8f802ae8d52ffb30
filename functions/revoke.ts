/**
 * Takes a person out of deciding at once, on the signed routes POST /people/revoke and POST /people/reinstate: a policy is
 * reviewed and deployed before it takes effect. Recorded with the caller and the reason. Nobody revokes themselves, so
 * that an answer once given cannot be taken back by whoever gave it.
 */
import { isOneself } from "./domain/approval/oneself.ts";
import { sayOf } from "./domain/approval/revoke.ts";
import { sayerInWords } from "./domain/callers.ts";
import { knownCaller } from "./domain/ledger/caller-rules.ts";
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
    const { address } = body.value;
    const caller = await knownCaller(deps, signatureOf(request));
    if (await isOneself(deps, caller, address)) return json(403, { error: SELF });
    const state = request.path.endsWith("/reinstate") ? "reinstated" : "revoked";
    return revokedAnswer(address, await sayOf(deps, { ...body.value, state, by: sayerInWords(caller) }));
  };

const SELF = "nobody revokes or reinstates themselves, or whom they have answered for: ask somebody else who may";

export const handler = httpStep("revoke", revoke);
