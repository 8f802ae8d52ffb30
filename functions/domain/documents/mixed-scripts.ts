import { mixedScripts } from "../scripts.ts";
import type { Path, Report } from "./problems.ts";

/** Warns of words whose letters come from several scripts, in every text of a document and in its keys. */
export function warnOfMixedScripts(report: Report, at: Path, value: unknown): void {
  if (typeof value === "string") warn(report, at, value);
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) warnOfMixedScripts(report, [...at, index], item);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      warn(report, [...at, key], key);
      warnOfMixedScripts(report, [...at, key], item);
    }
  }
}

function warn(report: Report, at: Path, text: string): void {
  const found = mixedScripts(text);
  if (found === null) return;
  const message = `mixes ${found.scripts} letters in "${found.word}"`;
  report.warn(at, message, "type the word anew in one script; approvers see it marked");
}
