/** Ends every approver's link that is out, on a signed route: POST /links/rotate. Recorded with the caller and the reason. */
import { rotateLinks } from "./domain/approval/rotate-links.ts";
import { signerInWords } from "./domain/ledger/caller-rules.ts";
import type { Dependencies } from "./domain/ports.ts";
import { RotateRequest, rotatedAnswer } from "./pages/approval/rotation.ts";
import type { HttpRequest, HttpResponse } from "./pages/http.ts";
import { readBody, refuseRequest, signatureOf } from "./pages/json.ts";
import { httpStep } from "./runtime/step.ts";

export const rotate =
  (deps: Dependencies) =>
  async (request: HttpRequest): Promise<HttpResponse> => {
    const refused = refuseRequest(request);
    if (refused !== null) return refused;
    const body = readBody(RotateRequest, request.body);
    if (!body.ok) return body.answer;
    const by = await signerInWords(deps, signatureOf(request));
    return rotatedAnswer(await rotateLinks(deps, { ...body.value, by }));
  };

export const handler = httpStep("rotate-links", rotate);
