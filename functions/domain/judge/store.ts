/**
 * Where the judge's memory lies in the ledger: one BAKE item per phase, the environment's evidence (cut into parts, since
 * 200 targets exceed an item), and the samples behind each verdict, appended tick by tick.
 */

import { item } from "../ledger/items.ts";
import type { Head } from "../ledger/journal-records.ts";
import { keys } from "../ledger/keys.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Change, Item, Key } from "../ports.ts";
import type { Assessment } from "./assess.ts";
import type { BakeRecord } from "./bake.ts";
import type { Finding } from "./finding.ts";
import type { References } from "./reference-line.ts";
import type { ArmSample, Span } from "./sampling.ts";
import type { EvidenceState, Period } from "./state.ts";
import type { Synthetic } from "./synthetic.ts";
import { severityOf, type Verdict } from "./verdicts.ts";

/** A bake that began before Headgate was upgraded may not know that alarms have a past: none of it was read. */
export const asBake = (stored: Item) => ({ alarmsReadTo: null, ...stored }) as unknown as BakeRecord & Key;

/** What a look at a bake begins with. */
export interface BeforeLook {
  readonly bake: BakeRecord;
  readonly plan: EnvironmentPlan;
  readonly head: Head;
  readonly references: References;
  readonly evidence: StoredEvidence;
}

// --- evidence --------------------------------------------------------------------------------------------------------

export const EVIDENCE = "evidence#";

/** Largest piece of JSON kept in one item, in UTF-16 units; DynamoDB's limit is 400 KB of UTF-8. */
const PART_LENGTH = 90_000;

export const evidenceKey = (promotionId: string, environment: string, part: number): Key =>
  keys.bake(promotionId, environment, `${EVIDENCE}${String(part).padStart(3, "0")}`);

export interface StoredEvidence {
  readonly state: EvidenceState;
  /** Null: never written. */
  readonly revision: number | null;
}

/** Writes the evidence over the revision it was made from. */
export function evidenceChanges(
  promotionId: string,
  environment: string,
  before: StoredEvidence,
  state: EvidenceState,
): Change[] {
  const json = JSON.stringify(state);
  const parts = Math.ceil(json.length / PART_LENGTH);
  const revision = (before.revision ?? 0) + 1;
  return Array.from({ length: parts }, (_, part) => {
    const piece = json.slice(part * PART_LENGTH, (part + 1) * PART_LENGTH);
    const put = item(evidenceKey(promotionId, environment, part), { json: piece, parts, revision });
    if (part > 0) return { put };
    return { put, if: before.revision === null ? ("absent" as const) : { revision: before.revision } };
  });
}

// --- samples ---------------------------------------------------------------------------------------------------------

/** One period as it is kept: start (epoch ms), candidate, baseline. */
export type KeptPeriod = readonly [at: number, candidate: ArmSample | null, baseline: ArmSample | null];

/** What one look saw: a SAMPLE item. A period that is in two of them counts as the later one has it. */
export interface KeptLook {
  readonly phase: string;
  readonly at: number;
  readonly span: Span | null;
  readonly verdict: Verdict;
  readonly logE: number;
  readonly line: number;
  /** By metric of a target. */
  readonly periods: Readonly<Record<string, readonly KeptPeriod[]>>;
  /** Requests of our own since the look before, by metric of a target. */
  readonly synthetic: Synthetic;
}

/** Samples are kept for 90 days; the audit trail, which holds the verdicts, for ever. */
const KEEP_SAMPLES_SECONDS = 90 * 86_400;

const keptPeriod = ({ at, sample }: Period): KeptPeriod => [at, sample.candidate, sample.baseline];

/**
 * Appends what this look saw. `last`: the bake ends with it, so that periods which are not yet certain are kept too.
 * Nothing is appended when there is nothing new.
 */
export function sampleChanges(
  promotionId: string,
  environment: string,
  bake: BakeRecord,
  assessment: Assessment,
  now: number,
  last: boolean,
): Change[] {
  const { verdict, evidence, state, folded, synthetic } = assessment;
  const entries = Object.entries(folded).flatMap(([watch, periods]): [string, KeptPeriod[]][] => {
    const open = last ? (state.watches[watch]?.tail ?? []) : [];
    const tail = open.flatMap((reading) => (reading.newest === null ? [] : [{ ...reading, sample: reading.newest }]));
    const kept = [...periods, ...tail].map(keptPeriod);
    return kept.length === 0 ? [] : [[watch, kept]];
  });
  const parts = inParts(entries);
  const own = Object.keys(synthetic).length > 0;
  return (parts.length === 0 && own ? [[]] : parts).map((periods, index) => {
    const look: KeptLook = {
      phase: bake.phase,
      at: now,
      span: bake.span,
      verdict,
      logE: evidence.logE,
      line: evidence.line,
      periods: Object.fromEntries(periods),
      synthetic: index === 0 ? synthetic : {},
    };
    const expiresAtSeconds = Math.floor(now / 1000) + KEEP_SAMPLES_SECONDS;
    return {
      put: item(keys.samples(promotionId, environment, bake.phase, bake.parts + index), { ...look, expiresAtSeconds }),
    };
  });
}

/** Cuts entries into groups whose JSON stays well below an item. */
function inParts<T>(entries: readonly T[]): T[][] {
  const groups: T[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const size = JSON.stringify(entry).length;
    if (length + size > PART_LENGTH) {
      groups.push([]);
      length = 0;
    }
    groups.at(-1)?.push(entry);
    length += size;
  }
  return groups;
}

/** Findings that an item has room for beside the rest: the worst, then as planned. */
const MOST_FINDINGS = 60;

export function worstFindings(findings: readonly Finding[]): Finding[] {
  return findings
    .toSorted((a, b) => Number(a.dryRun) - Number(b.dryRun) || severityOf(b.verdict) - severityOf(a.verdict))
    .slice(0, MOST_FINDINGS);
}
