/** What a mail may hold: the border that every notice and page crosses. */
import { unlinked } from "../claims.ts";
import { inPlainText, oneLine } from "../text.ts";
import type { Wording } from "./notice.ts";

const ADDRESS = /([\w.%+'-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*)/gi;

/**
 * A wording as it goes out to an address: in it nothing turns the direction of text, drives a terminal or breaks a line that
 * Headgate did not break. Only its own link can be clicked, and addresses at the recipient's own domain, wherever the rest
 * came from.
 */
export function mailed({ subject, body, link }: Wording, to: string): Pick<Wording, "subject" | "body"> {
  const plain = inPlainText(body);
  const parts = link === undefined ? [plain] : plain.split(link);
  return {
    subject: unopened(oneLine(subject, Number.POSITIVE_INFINITY), to),
    body: parts.map((part) => unopened(part, to)).join(link),
  };
}

function unopened(text: string, to: string): string {
  const home = domainOf(to);
  const isOurs = (part: string, index: number) => index % 2 === 1 && domainOf(part) === home;
  return text
    .split(ADDRESS)
    .map((part, index) => (isOurs(part, index) ? part : unlinked(part)))
    .join("");
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1).toLowerCase();
