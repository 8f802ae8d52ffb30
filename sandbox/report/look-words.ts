/** What the judge found, in one line: both arms' figures, and how strong the evidence is. */

import type { BakeRecord } from "../../functions/domain/judge/bake.ts";
import { heldReasons } from "../../functions/domain/judge/before-after.ts";
import { effectInFull, effectInWords } from "../../functions/domain/judge/effect-words.ts";
import { oddsInWords } from "../../functions/domain/judge/evidence.ts";
import type { Finding } from "../../functions/domain/judge/finding.ts";
import { everyKind, presetOf } from "../../functions/targets/kinds.ts";

export type Look = Pick<BakeRecord, "result" | "summary" | "findings" | "logE" | "reasons">;

/** `passed after 15m1s: error rate 0.10 % vs 0.11 %, p95 214 ms vs 216 ms, no evidence against it`; what ended it otherwise, last. */
export function lookInWords(look: Look, verdict: string): string {
  const measured = look.findings.length === 0 || look.findings.some(({ samples }) => samples > 0);
  const against = measured ? [againstInWords(look.logE, look.findings)] : [];
  const figures = [...figuresInWords(look.findings), ...against, ...coldInWords(look.findings)].join(", ");
  if (look.result === null) return `${verdict}: ${figures}`;
  const why = shortened(look.summary);
  if (/^passed after \S+$/.test(why)) return `${why}: ${figures}`;
  return `${look.result === "failed" ? "FAIL" : look.result}: ${figures}; ${why}`;
}

/** The first reason of a bake's end; the rest is what the figures say anyway, and in the audit trail. */
export function shortened(summary: string): string {
  const plain = plainWatch(summary).replace(/: inconclusive after (\S+): .*$/, " (inconclusive after $1)");
  const [first = "", ...others] = plain.split("; ");
  return others.length === 0 ? first : `${first} (and ${others.length} more)`;
}

/** Every preset by its name, as people call it, in the order of its kind. */
const NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  everyKind().flatMap(({ presets }) => presets.map(({ name, words }) => [name, words])),
);

/** Which lane of the judge acted, as people call it. */
export const LANES = {
  judge: "the statistical judge",
  "hard-rule": "the hard lane",
  threshold: "a threshold",
  rank: "the rank test",
} as const;

/** A metric as people call it. */
export const metricName = (metric: string): string => NAMES[metric] ?? metric;

/** `lambda-error-rate@auth` as `error rate of auth`, wherever it stands in a text. */
export function plainWatch(text: string): string {
  return Object.entries(NAMES).reduce(
    (soFar, [metric, name]) => soFar.replaceAll(`${metric}@`, `${name} of `).replaceAll(metric, name),
    text,
  );
}

/** What candidates do only while a step is cold, target by target. */
export const coldInWords = (findings: readonly Finding[]): string[] =>
  findings.flatMap(({ watch, target, cold, dryRun }) =>
    cold == null || dryRun ? [] : [`${target ?? plainWatch(watch)}: ${cold}`],
  );

const isThrottles = (metric: string): boolean =>
  Object.hasOwn(NAMES, metric) && presetOf(metric).measures === "throttles";

/** One figure for each metric over all targets. Throttles are named when there are any. */
export function figuresInWords(findings: readonly Finding[]): string[] {
  const names = [...new Set(findings.map(({ metric }) => metric))].sort((a, b) => rankOf(a) - rankOf(b));
  return names.flatMap((metric) => {
    const group = findings.filter((finding) => finding.metric === metric);
    const [candidate, baseline] = [mean(group, "candidate"), mean(group, "baseline")];
    const unit = group[0]?.unit ?? "";
    if (isThrottles(metric) && (candidate ?? 0) === 0) return [];
    const name = `${metricName(metric)}${group.every(({ dryRun }) => dryRun) ? " (shown only)" : ""}`;
    if (candidate === null) return [`${name}: no data`];
    const against = baseline === null ? "" : ` vs ${measure(baseline, unit)}`;
    return [`${name} ${measure(candidate, unit)}${against}${differenceOf(group)}`];
  });
}

/** How much of it is the candidate's, in this step; of several targets nobody bounds it together. */
function differenceOf(group: readonly Finding[]): string {
  const [only, ...others] = group;
  const effects = others.length > 0 ? [] : (only?.effect?.step ?? []);
  return effects.length === 0 ? "" : ` (${effects.map(effectInWords).join("; ")})`;
}

/** Over all steps, with bounds, what a candidate does otherwise than the baseline beside it. */
export const differencesInWords = (findings: readonly Finding[]): string[] =>
  findings.flatMap(({ watch, effect }) =>
    (effect?.total ?? []).map((one) => `${plainWatch(watch)}: ${effectInFull(one)}`),
  );

/** Findings come worst first; people look for a figure where it stood before. */
function rankOf(metric: string): number {
  const rank = Object.keys(NAMES).indexOf(metric);
  return rank === -1 ? Object.keys(NAMES).length : rank;
}

/** Weighted by the candidate's samples: exact for its rates, close for its durations, and close for the baseline. */
function mean(findings: readonly Finding[], arm: "candidate" | "baseline"): number | null {
  const measured = findings.flatMap(({ [arm]: value, samples }) => (value === null ? [] : [{ value, samples }]));
  const samples = measured.reduce((sum, one) => sum + one.samples, 0);
  if (measured.length === 0 || samples === 0) return null;
  return measured.reduce((sum, one) => sum + one.value * one.samples, 0) / samples;
}

/** A value with its unit: rates to a hundredth of a percent, durations to a millisecond. */
export function measure(value: number, unit: string): string {
  if (unit === " %") return `${value.toFixed(2)} %`;
  if (unit === " ms") return `${Math.round(value)} ms`;
  return `${Number(value.toPrecision(3))}${unit}`;
}

/** `1 in 350`, as people are told it; `none` where the evidence bounds nothing. */
export const oddsOf = (logE: number | null): string => (logE === null ? null : oddsInWords(logE)) ?? "none";

/** What the comparison says; where something speaks against the candidate without one, that. */
export function againstInWords(logE: number | null, findings: readonly Finding[]): string {
  if (heldReasons(findings).length > 0) return "worse than before the release, with no baseline beside it";
  const odds = oddsOf(logE);
  return odds === "none" ? "no evidence against it" : `evidence against it ${odds}`;
}
