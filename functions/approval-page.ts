import { type Decided, decide } from "./domain/approval/decide.ts";
import { checkFormToken, formToken } from "./domain/approval/form-token.ts";
import { findLink } from "./domain/approval/load.ts";
import type { Link } from "./domain/approval/store.ts";
import type { Dependencies } from "./domain/ports.ts";
import { type DecisionForm, readDecisionForm } from "./pages/approval/form.ts";
import { approvalPage as approvalMarkup, EMPTY_FORM, type Refilled } from "./pages/approval/markup.ts";
import { type ApprovalView, loadApprovalView, type Standing } from "./pages/approval/view.ts";
import type { HttpRequest, HttpResponse } from "./pages/http.ts";
import { page, pageHeaders, plainPage } from "./pages/layout.ts";
import { httpStep } from "./runtime/step.ts";

const LARGEST_BODY = 16 * 1_024;
const LINK = /^[0-9a-f]{64}$/;
const FORM = "application/x-www-form-urlencoded";

/** One request for a link that exists. */
interface Visit {
  readonly request: HttpRequest;
  readonly id: string;
  readonly link: Link;
}

/** The page behind an approver's link. GET and HEAD show; only a complete form, posted, decides. */
export const approvalPage =
  (deps: Dependencies) =>
  async (request: HttpRequest): Promise<HttpResponse> => {
    const refused = refusal(deps, request);
    if (refused !== null) return refused;
    const id = request.pathParameters.link ?? "";
    const link = LINK.test(id) ? await findLink(deps.ledger, deps.hash, id) : undefined;
    if (link === undefined) {
      const advice = "Open the link as it stands in the mail, in full.";
      return plainPage(deps.hash, request.method, 404, "No such link", advice);
    }
    const visit = { request, id, link };
    const view = await loadApprovalView(deps, link);
    return request.method === "POST"
      ? post(deps, visit, view)
      : render(deps, visit, viewStatus(view), view, EMPTY_FORM);
  };

/** What is wrong with a request before it is about anything; null: nothing. */
function refusal({ hash }: Dependencies, { method, headers, body }: HttpRequest): HttpResponse | null {
  if (!["GET", "HEAD", "POST"].includes(method)) {
    const answer = plainPage(hash, method, 405, "Not possible", "This page can be read, and its form can be sent.");
    return { ...answer, headers: { ...answer.headers, allow: "GET, HEAD, POST" } };
  }
  if (method !== "POST") return null;
  if (Buffer.byteLength(body) > LARGEST_BODY) {
    return plainPage(hash, method, 413, "Too much", "What was sent is larger than the form can be.");
  }
  if ((headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() !== FORM) {
    return plainPage(hash, method, 415, "Not understood", "Only the form of this page decides.");
  }
  return null;
}

/** Where an approval ended without an answer its links lead nowhere any more; the page says why. */
const GONE: readonly string[] = ["expired", "superseded", "cancelled"];

function isGone(standing: Standing): boolean {
  return standing.kind === "replaced" || (standing.kind === "ended" && GONE.includes(standing.state));
}

const viewStatus = ({ standing }: ApprovalView) => (isGone(standing) ? 410 : 200);

/** The page, with a form where the link can decide. */
async function render(
  deps: Dependencies,
  { request, id }: Visit,
  status: number,
  view: ApprovalView,
  form: Refilled,
): Promise<HttpResponse> {
  const open = view.standing.kind === "open";
  const token = open ? await formToken(deps.sign, deps.hash(id), view.record, deps.clock.now()) : null;
  return page(deps.hash, request.method, status, approvalMarkup(view, token, form));
}

async function post(deps: Dependencies, visit: Visit, view: ApprovalView): Promise<HttpResponse> {
  if (view.standing.kind !== "open") return tooLate(deps, visit, view);
  const form = readDecisionForm(visit.request.body);
  if (form === null) {
    return plainPage(deps.hash, "POST", 400, "Not understood", "The form was not complete. Open the link again.");
  }
  const token = await checkFormToken(deps, form.token, deps.hash(visit.id), view.record, deps.clock.now());
  if (token === "forged") {
    return plainPage(
      deps.hash,
      "POST",
      403,
      "Not decided",
      "This form was not made by this page. Open the link again.",
    );
  }
  if (token === "outdated") {
    return again(deps, visit, view, form, 409, [
      "the page was open for too long: look at it again, then send it again",
    ]);
  }
  return answer(deps, visit, view, form, await decideByForm(deps, visit, form));
}

function tooLate(deps: Dependencies, visit: Visit, view: ApprovalView): Promise<HttpResponse> {
  return render(deps, visit, isGone(view.standing) ? 410 : 409, view, EMPTY_FORM);
}

function decideByForm(deps: Dependencies, { request, link }: Visit, form: DecisionForm): Promise<Decided> {
  return decide(deps, link, {
    role: link.role,
    address: link.address,
    generation: link.generation,
    decision: form.decision,
    comment: form.comment,
    checklist: form.checklist,
    version: form.version,
    via: "page",
    caller: null,
    sourceIp: request.sourceIp,
    userAgent: request.userAgent,
  });
}

/** The form once more, as it was filled in. */
function again(
  deps: Dependencies,
  visit: Visit,
  view: ApprovalView,
  form: DecisionForm,
  status: number,
  messages: readonly string[],
): Promise<HttpResponse> {
  const problems = messages.map((message) => ({ what: "form" as const, message }));
  return render(deps, visit, status, view, { ...form, problems });
}

async function answer(
  deps: Dependencies,
  visit: Visit,
  view: ApprovalView,
  form: DecisionForm,
  decided: Decided,
): Promise<HttpResponse> {
  switch (decided.kind) {
    case "decided":
      return seeOther(deps, visit.id);
    case "already":
      return tooLate(deps, visit, await loadApprovalView(deps, visit.link));
    case "ended":
      return tooLate(deps, visit, { ...view, standing: { kind: "ended", ...decided.settlement } });
    case "forbidden":
      return plainPage(deps.hash, "POST", 403, "Not yours to decide", sentences(decided.missing));
    case "incomplete":
      return render(deps, visit, 400, view, { ...form, problems: decided.missing });
    case "busy":
      return again(deps, visit, view, form, 409, ["others decided at the same moment: send it again"]);
  }
}

const sentences = (missing: readonly { readonly message: string }[]) =>
  missing.map(({ message }) => `${message.charAt(0).toUpperCase()}${message.slice(1)}.`).join(" ");

/**
 * To the page itself, so that reloading it sends nothing a second time. The link's last part is relative to the page it
 * was sent from: whatever host and stage that was, it is the same one, which is all that the page's policy allows.
 */
function seeOther({ hash }: Dependencies, id: string): HttpResponse {
  return { status: 303, headers: { ...pageHeaders(hash), location: id }, body: "" };
}

export const handler = httpStep("approval-page", approvalPage);
