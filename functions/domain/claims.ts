/**
 * Words of people whom nobody vetted: a release's summary, an approver's comment, an operator's reason. They are shown as
 * theirs, on lines of their own, with nothing in them to click.
 */
import { oneLine } from "./text.ts";
import { wrapped } from "./wrapped.ts";

/** What browsers take for the dot of a domain (UTS 46), beside what merely looks like it. */
const DOT = String.raw`[.\u3002\uFF0E\uFF61\u2024\uFE52]`;
const UNSEEN = String.raw`\p{Default_Ignorable_Code_Point}`;
const LETTER = String.raw`[\p{L}\p{M}${UNSEEN}]`;

/**
 * A dot before a domain's last name: mail programs make a link of `shop.example` without being asked. A last name has no
 * digits and ends there, so that versions, figures and names of promotions stay as people type them.
 */
const BEFORE_NAME = new RegExp(
  String.raw`(?<=[\p{L}\p{N}\p{M}${UNSEEN}_-])${DOT}(?=(?:${LETTER}{2,}|xn--[a-z0-9-]+)(?!-?[\p{L}\p{N}\p{M}]))|(?<=\bwww)${DOT}`,
  "giu",
);
/** What nobody sees joins letters of other scripts; beside ASCII it does nothing but hide a link from who looks for one. */
const UNSEEN_BY_ASCII = new RegExp(`(?<=^|[ -~])${UNSEEN}+`, "gu");
/** Before slashes any scheme opens something; these do without. */
const SCHEME = /:(?=[\\/]{2})|(?<=\b(?:mailto|tel|sms|sip|data|javascript)):/gi;
const NUMBERED_HOST = /\b(?:\d{1,3}\.){3}\d{1,3}(?=[:/])/g;
/** `\\server\share`, which Outlook opens. */
const SHARE = /\\\\(?=[\p{L}\p{N}])/gu;

/**
 * A text in which no program finds anything to click: `https[:]//shop[.]example/run`, `ops@shop[.]example`. The brackets
 * are how security people write addresses that nobody is to follow; who does want to takes them out. Twice is once.
 */
export function unlinked(text: string): string {
  return text
    .replace(UNSEEN_BY_ASCII, "")
    .replace(SCHEME, "[:]")
    .replace(NUMBERED_HOST, (host) => host.replaceAll(".", "[.]"))
    .replace(BEFORE_NAME, "[.]")
    .replace(SHARE, "[\\\\]");
}

/** What somebody claims, whole and on one line, with nothing to click. */
export function claimed(text: string): string {
  return unlinked(oneLine(text, Number.POSITIVE_INFINITY));
}

/** Of a mail, in characters. */
export const LONGEST_LINE = 100;

/**
 * A named field of a mail that holds a claim, as lines: none of them starts where Headgate's own words start, whatever is
 * claimed and however a mail program would have broken it.
 */
export function claimLines(name: string, text: string, nameWidth: number): string[] {
  const indent = nameWidth + 3;
  return wrapped(`  ${name.padEnd(nameWidth)} ${claimed(text)}`, LONGEST_LINE, indent);
}
