import type { Hash } from "../domain/ports.ts";
import { Html, html, type Part } from "./html.ts";
import type { HttpResponse } from "./http.ts";
import { STYLE } from "./style.ts";

/**
 * A page without scripts, without anything from elsewhere, and without a trace: nothing is cached, framed, sniffed or
 * told to other sites. The one style sheet is allowed by its hash, so that injected styles would not run either.
 */
export function htmlHeaders(hash: Hash): Record<string, string> {
  const style = Buffer.from(hash(STYLE), "hex").toString("base64");
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": [
      "default-src 'none'",
      `style-src 'sha256-${style}'`,
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "cache-control": "no-store, max-age=0",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
    "x-robots-tag": "noindex, nofollow, noarchive",
  };
}

export function document(title: string, body: Part): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** A page as an answer; `method` HEAD gets the same head and no body. */
export function htmlAnswer(hash: Hash, method: string, status: number, content: Html): HttpResponse {
  return { status, headers: htmlHeaders(hash), body: method === "HEAD" ? "" : content.text };
}

/** A page that says one thing: no such link, wrong method, body too large. */
export function plainAnswer(hash: Hash, method: string, status: number, title: string, text: string): HttpResponse {
  const content = document(
    title,
    html`<main class="narrow"><p class="brand">Headgate</p><section class="card"><h1>${title}</h1><p>${text}</p></section></main>`,
  );
  return htmlAnswer(hash, method, status, content);
}
