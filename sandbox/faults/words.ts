import type { Line } from "../timeline.ts";

const LONGEST = 220;

/** A line of the timeline, for one case told on its own. */
export function lineInWords({ at, kind, environment, what, text }: Line): string {
  const clock = new Date(at).toISOString().slice(11, 23);
  return `${clock}  ${kind.padEnd(6)}  ${environment.padEnd(5)}  ${what.padEnd(20)}  ${text.replaceAll("\n", " ")}`.slice(
    0,
    LONGEST,
  );
}
