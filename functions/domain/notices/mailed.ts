/** What a mail may hold: the border that every notice and page crosses. */
import { unlinked } from "../claims.ts";
import { inPlainText, oneLine } from "../text.ts";
import type { Wording } from "./notice.ts";

/** Addresses of people are opened as mails to them, and are copied into commands: they stay as they are. */
const ADDRESS = /(\b[\w.%+'-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+)/gi;

/**
 * A wording as it goes out: in it nothing turns the direction of text, drives a terminal or breaks a line that Headgate did
 * not break, and only its own link can be clicked, wherever the rest came from.
 */
export function mailed({ subject, body, link }: Wording): Pick<Wording, "subject" | "body"> {
  const plain = inPlainText(body);
  const parts = link === undefined ? [plain] : plain.split(link);
  return { subject: unopened(oneLine(subject, Number.POSITIVE_INFINITY)), body: parts.map(unopened).join(link) };
}

const unopened = (text: string): string =>
  text
    .split(ADDRESS)
    .map((part, index) => (index % 2 === 1 ? part : unlinked(part)))
    .join("");
