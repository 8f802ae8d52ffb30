/** Words of people on the approval page: as text, with a mark where they may not be what they look like. */
import { mixedScripts } from "../../domain/scripts.ts";
import { html, type Part } from "../html.ts";

/** A text that somebody claims. */
export function claim(text: string): Part {
  const mixed = mixedScripts(text);
  return mixed === null
    ? text
    : html`${text} <span class="pill warn">mixes ${mixed.scripts} letters: ${mixed.word}</span>`;
}

/**
 * A claim that is an address and nothing else can be opened. Its host is named beside it, and the page that it leads to does
 * not learn from where. A host in letters beyond ASCII, or behind a name that looks like one, stays text.
 */
export function linked(value: string): Part {
  const host = hostOf(value);
  if (host === null) return claim(value);
  return html`<a href="${value}" rel="noopener noreferrer nofollow">${value}</a> <span class="soft">(leads to ${host})</span>`;
}

function hostOf(value: string): string | null {
  if (!/^https:\/\/[^\s"<>\\]+$/.test(value) || !URL.canParse(value)) return null;
  const { host, username, password } = new URL(value);
  const isPlain = username === "" && password === "" && !host.includes("xn--");
  return isPlain && value.slice("https://".length).toLowerCase().startsWith(host) ? host : null;
}
