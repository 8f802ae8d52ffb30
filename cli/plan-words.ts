import { formatDuration } from "../functions/domain/durations.ts";
import { monitorsBeside } from "../functions/domain/holdback.ts";
import { aloneInWords } from "../functions/domain/judge/holdback-advice.ts";
import { unitOf } from "../functions/domain/judge/sampling.ts";
import { warmUpInWords } from "../functions/domain/judge/warm-up.ts";
import type {
  ApprovalPlan,
  EnvironmentPlan,
  LeftOpen,
  MetricPlan,
  PromotionPlan,
  RolePlan,
  When,
} from "../functions/domain/plan.ts";
import { oneLine } from "../functions/domain/text.ts";
import { earliestStart, local, plannedSeconds, windowAt } from "../functions/domain/windows.ts";
import { wrapped } from "../functions/domain/wrapped.ts";
import {
  gateInWords,
  ruleInWords,
  targetInWords,
  weightInWords,
  windowInWords,
} from "../functions/pages/promotion/plan-words.ts";

/** A plan in short lines for a terminal, with the times at which things would happen if everybody answered at once. */

/** Lines about the whole promotion, of at most `width` characters; `now` is the epoch ms at which it would start. */
export function planInWords(plan: PromotionPlan, now: number, width: number): string[] {
  const ticket = plan.ticket === null ? "" : `, ticket ${whole(plan.ticket)}`;
  const lines = [
    `${plan.service} ${plan.version} (commit ${plan.commit.slice(0, 12)}), ${plan.risk} risk, asked for by ${plan.requestedBy}${ticket}`,
    whole(plan.summary),
    `through ${plan.environments.map((one) => one.environment).join(", then ")}`,
    ...(plan.emergency === null ? [] : [`emergency: ${whole(plan.emergency.reason)}`]),
  ];
  let at = now;
  for (const environment of plan.environments) {
    lines.push("", ...environmentInWords(environment, at));
    at = endOf(environment, at);
  }
  return lines.flatMap((line) => wrapped(line, width, line.startsWith("  ") ? TEXT_COLUMN : 0));
}

/** What the release says, uncut, and on no line of its own making. */
const whole = (text: string) => oneLine(text, Number.POSITIVE_INFINITY);

function startOf(plan: EnvironmentPlan, at: number): number {
  return earliestStart(plan.window, at, plannedSeconds(plan.steps), plan.notBefore) ?? at;
}

function endOf(plan: EnvironmentPlan, at: number): number {
  const last = stepTimes(plan, at).at(-1) ?? at;
  const tail = (plan.steps.at(-1)?.bakeSeconds ?? 0) + (plan.monitor?.forSeconds ?? 0);
  return last + tail * 1_000;
}

/** When each weight is reached if every bake ends as planned; where only shifts need the window, each waits for it. */
function stepTimes(plan: EnvironmentPlan, at: number): number[] {
  let next = startOf(plan, at);
  return plan.steps.map(({ bakeSeconds }) => {
    const shifts = plan.window?.scope === "shifts";
    const start = shifts ? (earliestStart(plan.window, next, 0) ?? next) : next;
    next = start + bakeSeconds * 1_000;
    return start;
  });
}

function environmentInWords(plan: EnvironmentPlan, at: number): string[] {
  return [
    `${plan.environment}: account ${plan.account}, ${plan.region}`,
    ...titled("targets", targetsInWords(plan)),
    ...titled("checks", plan.checks.map(gateInWords)),
    ...titled(
      "approvals",
      plan.approvals.map((approval) => approvalInWords(approval, plan, at)),
    ),
    ...titled("window", [`${windowInWords(plan.window)}; ${openingInWords(plan, at)}`]),
    ...titled("steps", stepsInWords(plan, at)),
    ...titled("rules", rulesInWords(plan)),
    ...titled("judge", judgeInWords(plan)),
    ...titled("alarms", [...plan.alarms, ...(plan.alarms.length === 0 ? [] : [withoutDataInWords(plan)])]),
    ...titled("after", [afterInWords(plan)]),
  ];
}

const TITLE_WIDTH = 10;
const TEXT_COLUMN = 2 + TITLE_WIDTH + 1;

/** The title stands beside the first line only; nothing to say, no title. */
function titled(title: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${(index === 0 ? title : "").padEnd(TITLE_WIDTH)} ${line}`);
}

function targetsInWords(plan: EnvironmentPlan): string[] {
  return plan.targets.map((target) => {
    const irreversible = target.reversible ? "" : "; CANNOT be taken back";
    return `${target.name}: ${targetInWords(target)}${irreversible}`;
  });
}

function approvalInWords(approval: ApprovalPlan, plan: EnvironmentPlan, at: number): string {
  const { expiresSeconds, remindSeconds, escalateSeconds, escalateTo, validSeconds } = approval;
  const parts = [
    `${momentInWords(approval.when)}: ${approval.roles.map(roleInWords).join("; ")}`,
    `within ${formatDuration(expiresSeconds)}${deadline(approval, plan, at)}`,
    ...(remindSeconds === null ? [] : [`reminded every ${formatDuration(remindSeconds)}`]),
    ...(escalateSeconds === null || escalateTo === null
      ? []
      : [`after ${formatDuration(escalateSeconds)} also ${escalateTo.role} (${escalateTo.people.join(", ")})`]),
    `valid for ${formatDuration(validSeconds)}`,
  ];
  return parts.join(", ");
}

function deadline({ when, expiresSeconds }: ApprovalPlan, plan: EnvironmentPlan, at: number): string {
  return when === "before" ? ` (by ${local(at + expiresSeconds * 1_000, zoneOf(plan))} if asked at once)` : "";
}

function roleInWords({ role, needed, people }: RolePlan): string {
  return `${needed} of ${role} (${people.join(", ")})`;
}

function momentInWords(when: When): string {
  if (typeof when === "number") return `at ${when} %`;
  return when === "at-0" ? "at 0 %" : `${when} the rollout`;
}

function zoneOf(plan: EnvironmentPlan): string {
  return plan.window?.zone ?? "UTC";
}

function openingInWords(plan: EnvironmentPlan, at: number): string {
  const state = windowAt(plan.window, at);
  const start = startOf(plan, at);
  const first = `first weight ${local(start, zoneOf(plan))} at the earliest`;
  return plan.window === null ? first : `${state.reason}; ${first}`;
}

function stepsInWords(plan: EnvironmentPlan, at: number): string[] {
  const times = stepTimes(plan, at);
  return plan.steps.map(({ weight, bakeSeconds }, index) => {
    const from = local(times[index] ?? at, zoneOf(plan));
    return `${weightInWords(plan, weight)} from ${from}, watched for ${formatDuration(bakeSeconds)}`;
  });
}

interface Grouped {
  readonly metric: MetricPlan;
  /** Whom it is asked for; null: every target. */
  readonly targets: string | null;
}

/** Metrics of one name share their rules, whatever the target. */
function grouped(plan: EnvironmentPlan): Grouped[] {
  const names = [...new Set(plan.analysis.metrics.map((metric) => metric.name))];
  return names.flatMap((name) => {
    const group = plan.analysis.metrics.filter((metric) => metric.name === name);
    const metric = group[0];
    if (metric === undefined) return [];
    const asked = group.map((one) => one.target ?? plan.environment);
    return [{ metric, targets: plan.targets.every((target) => asked.includes(target.name)) ? null : listed(asked) }];
  });
}

const NAMED = 5;

function listed(names: readonly string[]): string {
  const more = names.length - NAMED;
  return more > 0 ? `${names.slice(0, NAMED).join(", ")} and ${more} more` : names.join(", ");
}

function rulesInWords(plan: EnvironmentPlan): string[] {
  const rules = grouped(plan).flatMap(({ metric, targets }) => {
    const shown = metric.dryRun ? " (shown only)" : "";
    const whose = targets === null ? "" : ` of ${targets}`;
    return metric.rules.map((rule) => `${metric.name}${whose}: ${ruleInWords(rule, unitOf(metric))}${shown}`);
  });
  return rules;
}

const withoutDataInWords = ({ alarmsWithoutData = "warn" }: EnvironmentPlan): string =>
  `one that has no data when the rollout starts ${alarmsWithoutData === "refuse" ? "blocks it" : "is told to approvers"}`;

function judgeInWords(plan: EnvironmentPlan): string[] {
  const { alpha, metrics, extendSeconds, earlyPass } = plan.analysis;
  const judged = metrics.filter((metric) => metric.sequential !== undefined && !metric.dryRun);
  const extended = extendSeconds > 0 ? `, extended by up to ${formatDuration(extendSeconds)}` : "";
  const closing = `a bake without a verdict${extended}: ${withoutVerdict(plan)}; a pass ${earlyPass ? "ends a bake early" : "never ends a bake early"}`;
  if (judged.length === 0) return ["off: no metric has it on", closing];
  const left = plan.analysis.left === undefined ? [] : [leftInWords(plan.analysis.left)];
  return [
    `alpha ${alpha}: a good candidate is rolled back by it in at most ${percent(alpha)} of rollouts, spread over ${judged.length} measurement${judged.length === 1 ? "" : "s"}`,
    ...grouped(plan).flatMap((group) => [...shareInWords(group, judged), ...warmUp(group, plan)]),
    closing,
    ...left,
    ...[aloneInWords(plan) ?? []].flat(),
  ];
}

/** What a check without `--traffic` cannot know. */
function leftInWords({ settings, passDelta }: LeftOpen): string {
  const open = [...settings.filter((name) => name === "extendUpTo"), ...(passDelta.length === 0 ? [] : ["passDelta"])];
  const refused = settings.includes("onInconclusive") ? "; refused where no setting would pass a good candidate" : "";
  return `left to last week's traffic when the promotion opens: ${open.join(" and ")}${refused}`;
}

function withoutVerdict({ analysis: { onInconclusive, holdSeconds } }: EnvironmentPlan): string {
  if (onInconclusive === "roll-back") return "roll back";
  const hold = `hold for a pass or a person, and roll back if neither comes within ${formatDuration(holdSeconds)}`;
  return onInconclusive === "hold" ? hold : `go on if nothing speaks against the candidate, else ${hold}`;
}

function shareInWords({ metric, targets }: Grouped, judged: readonly MetricPlan[]): string[] {
  const group = judged.filter((other) => other.name === metric.name);
  const whole = group.reduce((sum, other) => sum + (other.sequential?.weight ?? 0), 0);
  const each = group[0]?.sequential?.weight;
  if (each === undefined) return [];
  const share = `${metric.name}: ${percent(whole)} of alpha`;
  if (group.length === 1) return [targets === null ? share : `${share}, for ${targets}`];
  return [`${share}, ${percent(each)} for each ${targets === null ? "target" : `of ${targets}`}`];
}

function warmUp({ metric, targets }: Grouped, plan: EnvironmentPlan): string[] {
  const words = metric.dryRun ? null : warmUpInWords(metric, plan);
  return words === null ? [] : [`${metric.name}${targets === null ? "" : ` of ${targets}`}: ${words}`];
}

function percent(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(3))} %`;
}

function afterInWords(plan: EnvironmentPlan): string {
  const ending = plan.retirePrevious ? ", then deleted where Headgate published it" : "";
  const kept = `the previous version is kept for ${formatDuration(plan.keepPreviousSeconds)}${ending}`;
  if (plan.monitor === null) return `not monitored; ${kept}`;
  const onFail = plan.monitor.onFail === "warn" ? "what fails is reported" : "what fails is rolled back";
  const finish = monitorsBeside(plan) ? ", then finished" : "";
  return `monitored for ${formatDuration(plan.monitor.forSeconds)}${finish}, ${onFail}; ${kept}`;
}
