/** People over the signed routes: who is taken out of deciding or let in again, and the answers in JSON. */
import * as z from "zod";
import type { Revoked } from "../../domain/approval/revoke.ts";
import { addressSchema, reasonSchema } from "../../domain/schema-parts.ts";
import type { HttpResponse } from "../http.ts";
import { json } from "../json.ts";

export const PeopleRequest = z.strictObject({
  address: addressSchema,
  reason: reasonSchema,
});

export function revokedAnswer(address: string, { state, changed, asked, parties }: Revoked): HttpResponse {
  const did = [
    changed ? `${address} is ${state}` : `${address} was ${state === "revoked" ? "revoked already" : "not revoked"}`,
    asked.length === 0 ? "no open approval asks them" : `${asked.length} open approvals are settled anew`,
    ...(parties.length === 0
      ? []
      : [`what they requested or started goes on, decided by others: ${parties.join(", ")}`]),
  ].join("; ");
  return json(200, { did, state, changed, asked, parties });
}
