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
  facts: "margin:0 0 16px;border-collapse:collapse;font:inherit",
  fact: "padding:2px 16px 2px 0;vertical-align:top;text-align:left;font-weight:400;color:#55606e;white-space:nowrap",
  value: "padding:2px 0;vertical-align:top;white-space:pre-wrap;overflow-wrap:anywhere",
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
    .replace(/^\n+|\s+$/g, "")
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

/** Lines before, the button, lines after. */
function blockHtml(block: string, pages: string): Part {
  const lines = block.split("\n");
  const at = lines.findIndex((line) => isPage(line, pages));
  if (at === -1) return factsIn(lines) ?? textHtml(lines);
  return [textHtml(lines.slice(0, at)), linkHtml(lines[at] ?? ""), textHtml(lines.slice(at + 1))];
}

const isPage = (line: string, pages: string) =>
  pages.startsWith("https://") && line.startsWith(`${pages}/`) && /^[\w.~/-]+$/.test(line.slice(pages.length));

/** Where facts have their names in plain text, and where their values begin. */
const NAMES = 2;
const VALUES = 15;

/** A table of facts; null: these lines are none. A value without a name goes on with the one before. */
function factsIn(lines: readonly string[]): Html | null {
  const isFact = (line: string) => /^ {2}[^\n]{12} \S/u.test(line);
  if (!lines.every(isFact) || lines[0]?.startsWith("   ") !== false) return null;
  const facts: { name: string; value: string }[] = [];
  for (const line of lines) {
    const [name, value] = [line.slice(NAMES, VALUES).trim(), line.slice(VALUES)];
    const last = facts.at(-1);
    if (name === "" && last !== undefined) last.value += `\n${value}`;
    else facts.push({ name, value });
  }
  const row = ({ name, value }: (typeof facts)[number]) =>
    html`<tr><th scope="row" style="${STYLES.fact}">${name}</th><td style="${STYLES.value}">${value}</td></tr>
`;
  return html`<table style="${STYLES.facts}">
${facts.map(row)}</table>
`;
}

/** A line that is so long and ends no sentence was broken for plain text alone. */
const BROKEN = 75;

function textHtml(lines: readonly string[]): Html | null {
  if (lines.length === 0) return null;
  const text = lines.map((line) => (line.length >= BROKEN && !/[.:]$/.test(line) ? `${line} ` : `${line}\n`)).join("");
  return html`<p style="${STYLES.text}">${text.trimEnd()}</p>
`;
}

/** The address stands there as text, too, for whoever opens it elsewhere. SES leaves links alone that say no-track. */
function linkHtml(url: string): Html {
  return html`<p style="margin:0"><a ses:no-track href="${url}" style="${STYLES.button}">Read the evidence and decide</a></p>
<p style="${STYLES.address}">${url}</p>
`;
}
