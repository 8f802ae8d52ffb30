import * as z from "zod";
import { type Decided, decide } from "./domain/approval/decide.ts";
import { findApproval } from "./domain/approval/load.ts";
import { type Reseated, replacePerson, resendLink } from "./domain/approval/reseat.ts";
import { ApprovalName } from "./domain/approval/store.ts";
import { addressIn, samePerson } from "./domain/people.ts";
import type { Dependencies } from "./domain/ports.ts";
import type { HttpRequest, HttpResponse } from "./pages/http.ts";
import { json, readBody, refuseRequest } from "./runtime/json-api.ts";
import { httpStep } from "./runtime/step.ts";

const role = z.string().min(1).max(100).describe("a role that the approval asks, as its mail names it");
const address = z.string().min(3).max(320).describe("an e-mail address as the policy has it");

const Body = z.discriminatedUnion("action", [
  z.strictObject({
    action: z.literal("decide"),
    role,
    decision: z.enum(["approved", "rejected"]).describe('"approved" or "rejected"'),
    comment: z.string().default("").describe("a text; a rejection says why in it"),
    checklist: z.array(z.string()).max(200).default([]).describe("the points that were checked, word for word"),
    version: z.string().describe("the version that is decided on, as typed on the page"),
    as: address.optional(),
  }),
  z.strictObject({ action: z.literal("resend"), role, address }),
  z.strictObject({ action: z.literal("replace"), role, address, by: address }),
]);
type Body = z.output<typeof Body>;

/**
 * The second way in, for when mail is lost: POST /promotions/{promotionId}/environments/{environment}/approvals/{approval}
 * with IAM authorisation. The same checks and the same conditional writes as the page; the caller's ARN is recorded.
 */
export const decideByApi =
  (deps: Dependencies) =>
  async (request: HttpRequest): Promise<HttpResponse> => {
    const refused = refuseRequest(request);
    if (refused !== null) return refused;
    const body = readBody(Body, request.body);
    if (!body.ok) return body.answer;
    const name = ApprovalName.safeParse(request.pathParameters);
    if (!name.success || (await findApproval(deps.ledger, name.data)) === undefined) {
      return json(404, { error: "no such approval, or nobody has been asked yet" });
    }
    return act(deps, name.data, request, request.caller ?? "", body.value);
  };

async function act(
  deps: Dependencies,
  name: ApprovalName,
  request: HttpRequest,
  caller: string,
  body: Body,
): Promise<HttpResponse> {
  switch (body.action) {
    case "decide":
      return decideAs(deps, name, request, caller, body);
    case "resend":
      return reseatAnswer(await resendLink(deps, name, { ...body, caller }));
    case "replace":
      return reseatAnswer(await replacePerson(deps, name, { ...body, caller }));
  }
}

/** An ARN that says who its person is speaks for nobody else; one that does not has to say for whom, on record. */
async function decideAs(
  deps: Dependencies,
  name: ApprovalName,
  request: HttpRequest,
  caller: string,
  body: Extract<Body, { action: "decide" }>,
): Promise<HttpResponse> {
  const own = addressIn(caller);
  if (own !== null && body.as !== undefined && !samePerson(own, body.as)) {
    return json(403, { error: `${own} cannot decide as ${body.as}` });
  }
  const person = body.as ?? own;
  if (person === null) return json(400, { error: 'say whose decision it is: "as": "ADDRESS"' });
  const { sourceIp, userAgent } = request;
  const { role: asked, decision, comment, checklist, version } = body;
  const answer = { role: asked, address: person, decision, comment, checklist, version };
  const from = { via: "api", caller, sourceIp, userAgent, generation: null } as const;
  return decidedAnswer(await decide(deps, name, { ...answer, ...from }));
}

function decidedAnswer(decided: Decided): HttpResponse {
  switch (decided.kind) {
    case "decided":
      return json(200, { state: decided.record.state, decision: decided.decision.decision });
    case "already":
      return json(409, { error: "this person, or this caller, has decided already" });
    case "ended":
      return ended(decided.settlement);
    case "forbidden":
      return json(403, { error: "not yours to decide", missing: decided.missing.map(({ message }) => message) });
    case "incomplete":
      return json(400, { error: "nothing is decided yet", missing: decided.missing.map(({ message }) => message) });
    case "busy":
      return json(409, { error: "others decided at the same moment: try again" });
  }
}

function ended({ state, summary }: { readonly state: string; readonly summary: string }): HttpResponse {
  const answered = state === "approved" || state === "rejected";
  return json(answered ? 409 : 410, { error: `the approval has ended: ${summary}`, state });
}

function reseatAnswer(reseated: Reseated): HttpResponse {
  switch (reseated.kind) {
    case "done":
      return json(200, { address: reseated.address, reach: reseated.reach });
    case "ended":
      return ended(reseated.settlement);
    case "refused":
      return json(reseated.status, { error: reseated.why });
  }
}

export const handler = httpStep("decide", decideByApi);
