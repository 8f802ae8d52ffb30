/** E-mail addresses as they are written: which spelling is taken, and what is left of any spelling (RFC 5322, RFC 5321). */
import { unseenIn } from "./text.ts";

export interface Fault {
  readonly message: string;
  /** Null: what an address looks like says it all. */
  readonly hint: string | null;
}

const UNFORMED: Fault = { message: "is not in the expected form", hint: null };
/** RFC 5322's dot-atom without the slash, which would read as a path; RFC 5321: 64 characters at most. */
const LOCAL = /^(?=.{1,64}$)[\w!#$%&'*+=?^`{|}~-]+(?:\.[\w!#$%&'*+=?^`{|}~-]+)*$/;
/** RFC 1123: labels of letters, digits and inner hyphens, at most 63 each and 253 in all; the last one is no number. */
const DOMAIN =
  /^(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?!\d+$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** Why an address is not taken as it is written; null: it is. One mailbox is to have one spelling, which everybody sees. */
export function faultOf(address: string): Fault | null {
  const unseen = unseenIn(address);
  if (unseen.length > 0) {
    return { message: `holds what cannot be seen: ${unseen.join(", ")}`, hint: "type it anew, without pasting" };
  }
  const at = address.lastIndexOf("@");
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)];
  if (at < 1 || domain === "") return UNFORMED;
  return faultOfLocal(local) ?? faultOfDomain(domain);
}

function faultOfLocal(local: string): Fault | null {
  if (/[()]/.test(local)) return { message: "holds a comment", hint: "leave out the parentheses and what is in them" };
  if (/["\\]/.test(local)) return { message: "is quoted", hint: "leave out quotes and backslashes" };
  if (/[^ -~]/.test(local)) return { message: "has letters beyond ASCII before the @", hint: null };
  return LOCAL.test(local) ? null : UNFORMED;
}

function faultOfDomain(domain: string): Fault | null {
  if (/[()]/.test(domain)) return { message: "holds a comment", hint: "leave out the parentheses and what is in them" };
  if (domain.endsWith(".")) return { message: "ends in a dot", hint: "leave out the last dot" };
  if (/[^ -~]/.test(domain)) {
    const ascii = asciiDomain(domain);
    const hint = ascii === null ? null : `write the domain in its ASCII form, ${ascii}`;
    return { message: "has a domain with letters beyond ASCII", hint };
  }
  return DOMAIN.test(domain) ? null : UNFORMED;
}

/** A domain's form in ASCII, punycode where it takes that (UTS 46, as browsers do it); null: it has none. */
export function asciiDomain(domain: string): string | null {
  return URL.canParse(`http://${domain}/`) ? new URL(`http://${domain}/`).hostname : null;
}

/** What an address in angle brackets stands for; the whole text where there is none. */
const ANGLED = /<([^<>]*@[^<>]*)>/;

/** The address without a display name, comments, quotes and blanks, none of which are part of what it means. */
export function bareAddress(text: string): string {
  return unquoted(ANGLED.exec(text)?.[1] ?? text);
}

/**
 * Leaves out comments, which nest, and the marks of quotes, whose characters mean the same unquoted (RFC 5322, 3.2.2 and
 * 3.2.4). Text that is badly nested loses its marks and keeps the rest.
 */
function unquoted(text: string): string {
  if (!text.includes("@")) return text;
  let [depth, quoted, escaped] = [0, false, false];
  const kept: string[] = [];
  for (const character of text) {
    if (escaped) escaped = false;
    else if (character === "\\") escaped = true;
    else if (character === '"' && depth === 0) quoted = !quoted;
    else if (character === "(" && !quoted) depth += 1;
    else if (character === ")" && depth > 0) {
      depth -= 1;
      continue;
    }
    if (depth === 0) kept.push(character);
  }
  return (depth === 0 ? kept.join("") : text).replace(/[\s"()\\<>]/g, "");
}
