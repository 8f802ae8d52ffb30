/** What is said when there is no answer of our own making: a page for a browser, JSON for a program. */
import { BrokenRecord, Transient } from "../domain/errors.ts";
import type { Hash } from "../domain/ports.ts";
import { html } from "./html.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";
import { json } from "./json.ts";
import { document, htmlAnswer } from "./layout.ts";

export interface Failure {
  readonly status: number;
  readonly title: string;
  /** What is so, and what to do; plain text. */
  readonly text: string;
  /** By which the log is searched. */
  readonly requestId: string;
}

/** What a handler's error is told as. Another try may help against what is transient; a person has to see to the rest. */
export function handlerFailure(error: unknown, requestId: string): Failure {
  if (error instanceof Transient) {
    return { status: 503, title: "Not at this moment", text: `Please try again in a moment. ${SENT}`, requestId };
  }
  if (error instanceof BrokenRecord) {
    // Nothing failed: what is asked for and what stands in the ledger exclude each other, and no try helps.
    return { status: 409, title: "The record is broken", text: `${BROKEN} ${TELL}`, requestId };
  }
  return { status: 500, title: "Something is broken", text: `${TELL} ${SENT}`, requestId };
}

const BROKEN = "What Headgate has on record about this was changed, or is gone, and it goes no further on such ground.";
const TELL = "Please tell whoever runs Headgate.";

/** Nobody can say what an answer that failed had done before: the page can. */
export const SENT = "If you sent a decision, open the link again: the page shows whether it counts.";

/** The failure in the form that the request asks for. */
export function failureAnswer(
  hash: Hash,
  { method, headers }: Pick<HttpRequest, "method" | "headers">,
  failure: Failure,
): HttpResponse {
  if (!asksForPage(headers.accept)) {
    return json(failure.status, { error: `${failure.title}: ${failure.text}`, requestId: failure.requestId });
  }
  return failurePage(hash, method, failure);
}

/** As API Gateway chooses: by the first media type of `Accept` alone. Browsers put their pages first. */
const asksForPage = (accept = "") => /^\s*text\/html\b/i.test(accept);

export function failurePage(hash: Hash, method: string, { status, title, text, requestId }: Failure): HttpResponse {
  const card = html`<section class="card"><h1>${title}</h1><p>${text}</p><p class="small soft">Request ${requestId}</p></section>`;
  return htmlAnswer(
    hash,
    method,
    status,
    document(title, html`<main class="narrow"><p class="brand">Headgate</p>${card}</main>`),
  );
}
