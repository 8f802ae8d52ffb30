import type { Random } from "../chance/random.ts";
import { normal } from "../chance/samplers.ts";

const HOUR_MS = 3_600_000;

/** How often something comes: requests to a function, or starts of a workflow. Times and spans in milliseconds. */
export interface Arrivals {
  /** Nothing came earlier than this before the world begins; for ever unless said. */
  readonly history?: number | undefined;
  readonly perMinute: number;
  readonly daily?: { readonly amplitude: number; readonly peakHour: number } | undefined;
  readonly noise: number;
  readonly surges: readonly { readonly from: number; readonly to: number; readonly times: number }[];
}

/** Whether nothing had come yet by then (epoch ms). */
export const isTooEarly = ({ history }: Arrivals, startsAt: number, minute: number): boolean =>
  history !== undefined && minute < startsAt - history;

/** The mean number of arrivals in the minute that begins at `minute` (epoch ms); `noise` is a stream of randomness. */
export const meanAt = (rule: Arrivals, startsAt: number, minute: number, noise: Random): number => {
  if (isTooEarly(rule, startsAt, minute)) return 0;
  const offset = minute - startsAt;
  const surges = rule.surges.filter(({ from, to }) => offset >= from && offset < to);
  const strays = rule.noise === 0 ? 0 : rule.noise * normal(noise.child(minute)) - (rule.noise * rule.noise) / 2;
  const surge = surges.reduce((product, { times }) => product * times, 1);
  return rule.perMinute * dailyFactor(rule, minute) * surge * Math.exp(strays);
};

const dailyFactor = ({ daily }: Arrivals, at: number): number => {
  if (daily === undefined) return 1;
  const hour = (at % (24 * HOUR_MS)) / HOUR_MS;
  return 1 + daily.amplitude * Math.cos(((hour - daily.peakHour) / 24) * 2 * Math.PI);
};
