/** An approval over the signed route: what may be asked of it, and how the outcome is said in JSON. */
import * as z from "zod";
import type { Decision } from "../../domain/approval/approval.ts";
import type { Decided } from "../../domain/approval/decide.ts";
import type { Reseated } from "../../domain/approval/reseat.ts";
import { addressSchema } from "../../domain/schema-parts.ts";
import type { HttpResponse } from "../http.ts";
import { json } from "../json.ts";

const role = z.string().min(1).max(100).describe("a role that the approval asks, as its mail names it");
const address = addressSchema.describe("an e-mail address as the policy has it");

export const ApprovalRequest = z.discriminatedUnion("action", [
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

export type ApprovalRequest = z.output<typeof ApprovalRequest>;

const CHANGED = "what was asked about has been changed since people were asked";

export function decidedAnswer(decided: Decided): HttpResponse {
  switch (decided.kind) {
    case "decided":
      return json(200, { state: decided.record.state, decision: decided.decision.decision });
    case "already":
      return json(409, { error: answeredBefore(decided.forAnother) });
    case "ended":
      return ended(decided.settlement);
    case "forbidden":
      return json(403, { error: "not yours to decide", missing: decided.missing.map(({ message }) => message) });
    case "incomplete":
      return json(400, { error: "nothing is decided yet", missing: decided.missing.map(({ message }) => message) });
    case "changed":
      return json(409, { error: `nothing is decided, and nothing can be: ${CHANGED}`, why: decided.why });
    case "busy":
      return json(409, { error: "others decided at the same moment: try again" });
  }
}

function answeredBefore(forAnother: Decision | null): string {
  if (forAnother?.signer == null) return "this person, or this caller, has decided already";
  const { signer, address } = forAnother;
  const answered = `${signer.principal} has answered already, for ${address}`;
  return `${answered}: all sessions of a role are one caller, since their names are not verified; decide by the link in your mail, or let the policy list the role in callers.verifiedRoles, once its trust policy fixes the session's name`;
}

export function reseatedAnswer(reseated: Reseated): HttpResponse {
  switch (reseated.kind) {
    case "done":
      return json(200, { address: reseated.address, reach: reseated.reach });
    case "ended":
      return ended(reseated.settlement);
    case "changed":
      return json(409, { error: `nobody is asked, and nothing can be decided: ${CHANGED}`, why: reseated.why });
    case "refused":
      return json(reseated.status, { error: reseated.why });
  }
}

function ended({ state, summary }: { readonly state: string; readonly summary: string }): HttpResponse {
  const answered = state === "approved" || state === "rejected";
  return json(answered ? 409 : 410, { error: `the approval has ended: ${summary}`, state });
}
