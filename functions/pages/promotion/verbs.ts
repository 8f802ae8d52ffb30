/** A promotion over the signed route: what an operator may say to it, and the answers in JSON. */
import * as z from "zod";
import type { Header } from "../../domain/ledger/header.ts";
import type { CarriedOut } from "../../domain/promotion/carry-out.ts";
import type { Released } from "../../domain/promotion/release-hold.ts";
import { type WayBack, wayBackInWords } from "../../domain/promotion/way-back.ts";
import { reasonSchema } from "../../domain/schema-parts.ts";
import type { HttpResponse } from "../http.ts";
import { json } from "../json.ts";

const environment = z.string().min(1).describe("the environment in which the version may come again");

const request = z
  .string()
  .regex(/^[\w-]{8,64}$/)
  .optional()
  .describe("the same for each sending of one command, so that it counts once: 8 to 64 letters, digits and dashes");

export const VerbRequest = z.discriminatedUnion("verb", [
  z.strictObject({
    verb: z.literal(["hold", "resume", "roll-back", "abort", "skip-bake", "promote-now"]),
    reason: reasonSchema,
    request,
  }),
  z.strictObject({ verb: z.literal("release-hold"), environment, reason: reasonSchema, request }),
]);

/** What was done about a verb; 202: it goes on after the answer. */
export function carriedOutAnswer({ promotionId, outcome }: Header, verb: string, done: CarriedOut): HttpResponse {
  switch (done.kind) {
    case "ended":
      return json(409, { error: `the promotion has ended: ${outcome ?? "no outcome"}` });
    case "recorded":
      return json(202, { promotionId, did: `${verb} is recorded and takes effect at the next step` });
    case "taken back": {
      const { again, summary, state } = done.back;
      return json(again ? 202 : 200, { promotionId, did: summary, state });
    }
  }
}

/** What came of lifting a hold. */
export function releasedAnswer({ promotionId }: Header, environment: string, released: Released): HttpResponse {
  if (released.kind !== "nowhere") return json(200, { promotionId, did: released.summary });
  return json(404, {
    error: `the promotion has no environment "${environment}", and nothing is released (hint: ${hintOf(released)})`,
  });
}

function hintOf({ environments }: Released & { kind: "nowhere" }): string {
  return environments.length === 0 ? "its release was refused before it had any" : `it has ${environments.join(", ")}`;
}

/** How far traffic is back. */
export function wayBackAnswer({ promotionId, outcome }: Header, back: WayBack): HttpResponse {
  return json(200, { promotionId, ...back, did: wayBackInWords(back), outcome });
}
