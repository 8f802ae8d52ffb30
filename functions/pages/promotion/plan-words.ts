/** A rollout's plan as sentences: steps, thresholds, windows. */

import { formatDuration } from "../../domain/durations.ts";
import { heldInWords, shareAt } from "../../domain/holdback.ts";
import { type BakeRecord, readPhase } from "../../domain/judge/bake.ts";
import { aloneInWords } from "../../domain/judge/holdback-advice.ts";
import { unitOf } from "../../domain/judge/sampling.ts";
import { unwatchedInWords } from "../../domain/judge/unwatched.ts";
import type {
  Consequence,
  EnvironmentPlan,
  GatePlan,
  OpenSpan,
  RulePlan,
  TargetPlan,
  WindowPlan,
} from "../../domain/plan.ts";
import { kindOf } from "../../targets/kinds.ts";

const CONSEQUENCES: Readonly<Record<Consequence, string>> = {
  warn: "is noted",
  block: "holds the rollout",
  rollback: "brings traffic back",
};

/** `more than 5 % for 2m brings traffic back (from 100 samples on)` */
export function ruleInWords(rule: RulePlan, unit: string): string {
  const held = rule.sustainedSeconds > 0 ? ` for ${formatDuration(rule.sustainedSeconds)}` : "";
  const samples = rule.minSamples > 0 ? ` (from ${rule.minSamples} samples on)` : "";
  return `${limitInWords(rule, unit)}${held} ${CONSEQUENCES[rule.onBreach]}${rule.hard ? " at once" : ""}${samples}`;
}

function limitInWords(rule: RulePlan, unit: string): string {
  if (rule.max !== undefined) return `more than ${rule.max}${unit}`;
  if (rule.maxIncreasePoints !== undefined) {
    const points = unit === " %" ? ` percentage point${rule.maxIncreasePoints === 1 ? "" : "s"}` : unit;
    return `more than ${rule.maxIncreasePoints}${points} above the version serving now`;
  }
  return `more than ${rule.maxIncreasePercent ?? 0} % worse than the version serving now`;
}

export interface MetricWords {
  readonly name: string;
  readonly rules: readonly string[];
}

/** Each watched metric with its rules; the statistical judge is said as one more rule. */
export function metricsInWords(plan: EnvironmentPlan): MetricWords[] {
  const unwatched = unwatchedInWords(plan);
  const metrics = plan.analysis.metrics.map((metric) => {
    const rules = metric.rules.map((rule) => ruleInWords(rule, unitOf(metric)));
    const judged =
      metric.sequential === undefined
        ? []
        : [
            `judged against the version serving now; a good release is brought back at most ${percent(plan.analysis.alpha)} of the time`,
          ];
    const ranked = metric.rank === undefined ? [] : ["points ranked against those of the version serving now"];
    return {
      name: `${metric.target === null ? "" : `${metric.target}: `}${metric.name}${metric.dryRun ? " (shown only)" : ""}`,
      rules: [...rules, ...judged, ...ranked],
    };
  });
  const alone = aloneInWords(plan);
  return [
    ...metrics,
    ...(unwatched === null ? [] : [{ name: "not watched", rules: [unwatched] }]),
    ...(alone === null ? [] : [{ name: "not compared", rules: [alone] }]),
  ];
}

const percent = (fraction: number) => `${Number((fraction * 100).toPrecision(3))} %`;

/** `25 %`, or of the last step `99 % (1 % held back until the monitoring ends)`. */
export function weightInWords(plan: EnvironmentPlan, weight: number): string {
  const share = shareAt(plan, weight);
  const held = heldInWords(plan, share);
  return `${share} %${held === null ? "" : ` (${held})`}`;
}

/** Weight and bake of each step, in order. */
export function stepsInWords(plan: EnvironmentPlan): string[] {
  return plan.steps.map(({ weight, bakeSeconds }) => {
    const watched = bakeSeconds > 0 ? [`watched for ${formatDuration(bakeSeconds)}`] : [];
    return [`${weightInWords(plan, weight)} of traffic`, ...watched].join(", ");
  });
}

const DAY_NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

function clock(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

function spanInWords(span: OpenSpan): string {
  const days = span.days.length === 7 ? "every day" : span.days.map((day) => DAY_NAMES[day - 1] ?? "?").join(", ");
  return span.from === 0 && span.to === 1_440 ? `${days}, all day` : `${days} ${clock(span.from)} to ${clock(span.to)}`;
}

export function windowInWords(window: WindowPlan | null): string {
  if (window === null) return "at any time";
  const open = window.open.length === 0 ? "at any time" : window.open.map(spanInWords).join("; ");
  const freezes = window.freezes.map((one) => one.name);
  return `${open} (${window.zone})${freezes.length === 0 ? "" : `, not during ${freezes.join(", ")}`}`;
}

export function targetInWords(target: TargetPlan): string {
  const artifact =
    target.artifact.from === "s3"
      ? `s3://${target.artifact.bucket}/${target.artifact.key} (version ${target.artifact.versionId})`
      : `published version ${target.artifact.version}`;
  return `${kindOf(target.kind).named(target)}: ${artifact}`;
}

/** What the gates of the plan look at, for those that have not run when people are asked. */
export function gateInWords(gate: GatePlan): string {
  const when = typeof gate.when === "number" ? `at ${gate.when} %` : gate.when;
  return `${gate.name} (${when})`;
}

const POINTS: Readonly<Record<string, string>> = { before: "before the rollout", after: "after the rollout" };

/** `at-25` as `at 25 %`. */
export function pointInWords(point: string): string {
  return POINTS[point] ?? point.replace(/^at-(\d+)$/, "at $1 %");
}

/** What a bake watched: `10 %`, `hold at 25 %`, `approval at 50 %`, `leg 3 at 40 %`, `monitoring at 100 %`. */
export function phaseInWords({ phase, span }: Pick<BakeRecord, "phase" | "span">): string {
  const read = readPhase(phase);
  if (read.kind === "step") return `${span?.weight ?? read.weight} %`;
  const at = span === null ? "" : ` at ${span.weight} %`;
  if (read.kind === "approval") return `approval ${pointInWords(read.approval)}`;
  if (read.kind === "drive") return `leg ${read.leg}${at}`;
  return read.kind === "monitor" ? `monitoring${at}` : `hold${at}`;
}
