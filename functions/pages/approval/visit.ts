/** One visit to an approver's link: whose it is, and the page as it is shown. */
import { formToken } from "../../domain/approval/form-token.ts";
import type { Link } from "../../domain/approval/link.ts";
import { findLink } from "../../domain/approval/open-link.ts";
import type { Dependencies, Hash } from "../../domain/ports.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import { htmlAnswer, plainAnswer } from "../layout.ts";
import { approvalDocument, EMPTY_FORM, type Refilled } from "./markup.ts";
import { type ApprovalView, loadApprovalView, type Standing } from "./view.ts";

/** A request for a link that exists, and what its page says. */
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

/** Null: there is no such link. Throws `BrokenRecord` where the ledger lacks what a link promises. */
export async function findVisit(deps: Dependencies, request: HttpRequest): Promise<Visit | null> {
  const id = request.pathParameters.link ?? "";
  const link = LINK.test(id) ? await findLink(deps.ledger, deps.hash, id) : undefined;
  return link === undefined ? null : { request, id, link, view: await loadApprovalView(deps, link) };
}

export function noSuchLink(hash: Hash, method: string): HttpResponse {
  return plainAnswer(hash, method, 404, "No such link", "Open the link as it stands in the mail, in full.");
}

/** Where an approval ended without an answer its links lead nowhere any more; the page says why. */
const GONE: readonly string[] = ["expired", "superseded", "cancelled"];

function isGone(standing: Standing): boolean {
  return standing.kind === "replaced" || (standing.kind === "ended" && GONE.includes(standing.state));
}

/** The page for whoever opens it. */
export async function show(deps: Dependencies, visit: Visit): Promise<HttpResponse> {
  return render(deps, visit, isGone(visit.view.standing) ? 410 : 200, EMPTY_FORM);
}

/** The page for whoever sent a form that decides nothing any more. */
export async function showTooLate(deps: Dependencies, visit: Visit): Promise<HttpResponse> {
  return render(deps, visit, isGone(visit.view.standing) ? 410 : 409, EMPTY_FORM);
}

/** The page, with a form where the link can decide. */
export async function render(
  deps: Dependencies,
  { request, id, view }: Visit,
  status: number,
  form: Refilled,
): Promise<HttpResponse> {
  const open = view.standing.kind === "open";
  const token = open ? await formToken(deps.sign, deps.hash(id), view.record, deps.clock.now()) : null;
  return htmlAnswer(deps.hash, request.method, status, approvalDocument(view, token, form));
}
