/** Ending all links over the signed route: what is asked for, and the answer in JSON. */
import * as z from "zod";
import type { LinkEpoch } from "../../domain/approval/link-epoch.ts";
import type { HttpResponse } from "../http.ts";
import { json } from "../json.ts";

export const RotateRequest = z.strictObject({
  reason: z.string().trim().min(3).max(500).describe("say why in 3 to 500 characters: it stands in the record"),
  request: z
    .string()
    .regex(/^[\w-]{8,64}$/)
    .describe("the same for each sending of one command, so that it counts once: 8 to 64 letters, digits and dashes"),
});

export function rotatedAnswer({ epoch, by }: LinkEpoch): HttpResponse {
  const did = `every link that was mailed until now has ended, with its forms (epoch ${epoch}, by ${by}); who still owes an answer is mailed a new link within two minutes`;
  return json(200, { epoch, did });
}
