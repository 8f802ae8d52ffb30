import { deceivingIn } from "../text.ts";
import type { Path, Report } from "./problems.ts";

/**
 * Documents and requests are read on pages, in mails, terminals and histories: what would change there how the text around
 * it is read is refused wherever it stands, in keys as in values. A half character (U+D800 to U+DFFF) has no UTF-8: it would
 * be stored as another text than the one that was hashed.
 */

/** Where texts of several lines belong: people's words, and what is sent to a service as it is. */
const SEVERAL_LINES = new Set(["summary", "reason", "comment", "description", "evidence", "payload", "expect"]);

/** Reports controls, direction marks and their like in every text of a value. */
export function refuseDeceiving(report: Report, at: Path, value: unknown): void {
  if (typeof value === "string") refuse(report, at, value, isOfSeveralLines(at) ? "several lines" : "one line");
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) refuseDeceiving(report, [...at, index], item);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      refuse(report, [...at, key], key, "one line");
      refuseDeceiving(report, [...at, key], item);
    }
  }
}

const isOfSeveralLines = (at: Path) => at.some((key) => typeof key === "string" && SEVERAL_LINES.has(key));

function refuse(report: Report, at: Path, text: string, lines: "one line" | "several lines"): void {
  const found = deceivingIn(text, lines);
  if (found.length === 0) return;
  const hint = found.includes("U+000D") ? "write line breaks as \\n alone" : "type the text anew, without pasting";
  report.refuse(at, `holds what cannot be seen and changes how it is read: ${found.join(", ")}`, hint);
}
