/** One look at a bake: what it begins with, what it leaves in the record, and what the machine is told. */
import * as z from "zod";
import { MOST_TICKS } from "../chunks.ts";
import type { Change } from "../ports.ts";
import type { Assessment } from "./assess.ts";
import { BakeInput, type BakeRecord, type BakeResult, type Phase } from "./bake.ts";
import type { Ending } from "./ending.ts";
import { type BeforeLook, evidenceChanges, sampleChanges, worstFindings } from "./store.ts";

export const JudgeInput = BakeInput.extend({ ticks: z.int().min(0).optional() });
export type JudgeInput = z.output<typeof JudgeInput>;

export interface Tick extends BeforeLook {
  readonly input: JudgeInput;
  readonly phase: Phase;
  /** When the look began (epoch ms). */
  readonly now: number;
}

/** How a look leaves a bake, not yet written. */
export interface Looked {
  readonly after: BakeRecord;
  /** Null: the bake goes on. */
  readonly ending: Ending | null;
  /** A breach is being sustained: the next look comes soon. */
  readonly urgent: boolean;
  /** What is written with the record. */
  readonly changes: readonly Change[];
}

/** A look that something other than the metrics ends. */
export function endedBy(ending: Ending, { bake, input }: Tick): Looked {
  return { after: { ...bake, chunk: input.chunk }, ending, urgent: false, changes: [] };
}

/** A look that came to its verdict. */
export function judged(tick: Tick, assessment: Assessment, ending: Ending | null, extendTo: number | null): Looked {
  return {
    after: recorded(tick, assessment, extendTo),
    ending,
    urgent: assessment.breaching,
    changes: memoryChanges(tick, assessment, ending !== null),
  };
}

function recorded({ bake, input }: Tick, assessment: Assessment, extendTo: number | null): BakeRecord {
  const { verdict, acted, reasons, warnings, findings, evidence } = assessment;
  return {
    ...bake,
    chunk: input.chunk,
    endsAt: extendTo ?? bake.endsAt,
    extended: bake.extended || extendTo !== null,
    verdict,
    acted,
    reasons,
    warnings,
    findings: worstFindings(findings),
    logE: evidence.logE,
    line: evidence.line,
    evidence: evidence.words,
    summary: summaryOf(bake, assessment),
  };
}

function summaryOf({ phase }: BakeRecord, { verdict, reasons, evidence }: Assessment): string {
  const why = reasons.length === 0 ? evidence.words : reasons.join("; ");
  return short(`${phase}: ${verdict}, ${why}`);
}

/** Summaries travel through the machines, whose state must stay small. */
const LONGEST_SUMMARY = 500;

const short = (summary: string): string => summary.slice(0, LONGEST_SUMMARY);

function memoryChanges({ input, bake, evidence, now }: Tick, assessment: Assessment, last: boolean): Change[] {
  const { promotionId, environment } = input;
  return [
    ...evidenceChanges(promotionId, environment, evidence, assessment.state),
    ...sampleChanges(promotionId, environment, bake, assessment, now, last),
  ];
}

/** The record of a bake that ends with this look. */
export function endedRecord(last: BakeRecord, { result, summary }: Ending, now: number): BakeRecord {
  return { ...last, result, endedAt: now, summary: short(summary) };
}

/** Ticks of this execution, this one counted. */
export const ticksOf = ({ ticks }: JudgeInput): number => (ticks ?? 0) + 1;

/** How the phase ended; `continue`: only this execution did, which has had its ticks. Null while it goes on. */
export function resultOf({ result }: BakeRecord, ticks: number): BakeResult | "continue" | null {
  return result ?? (ticks >= MOST_TICKS ? "continue" : null);
}
