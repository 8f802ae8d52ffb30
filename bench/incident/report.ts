import { type Assumptions, type Times, USUAL } from "./ways.ts";
import {
  ALARM_ABOVE_PERCENT,
  BAD_ERROR_RATE,
  BAKE_SECONDS,
  FIRST_WEIGHT,
  REQUESTS_PER_MINUTE,
  type Weather,
} from "./world.ts";

/** The same incidents under some assumptions. */
export interface Series {
  readonly assumptions: Assumptions;
  readonly times: readonly Times[];
}

const WAYS: readonly (readonly [way: Exclude<keyof Times, "red">, words: string])[] = [
  ["alarmPath", "alarm, by its event (Headgate)"],
  ["polling", "alarm, polled each minute"],
  ["judge", "errors, judged each minute, no alarm"],
  ["codeDeploy", "alarm, CodeDeploy's rollback"],
  ["endOfBake", "a check at the end of the bake"],
];

/** Everything that was measured, as text; the first series is the usual one. */
export function report(usual: Series, others: readonly Series[]): string {
  return [
    ...assumed(usual),
    "",
    "## From the first bad request until the last, in seconds",
    "",
    table([
      ["", "mean", "least", "most", "after red", "times the alarm path"],
      ...WAYS.map(([way, words]) => rowOf(usual.times, way, words)),
    ]),
    "",
    `The alarm itself turns red after ${told(mean(usual.times, "red"))} s: nobody who waits for it can be sooner.`,
    "",
    "## How the ratio moves: mean seconds of the alarm path, and of the others in multiples of it",
    "",
    table([
      ["assumed", "alarm path", "polled", "judged", "CodeDeploy", "end of bake"],
      ...[usual, ...others].map((series) => moved(series)),
    ]),
  ].join("\n");
}

function assumed({ assumptions: { weather, codeDeploy }, times }: Series): string[] {
  return [
    `${times.length} incidents, spread over the seconds of a minute and the minutes of a bake: ${REQUESTS_PER_MINUTE} requests a minute, ${FIRST_WEIGHT} % of`,
    `them to a candidate that begins to fail ${BAD_ERROR_RATE * 100} % of its own in the middle of its bake of ${BAKE_SECONDS / 60} minutes.`,
    "",
    "Played by the machines and handlers against the simulated AWS, which assumes:",
    `  alarm      more than ${ALARM_ABOVE_PERCENT} % errors of the alias in ${inARow(weather)}, evaluated every minute`,
    `  figures    of a minute can be read ${span(weather.figuresAfter, 1.5)} s after its end, one in five incomplete for a minute more`,
    `  event      of the alarm arrives ${span(weather.eventAfter ?? 0, 2)} s after it turned red`,
    "  polling    the same promotion, of whose alarm no event arrives: each tick asks for its state",
    "  judge      the same promotion without an alarm: sequential test, minutes settle for 2 minutes",
    "Worked out from the same instants:",
    `  CodeDeploy stops the deployment on a red alarm and starts another that rolls back, as documented; not documented, and`,
    `             assumed: it asks every ${codeDeploy.pollEvery} s (half of that on average), and the second deployment takes ${codeDeploy.deploymentTakes} s`,
    "  end of bake: read and restored in no time",
  ];
}

const inARow = ({ datapoints }: Weather): string => (datapoints === 1 ? "a minute" : `each of ${datapoints} minutes`);
const span = (least: number, times: number): string => `${least} to ${least * times}`;

function rowOf(times: readonly Times[], way: keyof Times, words: string): string[] {
  const all = times.map((one) => one[way]);
  const ratio = mean(times, way) / mean(times, "alarmPath");
  const afterRed = mean(times, way) - mean(times, "red");
  return [
    words,
    told(mean(times, way)),
    told(Math.min(...all)),
    told(Math.max(...all)),
    told(afterRed),
    ratio.toFixed(2),
  ];
}

function moved({ assumptions, times }: Series): string[] {
  const ratio = (way: keyof Times) => `${(mean(times, way) / mean(times, "alarmPath")).toFixed(2)}x`;
  const [, ...others] = WAYS;
  return [difference(assumptions), `${told(mean(times, "alarmPath"))} s`, ...others.map(([way]) => ratio(way))];
}

/** What is assumed otherwise than usual, in words. */
function difference({ weather, codeDeploy }: Assumptions): string {
  const words = [
    weather.figuresAfter === USUAL.weather.figuresAfter ? [] : [`figures after ${span(weather.figuresAfter, 1.5)} s`],
    weather.eventAfter === USUAL.weather.eventAfter ? [] : [`event after ${span(weather.eventAfter ?? 0, 2)} s`],
    weather.datapoints === USUAL.weather.datapoints
      ? []
      : [`alarm on ${weather.datapoints} of ${weather.datapoints} minutes`],
    codeDeploy.pollEvery === USUAL.codeDeploy.pollEvery
      ? []
      : [`CodeDeploy asks every ${codeDeploy.pollEvery} s, deploys in ${codeDeploy.deploymentTakes} s`],
  ].flat();
  return words.length === 0 ? "as above" : words.join(", ");
}

const mean = (times: readonly Times[], way: keyof Times): number =>
  times.reduce((sum, one) => sum + one[way], 0) / times.length;

const told = (seconds: number): string => seconds.toFixed(0);

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
        .join("  "),
    )
    .join("\n");
}
