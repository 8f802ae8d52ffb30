/** A mail as HTML, made from its plain text: the same words, and the link to a page of ours as a button. */
import { type Html, html, type Part } from "./html.ts";

/**
 * In a mail there is no style sheet that every program reads: each element has its own style, in colours that hold on the
 * light ground that the mail itself brings. Nothing is loaded from elsewhere, so nobody learns who has read it.
 */
const STYLES = {
  body: "margin:0;padding:16px;background:#f5f6f8;color:#16202c;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif",
  card: "max-width:40rem;margin:0 auto;padding:16px 20px;background:#ffffff;border:1px solid #dde2e8;border-radius:12px",
  text: "margin:0 0 16px;white-space:pre-wrap;overflow-wrap:anywhere",
  facts:
    "margin:0 0 16px;white-space:pre-wrap;overflow-wrap:anywhere;font:14px/1.6 ui-monospace,Menlo,Consolas,monospace",
  button:
    "display:inline-block;margin:0 0 8px;padding:12px 20px;border-radius:8px;background:#1f5fbf;color:#ffffff;font-weight:600;text-decoration:none",
  address: "margin:0 0 16px;font-size:13px;color:#55606e;overflow-wrap:anywhere",
} as const;

/** `pages`: where our pages are, without a trailing slash; only a line that is an address in there and nothing else is a link. */
export function mailHtml(
  { subject, body }: { readonly subject: string; readonly body: string },
  pages: string,
): string {
  const blocks = body
    .trim()
    .split(/\n{2,}/)
    .map((block) => blockHtml(block, pages));
  const page = html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light"><title>${subject}</title></head>
<body style="${STYLES.body}"><div role="article" aria-label="${subject}" style="${STYLES.card}">
${blocks}
</div></body>
</html>
`;
  return page.text;
}

/** Lines before, the button, lines after; facts, which are set in, keep their columns. */
function blockHtml(block: string, pages: string): Part {
  const lines = block.split("\n");
  const at = lines.findIndex((line) => isPage(line, pages));
  if (at === -1) return textHtml(lines);
  return [textHtml(lines.slice(0, at)), linkHtml(lines[at] ?? ""), textHtml(lines.slice(at + 1))];
}

const isPage = (line: string, pages: string) =>
  pages.startsWith("https://") && line.startsWith(`${pages}/`) && /^[\w.~/-]+$/.test(line.slice(pages.length));

function textHtml(lines: readonly string[]): Html | null {
  if (lines.length === 0) return null;
  const style = lines.every((line) => line.startsWith("  ")) ? STYLES.facts : STYLES.text;
  return html`<p style="${style}">${lines.join("\n")}</p>
`;
}

/** The address stands there as text, too, for whoever opens it elsewhere. SES leaves links alone that say no-track. */
function linkHtml(url: string): Html {
  return html`<p style="margin:0"><a ses:no-track href="${url}" style="${STYLES.button}">Read the evidence and decide</a></p>
<p style="${STYLES.address}">${url}</p>
`;
}
