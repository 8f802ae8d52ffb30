/**
 * What a plan's bakes can see at the traffic that its targets have: said before the start, printed by `headgate check`,
 * shown to approvers, kept in the record.
 */
import * as z from "zod";
import { formatDuration } from "../durations.ts";
import type { EnvironmentPlan, MetricPlan, RulePlan, SequentialPlan, StepPlan } from "../plan.ts";
import { configOf } from "./fold.ts";
import { isErrorRate } from "./sampling.ts";
import {
  adviceInWords,
  adviseDetectable,
  durationInWords,
  LONGEST_BAKE,
  least,
  riseInWords,
  roundedUp,
  type StepAdvice,
  type Traffic,
} from "./statistics/detectable.ts";
import { passThrough } from "./statistics/detectable-cold.ts";
import { passChance } from "./statistics/detectable-pass.ts";
import { completeConfig } from "./statistics/sequential-config.ts";
import { ruleInWords } from "./thresholds.ts";

/** Last week's traffic, by target: what `headgate check --traffic FILE` reads. Rates are fractions of requests. */
export const weekOfTrafficSchema = z
  .record(
    z.string(),
    z.strictObject({
      requestsPerMinute: z.number().nonnegative().describe("in a typical hour, both arms together"),
      errorRate: z.number().min(0).max(1).describe("share of failed requests, 0.001 is 0.1 %"),
      phi: z.number().min(1).optional().describe("how bursty errors are; 1, independent, unless given"),
    }),
  )
  .describe("last week's traffic by target name");

export type WeekOfTraffic = z.output<typeof weekOfTrafficSchema>;

/** A file of it: each environment has its own traffic. */
export const trafficFileSchema = z
  .record(z.string(), weekOfTrafficSchema)
  .describe("last week's traffic by environment and target");

export type TrafficFile = z.output<typeof trafficFileSchema>;

export interface PlanAdvice {
  /** One line for each step of each target; targets that read the same share their lines. */
  readonly lines: readonly string[];
  /** Bakes that cannot see what they are asked to see, or are too short to pass a good candidate. */
  readonly warnings: readonly string[];
  /** The plan asks to be refused when a bake is blind, and one is. */
  readonly refused: boolean;
}

interface Advised {
  readonly target: string;
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
  readonly blind: boolean;
}

/** A rise that nobody named is advised upon at one point. */
const USUAL_RISE = 0.01;

/** Advice on every target whose error rate is judged. A target without known traffic is warned about. */
export function adviseSteps(plan: EnvironmentPlan, week: WeekOfTraffic): PlanAdvice {
  const advised = plan.analysis.metrics.flatMap((metric) => {
    if (metric.target === null || metric.dryRun || !isErrorRate(metric)) return [];
    const known = week[metric.target];
    if (known === undefined || known.requestsPerMinute === 0) return [unknownTraffic(metric.target)];
    return [adviseMetric(plan, metric, metric.target, trafficOf(known))];
  });
  return {
    lines: together(advised.map(({ target, lines }) => ({ target, lines }))),
    warnings: together(advised.map(({ target, warnings }) => ({ target, lines: warnings }))),
    refused: plan.analysis.ifBlind === "refuse" && advised.some(({ blind }) => blind),
  };
}

function trafficOf({ requestsPerMinute, errorRate, phi }: WeekOfTraffic[string]): Traffic {
  return phi === undefined ? { requestsPerMinute, errorRate } : { requestsPerMinute, errorRate, phi };
}

const unknownTraffic = (target: string): Advised => ({
  target,
  lines: [],
  warnings: ["had no traffic last week: no bake can see anything, and a pass cannot be reached"],
  blind: true,
});

function adviseMetric(plan: EnvironmentPlan, metric: MetricPlan, target: string, traffic: Traffic): Advised {
  const { alpha, mustSeePoints } = plan.analysis;
  const steps = plan.steps.map(({ weight, bakeSeconds }) => ({
    weight,
    bakeMinutes: seenMinutes(metric, bakeSeconds),
  }));
  const thin = steps.flatMap((step, index) => {
    const expected = (traffic.requestsPerMinute * step.weight * step.bakeMinutes) / 100;
    return metric.rules.flatMap((rule) => tooThin(rule, expected, plan.steps[index]?.weight ?? 0));
  });
  const sequential = metric.sequential;
  if (sequential === undefined) return { target, lines: [], warnings: thin, blind: thin.length > 0 };
  const { alpha: _whole, ...config } = configOf(sequential, alpha, null);
  const slo = config.slo ?? sequential.rho * traffic.errorRate + sequential.delta;
  const wantedRise = mustSeePoints === null ? USUAL_RISE : mustSeePoints / 100;
  const advice = adviseDetectable({
    traffic,
    steps,
    config: { ...config, alpha, slo },
    share: sequential.weight,
    wantedRise,
  });
  const unseen = mustSeePoints === null ? [] : advice.steps.filter((step) => !step.seesWanted);
  const blind = [...unseen.map((step) => blindTo(step, wantedRise)), ...thin];
  const unpassed = plan.steps.flatMap((step) => tooShortToPass(plan, metric, sequential, traffic, step));
  return {
    target,
    lines: adviceInWords(advice, unreadMinutes(metric)),
    warnings: [...blind, ...unpassed],
    blind: blind.length > 0,
  };
}

/** Share of good candidates that a bake should pass, with its extension. */
const USUALLY = 0.9;

/**
 * A bake in which even a good candidate finds too little evidence for a pass: what the plan does then is the rule, not
 * the exception. A minute counts once it was read twice.
 */
function tooShortToPass(
  { analysis }: EnvironmentPlan,
  metric: MetricPlan,
  sequential: SequentialPlan,
  traffic: Traffic,
  { weight, bakeSeconds }: StepPlan,
): string[] {
  const config = completeConfig({
    ...configOf(sequential, analysis.alpha, null),
    passSlo: (sequential.slo ?? traffic.errorRate) + sequential.passDelta,
    ...passThrough(sequential),
  });
  const canary = (traffic.requestsPerMinute * weight) / 100;
  const baseline = weight < 100 ? traffic.requestsPerMinute - canary : null;
  const within = (minutes: number) =>
    passChance({ canary, baseline, minutes, phi: traffic.phi ?? 1 }, traffic.errorRate, config);
  const chance = within(seenMinutes(metric, bakeSeconds + analysis.extendSeconds) - 1);
  if (chance >= USUALLY) return [];
  const needed = least(1, LONGEST_BAKE, (minutes) => within(minutes) >= USUALLY);
  const extended =
    analysis.extendSeconds === 0 ? "" : `, its extension of ${formatDuration(analysis.extendSeconds)} included`;
  // The last minutes of a bake have not settled, and the last that has was read once.
  const bake = (needed ?? 0) + 1 + unreadMinutes(metric);
  const longer =
    needed === null ? "no bake of up to 7 d would do" : `it takes ${durationInWords(roundedUp(bake))} at this traffic`;
  const then = analysis.onInconclusive === "proceed" ? "proceed if nothing speaks against it" : analysis.onInconclusive;
  return [
    `the bake at ${weight} % passes a good candidate in about ${Math.floor(chance * 100)} % of cases${extended}: ${longer}; without a pass the policy says ${then}`,
  ];
}

/** Whole minutes that have closed, settled and been read when a bake ends as planned. */
function seenMinutes(metric: MetricPlan, bakeSeconds: number): number {
  return Math.max(1, Math.floor(bakeSeconds / 60) - unreadMinutes(metric));
}

/** Minutes at the end of a bake that have not settled when it is over. */
const unreadMinutes = ({ settleSeconds }: MetricPlan): number => Math.ceil(settleSeconds / 60);

function blindTo({ weight, smallestRise }: StepAdvice, wanted: number): string {
  const seen = smallestRise === null ? "sees none" : `sees ${riseInWords(smallestRise)} or more`;
  return `the bake at ${weight} % cannot see the rise of ${riseInWords(wanted)} that it must see: it ${seen}`;
}

/** A rule whose samples do not come together within the bake can never be judged. */
function tooThin(rule: RulePlan, expected: number, weight: number): string[] {
  if (rule.onBreach === "warn" || rule.minSamples <= expected) return [];
  const name = ruleInWords(rule, " %");
  return [
    `the bake at ${weight} % brings about ${Math.floor(expected)} candidate requests, fewer than the ${rule.minSamples} that "${name}" needs`,
  ];
}

/** Lines of targets that read the same are said once, with the targets' names before them. */
function together(all: readonly { readonly target: string; readonly lines: readonly string[] }[]): string[] {
  const groups = new Map<string, string[]>();
  for (const { target, lines } of all) {
    for (const line of lines) groups.set(line, [...(groups.get(line) ?? []), target]);
  }
  return [...groups].map(([line, targets]) => `${namesOf(targets)}: ${line}`);
}

const MOST_NAMES = 3;

function namesOf(targets: readonly string[]): string {
  if (targets.length <= MOST_NAMES) return targets.join(", ");
  return `${targets.slice(0, MOST_NAMES).join(", ")} and ${targets.length - MOST_NAMES} more`;
}
