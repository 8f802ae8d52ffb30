/**
 * What a plan can tell at 100 % and while it is monitored: nothing, as long as no baseline runs beside the candidate; and
 * which share would have to be held back for it.
 */
import { kindOf } from "../../targets/kinds.ts";
import { formatDuration } from "../durations.ts";
import { heldBack, shareAt } from "../holdback.ts";
import type { EnvironmentPlan, MetricPlan, SequentialPlan } from "../plan.ts";
import { configOf } from "./fold.ts";
import { isErrorRate } from "./sampling.ts";
import { adviseDetectable, riseInWords, type StepAdvice, startMasses, type Traffic } from "./statistics/detectable.ts";
import { completeConfig, type SequentialConfig } from "./statistics/sequential-config.ts";
import { FEWEST_BESIDE } from "./thin-arm.ts";
import { comparesBaseline } from "./thresholds.ts";

/** Shares that are worth offering, in percent. */
const OFFERED = [1, 2, 5, 10, 20] as const;
const MOST = 20;
/** A rise that nobody named is advised upon at one point. */
const USUAL_RISE = 0.01;

/** Whether its targets could keep a share, of which `plan/holdback.ts` refuses the rest. */
const couldHold = ({ drive, targets }: EnvironmentPlan): boolean =>
  drive === "driven" &&
  targets.every(({ kind, follows }) => follows === undefined && kindOf(kind).weights !== "all-or-nothing");

/** A metric that would have rolled back beside a baseline, and does not without one. */
const needsOne = ({ dryRun, sequential, rules }: MetricPlan): boolean =>
  !dryRun && (sequential !== undefined || rules.some(({ onBreach, hard }) => onBreach === "rollback" && !hard));

/** Seconds that all of the traffic is watched for. */
const watchedSeconds = ({ steps, monitor }: EnvironmentPlan): number =>
  (steps.at(-1)?.bakeSeconds ?? 0) + (monitor?.forSeconds ?? 0);

/** What rolls nothing back by itself at 100 %, for whoever reads the plan; null: all of it is compared. */
export function aloneInWords(plan: EnvironmentPlan): string | null {
  if (heldBack(plan) > 0 || !plan.analysis.metrics.some(needsOne)) return null;
  const offer = couldHold(plan) ? "; rollout.holdback keeps the version before beside it until the finish" : "";
  const when = plan.monitor === null ? "at 100 %" : "at 100 % and while it is monitored";
  return `${when} nothing runs beside the candidate: what speaks against it there holds for a person, unless a rule is hard or an alarm red${offer}`;
}

/** A line for a target whose error rate is judged: what the share that is held back can see, or which one to hold back. */
export function holdbackInWords(plan: EnvironmentPlan, metric: MetricPlan, traffic: Traffic): string[] {
  const { sequential } = metric;
  if (sequential === undefined || metric.dryRun || !isErrorRate(metric)) return [];
  const at = (share: number) => seenWith(plan, metric, sequential, traffic, share);
  const lasting = formatDuration(watchedSeconds(plan));
  if (heldBack(plan) > 0) {
    const held = `${shareAt(plan, 100)} %, watched for ${lasting} with ${heldBack(plan)} % held back`;
    return [`${held}: ${seesInWords(at(heldBack(plan)))}`];
  }
  if (!couldHold(plan)) return [];
  const share = Math.max(OFFERED.find((one) => at(one)?.seesWanted) ?? MOST, fewestFor(plan, traffic));
  return [
    `100 %, watched for ${lasting} with nothing beside it: what it finds holds for a person; with rollout.holdback: ${share} it compares, and ${seesInWords(at(share))}`,
  ];
}

const seesInWords = (advice: StepAdvice | undefined): string =>
  advice === undefined || advice.smallestRise === null
    ? "sees no rise at this traffic"
    : `sees a rise of ${riseInWords(advice.smallestRise)} or more`;

function seenWith(
  plan: EnvironmentPlan,
  { settleSeconds }: MetricPlan,
  sequential: SequentialPlan,
  traffic: Traffic,
  share: number,
): StepAdvice | undefined {
  const { alpha, mustSeePoints } = plan.analysis;
  const seen = (seconds: number) => Math.max(1, Math.floor((seconds - settleSeconds) / 60));
  const config = { ...configOf(sequential, alpha, null), alpha };
  return adviseDetectable({
    traffic,
    steps: [{ weight: 100 - share, bakeMinutes: seen(watchedSeconds(plan)) }],
    config,
    share: sequential.weight * startLeft(plan, seen, completeConfig(config)),
    wantedRise: mustSeePoints === null ? USUAL_RISE : mustSeePoints / 100,
  }).steps[0];
}

/** What the last step begins with, as part of what a first one does: the earlier steps have spent the rest. */
function startLeft({ steps }: EnvironmentPlan, seen: (seconds: number) => number, config: SequentialConfig): number {
  const planned = steps.map(({ weight, bakeSeconds }) => ({ weight, bakeMinutes: seen(bakeSeconds) }));
  const [first, last] = [startMasses(planned, config).at(0), startMasses(planned, config).at(-1)];
  return first === undefined || last === undefined ? 1 : Math.exp(last - first);
}

/** The smallest share with which rules that compare have an arm to compare with, in whole percents up to the most. */
function fewestFor({ analysis }: EnvironmentPlan, { requestsPerMinute }: Traffic): number {
  const compares = analysis.metrics.some(({ dryRun, rules }) => !dryRun && rules.some(comparesBaseline));
  const needed = Math.ceil((100 * FEWEST_BESIDE) / requestsPerMinute);
  return compares ? Math.min(MOST, needed) : 1;
}
