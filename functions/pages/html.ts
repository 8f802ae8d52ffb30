/** Markup that is safe by construction: every value put into the template is escaped unless it is markup itself. */

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

/**
 * Control characters have no place in a page, and the marks that turn the direction of text (U+202A..E, U+2066..9) could
 * make a version read as another one: both are shown as what they are, a replacement character.
 */
const UNSHOWABLE = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu;
const LAYOUT = new Set(["\n", "\r", "\t"]);

export function escapeText(text: string): string {
  return text
    .replace(UNSHOWABLE, (found) => (LAYOUT.has(found) ? found : "\uFFFD"))
    .replace(/[&<>"']/g, (found) => ENTITIES[found] ?? found);
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
