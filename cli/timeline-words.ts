/** Lines of a timeline for a terminal. */
import { formatDuration } from "../functions/domain/durations.ts";
import type { Figures } from "../infra/local/rehearsal.ts";
import type { Line, LineKind } from "../infra/local/timeline.ts";

export interface Style {
  /** IANA zone that times are printed in. */
  readonly zone: string;
  readonly colour: boolean;
  /** Columns; longer lines are cut. */
  readonly width: number;
}

const CODES: Readonly<Record<LineKind, string>> = {
  step: "0",
  tick: "2",
  mail: "36",
  person: "35",
  fault: "31",
  end: "1",
};

const WHAT_WIDTH = 22;
const ENVIRONMENT_WIDTH = 8;

/** `Tue 30 Dec 20:15:02  prod     Shift traffic         25 % ...` */
export function lineInWords(line: Line, style: Style): string {
  const what = line.what.padEnd(WHAT_WIDTH);
  const plain = `${instant(line.at, style.zone)}  ${line.environment.padEnd(ENVIRONMENT_WIDTH)} ${what} ${oneLine(line.text)}`;
  const cut = plain.length > style.width ? `${plain.slice(0, style.width - 1)}…` : plain;
  return style.colour ? `\u001b[${CODES[line.kind]}m${cut}\u001b[0m` : cut;
}

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();

const FORMATS = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = FORMATS.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    day: "2-digit",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  FORMATS.set(zone, made);
  return made;
}

/** `Tue 30 Dec 20:15:02` in the zone. */
export function instant(at: number, zone: string): string {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  return `${parts.weekday} ${parts.day} ${parts.month} ${parts.hour}:${parts.minute}:${parts.second}`;
}

const span = (ms: number) => formatDuration(Math.round(ms / 1_000));

/** The closing figures, a line each. */
export function figuresInWords({ virtualMs, split, ...counts }: Figures): string[] {
  const parts = [
    `active ${span(split.active)}`,
    `waiting on people ${span(split.people)}`,
    `waiting on the window ${span(split.window)}`,
  ];
  if (split.queue > 0) parts.push(`queued ${span(split.queue)}`);
  return [
    `virtual time   ${span(virtualMs)} (${parts.join(", ")})`,
    `Step Functions ${counts.executions} executions, ${counts.transitions} state transitions, ${counts.historyEvents} history events`,
    `Lambda         ${counts.invocations} invocations, ${counts.awsCalls} AWS calls`,
    `estimated cost $${counts.dollars.toFixed(4)} for the executions, at $0.025 per 1,000 transitions`,
  ];
}
