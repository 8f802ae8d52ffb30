/** One visit to an approver's link: whose it is, and the page as it is shown. */
import { formToken } from "../../domain/approval/form-token.ts";
import { haveSettled } from "../../domain/approval/have-settled.ts";
import type { Link } from "../../domain/approval/link.ts";
import { findLink } from "../../domain/approval/open-link.ts";
import { isOver } from "../../domain/ledger/executions.ts";
import type { Dependencies, Hash } from "../../domain/ports.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import { htmlAnswer, plainAnswer } from "../layout.ts";
import { endedLink } from "./ended-link.ts";
import { approvalDocument, EMPTY_FORM, type Refilled } from "./markup.ts";
import { type ApprovalView, loadApprovalView } from "./view.ts";

/** A request for a link that shows something, and what its page says. */
export interface Visit {
  readonly request: HttpRequest;
  readonly id: string;
  readonly link: Link;
  readonly view: ApprovalView;
}

const LARGEST_BODY = 16 * 1_024;
const FORM = "application/x-www-form-urlencoded";

/** What is wrong with a request before it is about anything: 405, 413, 415; null: nothing. */
export function refuseVisit({ hash }: Pick<Dependencies, "hash">, request: HttpRequest): HttpResponse | null {
  const { method, headers, body } = request;
  if (!["GET", "HEAD", "POST"].includes(method)) {
    const answer = plainAnswer(hash, method, 405, "Not possible", "This page can be read, and its form can be sent.");
    return { ...answer, headers: { ...answer.headers, allow: "GET, HEAD, POST" } };
  }
  if (method !== "POST") return null;
  if (Buffer.byteLength(body) > LARGEST_BODY) {
    return plainAnswer(hash, method, 413, "Too much", "What was sent is larger than the form can be.");
  }
  if ((headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() !== FORM) {
    return plainAnswer(hash, method, 415, "Not understood", "Only the form of this page decides.");
  }
  return null;
}

const LINK = /^[0-9a-f]{64}$/;

/** The visit, or the answer where there is nothing to see. Throws `BrokenRecord` where the ledger lacks what a link promises. */
export async function findVisit(deps: Dependencies, request: HttpRequest): Promise<Visit | HttpResponse> {
  const id = request.pathParameters.link ?? "";
  const found = LINK.test(id) ? await findLink(deps.ledger, deps.hash, id) : undefined;
  if (found === undefined) return noSuchLink(deps.hash, request.method);
  if (found.outdated) return endedLink(deps.hash, request.method, "renewed");
  const view = await loadApprovalView(deps, found.link);
  // To look changes nothing; to send a form is somebody's word that this is wanted, and what was found is put on record.
  if (view === "changed" && request.method === "POST") await haveSettled(deps, found.link);
  if (typeof view === "string") return endedLink(deps.hash, request.method, view);
  return { request, id, link: found.link, view };
}

function noSuchLink(hash: Hash, method: string): HttpResponse {
  return plainAnswer(hash, method, 404, "No such link", "Open the link as it stands in the mail, in full.");
}

/** The page for whoever opens it. */
export async function show(deps: Dependencies, visit: Visit): Promise<HttpResponse> {
  if (await isStopped(deps, visit.view)) return endedLink(deps.hash, visit.request.method, "over");
  return render(deps, visit, 200, EMPTY_FORM);
}

/**
 * Whether the execution has ended though nobody has closed the promotion yet, and the form would decide nothing. A look
 * that fails hides no page from people: deciding looks for itself.
 */
async function isStopped(deps: Dependencies, { standing, execution }: ApprovalView): Promise<boolean> {
  if (standing.kind === "ended") return false;
  try {
    return isOver(await deps.executions.status(execution.executionArn), execution, deps.clock);
  } catch (error) {
    deps.log.warn("whether the execution has ended is not known", { error: String(error) });
    return false;
  }
}

/** The page for whoever sent a form that decides nothing any more. */
export function showTooLate(deps: Dependencies, visit: Visit): HttpResponse {
  return render(deps, visit, 409, EMPTY_FORM);
}

/** The page, with a form where the link can decide. */
export function render(deps: Dependencies, { request, id, view }: Visit, status: number, form: Refilled): HttpResponse {
  const token = view.standing.kind === "open" ? formToken(deps, id, view.record, deps.clock.now()) : null;
  return htmlAnswer(deps.hash, request.method, status, approvalDocument(view, token, form));
}
