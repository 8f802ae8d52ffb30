import * as z from "zod";
import { renderProblems } from "../functions/domain/documents/problems.ts";
import { analysisChangesSchema, type Recording, recordingSchema } from "../functions/domain/judge/recording.ts";
import { analysisOfPolicy, isPolicyAnalysis } from "../functions/domain/judge/recording-policy.ts";
import { changedAnalysis, type ReplayedMinute, replayMinutes } from "../functions/domain/judge/recording-replay.ts";
import type { AnalysisPlan } from "../functions/domain/plan.ts";
import { againstInWords, figuresInWords, LANES, plainWatch } from "../sandbox/report/look-words.ts";
import { parsed, shaped } from "./parsed.ts";

export interface ReplayOptions {
  /** A promotion as `rehearse` records it. */
  readonly recordFile: string;
  /** A policy's `analysis` block, or how the recorded one is changed; null: as it was, which shows each minute of the original judgement. */
  readonly analysisFile: string | null;
  /** Takes text with its line ends, as `process.stdout.write` does. */
  readonly write: (text: string) => void;
}

/**
 * Judges a recorded promotion again and prints, minute by minute, what would have happened. The analysis is a policy's
 * `analysis` block, or changes to the recorded plan. Returns the exit code: 0, or 2 for bad input (a file that cannot be
 * read, is no recording, or asks for what was not recorded).
 */
export async function replay({ recordFile, analysisFile, write }: ReplayOptions): Promise<0 | 2> {
  const say = (line: string): void => write(`${line}\n`);
  const recording = await parsed(recordFile, RECORDING, say);
  if (recording === null) return 2;
  try {
    const analysis = analysisFile === null ? recording.analysis : await wanted(recording, analysisFile, say);
    return analysis === null ? 2 : replayed(recording, analysis, say);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    say(error.message);
    return 2;
  }
}

const RECORDING = {
  name: "recording",
  schema: recordingSchema,
  example: "`headgate rehearse` writes recordings beside its report",
};

const FORMS = "docs/judge.md says what an analysis may hold";
const EITHER = { name: "analysis", schema: z.unknown(), example: FORMS };
const CHANGES = { name: "analysis", schema: analysisChangesSchema, example: FORMS };

/** The analysis of a file, in either form; null after saying what is wrong with it. */
async function wanted(recording: Recording, file: string, say: (line: string) => void): Promise<AnalysisPlan | null> {
  const value = await parsed(file, EITHER, say);
  if (value === null) return null;
  if (!isPolicyAnalysis(value)) {
    const changes = shaped(file, value, CHANGES, say);
    return changes === null ? null : changedAnalysis(recording, changes);
  }
  const resolved = analysisOfPolicy(recording, value);
  if (resolved.ok) return resolved.analysis;
  for (const line of renderProblems(resolved.problems)) say(line);
  return null;
}

function replayed(recording: Recording, analysis: AnalysisPlan, say: (line: string) => void): 0 {
  const minutes = [...replayMinutes(recording, analysis)];
  const { service, version, environment, promotionId } = recording;
  say(`${service} ${version} in ${environment} (${promotionId}), ${minutes.length} minutes judged again; times in UTC`);
  for (const minute of minutes) say(minuteInWords(minute));
  say("");
  for (const line of endInWords(recording, minutes)) say(line);
  return 0;
}

function minuteInWords({ at, span, assessment }: ReplayedMinute): string {
  const time = new Date(at).toISOString().slice(11, 16);
  const figures = [
    ...figuresInWords(assessment.findings),
    againstInWords(assessment.evidence.logE, assessment.findings),
  ].join(", ");
  const weight = `${span.weight} %`.padStart(5);
  return `${time} ${weight}  ${assessment.verdict.padEnd(12)}  ${figures}`;
}

function endInWords(recording: Recording, minutes: readonly ReplayedMinute[]): string[] {
  const last = minutes.at(-1);
  const really = recording.bakes.findLast(({ result }) => result !== null);
  const before =
    really === undefined ? "it was not judged to an end" : `it ended ${really.result} (${plainWatch(really.summary)})`;
  if (last === undefined) return ["no samples were kept: there is nothing to judge", `really: ${before}`];
  const { verdict, reasons, acted } = last.assessment;
  const why = plainWatch(reasons.join("; "));
  const by = acted === null ? "" : `, by ${LANES[acted]}`;
  const would =
    verdict === "fail"
      ? `would have been rolled back after ${minutes.length} minutes, at ${last.span.weight} %${by}: ${why}`
      : `would not have been rolled back; the last verdict is ${verdict}${why === "" ? "" : `: ${why}`}`;
  return [would, `really: ${before}`];
}
