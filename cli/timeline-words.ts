/** A rehearsal for a terminal: headings, lines in columns, the closing block. */
import { formatDuration } from "../functions/domain/durations.ts";
import type { Outcome } from "../functions/domain/outcomes.ts";
import { inPlainText } from "../functions/domain/text.ts";
import { wrapped } from "../functions/domain/wrapped.ts";
import type { Figures } from "../sandbox/rehearsal.ts";
import type { Serving } from "../sandbox/report/data.ts";
import { plainWatch } from "../sandbox/report/look-words.ts";
import { instant } from "../sandbox/report/times.ts";
import type { Line, LineKind } from "../sandbox/timeline.ts";

export interface Style {
  /** IANA zone that times are printed in. */
  readonly zone: string;
  readonly colour: boolean;
  /** Columns; longer lines go on below. */
  readonly width: number;
  /** `service version`: what every mail's subject begins with, and nobody has to read again. */
  readonly release: string;
}

type Colour = "bold" | "dim" | "red" | "green" | "yellow" | "magenta" | "cyan";

const CODES: Readonly<Record<Colour, string>> = {
  bold: "1",
  dim: "2",
  red: "31",
  green: "32",
  yellow: "33",
  magenta: "35",
  cyan: "36",
};

const COLOURS: Readonly<Record<LineKind, Colour | null>> = {
  step: null,
  good: "green",
  bad: "red",
  wait: "yellow",
  tick: "dim",
  mail: "cyan",
  person: "magenta",
  fault: "red",
  end: "bold",
};

/** Text as a terminal may be shown it, in a colour where there are any. */
export function painted(text: string, colour: Colour | null, { colour: on }: Pick<Style, "colour">): string {
  const plain = inPlainText(text);
  return on && colour !== null ? `\u001b[${CODES[colour]}m${plain}\u001b[0m` : plain;
}

const TIME_WIDTH = 19;
const WHAT_WIDTH = 22;
const TEXT_COLUMN = TIME_WIDTH + 2 + WHAT_WIDTH + 1;
/** Below this many columns, text that goes on below has the room of the states' column too. */
const ROOMY = 100;

/** `Tue 30 Dec 20:15:02  Shift traffic        25 % ...`: time, state or person, what happened; as wide as the terminal. */
export function lineInWords({ at, kind, what, text }: Line, style: Style): string {
  const told = kind === "mail" ? text.replace(`${style.release}: `, "") : text;
  const left = what.length > WHAT_WIDTH ? `${what.slice(0, WHAT_WIDTH - 1)}…` : what.padEnd(WHAT_WIDTH);
  const plain = `${instant(at, style.zone)}  ${left} ${oneLine(plainWatch(told))}`;
  const hanging = style.width < ROOMY ? TIME_WIDTH + 2 : TEXT_COLUMN;
  return painted(wrapped(plain, style.width, hanging).join("\n"), COLOURS[kind], style);
}

const cut = (text: string, width: number) => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();

/** The rule above the lines of an environment, as wide as the terminal but no wider than people read. */
export function headingInWords(environment: string, style: Style): string {
  const title = `── ${environment} `;
  return painted(title.padEnd(Math.min(style.width, 80), "─"), "bold", style);
}

/** What stands on a terminal while virtual time is skipped; it is overwritten by the next line. */
export function progressInWords(at: number, last: Line, style: Style): string {
  const waited = formatDuration(Math.floor((at - last.at) / 60_000) * 60);
  return painted(cut(`${instant(at, style.zone)}  … ${waited}: ${oneLine(last.text)}`, style.width - 1), "dim", style);
}

/** `sit   version 8 (auth, order)`: a line for each environment and route. */
export function trafficInWords(serving: readonly Serving[]): string[] {
  const groups = new Map<string, Serving[]>();
  for (const one of serving) {
    const key = `${one.environment} ${one.route}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const width = Math.max(0, ...serving.map(({ environment }) => environment.length));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [`${first.environment.padEnd(width)}  ${first.route} (${group.map(({ target }) => target).join(", ")})`];
  });
}

const span = (ms: number) => formatDuration(Math.round(ms / 1_000));

/** The split of virtual time, the largest part first. */
export function splitInWords({ virtualMs, split }: Pick<Figures, "virtualMs" | "split">): string {
  const parts = [
    { name: "active", ms: split.active },
    { name: "waiting for people", ms: split.people },
    { name: "waiting for the change window", ms: split.window },
    { name: "queued", ms: split.queue },
  ];
  const told = parts.filter(({ ms }) => ms > 0).map(({ name, ms }) => `${span(ms)} ${name}`);
  return `${span(virtualMs)} in all: ${told.join(", ")}`;
}

/** What the executions took, a line each. */
export function countsInWords(counts: Figures): [name: string, text: string][] {
  return [
    [
      "machines",
      `${counts.executions} executions, ${counts.transitions} state transitions, ${counts.historyEvents} history events`,
    ],
    ["handlers", `${counts.invocations} invocations, ${counts.awsCalls} AWS calls`],
    ["cost", `$${counts.dollars.toFixed(4)} for the transitions, at $0.025 per 1,000`],
  ];
}

const NAME_WIDTH = 10;

/** `outcome   PROMOTED`: names in one column, what they name in the other; further lines stand below the first. */
export function aligned(name: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `${(index === 0 ? name : "").padEnd(NAME_WIDTH)} ${line}`);
}

/** How much of the width is left for what `aligned` names. */
export const besideName = ({ width }: Style): number => width - NAME_WIDTH - 1;

/** Green for promoted, red where traffic had to go back or may not be safe, yellow for a no. */
export function outcomeColour(outcome: Outcome): Colour {
  if (outcome === "promoted") return "green";
  return ["rolled-back", "rollback-failed", "errored", "aborted"].includes(outcome) ? "red" : "yellow";
}
