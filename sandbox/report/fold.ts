/** Lines that say one thing together, as one: mails of a notice, retries of a call, what each target reports. */
import type { Line } from "../timeline.ts";
import { gathered } from "./target-words.ts";

/** Lines of one kind this close together (ms, virtual) belong together. */
const TOGETHER_MS = 45_000;

interface Group {
  readonly key: string;
  readonly lines: Line[];
}

/**
 * Folds a stream of lines. A line is held back until nothing that comes later can belong to it; `end` gives the rest.
 * Order is that of the first line of each group.
 */
export class Folding {
  #groups: Group[] = [];
  /** What was last said by each state of each environment. */
  readonly #said = new Map<string, string>();

  push(line: Line): Line[] {
    const ready = this.readyAt(line.at);
    const key = keyOf(line);
    const group = this.#groups.find((one) => one.key === key);
    if (group === undefined) this.#groups.push({ key, lines: [line] });
    else group.lines.push(line);
    return ready;
  }

  end(): Line[] {
    return this.readyAt(Number.POSITIVE_INFINITY);
  }

  /** What nothing from this instant (epoch ms) on can belong to. */
  readyAt(now: number): Line[] {
    const open = this.#groups.findIndex(({ lines }) => (lines[0]?.at ?? 0) + TOGETHER_MS >= now);
    const ready = this.#groups.splice(0, open === -1 ? this.#groups.length : open);
    return ready.map(foldedGroup).filter((line) => this.#isNews(line));
  }

  /** A state that says the same again, however much later, says nothing new. */
  #isNews({ kind, environment, what, text }: Line): boolean {
    if (kind === "mail" || kind === "person") return true;
    const speaker = `${environment} ${what}`;
    const again = this.#said.get(speaker) === text;
    this.#said.set(speaker, text);
    return !again;
  }
}

/** All of a finished timeline, folded. */
export function folded(lines: readonly Line[]): Line[] {
  const folding = new Folding();
  return [...lines.flatMap((line) => folding.push(line)), ...folding.end()];
}

const NOT_YET = "not yet: ";

function keyOf({ kind, environment, what, text }: Line): string {
  if (kind === "mail") return `mail ${text}`;
  if (text.startsWith(NOT_YET)) return `${environment} ${what} ${NOT_YET}`;
  return `${environment} ${what} ${text}`;
}

/** More addresses than this are counted, not named. */
const NAMED = 2;

function foldedGroup({ lines }: Group): Line {
  const [first] = lines;
  if (first === undefined) throw new RangeError("a group has a line");
  if (first.kind === "mail") return foldedMail(first, lines);
  const more = lines.length > 1 && first.text.startsWith(NOT_YET) ? ` (asked ${lines.length} times)` : "";
  return { ...first, text: `${gathered(first.text)}${more}` };
}

function foldedMail(first: Line, lines: readonly Line[]): Line {
  const addresses = lines.map(({ what }) => what.replace(/^mail to /, ""));
  const to = addresses.length <= NAMED ? addresses.join(" and ") : `${addresses.length} people`;
  return { ...first, what: "mail", text: `to ${to}: ${first.text}` };
}
