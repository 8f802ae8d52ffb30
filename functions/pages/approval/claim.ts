/** Words of people on the approval page: as text, with a mark where they may not be what they look like. */
import { unlinked } from "../../domain/claims.ts";
import { hostOf, isListed } from "../../domain/evidence-hosts.ts";
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
 * A claim that is an address and nothing else can be opened where the policy lists its host: who wrote it was vetted by
 * nobody. Its host is named beside it, and the page that it leads to does not learn from where. Any other stays text.
 */
export function linked(value: string, hosts: readonly string[]): Part {
  const host = hostOf(value);
  if (host === null) return claim(value);
  if (!isListed(host, hosts)) return html`${unlinked(value)} <span class="soft">(at ${host})</span>`;
  return html`<a href="${value}" rel="noopener noreferrer nofollow">${value}</a> <span class="soft">(leads to ${host})</span>`;
}
