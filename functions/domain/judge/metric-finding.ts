/** The verdict on one metric, by its own rules and evidence, and by what it brings to the environment's. */
import type { AnalysisPlan } from "../plan.ts";
import { type Alone, heldBecause } from "./before-after.ts";
import { effectsOf } from "./effect.ts";
import type { CombinedEvidence } from "./evidence.ts";
import { doubtInCounts } from "./exposure.ts";
import type { Finding } from "./finding.ts";
import { configOf, NO_COUNTS } from "./fold.ts";
import { rankInWords } from "./rank-lane.ts";
import { quantileOf, unitOf } from "./sampling.ts";
import { SILENT } from "./statistics/sequential-lanes.ts";
import { leavesSmallArm } from "./thin-arm.ts";
import type { RuleStanding } from "./thresholds.ts";
import { NO_DATA } from "./verdicts.ts";
import { coldInWords, doubtWithCold } from "./warm-up.ts";
import { type AssessmentInput, acts, broken, fatalRules, type Look } from "./watch-look.ts";

/** What this look found of a metric by itself. */
export function findingOf(one: Look, input: AssessmentInput): Finding {
  const { metric } = one.context.watch;
  const { totals } = one.provisional;
  const found = verdictOfMetric(one, input);
  return {
    watch: one.context.watch.id,
    metric: metric.name,
    target: metric.target,
    dryRun: metric.dryRun,
    ...found,
    unit: unitOf(metric),
    candidate: totals.samples === 0 ? null : totals.sum / totals.samples,
    baseline: totals.baselineSamples === 0 ? null : totals.baselineSum / totals.baselineSamples,
    samples: totals.samples,
    rules: [...one.rules.map(({ now }) => now.text), ...(one.rank === null ? [] : [rankInWords(one.rank)])],
    logE: one.logE,
    logPass: one.logPass,
    doubt: found.verdict === "inconclusive" ? doubtOf(one, input) : null,
    cold: coldOf(one, input),
    ...effectIn(one),
    late: one.late,
  };
}

function effectIn({ context, provisional }: Look): Pick<Finding, "effect"> {
  const effect = effectsOf(context, provisional.effect, provisional.step);
  return effect === null ? {} : { effect };
}

function coldOf({ context, provisional, compared }: Look, { analysis }: AssessmentInput): string | null {
  const { sequential } = context.watch.metric;
  if (sequential === undefined || !compared) return null;
  return coldInWords(context.watch, provisional.cold, configOf(sequential, analysis.alpha, context.reference));
}

function doubtOf({ context, provisional, passes }: Look, { analysis, state }: AssessmentInput): string | null {
  const { sequential, per } = context.watch.metric;
  if (per !== undefined && sequential !== undefined && !passes) {
    return doubtInCounts(per, provisional.counts ?? NO_COUNTS);
  }
  // Without a reference there is no bound to count slow requests by: that test does not look.
  const blind = quantileOf(context.watch.metric) !== null && context.watch.bounds.candidate === null;
  if (sequential === undefined || passes || blind) return null;
  const { counts: both = NO_COUNTS, cold = { step: NO_COUNTS } } = provisional;
  // Beside a small arm hardly any requests could speak: the candidate's own are held against what was before.
  const counts = leavesSmallArm(state.spans.at(-1)?.weight ?? 0) ? { ...both, baseline: SILENT } : both;
  return doubtWithCold(sequential, counts, cold, configOf(sequential, analysis.alpha, context.reference));
}

/**
 * Evidence of an arm alone keeps the metric that brings most of it from passing once it has crossed its line; before, it is
 * a doubt. What is worse than that stays as it is.
 */
export function held(finding: Finding, alone: Alone | null): Finding {
  if (alone === null || alone.leading !== finding.watch) return finding;
  if (!alone.crossed)
    return finding.verdict === "inconclusive" ? { ...finding, doubt: finding.doubt ?? alone.words } : finding;
  if (finding.verdict === "fail" || finding.beforeAfter === true) return finding;
  const verdict = finding.verdict === "error" ? "error" : "inconclusive";
  return { ...finding, verdict, reason: heldBecause(alone.words), beforeAfter: true };
}

/** A metric fails when requests do not reach its candidate; when the evidence fails, the one that brings most of it. */
export function blamed(finding: Finding, combined: CombinedEvidence, empty: ReadonlyMap<string, string>): Finding {
  const reason = empty.get(finding.watch);
  if (reason !== undefined && finding.verdict !== "fail") return { ...finding, verdict: "fail", reason };
  if (combined.verdict !== "fail" || combined.leading !== finding.watch) return finding;
  const { beforeAfter: _held, ...rest } = finding;
  return { ...rest, verdict: "fail", reason: finding.cold ?? "the evidence against the candidate crossed its line" };
}

function verdictOfMetric(one: Look, input: AssessmentInput): Pick<Finding, "verdict" | "reason" | "beforeAfter"> {
  const [fatal] = fatalRules(one);
  if (fatal !== undefined) return { verdict: "fail", reason: fatal };
  if (one.rank?.verdict === "fail") return { verdict: "fail", reason: rankInWords(one.rank) };
  if (input.readings === null) return { verdict: "error", reason: "CloudWatch could not be read" };
  if (one.unread) {
    const trouble = input.readings.troubleOf?.(one.context.watch);
    return { verdict: "error", reason: trouble ?? "CloudWatch answered in part only" };
  }
  if (one.provisional.totals.samples === 0) return { verdict: "inconclusive", reason: NO_DATA };
  const [holds] = broken(one, "rollback");
  if (holds !== undefined) return { verdict: "inconclusive", reason: heldBecause(holds), beforeAfter: true };
  if (one.changed)
    return { verdict: "inconclusive", reason: "minutes that had counted have changed: not yet read twice" };
  if (one.rank !== null && one.rank.verdict !== "pass") {
    return { verdict: one.rank.verdict, reason: rankInWords(one.rank) };
  }
  const open = one.rules.find(({ rule, now, certain }) => acts(rule) && !(isKept(now) && isKept(certain)));
  if (open !== undefined) {
    return { verdict: "inconclusive", reason: isKept(open.now) ? "not yet read twice" : open.now.text };
  }
  if (one.state.progress.totals.samples === 0) return { verdict: "inconclusive", reason: "not yet read twice" };
  const reason = one.passes ? missingEvents(one, input.analysis) : "not enough evidence yet";
  return reason === null ? { verdict: "pass", reason } : { verdict: "inconclusive", reason };
}

/** Where a policy counts in events, the evidence of fewer is not enough. */
function missingEvents({ context, state }: Look, { events }: AnalysisPlan): string | null {
  const had = state.progress.totals.samples;
  if (events === undefined || context.watch.metric.sequential === undefined || had >= events) return null;
  return `${Math.round(had)} of ${events} events`;
}

const isKept = (standing: RuleStanding): boolean => standing.state === "kept";
