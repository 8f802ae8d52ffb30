/**
 * Which alarms have no data, and so guard nothing. CloudWatch takes an alarm on a dimension that nothing reports, or in
 * another unit than is reported, without a word: it is INSUFFICIENT_DATA for ever, or, where missing data are
 * `notBreaching` or ignored, green for ever.
 */
import { formatDuration } from "../../durations.ts";
import type { AlarmStatus, AlarmWatch } from "../../ports.ts";

/** How far back a metric is looked for, in days: what ListMetrics, too, would know of. */
export const LOOKED_BACK_DAYS = 14;

/** No alarm is called silent sooner, in ms: points are minutes late, and a new alarm has to come to its first state. */
const SHORTEST_SILENCE_MS = 5 * 60_000;

/** Whether an alarm has been without data for longer than it takes to evaluate it. */
export function isSilent({ state, since, watch }: AlarmStatus, now: number): boolean {
  if (state !== "INSUFFICIENT_DATA") return false;
  const evaluationMs = 1000 * (watch?.periodSeconds ?? 0) * (watch?.evaluationPeriods ?? 0);
  return since === null || now - since > Math.max(evaluationMs, SHORTEST_SILENCE_MS);
}

/** Whether an alarm would be green without any data, too. */
export const hidesSilence = ({ state, watch }: AlarmStatus): boolean =>
  state === "OK" && (watch?.missing === "notBreaching" || watch?.missing === "ignore");

/** Whether an alarm has lost its data since `from` (epoch ms). */
export const isLost = (status: AlarmStatus, from: number, now: number): boolean =>
  status.since !== null && status.since >= from && isSilent(status, now);

/** Whether its metrics had a point in the days looked at; null: that could not be read, or it names no metric. */
export type HadPoints = boolean | null;

/** Why an alarm guards nothing, in words; null: it has data, or nothing speaks against it. */
export function silenceInWords(name: string, status: AlarmStatus, had: HadPoints, now: number): string | null {
  const { since, watch } = status;
  if (!isSilent(status, now)) {
    if (!hidesSilence(status) || had !== false) return null;
    return `${name} is green without data, which it takes for ${watch?.missing}: ${neverIn(watch)}`;
  }
  const silent = `${name} has no data${since === null ? "" : ` for ${formatDuration(60 * Math.floor((now - since) / 60_000))}`}`;
  if (had === null) return silent;
  return had
    ? `${silent}, though its metric had some in the last ${LOOKED_BACK_DAYS} days`
    : `${silent}: ${neverIn(watch)}`;
}

function neverIn(watch: AlarmWatch | undefined): string {
  const metrics = (watch?.metrics ?? []).map(({ namespace, metricName, dimensions }) => {
    const of = Object.entries(dimensions).map(([name, value]) => `${name}=${value}`);
    return [`${namespace} ${metricName}`, ...of].join(", ");
  });
  return `nothing came in ${LOOKED_BACK_DAYS} days for ${metrics.join(" and ")}; see whether its dimensions exist`;
}
