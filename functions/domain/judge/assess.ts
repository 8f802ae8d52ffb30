/**
 * The judge: thresholds, the hard lane and the sequential test over everything that was read, as one verdict.
 *
 * Pure: it is given readings and what it remembered, and returns the verdict and what to remember. The stated rate of
 * false rollbacks, alpha, is the sequential test's alone; a threshold that rolls back has none, and the answer says which
 * of them acted.
 */

import type { AnalysisPlan, RulePlan } from "../plan.ts";
import { type Alone, aloneIn, heldBecause, isCompared } from "./before-after.ts";
import { type Effects, effectsOf } from "./effect.ts";
import { effectsInWords } from "./effect-words.ts";
import { type CombinedEvidence, combineEvidence, evidenceInWords, type MetricEvidence } from "./evidence.ts";
import { doubtInCounts } from "./exposure.ts";
import { advance, configOf, entered, monitorOf, NO_COUNTS, type WatchContext, withSynthetic } from "./fold.ts";
import { type LateMinutes, lateInWords, lateMinutes } from "./late-minutes.ts";
import { logFindings, warnedOf } from "./log-lines.ts";
import { type RankProgress, rankInWords } from "./rank-lane.ts";
import { withoutRequests } from "./reach.ts";
import { pastOf, remembered } from "./read-again.ts";
import type { References } from "./reference-line.ts";
import { quantileOf, type Readings, readableUntil, type Span, unitOf, type Watch } from "./sampling.ts";
import { shareFindings } from "./share.ts";
import {
  asPeriod,
  type EvidenceState,
  type Period,
  type Progress,
  readTail,
  splitTail,
  startOf,
  type WatchState,
} from "./state.ts";
import { SILENT } from "./statistics/sequential-lanes.ts";
import type { Synthetic } from "./synthetic.ts";
import { isRanked, leavesSmallArm } from "./thin-arm.ts";
import { figure, type RuleStanding, standingOf } from "./thresholds.ts";
import { NO_DATA, type Verdict, worstOf } from "./verdicts.ts";
import { coldInWords, doubtWithCold } from "./warm-up.ts";

/** Which lane decided: the sequential test, a threshold of the hard lane, a plain threshold, or the rank test. */
export type Acted = "judge" | "hard-rule" | "threshold" | "rank";

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

export interface Assessment {
  readonly verdict: Verdict;
  /** In words, worst first. */
  readonly reasons: readonly string[];
  /** What failed the candidate; null unless the verdict is a fail. */
  readonly acted: Acted | null;
  /** A `block` rule is broken: a person has to look. */
  readonly blocked: boolean;
  /** Broken rules that only warn. */
  readonly warnings: readonly string[];
  /** A breach is being sustained: look more often. */
  readonly breaching: boolean;
  readonly findings: readonly Finding[];
  readonly evidence: {
    /** ln sum(w E) now, its highest so far, and the line ln(1/alpha) that it must cross to fail. */
    readonly logE: number;
    readonly maxLogE: number;
    readonly line: number;
    readonly words: string;
  };
  /** Periods that became certain now, by metric; all that were read again, where the past has changed. */
  readonly folded: Readonly<Record<string, readonly Period[]>>;
  /** Requests of our own that this look counted in. */
  readonly synthetic: Synthetic;
  readonly state: EvidenceState;
}

export interface AssessmentInput {
  readonly analysis: AnalysisPlan;
  readonly watches: readonly Watch[];
  readonly references: References;
  /** With the present span in it. */
  readonly state: EvidenceState;
  /** Null: CloudWatch could not be read at all this time. */
  readonly readings: Readings | null;
  /** What else could not be asked (an alarm that is gone, say): an error, unless something fails. */
  readonly troubles: readonly string[];
  /** Requests of our own to the candidate since the last look. */
  readonly synthetic: Synthetic;
  readonly now: number;
  /** The readings reach back to where reading again begins: what is folded is folded anew. */
  readonly again?: boolean;
}

/** One look. Throws RangeError when the plan's shares of alpha do not sum to 1. */
export function assess(input: AssessmentInput): Assessment {
  const looks = input.watches.map((watch) => look(input, watch));
  const combined = combineEvidence(
    evidenceOf(looks, ({ logE }) => logE),
    input.analysis.alpha,
  );
  const alone = aloneIn(
    evidenceOf(looks, ({ aloneLogE }) => aloneLogE),
    input.analysis.alpha,
  );
  const empty = withoutRequests(
    looks.map((one) => ({ watch: one.context.watch, arm: one.state.progress.reach ?? null })),
  );
  const shares = shareFindings(
    looks.map((one) => ({ watch: one.context.watch, bets: one.state.progress.share ?? null })),
    input.state.spans.at(-1) ?? null,
  );
  const measured = looks.map((one) => blamed(held(findingOf(one, input), alone), combined, empty));
  const logs = logFindings(input.analysis.newErrors, input.state.logs);
  const findings = [...measured, ...shares, ...logs];
  const state = stateAfter(input, looks, combined.logE);
  return {
    ...verdictOf(input, looks, { findings, combined, maxLogE: state.maxLogE, unreached: empty.size > 0 }),
    blocked: binding(looks).some((one) => isBroken(one, "block")),
    warnings: [
      ...binding(looks).flatMap((one) => broken(one, "warn").map((text) => `${one.context.watch.id}: ${text}`)),
      ...warnedOf(logs),
    ],
    breaching: binding(looks).some((one) => one.rules.some(({ now, rule }) => now.state === "breaching" && acts(rule))),
    findings,
    evidence: {
      logE: combined.logE,
      maxLogE: state.maxLogE,
      line: -Math.log(input.analysis.alpha),
      words: alone?.crossed === true ? heldBecause(alone.words) : evidenceInWords(state.maxLogE),
    },
    synthetic: input.synthetic,
    folded: Object.fromEntries(looks.map((one) => [one.context.watch.id, one.folded])),
    state,
  };
}

/** A rule now, its newest readings included, and as far as they are certain. */
interface RuleLook {
  readonly rule: RulePlan;
  readonly now: RuleStanding;
  readonly certain: RuleStanding;
}

interface Look {
  readonly context: WatchContext;
  readonly folded: readonly Period[];
  readonly state: WatchState;
  /** Progress as if the tail were certain. */
  readonly provisional: Progress;
  readonly rules: readonly RuleLook[];
  readonly logE: number | null;
  /** ln E over what had no baseline beside it. */
  readonly aloneLogE: number | null;
  readonly logPass: number | null;
  readonly passes: boolean;
  /** The rank test over certain periods; null where it has no say. */
  readonly rank: RankProgress | null;
  /** Some period was never read in full, or not again. */
  readonly unread: boolean;
  /** A baseline arm runs beside the candidate now. */
  readonly compared: boolean;
  /** What is folded is not what it was when it was read last. */
  readonly changed: boolean;
  readonly late: LateMinutes | null;
}

function look(input: AssessmentInput, watch: Watch): Look {
  const context: WatchContext = {
    watch,
    alpha: input.analysis.alpha,
    reference: input.references[watch.id] ?? null,
  };
  const tail = readTail(watch, input.state, input.readings, input.now);
  const { certain: folded, open } = splitTail(tail);
  const past = pastOf(context, input);
  const span = input.state.spans.at(-1) ?? null;
  const counted = advance(context, past.progress, folded);
  const certain = withSynthetic(context, counted, span, input.synthetic[watch.id], input.now);
  const provisional = advance(context, certain, open.map(asPeriod));
  const next = open[0]?.at ?? nextOf(input, watch);
  return {
    context,
    folded: past.changed ? [...past.periods, ...folded] : folded,
    state: {
      ...{ next, tail: open, progress: certain, base: past.base },
      ...remembered(past, tail, next, certain === counted ? null : (input.synthetic[watch.id] ?? null), {
        span,
        now: input.now,
      }),
    },
    provisional: entered(watch, provisional, span),
    rules: rulesOf(watch, entered(watch, certain, span), entered(watch, provisional, span)),
    ...sequentialLook(context, certain, provisional, span),
    rank: span !== null && isRanked(span) ? entered(watch, certain, span).rank : null,
    compared: span !== null && isCompared(watch, span),
    unread: past.unread || open.some((reading) => reading.newest === null),
    changed: past.changed,
    late: lateMinutes(watch, input.state.spans, [...past.periods, ...tail.map(asPeriod)]),
  };
}

function nextOf(input: AssessmentInput, watch: Watch): number {
  return Math.max(startOf(watch, input.state) ?? 0, readableUntil(watch.metric, input.now));
}

function rulesOf(watch: Watch, certain: Progress, provisional: Progress): RuleLook[] {
  const unit = unitOf(watch.metric);
  return watch.metric.rules.flatMap((rule, index) => {
    const [sure, now] = [certain.rules[index], provisional.rules[index]];
    if (sure === undefined || now === undefined) return [];
    return [{ rule, now: standingOf(rule, now, unit), certain: standingOf(rule, sure, unit) }];
  });
}

/** A fail looks at everything that was read, a pass at this step's certain periods alone. */
function sequentialLook(
  context: WatchContext,
  certain: Progress,
  provisional: Progress,
  span: Span | null,
): Pick<Look, "logE" | "aloneLogE" | "logPass" | "passes"> {
  const now = monitorOf(context, provisional.monitor)?.judgement();
  const alone = monitorOf(context, provisional.alone ?? null)?.judgement();
  if (now === undefined || alone === undefined) return { logE: null, aloneLogE: null, logPass: null, passes: true };
  const here = span !== null && certain.step === span.from;
  const sure = passingLanes(context.watch, certain, span).flatMap(
    (state) => monitorOf(context, state)?.judgement() ?? [],
  );
  return {
    logE: now.logE,
    aloneLogE: alone.logE,
    logPass: here ? Math.max(...sure.map(({ logPass }) => logPass)) : 0,
    passes: isExcused(context.watch, span) || (here && sure.some(({ verdict }) => verdict === "pass")),
  };
}

/** Counts per exposure keep no step from passing where nothing runs beside the candidate, or too little to compare with. */
const isExcused = (watch: Watch, span: Span | null): boolean =>
  watch.metric.per !== undefined && span !== null && (!isCompared(watch, span) || leavesSmallArm(span.weight));

/** By which evidence a step may pass: the comparison's, or where the arm beside it is small or none, the candidate's own. */
function passingLanes(
  { metric }: Watch,
  { monitor, alone }: Progress,
  span: Span | null,
): readonly Progress["monitor"][] {
  if (span === null) return [monitor];
  if (!isCompared({ metric }, span)) return [alone ?? null];
  return leavesSmallArm(span.weight) ? [monitor, alone ?? null] : [monitor];
}

/** One lane's evidence of every metric that the sequential test looks at. */
function evidenceOf(looks: readonly Look[], of: (look: Look) => number | null): MetricEvidence[] {
  return looks.flatMap((one) => {
    const { sequential, dryRun } = one.context.watch.metric;
    const logE = of(one);
    if (sequential === undefined || logE === null) return [];
    const verdict = one.passes ? ("pass" as const) : ("continue" as const);
    return [{ name: one.context.watch.id, weight: sequential.weight, logE, verdict, dryRun }];
  });
}

const acts = (rule: RulePlan): boolean => rule.onBreach !== "warn";
const binding = (looks: readonly Look[]): Look[] => looks.filter((one) => !one.context.watch.metric.dryRun);
const broken = (one: Look, consequence: RulePlan["onBreach"]): string[] =>
  one.rules
    .filter(({ rule, now }) => rule.onBreach === consequence && now.state === "broken")
    .map(({ now }) => now.text);
const isBroken = (one: Look, consequence: RulePlan["onBreach"]): boolean => broken(one, consequence).length > 0;

function findingOf(one: Look, input: AssessmentInput): Finding {
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
function held(finding: Finding, alone: Alone | null): Finding {
  if (alone === null || alone.leading !== finding.watch) return finding;
  if (!alone.crossed)
    return finding.verdict === "inconclusive" ? { ...finding, doubt: finding.doubt ?? alone.words } : finding;
  if (finding.verdict === "fail" || finding.beforeAfter === true) return finding;
  const verdict = finding.verdict === "error" ? "error" : "inconclusive";
  return { ...finding, verdict, reason: heldBecause(alone.words), beforeAfter: true };
}

/** A metric fails when requests do not reach its candidate; when the evidence fails, the one that brings most of it. */
function blamed(finding: Finding, combined: CombinedEvidence, empty: ReadonlyMap<string, string>): Finding {
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

/** Without a baseline beside the candidate a broken rule rolls back only where the policy calls it hard. */
const fatalRules = (one: Look): string[] =>
  one.rules
    .filter(({ rule, now }) => rule.onBreach === "rollback" && now.state === "broken")
    .filter(({ rule, now }) => rule.hard || now.alone !== true)
    .map(({ now }) => now.text);

const isKept = (standing: RuleStanding): boolean => standing.state === "kept";

interface Found {
  readonly findings: readonly Finding[];
  readonly combined: CombinedEvidence;
  readonly maxLogE: number;
  /** Requests do not reach the candidate. */
  readonly unreached: boolean;
}

function verdictOf(
  input: AssessmentInput,
  looks: readonly Look[],
  { findings, combined, maxLogE, unreached }: Found,
): Pick<Assessment, "verdict" | "reasons" | "acted"> {
  const acting = findings.filter((finding) => !finding.dryRun);
  if (input.state.spans.length === 0) {
    return { verdict: "inconclusive", reasons: ["the candidate has no traffic yet"], acted: null };
  }
  const hard = binding(looks).flatMap((one) =>
    one.rules.filter(({ rule }) => rule.hard).map((entry) => ({ one, ...entry })),
  );
  const fatal = hard.filter(({ rule, now }) => rule.onBreach === "rollback" && now.state === "broken");
  if (fatal.length > 0) {
    return {
      verdict: "fail",
      acted: "hard-rule",
      reasons: fatal.map(({ one, now }) => `${one.context.watch.id}: ${now.text}`),
    };
  }
  if (combined.verdict === "fail") {
    return { verdict: "fail", acted: "judge", reasons: [judgeInWords(findings, combined, maxLogE)] };
  }
  if (input.troubles.length > 0 && !acting.some((finding) => finding.verdict === "fail")) {
    return { verdict: "error", reasons: input.troubles, acted: null };
  }
  if (acting.length === 0) {
    return { verdict: "pass", reasons: ["no metric is planned: time and alarms alone were watched"], acted: null };
  }
  const verdict = worstOf(acting.map((finding) => finding.verdict));
  const reasons = acting
    .toSorted((one, other) => Number(other.beforeAfter ?? false) - Number(one.beforeAfter ?? false))
    .filter((finding) => finding.verdict === verdict && finding.reason !== null)
    .map((finding) => `${finding.watch}: ${finding.reason}`);
  const byRule = binding(looks).some((one) => fatalRules(one).length > 0);
  const bySeries = unreached ? "judge" : "rank";
  return { verdict, reasons, acted: verdict === "fail" ? (byRule ? "threshold" : bySeries) : null };
}

function judgeInWords(findings: readonly Finding[], combined: CombinedEvidence, maxLogE: number): string {
  const leading = findings.find((finding) => finding.watch === combined.leading);
  const told = leading?.cold == null ? "" : `${leading.cold}; `;
  const compared = leading === undefined ? "" : `${leading.watch}: ${findingInWords(leading)}; ${told}`;
  return `${compared}${evidenceInWords(maxLogE)}`;
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

function stateAfter(input: AssessmentInput, looks: readonly Look[], logE: number): EvidenceState {
  const againAt = input.again === true && input.readings !== null ? input.now : input.state.againAt;
  return {
    ...(againAt === undefined ? {} : { againAt }),
    spans: input.state.spans,
    readAt: input.readings === null ? input.state.readAt : input.now,
    maxLogE: Math.max(input.state.maxLogE, logE),
    watches: Object.fromEntries(looks.map((one) => [one.context.watch.id, one.state])),
    ...(input.state.logs === undefined ? {} : { logs: input.state.logs }),
  };
}
