/**
 * The second way in, for when mail is lost: POST /promotions/{promotionId}/environments/{environment}/approvals/{approval}
 * with IAM authorisation. The same checks and the same conditional writes as the page; the caller's ARN is recorded.
 */
import { decide } from "./domain/approval/decide.ts";
import { findApproval } from "./domain/approval/load.ts";
import { ApprovalName } from "./domain/approval/records.ts";
import { replacePerson, resendLink } from "./domain/approval/reseat.ts";
import { callerOf, speakerOf } from "./domain/callers.ts";
import { callerRules } from "./domain/ledger/caller-rules.ts";
import type { Dependencies } from "./domain/ports.ts";
import { ApprovalRequest, decidedAnswer, reseatedAnswer } from "./pages/approval/api.ts";
import type { HttpRequest, HttpResponse } from "./pages/http.ts";
import { json, readBody, refuseRequest, signatureOf } from "./pages/json.ts";
import { httpStep } from "./runtime/step.ts";

export const decideByApi =
  (deps: Dependencies) =>
  async (request: HttpRequest): Promise<HttpResponse> => {
    const refused = refuseRequest(request);
    if (refused !== null) return refused;
    const body = readBody(ApprovalRequest, request.body);
    if (!body.ok) return body.answer;
    const name = ApprovalName.safeParse(request.pathParameters);
    if (!name.success || (await findApproval(deps.ledger, name.data)) === undefined) {
      return json(404, { error: "no such approval, or nobody has been asked yet" });
    }
    return act(deps, name.data, request, body.value);
  };

async function act(deps: Dependencies, name: ApprovalName, request: HttpRequest, body: ApprovalRequest) {
  const { sourceIp, userAgent } = request;
  const rules = await callerRules(deps.ledger);
  const caller = callerOf(signatureOf(request), rules);
  if (body.action === "resend") return reseatedAnswer(await resendLink(deps, name, { ...body, caller }));
  if (body.action === "replace") return reseatedAnswer(await replacePerson(deps, name, { ...body, caller }));
  const speaker = speakerOf(caller, body.as, rules);
  if (speaker.kind === "refused") return json(403, { error: speaker.why });
  if (speaker.kind === "unnamed") return json(400, { error: 'say whose decision it is: "as": "ADDRESS"' });
  const { address } = speaker;
  const from = { via: "api", caller, sourceIp, userAgent, generation: null, epoch: null } as const;
  return decidedAnswer(await decide(deps, name, { ...body, address, ...from }));
}

export const handler = httpStep("decide", decideByApi);
