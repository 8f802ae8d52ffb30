import type { Finding } from "../functions/domain/assessment.ts";
import { oddsInWords } from "../functions/domain/evidence.ts";
import {
  type AnalysisChanges,
  analysisChangesSchema,
  type Recording,
  recordingSchema,
} from "../functions/domain/recording.ts";
import { changedAnalysis, type ReplayedMinute, replayMinutes } from "../functions/domain/recording-replay.ts";
import { figure } from "../functions/domain/thresholds.ts";
import { parsed } from "./parsed.ts";

export interface ReplayOptions {
  /** A promotion as `rehearse` records it. */
  readonly recordFile: string;
  /** How the analysis differs; null: as it was, which shows each minute of the original judgement. */
  readonly analysisFile: string | null;
  /** Takes text with its line ends, as `process.stdout.write` does. */
  readonly write: (text: string) => void;
}

/**
 * Judges a recorded promotion again and prints, minute by minute, what would have happened. Returns the exit code: 0, or 2
 * for bad input (a file that cannot be read, is no recording, or changes what was not recorded).
 */
export async function replay({ recordFile, analysisFile, write }: ReplayOptions): Promise<0 | 2> {
  const say = (line: string): void => write(`${line}\n`);
  const recording = await parsed(recordFile, recordingSchema, say);
  if (recording === null) return 2;
  const changes = analysisFile === null ? {} : await parsed(analysisFile, analysisChangesSchema, say);
  if (changes === null) return 2;
  return replayed(recording, changes, say);
}

function replayed(recording: Recording, changes: AnalysisChanges, say: (line: string) => void): 0 | 2 {
  let minutes: ReplayedMinute[];
  try {
    minutes = [...replayMinutes(recording, changedAnalysis(recording, changes))];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    say(error.message);
    return 2;
  }
  const { service, version, environment, promotionId } = recording;
  say(`${service} ${version} in ${environment} (${promotionId}), ${minutes.length} minutes judged again`);
  for (const minute of minutes) say(minuteInWords(minute));
  say("");
  for (const line of endInWords(recording, minutes)) say(line);
  return 0;
}

function minuteInWords({ at, span, assessment }: ReplayedMinute): string {
  const time = new Date(at).toISOString().slice(11, 16);
  const metrics = assessment.findings.map(metricInWords).join("  ");
  const odds = oddsInWords(assessment.evidence.logE);
  const evidence = odds === null ? "" : `  evidence ${odds}`;
  const weight = `${span.weight} %`.padStart(5);
  return `${time} ${weight}  ${assessment.verdict.padEnd(12)}  ${metrics}${evidence}`.trimEnd();
}

function metricInWords({ watch, candidate, baseline, unit, dryRun }: Finding): string {
  const value = candidate === null ? "no data" : `${figure(candidate)}${unit}`;
  const against = baseline === null ? "" : ` / ${figure(baseline)}${unit}`;
  return `${watch}${dryRun ? " (dry run)" : ""} ${value}${against}`;
}

function endInWords(recording: Recording, minutes: readonly ReplayedMinute[]): string[] {
  const last = minutes.at(-1);
  const really = recording.bakes.findLast(({ result }) => result !== null);
  const before = really === undefined ? "it was not judged to an end" : `it ended ${really.result} (${really.summary})`;
  if (last === undefined) return ["no samples were kept: there is nothing to judge", `really: ${before}`];
  const { verdict, reasons, acted } = last.assessment;
  const would =
    verdict === "fail"
      ? `would have been rolled back after ${minutes.length} minutes, at ${last.span.weight} %, by the ${acted}: ${reasons.join("; ")}`
      : `would not have been rolled back; the last verdict is ${verdict}${reasons.length === 0 ? "" : `: ${reasons.join("; ")}`}`;
  return [would, `really: ${before}`];
}
