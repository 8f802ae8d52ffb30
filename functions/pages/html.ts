/** Markup that is safe by construction: every value put into the template is escaped unless it is markup itself. */
import { inPlainText } from "../domain/text.ts";

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Part = Html | string | number | null | undefined | false | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text between tags or in a quoted attribute; what could make a version read as another one stands as `[U+202E]`. */
export function escapeText(text: string): string {
  return inPlainText(text).replace(/[&<>"']/g, (found) => ENTITIES[found] ?? found);
}

/** Template tag. Attribute values must be quoted in the template: inside quotes the escaping holds, outside it cannot. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const text = strings.reduce((soFar, string, index) => soFar + renderPart(parts[index - 1]) + string);
  return new Html(text);
}

function renderPart(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(renderPart).join("");
  return escapeText(String(part));
}
