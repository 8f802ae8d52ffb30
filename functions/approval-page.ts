import type { Dependencies } from "./domain/ports.ts";
import { answerForm } from "./pages/approval/answer-form.ts";
import { findVisit, refuseVisit, show } from "./pages/approval/visit.ts";
import type { HttpRequest, HttpResponse } from "./pages/http.ts";
import { httpStep } from "./runtime/step.ts";

/** The page behind an approver's link. GET and HEAD show; only a complete form, posted, decides. */
export const approvalPage =
  (deps: Dependencies) =>
  async (request: HttpRequest): Promise<HttpResponse> => {
    const refused = refuseVisit(deps, request);
    if (refused !== null) return refused;
    const visit = await findVisit(deps, request);
    if (!("view" in visit)) return visit;
    return request.method === "POST" ? answerForm(deps, visit) : show(deps, visit);
  };

export const handler = httpStep("approval-page", approvalPage);
