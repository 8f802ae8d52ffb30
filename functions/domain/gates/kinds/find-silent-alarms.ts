import { Terminal, Transient } from "../../errors.ts";
import type { AlarmStatus, Dependencies, Place } from "../../ports.ts";
import { type HadPoints, hidesSilence, isSilent, LOOKED_BACK_DAYS, silenceInWords } from "./alarm-data.ts";

const HOUR_MS = 3_600_000;

/**
 * Alarms that guard nothing since they have no data, each in words; empty: all have some. The metrics of those that may
 * have none are looked for in the last two weeks, in one read; where no alarm is suspect, nothing is read.
 */
export async function findSilentAlarms(
  { clock, metrics }: Pick<Dependencies, "clock" | "metrics">,
  place: Place,
  states: ReadonlyMap<string, AlarmStatus>,
): Promise<string[]> {
  const now = clock.now();
  const suspects = [...states].filter(([, status]) => isSilent(status, now) || hidesSilence(status));
  const had = await haveHadPoints(metrics(place), suspects, now);
  return suspects.flatMap(([name, status]) => silenceInWords(name, status, had.get(name) ?? null, now) ?? []);
}

/** By alarm. Metrics that cannot be read say nothing of the alarm, which is told as it stands. */
async function haveHadPoints(
  metrics: ReturnType<Dependencies["metrics"]>,
  suspects: readonly (readonly [string, AlarmStatus])[],
  now: number,
): Promise<ReadonlyMap<string, HadPoints>> {
  const asked = suspects.flatMap(([name, { watch }]) => (watch?.metrics ?? []).map((metric) => ({ name, metric })));
  if (asked.length === 0) return new Map();
  const queries = asked.map(({ metric }, at) => ({ ...metric, id: `q${at}`, periodSeconds: HOUR_MS / 1000 }));
  try {
    const series = await metrics.read(queries, now - LOOKED_BACK_DAYS * 24 * HOUR_MS, now);
    const had = new Map<string, HadPoints>();
    for (const [at, { name }] of asked.entries()) had.set(name, together(had.get(name), series[at]));
    return had;
  } catch (error) {
    if (!(error instanceof Transient || error instanceof Terminal)) throw error;
    return new Map();
  }
}

/** One point of any of its metrics will do; a series that was read in part proves no absence. */
function together(
  known: HadPoints | undefined,
  series: { points: ReadonlyMap<number, number>; complete: boolean } | undefined,
): HadPoints {
  if (known === true || (series?.points.size ?? 0) > 0) return true;
  return known === null || series?.complete !== true ? null : false;
}
