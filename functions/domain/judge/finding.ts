/** What a look found of one metric, as page, report, timeline and mails show it. */
import type { Effects } from "./effect.ts";
import { effectsInWords } from "./effect-words.ts";
import { type LateMinutes, lateInWords } from "./late-minutes.ts";
import { figure } from "./thresholds.ts";
import type { Verdict } from "./verdicts.ts";

/** One metric of one target, as it stands in this step. */
export interface Finding {
  readonly watch: string;
  readonly metric: string;
  readonly target: string | null;
  readonly dryRun: boolean;
  readonly verdict: Verdict;
  /** Why it is no pass; null for a pass. */
  readonly reason: string | null;
  /** With the space before it. */
  readonly unit: string;
  readonly candidate: number | null;
  readonly baseline: number | null;
  /** Candidate samples of this step. */
  readonly samples: number;
  readonly rules: readonly string[];
  /** ln E of this metric alone; null where the sequential test does not look. */
  readonly logE: number | null;
  /** ln of the evidence for a pass of this step; null likewise. */
  readonly logPass: number | null;
  /** Why it means nothing that no evidence speaks against the candidate; null or absent: it does mean something. */
  readonly doubt?: string | null;
  /** How much the candidate differs from the baseline beside it, with bounds; absent where nothing bounds it. */
  readonly effect?: Effects;
  /** What speaks against the candidate, without a baseline beside it to tell whose it is: it holds, and rolls nothing back. */
  readonly beforeAfter?: boolean;
  /** What it does in the first minutes of its steps alone; null or absent: nothing that it does not do later. */
  readonly cold?: string | null;
  /** What came late of the step before; null or absent: nothing. */
  readonly late?: LateMinutes | null;
}

/** "7.2 % against 0.1 % of the baseline over 412 samples, +7.1 points, between +4.8 and +10". */
export function findingInWords(finding: Finding): string {
  const { candidate, baseline, unit, samples, late } = finding;
  const cameLate = late == null ? null : lateInWords(late, unit);
  if (candidate === null) return cameLate ?? "no data";
  const against = baseline === null ? "" : ` against ${figure(baseline)}${unit} of the baseline`;
  const figures = `${figure(candidate)}${unit}${against} over ${Math.round(samples)} samples`;
  const present = [figures, ...effectsInWords(finding.effect)].join(", ");
  return cameLate === null ? present : `${present}; ${cameLate}`;
}
