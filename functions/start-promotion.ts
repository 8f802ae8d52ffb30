/**
 * Starting a promotion on a signed route: POST /promotions with {"release": ..., "attempt": 1}. The release is checked by
 * the same code as everywhere, and the caller's identity is written down where the machine's first handler looks for it:
 * unlike a start from the console or by a schedule, it is verified who starts, and that person approves nothing of it.
 */
import * as z from "zod";
import { problemTexts } from "./domain/documents/problems.ts";
import type { Dependencies } from "./domain/ports.ts";
import { type Begun, begin, resolveNow } from "./domain/promotion/begin.ts";
import type { HttpRequest, HttpResponse } from "./pages/http.ts";
import { json, readBody, refuseRequest, signatureOf } from "./pages/json.ts";
import { httpStep } from "./runtime/step.ts";

/** An execution's input is 256 KiB at most; the release is all of it. */
const LARGEST_BODY = 256 * 1_024;

const attempt = z.int().min(1).max(999).default(1);

const Body = z.strictObject({
  release: z.record(z.string(), z.unknown()).describe("the release document, as in a file of events/"),
  attempt: attempt.describe("1 for the first start of this version, then one more each time"),
});

export const startPromotion =
  (deps: Dependencies) =>
  async (request: HttpRequest): Promise<HttpResponse> => {
    const refused = refuseRequest(request, LARGEST_BODY);
    if (refused !== null) return refused;
    const body = readBody(Body, request.body);
    if (!body.ok) return body.answer;
    const signature = signatureOf(request);
    const resolved = await resolveNow(deps, body.value.release, signature.arn);
    if (!resolved.ok) return json(400, { error: "the release is refused", problems: problemTexts(resolved.problems) });
    const { sourceIp, userAgent } = request;
    const begun = await begin(deps, body.value, { signature, sourceIp, userAgent });
    return answer(begun, body.value.attempt, { startedBy: signature.arn, warnings: problemTexts(resolved.warnings) });
  };

function answer(
  begun: Begun,
  attempted: number,
  { startedBy, warnings }: { readonly startedBy: string; readonly warnings: readonly string[] },
): HttpResponse {
  switch (begun.kind) {
    case "started":
      return json(201, { executionArn: begun.executionArn, started: true, startedBy, warnings });
    case "running":
      return json(200, { executionArn: begun.executionArn, started: false, warnings });
    case "contended":
      return json(409, { error: `${begun.name} is being started by somebody else at this moment` });
    case "taken": {
      const error = `${begun.name} ran before, or runs with another input: start it again as attempt ${attempted + 1}`;
      return json(409, { error });
    }
  }
}

export const handler = httpStep("start-promotion", startPromotion);
