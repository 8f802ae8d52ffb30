/** One metric in one look: what was read, folded into what was known. */
import type { AnalysisPlan, RulePlan } from "../plan.ts";
import { isCompared } from "./before-after.ts";
import { advance, entered, monitorOf, type WatchContext, withSynthetic } from "./fold.ts";
import { type LateMinutes, lateMinutes } from "./late-minutes.ts";
import type { RankProgress } from "./rank-lane.ts";
import { pastOf, remembered } from "./read-again.ts";
import type { References } from "./reference-line.ts";
import { type Readings, readableUntil, type Span, unitOf, type Watch } from "./sampling.ts";
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
import type { Synthetic } from "./synthetic.ts";
import { isRanked, leavesSmallArm } from "./thin-arm.ts";
import { type RuleStanding, standingOf } from "./thresholds.ts";

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

/** A rule now, its newest readings included, and as far as they are certain. */
interface RuleLook {
  readonly rule: RulePlan;
  readonly now: RuleStanding;
  readonly certain: RuleStanding;
}

export interface Look {
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

/** What one look makes of one metric: its readings folded, its rules and its evidence. Nothing is decided here. */
export function lookAtWatch(input: AssessmentInput, watch: Watch): Look {
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

/** Whether a broken rule does more than warn. */
export const acts = (rule: RulePlan): boolean => rule.onBreach !== "warn";
/** What acts: all but dry runs. */
export const binding = (looks: readonly Look[]): Look[] => looks.filter((one) => !one.context.watch.metric.dryRun);
/** Broken rules of this consequence, in words. */
export const broken = (one: Look, consequence: RulePlan["onBreach"]): string[] =>
  one.rules
    .filter(({ rule, now }) => rule.onBreach === consequence && now.state === "broken")
    .map(({ now }) => now.text);
export const isBroken = (one: Look, consequence: RulePlan["onBreach"]): boolean => broken(one, consequence).length > 0;

/** Without a baseline beside the candidate a broken rule rolls back only where the policy calls it hard. */
export const fatalRules = (one: Look): string[] =>
  one.rules
    .filter(({ rule, now }) => rule.onBreach === "rollback" && now.state === "broken")
    .filter(({ rule, now }) => rule.hard || now.alone !== true)
    .map(({ now }) => now.text);
