/** The approval form, sent: the decision that it asks for, and the page that answers. */
import { type Decided, decide } from "../../domain/approval/decide.ts";
import { checkFormToken } from "../../domain/approval/form-token.ts";
import type { Dependencies, Hash } from "../../domain/ports.ts";
import type { HttpResponse } from "../http.ts";
import { htmlHeaders, plainAnswer } from "../layout.ts";
import { endedLink, endOfLink } from "./ended-link.ts";
import { type DecisionForm, readDecisionForm } from "./form.ts";
import { loadApprovalView } from "./view.ts";
import { render, showTooLate, type Visit } from "./visit.ts";

/** Decides by the form, if it is complete, ours and in time. */
export async function answerForm(deps: Dependencies, visit: Visit): Promise<HttpResponse> {
  const { request, id, view } = visit;
  if (view.standing.kind !== "open") return showTooLate(deps, visit);
  const form = readDecisionForm(request.body);
  if (form === null) {
    return refuse(deps.hash, 400, "Not understood", "The form was not complete. Open the link again.");
  }
  switch (checkFormToken(deps, form.token, id, view.record, deps.clock.now())) {
    case "forged":
      return refuse(deps.hash, 403, "Not decided", "This form was not made by this page. Open the link again.");
    case "outdated":
      return again(deps, visit, form, "the page was open for too long: look at it again, then send it again");
    case "valid":
      return answer(deps, visit, form, await decideByForm(deps, visit, form));
  }
}

function refuse(hash: Hash, status: number, title: string, text: string): HttpResponse {
  return plainAnswer(hash, "POST", status, title, text);
}

function decideByForm(deps: Dependencies, { request, link }: Visit, form: DecisionForm): Promise<Decided> {
  const { role, address, generation, epoch } = link;
  const { decision, comment, checklist, version } = form;
  const { sourceIp, userAgent } = request;
  const said = { role, address, generation, epoch, decision, comment, checklist, version };
  return decide(deps, link, { ...said, via: "page", caller: null, sourceIp, userAgent });
}

async function answer(deps: Dependencies, visit: Visit, form: DecisionForm, decided: Decided): Promise<HttpResponse> {
  switch (decided.kind) {
    case "decided":
      return seeOther(deps.hash, visit.id);
    case "already":
      return lookAgain(deps, visit);
    case "ended":
      return endedBy(deps, visit, decided.settlement);
    case "forbidden":
      return refuse(deps.hash, 403, "Not yours to decide", sentences(decided.missing));
    case "incomplete":
      return render(deps, visit, 400, { ...form, problems: decided.missing });
    case "changed":
      return endedLink(deps.hash, "POST", "changed");
    case "busy":
      return again(deps, visit, form, "others decided at the same moment: send it again");
  }
}

/** How it stands by now, for a form that came too late. */
async function lookAgain(deps: Dependencies, visit: Visit): Promise<HttpResponse> {
  const view = await loadApprovalView(deps, visit.link);
  return typeof view === "string" ? endedLink(deps.hash, "POST", view) : showTooLate(deps, { ...visit, view });
}

function endedBy(deps: Dependencies, visit: Visit, { state, summary }: Ended["settlement"]): HttpResponse {
  if (state === "approved" || state === "rejected") {
    return showTooLate(deps, { ...visit, view: { ...visit.view, standing: { kind: "ended", state, summary } } });
  }
  return endedLink(deps.hash, "POST", endOfLink(state, visit.view.record, deps.clock.now()) ?? "over");
}

type Ended = Extract<Decided, { kind: "ended" }>;

/** The form once more, as it was filled in. */
function again(deps: Dependencies, visit: Visit, form: DecisionForm, message: string): HttpResponse {
  return render(deps, visit, 409, { ...form, problems: [{ what: "form", message }] });
}

const sentences = (missing: readonly { readonly message: string }[]) =>
  missing.map(({ message }) => `${message.charAt(0).toUpperCase()}${message.slice(1)}.`).join(" ");

/**
 * To the page itself, so that reloading it sends nothing a second time. The link's last part is relative to the page it
 * was sent from: whatever host and stage that was, it is the same one, which is all that the page's policy allows.
 */
function seeOther(hash: Hash, id: string): HttpResponse {
  return { status: 303, headers: { ...htmlHeaders(hash), location: id }, body: "" };
}
